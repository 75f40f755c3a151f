"""Decisions: a bundle judges an intent, and the record says why. Pure functions; the runtime commits."""

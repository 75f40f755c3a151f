"""Promotion: strategies judged at the gates of the rules."""

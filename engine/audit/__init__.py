"""The record of everything: canonical bytes, the hash chain and the stand-alone verifier."""

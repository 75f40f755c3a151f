"""The long proofs: each module is one campaign, run by `make campaign-NAME`, writing to docs/evidence/."""

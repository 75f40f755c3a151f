"""The running desk: one writer per account, every change an entry in the audit chain, state a fold of it."""

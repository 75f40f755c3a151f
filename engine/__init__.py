"""The desk: market data, decisions, execution, accounts and the record of all of it."""

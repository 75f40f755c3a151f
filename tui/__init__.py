"""The operators' terminal: what a run decided, why, and how much of each limit is used."""

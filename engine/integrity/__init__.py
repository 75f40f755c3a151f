"""Feed quality: what may be believed of the bars that arrive, per symbol."""

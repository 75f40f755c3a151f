"""Facts: what is believed, since when, from whom, and whether it may still be relied on."""

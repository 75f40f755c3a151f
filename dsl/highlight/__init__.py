"""Rule files in colour: one table of patterns, read by the scanner, by Pygments and by editors."""

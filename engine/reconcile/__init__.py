"""Agreement of our book with the broker's: comparison, freshness of snapshots, provable repairs."""

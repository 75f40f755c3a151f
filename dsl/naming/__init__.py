"""Every name written in rule and scenario files: where it stands, what is asked of it there, and what it means."""

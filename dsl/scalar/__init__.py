"""The scalar back end: rule IR to Python functions on integers, built as `ast` nodes, never as text."""

"""The rule language: text in, bundle out. Pure, and knows nothing of the desk around it."""

"""Configuration: YAML layers merged in one fixed order, checked, hashed, each value with its origin.

Read `load.load_config` first; it is the order of work. Limits are not here: they live in rules.
"""

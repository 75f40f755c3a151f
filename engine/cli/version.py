"""What this program is, for `--version` and for whoever reports a fault."""


def version_line() -> str:
    """Return name, version and the Python below."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    try:
        ours = version("miniquantdesk")
    except PackageNotFoundError:
        ours = "not installed"
    return f"mqk {ours} (Python {platform.python_version()})"

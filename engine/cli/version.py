"""What this program is, for `--version`, for reports, and for whoever reports a fault."""


def release() -> str:
    """Return the version that is installed, or that none is."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("miniquantdesk")
    except PackageNotFoundError:
        return "not installed"


def version_line() -> str:
    """Return name, version and the Python below."""
    import platform

    return f"mqk {release()} (Python {platform.python_version()})"

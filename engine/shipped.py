"""Where the files that travel with the program are: contracts, rules, config, migrations, demo."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = {"demo": ("tests", "fixtures", "demo")}
SHIPPED = ("specs", "rules", "config", "migrations", "demo")


def shipped(*parts: str) -> Path:
    """Return the path of a shipped file or folder; the first part is one of SHIPPED.

    In an installed wheel that is below `engine/_shipped/`, in a checkout beside the packages.
    Raises LookupError for an unknown first part and FileNotFoundError for a missing file.
    """
    if not parts or parts[0] not in SHIPPED:
        raise LookupError(f"nothing named {'/'.join(parts)!r} is shipped; there are {', '.join(SHIPPED)}")
    installed = _PACKAGE / "_shipped"
    if installed.is_dir():
        path = installed.joinpath(*parts)
    else:
        path = _PACKAGE.parent.joinpath(*_CHECKOUT.get(parts[0], parts[:1]), *parts[1:])
    if not path.exists():
        raise FileNotFoundError(f"shipped file {path} is missing; the installation is incomplete")
    return path

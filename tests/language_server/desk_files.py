"""The desk the language server is tried on: one rulebook of every stage, and scenario files."""

from functools import cache
from pathlib import Path

DESK = Path(__file__).parent / "desk"


@cache
def _read(pattern: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (path.relative_to(DESK).as_posix(), path.read_text(encoding="utf-8")) for path in sorted(DESK.rglob(pattern))
    )


def texts() -> dict[str, str]:
    """Return the text of every rule file by name."""
    return dict(_read("*.rules"))


def scenarios() -> dict[str, str]:
    """Return the text of every scenario file by name."""
    return dict(_read("*.yaml"))

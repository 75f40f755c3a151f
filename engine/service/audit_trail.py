"""Verify the audit chain of a database or of an exported log."""

from pathlib import Path

from engine.audit.verify import Anchor, Verdict, read_anchors, read_entries, verify
from engine.service.runs import open_existing


def verify_database(address: str, anchors: tuple[Anchor, ...] = ()) -> Verdict:
    """Return whether a database's audit chain is whole as far as the anchors reach. Raises Refused and store errors."""
    with open_existing(address) as database, database.read() as unit:
        return verify(unit.audit.entries(), anchors)


def verify_log(path: Path, anchors: tuple[Anchor, ...] = ()) -> Verdict:
    """Return the same of an exported log. Raises MalformedText and OSError."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        return verify(read_entries(lines), anchors)


def load_anchors(paths: list[Path]) -> tuple[Anchor, ...]:
    """Return the anchors of files somebody kept elsewhere. Raises MalformedText and OSError."""
    return tuple(anchor for path in paths for anchor in read_anchors(path.read_text("utf-8")))

"""One YAML file, read once and strictly, with the place of everything in it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.config.pointer import parent
from engine.config.redaction import redact
from engine.contracts import load_yaml
from engine.contracts.diagnostic import Diagnostic, Position
from engine.contracts.limits import YAML_LIMITS

_NOWHERE = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Document:
    """The map a file holds and where each part of it stands. `source` is how people know the file."""

    source: str
    value: dict[str, Any]
    marks: Mapping[str, Position] = field(default_factory=dict, repr=False)

    def at(self, pointer: str) -> Position:
        """Return the place of a value, or of the nearest container that has one."""
        while pointer and pointer not in self.marks:
            pointer = parent(pointer)
        return self.marks.get(pointer, _NOWHERE)

    def place(self, pointer: str) -> tuple[str, Position]:
        """Return the source and the place of a value."""
        return self.source, self.at(pointer)

    def fault(self, code: str, message: str, pointer: str, advice: str = "") -> Diagnostic:
        """Return a diagnostic that points into this document."""
        at = self.at(pointer)
        return Diagnostic(code, message, self.source, at.line, at.column, pointer, advice)


def read_document(path: Path, source: str) -> Document | list[Diagnostic]:
    """Read a file once, never through a symbolic link where the platform can refuse one.

    Faults: CFG_UNREADABLE, CFG_NOT_A_MAP and those of the strict YAML reader.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as stream:
            raw = stream.read(YAML_LIMITS.size + 1)
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else "unreadable"
        advice = "configuration files are plain files inside the configuration folder"
        return [Diagnostic("CFG_UNREADABLE", f"cannot be read: {reason}", source, help=advice)]
    return parse_document(raw, source)


def parse_document(raw: bytes | str, source: str) -> Document | list[Diagnostic]:
    """Parse the text of a document; a text without any value is an empty map.

    What the reader says of a broken text is redacted, since the text may hold a credential.
    """
    loaded = load_yaml(raw, source)
    if isinstance(loaded, list):
        return [_redacted(fault) for fault in loaded]
    value = {} if loaded.value is None else loaded.value
    if not isinstance(value, dict):
        return [Diagnostic("CFG_NOT_A_MAP", "the document is not a map", source, 1, 1)]
    return Document(source, value, loaded.positions())


def _redacted(fault: Diagnostic) -> Diagnostic:
    return replace(fault, message=redact(fault.message), pointer=redact(fault.pointer), help=redact(fault.help))

"""Find credentials that were written into configuration, without ever repeating them.

YAML holds the names of environment variables only (BEHAVIOUR section 2).
"""

from collections.abc import Iterator
from typing import Any

from engine.config.document import Document
from engine.config.pointer import child
from engine.config.redaction import REDACTED, is_secret_like
from engine.contracts.diagnostic import Diagnostic


def find_secrets(document: Document) -> list[Diagnostic]:
    """Return one CONFIG_SECRET_DETECTED per credential-like leaf or name of a document, value redacted."""
    return [_detected(document, pointer, shown) for pointer, shown in _scan(document.value, "", "")]


def _scan(value: Any, pointer: str, shown: str) -> Iterator[tuple[str, str]]:
    """Yield where a credential stands, and the same pointer with credential-like names blotted out."""
    if isinstance(value, dict):
        for name, member in value.items():
            hidden = is_secret_like(name)
            at, shown_at = child(pointer, name), child(shown, REDACTED if hidden else name)
            if hidden:
                yield at, shown_at
            yield from _scan(member, at, shown_at)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _scan(member, child(pointer, index), child(shown, index))
    elif isinstance(value, str) and is_secret_like(value):
        yield pointer, shown


def _detected(document: Document, pointer: str, shown: str) -> Diagnostic:
    at = document.at(pointer)
    return Diagnostic(
        code="CONFIG_SECRET_DETECTED",
        message=f"leaf={shown} value=REDACTED",
        source=document.source,
        line=at.line,
        column=at.column,
        pointer=shown,
        help="write the name of an environment variable here, and replace the credential: it has leaked",
    )

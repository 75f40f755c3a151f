"""Bounds every text must respect before and while it is parsed."""

from dataclasses import dataclass

MAX_INTEGER = 2**53 - 1
"""Largest integer all JSON readers keep exactly (RFC 8259 section 6)."""

MAX_INTEGER_TEXT = 17
"""Characters of the longest integer text that is converted: a sign and sixteen digits."""

MAX_KEY = 256
"""Characters of the longest key of a YAML map; pointers are built from keys and must stay small."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one text: `size` in UTF-8 bytes, `depth` in nested containers."""

    size: int
    depth: int


JSON_LIMITS = Limits(size=262_144, depth=32)
LINE_LIMITS = Limits(size=65_536, depth=16)
YAML_LIMITS = Limits(size=262_144, depth=20)

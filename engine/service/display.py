"""Text from brokers, markets and people made fit for a screen: nothing in it can steer a terminal."""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls (C0, C1, ESC), format characters (bidirectional, zero-width, tags), surrogates, private use,
unassigned, line and paragraph separators."""
MARK = "�"


def clean(text: str, limit: int = 2_000) -> str:
    """Return `text` on one line: what cannot be seen or steers a terminal becomes a mark, tabs a blank.

    Combining marks beyond two in a row are dropped, the rest beyond `limit` characters is cut.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    kept: list[str] = []
    combining = 0
    for character in text[: limit + 1]:
        category = unicodedata.category(character)
        combining = combining + 1 if category in ("Mn", "Me") else 0
        if category in _HIDDEN or character in _BLANK_LETTERS:
            kept.append(" " if character == "\t" else MARK)
        elif combining <= 2:
            kept.append(" " if category == "Zs" else character)
    return "".join(kept[:limit]) + ("…" if len(text) > limit else "")


_BLANK_LETTERS = frozenset("ᅟᅠㅤﾠ")
"""Letters that show as nothing: fillers of Hangul."""


def display_width(text: str) -> int:
    """Return how many columns cleaned text takes."""
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )

"""Somebody who types: edits of rule files, sensible and not, drawn from a seed."""

import random
from collections.abc import Iterator

WORDS = (
    "{", "}", '"', "#", "## ", "(", ")", "[", " limit ", '\nrule ZZ-01 "Typed" {\n', "\x00", "\u2028", " $", " and ",
    " or ", ", ", "\n", " not " * 300, "(" * 70, "9" * 40, " USD", " as CODE", "\r", "é", "𝄞", "\n  when ", " intent.",
    "KIL-01", " 2026-13-45", " 5 ", "{{", "\\", "param", "for each x in ", " if ", "\t", "..", ".", "\ud800",
)  # fmt: skip
"""What gets typed: words of the language, halves of them, and what does not belong into a text at all."""


def typed(text: str, chance: random.Random) -> str:
    """Return the text after one edit: a cut, a word, a copied stretch, a line gone or moved."""
    at = chance.randrange(len(text) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        return text[:at] + text[at + chance.randrange(1, 40) :]
    if kind in (1, 2):
        return text[:at] + chance.choice(WORDS) + text[at:]
    if kind == 3:
        end = min(len(text), at + chance.randrange(1, 200))
        return text[:end] + text[at:end] + text[end:]
    lines = text.split("\n")
    line = lines.pop(chance.randrange(len(lines)))
    if kind == 4:
        lines.insert(chance.randrange(len(lines) + 1), line)
    return "\n".join(lines)


def sessions(texts: dict[str, str], seed: int, edits: int) -> Iterator[dict[str, str]]:
    """Yield a folder's texts after each of some edits; now and then the last sound texts come back."""
    chance = random.Random(seed)
    now = dict(texts)
    for _ in range(edits):
        name = chance.choice(sorted(now))
        now = dict(texts) if chance.random() < 0.15 else {**now, name: typed(now[name], chance)}
        yield now

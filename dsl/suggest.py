"""The nearest known word, for `did you mean`."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like `word`, or None when nothing is close."""
    options = sorted(known)
    hits = get_close_matches(word, options, n=1, cutoff=0.6)  # sim-ok: how alike two words are, on no decision path
    if hits:
        return hits[0]
    if "." in word:
        tail = word.rpartition(".")[2]
        by_tail = [option for option in options if option.rpartition(".")[2] == tail]
        return by_tail[0] if by_tail else None
    return None

"""W623: two owners that are probably one, misspelt."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject
from dsl.text import Span

SHORTEST = 5
"""Shorter names differ by one letter too easily."""


def misspelt_owners(subject: Subject) -> Iterator[Diagnostic]:
    """Report the rarer of two owners one of which has a letter too many, or two letters in the other order."""
    places: dict[str, list[Span]] = {}
    for owner, span in _owners(subject):
        places.setdefault(owner, []).append(span)
    listed = list(places)
    for at, owner in enumerate(listed):
        for earlier in listed[:at]:
            if not is_slip(owner, earlier):
                continue
            is_rarer = len(places[owner]) <= len(places[earlier])
            wrong, right = (owner, earlier) if is_rarer else (earlier, owner)
            is_clear = len(places[owner]) != len(places[earlier])
            yield Diagnostic(
                "W623",
                f"`{wrong}` and `{right}` are probably one owner",
                places[wrong][0],
                help=f"{f'write `{right}`' if is_clear else 'spell them alike'}; if they are two, allow this",
                notes=((places[right][0], "spelt like this here"),),
            )


def is_slip(one: str, two: str) -> bool:
    """Return whether two names are one slip of the finger apart. A changed letter or a digit more is a choice."""
    short, long = sorted((one, two), key=len)
    if len(short) < SHORTEST or len(long) - len(short) > 1 or short == long:
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :] and long[at].isalpha()
    return short[:at] + short[at + 1 : at + 2] + short[at] + short[at + 2 :] == long


def _owners(subject: Subject) -> Iterator[tuple[str, Span]]:
    for book in subject.books:
        owned = [(listed.owner, listed.span) for listed in book.lists.values()]
        owned += [(table.owner, table.span) for table in book.tables.values()]
        yield from ((owner, span) for owner, span in owned if owner)
        for rule in book.rules.values():
            clause = rule.clause("owner")
            if clause is not None:
                yield clause.values[0], clause.span

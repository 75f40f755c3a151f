"""W630: one title for two tests."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject
from dsl.text import Span


def repeated_titles(subject: Subject) -> Iterator[Diagnostic]:
    """Report tests of a rulebook that share a title: a failure does not say which of them failed."""
    for book in subject.books:
        first: dict[str, Span] = {}
        for test in book.tests:
            place = first.setdefault(" ".join(test.title.split()), test.span)
            if place != test.span:
                yield Diagnostic(
                    "W630",
                    f"another test is called `{test.title}`",
                    test.span,
                    help="say what this one shows that the other does not",
                    notes=((place, "the first of that title"),),
                )

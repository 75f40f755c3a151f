"""W606: a fixture no scenario begins from."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.removal import removed
from dsl.lint.subject import Subject


def unused_fixtures(subject: Subject) -> Iterator[Diagnostic]:
    """Report fixtures neither a test of their file nor a scenario file names."""
    for book in subject.books:
        named = {scenario.fixture for test in book.tests for scenario in test.scenarios}
        for fixture in book.fixtures.values():
            if fixture.name not in named and (book.name, fixture.name) not in subject.fixtures:
                yield Diagnostic(
                    "W606",
                    f"no scenario begins from fixture `{fixture.name}`",
                    fixture.span,
                    help="remove it, or begin a scenario with it",
                    edit=removed(fixture.span, subject.bundle.sources[fixture.span.file]),
                )

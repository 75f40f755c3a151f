"""W620: rule ids that do not stand in order."""

import re
from collections.abc import Iterator

from dsl import syntax as s
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject

_NUMBERED = re.compile(r"(.+)-(\d+)")


def id_order(subject: Subject) -> Iterator[Diagnostic]:
    """Report ids that stand behind a higher number of their own prefix: readers search by number."""
    for book in subject.books:
        highest: dict[str, tuple[int, s.RuleText]] = {}
        for rule in sorted(book.rules.values(), key=lambda rule: rule.span):
            match = _NUMBERED.fullmatch(rule.id)
            if match is None:
                continue
            number = int(match[2])
            before = highest.get(match[1])
            if before is not None and number < before[0]:
                yield Diagnostic(
                    "W620",
                    f"{rule.id} stands behind {before[1].id}",
                    rule.span,
                    help="put the rules of one prefix in order of their numbers; a retired number stays free",
                    notes=((before[1].span, "the higher number"),),
                )
            else:
                highest[match[1]] = (number, rule)

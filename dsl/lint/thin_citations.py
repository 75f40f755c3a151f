"""W611: a citation nobody can look up."""

import re
from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject
from dsl.text import Span

EMPTY = frozenset(
    ("a", "an", "and", "be", "below", "best", "by", "company", "compliance", "decided", "firm", "house", "in",
     "internal", "is", "it", "known", "later", "law", "laws", "not", "of", "on", "our", "own", "policies", "policy",
     "practice", "prudent", "regulation", "regulations", "risk", "rule", "rules", "see", "standard", "the", "to",
     "unknown")
)  # fmt: skip
"""Words that name no document."""
_WORD = re.compile(r"[^\W_]+")


def thin_citations(subject: Subject) -> Iterator[Diagnostic]:
    """Report citations of rules, values, lists and tables that name neither a document nor a subject."""
    for said, span in _citations(subject):
        if said.strip() and is_thin(said):
            yield Diagnostic(
                "W611",
                f"nobody can look up `{said}`",
                span,
                help='name document and place, like "Risk Policy 4.2", or whose and what, like "House: opening orders"',
            )


def is_thin(citation: str) -> bool:
    """Return whether a citation is one bare word, or only words that name no document."""
    words = [word.lower() for word in _WORD.findall(citation)]
    if not any(word.isalpha() for word in words):
        return True
    has_place = any(char.isdigit() for char in citation)
    return not has_place and (len(words) == 1 or all(word in EMPTY or len(word) == 1 for word in words))


def _citations(subject: Subject) -> Iterator[tuple[str, Span]]:
    for book in subject.books:
        for param in book.params.values():
            yield from ((row.cite, row.span) for row in param.rows)
        for listed in book.lists.values():
            yield from ((said, listed.span) for said in (listed.cite or "").split("; "))
        for table in book.tables.values():
            yield from ((said, table.span) for said in table.cite)
            yield from ((version.cite, version.span) for version in table.versions if version.cite)
        for rule in book.rules.values():
            clauses = [clause for clause in rule.clauses if clause.word == "cite"]
            yield from ((said, clause.span) for clause in clauses for said in clause.values)

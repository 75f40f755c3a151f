"""Run the lints over a subject, with what its comments allow."""

from collections.abc import Collection, Iterable, Mapping

from dsl.diagnostics import Diagnostic, in_order
from dsl.lint.catalogue import CODES, LINTS, UNREADABLE, UNUSED
from dsl.lint.comments import Allowance, allowances, idle
from dsl.lint.subject import Subject
from dsl.text import Source


def lint(subject: Subject, warned: Iterable[Diagnostic] = (), codes: Collection[str] = CODES) -> list[Diagnostic]:
    """Return the warnings of these codes by place, those a comment allows left out.

    `warned` are the warnings of the check that made the subject's bundle: they count like those of a lint.
    """
    found = [diagnostic for diagnostic in warned if diagnostic.code in codes]
    for code, run in LINTS.items():
        if code in codes:
            found += run(subject)
    return settled(found, subject.bundle.sources, codes)


def settled(
    found: Iterable[Diagnostic], sources: Mapping[str, str], codes: Collection[str] = CODES
) -> list[Diagnostic]:
    """Return warnings by place without those a comment in the sources allows, and what is wrong with such comments."""
    listed = list(found)
    allowed: list[Allowance] = []
    wrong: list[Diagnostic] = []
    for name, text in sorted(sources.items()):
        here, unreadable = allowances(Source(name, text))
        allowed += here
        wrong += unreadable
    listed += wrong if UNREADABLE in codes else []
    kept = [diagnostic for diagnostic in listed if not any(one.covers(diagnostic) for one in allowed)]
    if UNUSED in codes:
        for one in allowed:
            used = frozenset(diagnostic.code for diagnostic in listed if one.covers(diagnostic))
            unused = idle(one, used, frozenset(codes))
            kept += [unused] if unused is not None else []
    return in_order(kept)

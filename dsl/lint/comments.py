"""Comments that allow a warning: `# lint: allow W608 because …`, above a declaration or inside it.

Above means directly above, or with only comments between. A comment allows warnings of its own declaration alone.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from dsl.diagnostics import Diagnostic, Edit
from dsl.layout import Block
from dsl.lint.catalogue import ALLOWABLE, UNREADABLE, UNUSED
from dsl.remarks import commented, removal_of
from dsl.suggest import nearest
from dsl.text import Source, Span

_MEANT = re.compile(r"#+\s*lint\s*(:|allow\b)")
_SAID = re.compile(r"# lint: allow ([A-Z]\d+(?:, [A-Z]\d+)*) because \S+.*")
_SHAPE = "write `# lint: allow W608 because REASON`"


@dataclass(frozen=True, slots=True)
class Allowance:
    """A comment that allows warnings of some codes between two lines of its file, the first and the last."""

    span: Span
    codes: tuple[str, ...]
    first: int
    last: int
    removal: Edit

    def covers(self, found: Diagnostic) -> bool:
        """Return whether a warning is one of those allowed here."""
        return (
            found.code in self.codes
            and found.span.file == self.span.file
            and self.first <= found.span.line <= self.last
        )


@lru_cache(maxsize=256)
def allowances(source: Source) -> tuple[tuple[Allowance, ...], tuple[Diagnostic, ...]]:
    """Return the allowances of a file that compiles, and what is wrong with comments meant as one."""
    if "lint" not in source.text:
        return (), ()
    allowed: list[Allowance] = []
    wrong: list[Diagnostic] = []
    for atom, target in commented(source):
        if not _MEANT.match(atom.text):
            continue
        line, column = atom.line + 1, atom.column + 1
        span = Span(source.name, line, column, line, column + len(atom.text))
        match = _SAID.fullmatch(atom.text)
        codes = tuple(match[1].split(", ")) if match else ()
        problem = _problem(codes, target)
        if problem:
            wrong.append(Diagnostic(UNREADABLE, problem[0], span, help=problem[1]))
        elif target is not None:
            removal = removal_of(span, source.text.split("\n")[atom.line])
            allowed.append(Allowance(span, codes, target.first_line + 1, target.last_line + 1, removal))
    return tuple(allowed), tuple(wrong)


def _problem(codes: tuple[str, ...], target: Block | None) -> tuple[str, str] | None:
    if not codes:
        return "this comment allows nothing: it needs a code and a reason", _SHAPE
    for code in codes:
        if code not in ALLOWABLE:
            near = nearest(code, ALLOWABLE)
            return f"`{code}` is not a warning that can be allowed", f"did you mean `{near}`?" if near else _SHAPE
    if target is None:
        return "no declaration follows this comment", "put it directly above the declaration it is about, or inside"
    return None


def idle(allowance: Allowance, used: frozenset[str], ran: frozenset[str]) -> Diagnostic | None:
    """Return what to say of an allowance some of whose codes ran and found nothing, or None."""
    unused = [code for code in allowance.codes if code in ran and code not in used]
    if not unused:
        return None
    is_whole = len(unused) == len(allowance.codes)
    return Diagnostic(
        UNUSED,
        f"nothing here needs {', '.join(unused)} to be allowed",
        allowance.span,
        help="remove the comment" if is_whole else f"take {', '.join(unused)} off it",
        edit=allowance.removal if is_whole else None,
    )

"""Comments that say something to a tool: `# cover: unreachable … because …`, above a declaration or inside it.

Above means directly above, or with only comments between. A comment is about its own declaration alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsl.diagnostics import Diagnostic, Edit
from dsl.layout import Atom, Block, blocks
from dsl.text import Source, Span

UNREADABLE, IDLE = "A723", "A724"


@dataclass(frozen=True, slots=True)
class Verb:
    """What a comment to a tool says: `tool` and `word` as in `# cover: unreachable`."""

    tool: str
    word: str

    @property
    def shape(self) -> str:
        """How such a comment is written."""
        return f"write `# {self.tool}: {self.word} WHAT because REASON`"


@dataclass(frozen=True, slots=True)
class Remark:
    """One such comment: what it is about, why, and the lines of its declaration."""

    span: Span
    what: str
    reason: str
    first: int
    last: int
    removal: Edit

    def covers(self, span: Span) -> bool:
        """Return whether a place is inside the declaration the comment is about."""
        return span.file == self.span.file and self.first <= span.line <= self.last


def remarks(source: Source, verb: Verb) -> tuple[list[Remark], list[Diagnostic]]:
    """Return the comments of one kind in a file that compiles, and what is wrong with those meant as one."""
    if f"{verb.tool}:" not in source.text:
        return [], []
    meant = re.compile(rf"#+\s*{verb.tool}\s*:")
    said = re.compile(rf"#+ {verb.tool}: {verb.word} (\S.*?) because (\S.*)")
    found: list[Remark] = []
    wrong: list[Diagnostic] = []
    for atom, target in commented(source):
        if not meant.match(atom.text):
            continue
        line, column = atom.line + 1, atom.column + 1
        span = Span(source.name, line, column, line, column + len(atom.text))
        match = said.fullmatch(atom.text)
        if match is None:
            message = f"this comment says nothing to `{verb.tool}`: it needs what it is about, and a reason"
            wrong.append(Diagnostic(UNREADABLE, message, span, help=verb.shape))
        elif target is None:
            message = "no declaration follows this comment"
            wrong.append(
                Diagnostic(UNREADABLE, message, span, help="put it directly above what it is about, or inside")
            )
        else:
            removal = removal_of(span, source.text.split("\n")[atom.line])
            found.append(Remark(span, match[1], match[2], target.first_line + 1, target.last_line + 1, removal))
    return found, wrong


def idle(remark: Remark, message: str) -> Diagnostic:
    """Return what to say of a comment that is not needed, or not any more."""
    return Diagnostic(IDLE, message, remark.span, help="remove the comment", edit=remark.removal)


def removal_of(span: Span, line: str) -> Edit:
    """Return the removal of a comment: its line where it has one of its own, else the blanks before it too."""
    before = line[: span.column - 1]
    if before.strip():
        return Edit(Span(span.file, span.line, len(before.rstrip()) + 1, span.line, span.end_column), "")
    return Edit(Span(span.file, span.line, 1, span.line + 1, 1), "")


def commented(source: Source) -> Iterator[tuple[Atom, Block | None]]:
    """Yield each comment with the declaration it belongs to: the one around it, or the next one below."""
    listed = blocks(source)
    for at, block in enumerate(listed):
        for atom in block.atoms:
            if atom.is_comment:
                yield atom, block if block.word else _below(listed, at)


def _below(listed: list[Block], at: int) -> Block | None:
    """Return the declaration a comment stands above: no blank line between, only comments."""
    for before, block in zip(listed[at:], listed[at + 1 :], strict=False):
        if block.first_line != before.last_line + 1:
            return None
        if block.word:
            return block
    return None

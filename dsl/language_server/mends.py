"""Quick fixes: edits a diagnostic carries or suggests, comments that allow a warning, all the linter mends at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsl.diagnostics import Diagnostic, Edit, Severity
from dsl.edits import apply_edits, part_of
from dsl.format import CLAUSE_WIDTH
from dsl.language_server.folder import Folder
from dsl.lint.catalogue import ALLOWABLE
from dsl.lint.mending import judges_alike
from dsl.suggest import nearest
from dsl.text import Span

_NEAR = re.compile(r"did you mean `([^`]+)`\?")
_ONE_OF = re.compile(r"^one of ([\w]+(?:, [\w]+)*)$")
_WRITE = re.compile(r"^write `([^`]+)`$")
_WRONG = re.compile(r"`([^`]+)`")
_ADD = re.compile(r"^add `([^`]+)`")
_USES = re.compile(r"^add `([a-z_]+)` to its `uses` line$")


@dataclass(frozen=True, slots=True)
class Mend:
    """One quick fix: what it is called, what it mends, the edits; `is_sure` where it changes no judgement."""

    title: str
    found: Diagnostic
    edits: tuple[Edit, ...]
    is_sure: bool = False


def mends(folder: Folder, name: str, first_line: int, last_line: int) -> Iterator[Mend]:
    """Yield the quick fixes of what was found on some lines of a file (counted from 1)."""
    text = folder.text(name)
    for found in folder.diagnostics().get(name, ()):
        if found.span.line > last_line or found.span.end_line < first_line:
            continue
        if found.edit is not None:
            yield Mend(_title(found, text), found, (found.edit,), True)
        else:
            yield from _suggested(found, text, folder)
        if found.severity is Severity.WARNING and found.code in ALLOWABLE:
            yield _allowed(found, text)


def _title(found: Diagnostic, text: str) -> str:
    assert found.edit is not None
    written = " ".join(found.edit.text.split())
    was = " ".join(part_of(text, found.edit.span).split())
    if not written:
        return f"remove `{was[:40]}`"
    return f"write `{written[:40]}`"


def _suggested(found: Diagnostic, text: str, folder: Folder) -> Iterator[Mend]:
    """Yield what the remedy of a diagnostic says in so many words."""
    meant, write = _meant(found), _WRITE.match(found.help)
    if meant is not None:
        place = _place_of(found, text)
        if place is not None:
            yield Mend(f"write `{meant}`", found, (Edit(place, meant),))
        return
    uses = _USES.match(found.help)
    if found.code == "E302" and uses is not None:
        edit = use_edit(folder, found.span.file, uses[1])
        yield from (Mend(f"use `{uses[1]}`", found, (edit,)),) if edit is not None else ()
    elif found.code == "E110" and (added := _ADD.match(found.help)) is not None:
        edit = _clause(found.span, text, added[1])
        yield from (Mend(f"add `{added[1]}`", found, (edit,)),) if edit is not None else ()
    elif write is not None and "…" not in write[1] and found.code in ("E001", "E014", "E104"):
        yield Mend(f"write `{write[1]}`", found, (Edit(found.span, write[1]),))


def _meant(found: Diagnostic) -> str | None:
    """Return the word a misspelt one was meant to be, None where none is near."""
    near, listed, wrong = _NEAR.search(found.help), _ONE_OF.match(found.help), _WRONG.search(found.message)
    if near is not None or listed is None or wrong is None:
        return near[1] if near is not None else None
    return nearest(wrong[1], listed[1].split(", "))


def _place_of(found: Diagnostic, text: str) -> Span | None:
    """Return where the misspelt word of a diagnostic stands: in a long stretch, where it is first written as a word."""
    wrong = _WRONG.search(found.message)
    if wrong is None:
        return None
    written = part_of(text, found.span)
    if written == wrong[1]:
        return found.span
    match = re.search(rf"(?<![\w.]){re.escape(wrong[1])}(?![\w.])", written)
    if match is None:
        return None
    before = written[: match.start()]
    line = found.span.line + before.count("\n")
    column = len(before) - before.rfind("\n") if "\n" in before else found.span.column + len(before)
    return Span(found.span.file, line, column, line, column + len(wrong[1]))


def use_edit(folder: Folder, name: str, namespace: str) -> Edit | None:
    """Return the edit that adds a contract to the `uses` of a file, None where it names it already."""
    lines = folder.text(name).split("\n")
    at = next((number for number, line in enumerate(lines) if re.match(r"\s*uses\b", line)), None)
    if at is not None:
        if re.search(rf"(?<![\w.]){namespace}(?![\w.])", lines[at]):
            return None
        end = len(lines[at].split("#")[0].rstrip()) + 1
        return Edit(Span(name, at + 1, end, at + 1, end), f", {namespace}")
    heads = [number for number, line in enumerate(lines) if re.match(r"\s*(rulebook|calendar)\b", line)]
    if not heads:
        return None
    return Edit(Span(name, heads[-1] + 2, 1, heads[-1] + 2, 1), f"uses {namespace}\n")


def _clause(span: Span, text: str, example: str) -> Edit | None:
    """Return the edit that puts a clause before the closing brace of a declaration."""
    lines = text.split("\n")
    last = lines[span.end_line - 1] if span.end_line <= len(lines) else ""
    if last.strip() != "}":
        return None
    word, _, content = example.partition(" ")
    line = f"  {word.ljust(CLAUSE_WIDTH - 1)} {content}\n"
    return Edit(Span(span.file, span.end_line, 1, span.end_line, 1), line)


def _allowed(found: Diagnostic, text: str) -> Mend:
    """Return the comment that allows a warning: above the declaration it stands in, the reason left to the author."""
    lines = text.split("\n")
    at = found.span.line
    while at > 1 and (lines[at - 1][:1] in ("", " ", "\t", "}", "#")):
        at -= 1
    place = Span(found.span.file, at, 1, at, 1)
    comment = f"# lint: allow {found.code} because …\n"
    return Mend(f"allow {found.code} here, and say why", found, (Edit(place, comment),))


def mend_all(folder: Folder, name: str) -> tuple[Edit, ...]:
    """Return the one edit that mends what mends itself in a file, proven to leave every judgement as it was.

    Nothing where there is nothing to mend, or errors.
    """
    before = folder.compiled.bundle
    text = folder.text(name)
    if before is None:
        return ()
    edits = [found.edit for found in folder.diagnostics().get(name, ()) if found.edit is not None]
    mended = apply_edits(text, edits)
    if mended == text:
        return ()
    after, _ = folder.trial({name: mended})
    if after.bundle is None or not judges_alike(before, after.bundle):
        return ()
    lines = text.split("\n")
    return (Edit(Span(name, 1, 1, len(lines), len(lines[-1]) + 1), mended),)

"""An explanation as lines of text: the rule with its values beneath, the facts, what would flip it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

from dsl.explain import Branch
from engine.decision.explain import Explanation, Spoken
from engine.decision.source_lines import Label, SourceLine
from engine.service.display import clean

GLYPHS = {
    "allow": "✔", "note": "·", "warn": "▲", "flag": "⚑", "clip": "◐", "hold": "‖", "reject": "✖",
}  # fmt: skip
"""One sign per verdict; it always stands beside the word."""
MINIMUM = 40
_UNBOUND = 10_000


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One line. `kind` is verdict, detail, finding, reason, place, source, label, tree, unknown, change or blank."""

    kind: str
    text: str


def render_why(explanation: Explanation, width: int | None = None) -> str:
    """Return the explanation as text, wrapped to `width` columns (at least 40) where one is given."""
    return "\n".join(line.text for line in why_lines(explanation, width)) + "\n"


def why_lines(explanation: Explanation, width: int | None = None) -> tuple[WhyLine, ...]:
    """Return the lines of an explanation with what each of them is."""
    room = _UNBOUND if width is None else max(MINIMUM, width)
    return tuple(WhyLine(line.kind, line.text.rstrip()) for line in _all(explanation, room))


def _all(e: Explanation, room: int) -> Iterator[WhyLine]:
    yield from _wrapped("verdict", f"{GLYPHS.get(e.verdict, '?')} {e.verdict.upper()}  {e.order}", room)
    granted = f"asked {e.asked}, granted {e.quantity}"
    for text in (f"{e.strategy} · {granted} · {_count(len(e.witnesses), 'rule')} judged", f"{e.at} · {e.decision_id}",
                 f"run {e.run} #{e.seq} · rules {e.bundle[:12]} · law of {e.law_date}"):  # fmt: skip
        yield from _wrapped("detail", text, room, "  ")
    if e.refusal is not None:
        yield WhyLine("blank", "")
        yield from _wrapped("finding", f"✖ {e.refusal[0]}", room)
        yield from _wrapped("reason", e.refusal[1], room, "  ")
    told: set[str] = set()
    for group in _by_cause(e.findings):
        yield from _spoken(group, room, group[0].rule in told)
        told.add(group[0].rule)
    if not e.findings and e.refusal is None and e.witnesses:
        yield WhyLine("blank", "")
        yield from _wrapped("reason", f"no rule objects: {', '.join(e.witnesses)}", room, "  ")
    if e.final is not None:
        yield WhyLine("blank", "")
        yield from _wrapped(
            "detail", f"at the size granted, {e.quantity}:{'' if e.final else ' no rule objects'}", room
        )
        for spoken in e.final:
            yield from _wrapped("finding", f"  {_headline(spoken)}", room, "    ")
            yield from _wrapped("reason", spoken.because, room, "    ")
    if e.changes:
        yield WhyLine("blank", "")
    for change in e.changes:
        yield from _wrapped("change", f"→ {change}", room, hanging="  ")


def _headline(spoken: Spoken) -> str:
    mode = "" if spoken.mode == "enforced" else f" ({spoken.mode}: {spoken.effect} counts as {spoken.counts_as})"
    glyph = GLYPHS.get(spoken.effect, "?")
    return f"{glyph} {spoken.effect.upper()} {spoken.rule} {spoken.code}{mode} {spoken.title}"


def _by_cause(findings: Sequence[Spoken]) -> list[list[Spoken]]:
    """Return findings in order; lines of one rule that lack the same facts are told once."""
    groups: list[list[Spoken]] = []
    for spoken in findings:
        first = groups[-1][0] if groups else None
        if first and spoken.unknown and (first.rule, first.unknown) == (spoken.rule, spoken.unknown):
            groups[-1].append(spoken)
        else:
            groups.append([spoken])
    return groups


def _spoken(group: Sequence[Spoken], room: int, is_told: bool) -> Iterator[WhyLine]:
    spoken = group[0]
    yield WhyLine("blank", "")
    yield from _wrapped("finding", _headline(spoken), room, hanging="  ")
    is_brief = is_told and not spoken.unknown and any(part.name == "measure" for part in spoken.parts)
    if not is_brief:
        yield from _wrapped("reason", spoken.because, room, "  ")
    if spoken.hold:
        yield from _wrapped("reason", f"‖ {spoken.hold}", room, "  ")
    if spoken.is_spared:
        yield from _wrapped(
            "reason", "the order provably reduces: an unknown fact flags it and does not block", room, "  "
        )
    for fact in spoken.unknown:
        yield from _wrapped("unknown", f"? {fact.path} is unknown: {fact.reason}; {fact.heard}", room, "  ", "    ")
    if not is_brief:
        yield from _wrapped("place", spoken.place, room, "  ")
    if is_brief:  # rule and measure stand above; only the line crossed is another
        for part in spoken.parts:
            if part.name == "threshold":
                yield from _tree(part.branch, room, f"  {spoken.relation} ", "  ")
        return
    yield from _source(spoken.source, room)
    names = {"measure": "measured", "threshold": spoken.relation or "threshold", "guard": "applies when",
             "exception": "unless", "condition": "when"}  # fmt: skip
    if len(group) > 1:
        others = ", ".join(other.place.rpartition(":")[2] for other in group[1:])
        yield from _wrapped("detail", f"the same keeps line {others} from being judged", room, "  ")
    for part in () if spoken.unknown else spoken.parts:
        yield from _tree(part.branch, room, f"  {names[part.name]} ", "  ")
    cite = "; ".join(spoken.cite)
    yield from _wrapped("detail", f"cite {cite} · owner {spoken.owner}", room, "  ")


# ------------------------------------------------------------------------------------------ source


def _source(lines: Sequence[SourceLine], room: int) -> Iterator[WhyLine]:
    digits = len(str(lines[-1].number)) if lines else 0
    shown = [line for line in lines if line.speaks]
    for before, line in pairwise([None, *shown]):
        assert line is not None
        if before is not None and line.number > before.number + 1:
            yield WhyLine("label", f" {'⋮':>{digits}} │")
        for start, text in _chunks(line.text, room - digits - 4):
            number = f"{line.number:>{digits}}" if start == 0 else " " * digits
            indent = "" if start == 0 else "    "
            yield WhyLine("source", f" {number} │ {indent}{text}")
            labels = [
                Label(label.column - 1 - start + len(indent), label.text, label.width)
                for label in line.labels
                if start < label.column <= start + len(text) or (start == 0 and label.column <= 1)
            ]
            if labels:
                yield WhyLine("label", f" {' ' * digits} │ {carets(labels, len(indent) + len(text))}")
            for row in hang(labels, room - digits - 4):
                yield WhyLine("label", f" {' ' * digits} │ {row}")


def carets(labels: Sequence[Label], end: int) -> str:
    """Return a row that marks every labelled part; one that holds another is marked by dashes where it goes on."""
    row = [" "] * end
    for label in sorted(labels, key=lambda label: -label.width):
        is_whole = any(
            other is not label and label.column <= other.column < label.column + label.width for other in labels
        )
        for at in range(label.column, min(end, label.column + label.width)):
            row[at] = "-" if is_whole else "^"
    return "".join(row).rstrip()


def _chunks(text: str, room: int) -> list[tuple[int, str]]:
    """Return a source line cut at blanks to fit, each piece with the column it begins at (from 0)."""
    text = clean(text)
    pieces: list[tuple[int, str]] = []
    start = 0
    while len(text) - start > (width := room if not pieces else room - 4):
        cut = text.rfind(" ", start + 1, start + width + 1)
        if cut <= start or not text[start:cut].strip():
            cut = start + width
        pieces.append((start, text[start:cut]))
        start = cut
        while start < len(text) and text[start] == " ":
            start += 1
    return [*pieces, (start, text[start:])]


def hang(labels: Sequence[Label], room: int) -> list[str]:
    """Return rows with each label under its column (from 0), a stem where it hangs further down.

    A label that would leave the room is moved left on a row of its own.
    """
    waiting = sorted(labels, key=lambda label: label.column)
    rows: list[str] = []
    while waiting:
        row = [" "] * room if room < _UNBOUND // 2 else [" "] * (waiting[-1].column + 200)
        placed: list[Label] = []
        edge = len(row)
        for label in reversed(waiting):
            text = f"╰ {clean(label.text)}"
            if label.column + len(text) <= edge:
                row[label.column : label.column + len(text)] = list(text)
                placed.append(label)
                edge = label.column - 1
            else:
                edge = min(edge, label.column - 1)
                if label.column < len(row):
                    row[label.column] = "│"
        if not placed:  # nothing fits where it belongs: the last one takes a row and begins further left
            label = waiting[-1]
            text = f"╰ {clean(label.text)}"[:room]
            row[max(0, room - len(text)) :] = list(text)
            placed.append(label)
        waiting = [label for label in waiting if label not in placed]
        rows.append("".join(row).rstrip())
    return rows


# ------------------------------------------------------------------------------------------ trees


def _tree(branch: Branch, room: int, lead: str, below: str) -> Iterator[WhyLine]:
    text = clean(branch.text)
    value = clean(branch.value)
    whole = f"{text} = {value}" if " = " not in text else f"{text} → {value}"
    if branch.origin:
        whole += f"  ({clean(branch.origin)})"
    stem = below + ("│  " if branch.branches else "   ")
    yield from _wrapped("tree", whole, room, lead, stem)
    for at, child in enumerate(branch.branches):
        is_last = at == len(branch.branches) - 1
        yield from _tree(child, room, below + ("└─ " if is_last else "├─ "), below + ("   " if is_last else "│  "))


def _wrapped(kind: str, text: str, room: int, lead: str = "", hanging: str | None = None) -> Iterator[WhyLine]:
    after = lead if hanging is None else hanging
    lines = wrap(
        clean(text), room, initial_indent=lead, subsequent_indent=after, break_on_hyphens=False, drop_whitespace=True
    )
    for line in lines or [lead]:
        yield WhyLine(kind, line)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

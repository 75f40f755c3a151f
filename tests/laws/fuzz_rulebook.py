"""Random rulebooks as text: declarations of every kind, then limits and rules with every clause.

A bundle is kept as the pieces it was written in, so that a case that fails can be cut down rule by rule.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from dsl.pipeline import compile_rules
from dsl.text import Source
from tests.laws.fuzz_declarations import write_declarations
from tests.laws.fuzz_expressions import Writer
from tests.laws.fuzz_world import NUMBERS, SYMBOLS, UNIT_OF, make_world

HEAD = 'rulebook pre_trade.drawn "Drawn"\ncalendar XNYS zone "America/New_York"\n'
NAME = "pre_trade/drawn.rules"
TURNED = {"up": "down", "down": "up"}
EFFECTS = ("note", "warn", "flag", "reject", "reject", "reject")
MODES = ("", "", "", "", "mode advisory", "mode trial", "mode enforced")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn bundle: its contracts, its declarations and its rules, each as one piece of text."""

    schemas: dict[str, Any]
    head: str
    rules: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.head + "\n".join(self.rules)

    def only(self, keep: tuple[int, ...]) -> "Drawing":
        """Return the bundle with these rules alone."""
        return Drawing(self.schemas, self.head, tuple(self.rules[at] for at in keep))


def draw_bundle(random: Random, rules: int = 7) -> Drawing:
    """Return a random bundle; the same random state draws the same one."""
    world = make_world(random)
    writer = Writer(random, world, optional_share=random.choice((0.0, 0.02, 0.1, 0.3)))
    head = HEAD + "uses " + ", ".join(world.namespaces) + "\n"
    head += write_declarations(writer)
    pieces = tuple(_rule(writer, at) for at in range(rules))
    if random.random() < 0.15:
        pieces += _dispatched(writer, rules)
    return _rounded_as_told(Drawing(world.schemas, head, pieces))


def _rounded_as_told(drawing: Drawing) -> Drawing:
    """Return the bundle with every statistic rounded against the order, as the check says, or left out."""
    lines, told, turned = drawing.text.split("\n"), True, set[tuple[int, int]]()
    while told and "exact(" in drawing.text:
        told = [one.span for one in compile_drawing(drawing)[1] if one.code == "E221"]
        for span in told[:1]:
            line, start, end = lines[span.line - 1], span.column - 1, span.end_column - 1
            within, direction, places = line[start:end].rsplit(", ", 2)
            other = "1 x" if (span.line, start) in turned else f"{within}, {TURNED[direction]}, {places}"
            turned.add((span.line, start))
            lines[span.line - 1] = line[:start] + other + line[end:]
        drawing = _of_lines(drawing, lines)
    return drawing


def _of_lines(drawing: Drawing, lines: list[str]) -> Drawing:
    """Return a bundle whose pieces hold these lines instead, as many as before."""
    at = drawing.head.count("\n")
    head, pieces = "\n".join(lines[:at]) + "\n", []
    for rule in drawing.rules:
        size = rule.count("\n")
        pieces.append("\n".join(lines[at : at + size]) + "\n")
        at += size + 1
    return Drawing(drawing.schemas, head, tuple(pieces))


# ------------------------------------------------------------------------------------------ rules
def _rule(writer: Writer, at: int) -> str:
    random = writer.random
    is_limit = random.random() < 0.5
    needs = _needs(writer)
    clauses = ["on pre_trade", random.choice(MODES), needs, _missing(writer)]
    if random.random() < 0.5:
        clauses.append(f"when {_guard(writer, random.choice((1, 1, 2)))}")
    clauses.append(random.choice(("", "", "", "effective from 2026-02-01", "effective until 2026-06-30")))
    lines = _limit_lines(writer) if is_limit else [_effect_line(writer) for _ in range(random.choice((1, 1, 2, 3)))]
    clauses += lines
    clauses += ['cite "C 4"', "owner risk", f'because "it is {{{writer.world.facts[0].path}}}"']
    writer.proven.clear()
    word = "limit" if is_limit else "rule"
    return _block(word, f"R-{at:02}", clauses)


def _block(word: str, rule: str, clauses: list[str]) -> str:
    body = "".join(f"  {clause}\n" for clause in clauses if clause)
    return f'{word} {rule} "Drawn" {{\n{body}}}\n'


def _needs(writer: Writer) -> str:
    random, parts = writer.random, []
    for _ in range(random.choice((0, 0, 0, 1, 1, 2))):
        fact = random.choice([f for f in writer.world.facts if f.kind != "list" and f.path != "intent.reduces_only"])
        bound = ""
        if fact.kind in NUMBERS and random.random() < 0.5:
            if random.random() < 0.5:
                bound = f" > {'0' + UNIT_OF[fact.kind]}"
                writer.proven.append(fact)
            else:
                bound = f" {random.choice(('<', '<=', '>', '>='))} {writer.literal(fact.kind)}"
        fresh = random.choice(("", " fresh 2 s", " fresh 1 session", " fresh current bar"))
        parts.append(f"{fact.path}{bound}{fresh}")
    return f"needs {', '.join(parts)}" if parts else ""


def _missing(writer: Writer) -> str:
    random = writer.random
    effect = random.choice(("", "", "", "warn", "flag", "reject", "reject even reducing"))
    if not effect:
        return ""
    word, _, even = effect.partition(" ")
    unless = f" unless {_guard(writer, 1)}" if random.random() < 0.3 else ""
    return f"missing {word}{unless}{' ' + even if even else ''}"


def _guard(writer: Writer, depth: int) -> str:
    """A guard is decided before `needs` is looked at, so it may not divide by what only a need proves."""
    proven, writer.proven = writer.proven, []
    text = writer.condition(depth)
    writer.proven = proven
    return text


def _tail(writer: Writer, effect: str) -> str:
    random = writer.random
    unless = f" unless {_guard(writer, random.choice((0, 1, 2)))}" if random.random() < 0.3 else ""
    approval = " for 1 risk_officer within 10 min" if effect == "hold" else ""
    code = f" as CODE_{random.randrange(9)}" if random.random() < 0.5 else ""
    return unless + approval + code


def _effect_line(writer: Writer) -> str:
    effect = writer.random.choice((*EFFECTS, "hold"))
    return f"{effect} when {writer.condition(writer.random.choice((1, 2, 2, 3)))}{_tail(writer, effect)}"


def _limit_lines(writer: Writer) -> list[str]:
    random = writer.random
    if random.random() < 0.08:
        measure = random.choice(("intent.quantity", "(intent.quantity * 3 x)", "(intent.quantity / 7)"))
        return [f"measure {measure}", f"clip above {writer.literal('quantity', positive=True)}{_tail(writer, 'clip')}"]
    kind = random.choice(NUMBERS)
    out = [f"measure {writer.number(kind, random.choice((1, 2, 3)))}"]
    for _ in range(random.choice((1, 2, 2, 3))):
        effect = random.choice((*EFFECTS, "hold"))
        relation = random.choice(("above", "below", "at or above", "at or below", "outside"))
        bound = writer.number(kind, random.choice((0, 0, 1)))
        if relation == "outside":
            bound += f" .. {writer.number(kind, 0)}"
        out.append(f"{effect} {relation} {bound}{_tail(writer, effect)}")
    return out


def _dispatched(writer: Writer, start: int) -> tuple[str, ...]:
    """Rules for one symbol each, enough of them that the compiler looks the symbol up."""
    names = [*SYMBOLS, *(f"S{at}" for at in range(7))]
    ending = ['cite "C 4"', "owner risk", 'because "symbol"']
    return tuple(
        _block(
            "rule",
            f"R-{start + at:02}",
            ["on pre_trade", f'when intent.symbol is "{symbol}"', f"reject when {writer.condition(1)}", *ending],
        )
        for at, symbol in enumerate(names)
    )


def compile_drawing(drawing: Drawing) -> Any:
    """Return (bundle or None, diagnostics) of a drawn bundle."""
    return compile_rules([Source(NAME, drawing.text)], drawing.schemas)

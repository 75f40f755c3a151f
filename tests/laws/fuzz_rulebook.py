"""Random rulebooks as text: params, lets, windows, lists, then limits and rules with every clause.

A bundle is kept as the pieces it was written in, so that a case that fails can be cut down rule by rule.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from dsl.pipeline import compile_rules
from dsl.text import Source
from tests.laws.fuzz_expressions import Local, Writer, enum_values
from tests.laws.fuzz_world import NUMBERS, SYMBOLS, UNIT_OF, make_world

HEAD = 'rulebook pre_trade.drawn "Drawn"\ncalendar XNYS zone "America/New_York"\n'
NAME = "pre_trade/drawn.rules"
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
    head += "".join(_param(writer, at) for at in range(random.randrange(3, 8)))
    head += "".join(_enum_param(writer, at) for at in range(random.randrange(0, 3)))
    head += "".join(_list(writer, at) for at in range(random.randrange(0, 3)))
    head += "".join(_window(writer, at) for at in range(random.randrange(0, 4)))
    head += "".join(_let(writer, at) for at in range(random.randrange(0, 5)))
    pieces = tuple(_rule(writer, at) for at in range(rules))
    if random.random() < 0.15:
        pieces += _dispatched(writer, rules)
    return Drawing(world.schemas, head, pieces)


# ------------------------------------------------------------------------------------------ declarations
def _param(writer: Writer, at: int) -> str:
    random, name = writer.random, f"cap_{at}"
    kind = random.choice([k for k in NUMBERS if k != "ratio"] + ["ratio"] * 2)
    unit = UNIT_OF[kind] if kind != "ratio" else " x"
    low = random.choice(("0", "0.5", "1"))
    keys = random.choice(((), (), (), ("symbol",), ("strategy",), ("symbol", "strategy"), ("side",)))
    kinds = tuple({"strategy": "text", "side": "enum"}.get(key, key) for key in keys)
    direction = random.choice(("lower", "higher"))
    per = f" per {', '.join(keys)}" if keys else ""
    lines = "".join(f"  {line}\n" for line in _dated(random, keys, unit))
    writer.locals.append(Local(name, kind, kinds, low != "0"))
    return f"param {name}: {kind} within {low}{unit} .. 1_000_000{unit} tighter when {direction}{per} {{\n{lines}}}\n"


def _dated(random: Random, keys: tuple[str, ...], unit: str) -> list[str]:
    rows = {tuple(_row_key(random, key) for key in keys): None for _ in range(random.randrange(1, 4) if keys else 1)}
    out = []
    for row in rows:
        since = random.choice((("always",), ("always",), ("always", "2026-03-01"), ("2026-03-01",)))
        key = ", ".join(row) + " " if row else ""
        out += [
            f'{key}{day} = {random.choice(("1", "2.5", "10", "100.01", "50_000"))}{unit} cite "C 1"' for day in since
        ]
    return out


def _row_key(random: Random, key: str) -> str:
    if key == "symbol":
        return f'"{random.choice(SYMBOLS)}"'
    return random.choice(("BUY", "SELL")) if key == "side" else random.choice(('"alpha"', '"beta"'))


def _enum_param(writer: Writer, at: int) -> str:
    values, name = enum_values(writer.random), f"choice_{at}"
    since = writer.random.choice(("always", "always", "2026-03-01"))
    writer.locals.append(Local(name, "enum", values=values))
    return f'param {name}: enum [{", ".join(values)}] {{\n  {since} = {values[0]} cite "C 2"\n}}\n'


def _list(writer: Writer, at: int) -> str:
    element, name = writer.random.choice(("symbol", "text")), f"listed_{at}"
    writer.locals.append(Local(name, f"set of {element}"))
    fresh = writer.random.choice(("  fresh 1 session\n", ""))
    return f'list {name} of {element} "L" {{\n  from file "l.csv"\n{fresh}  may be empty\n  owner c\n  cite "C 3"\n}}\n'


def _window(writer: Writer, at: int) -> str:
    random, name = writer.random, f"seen_{at}"
    function = random.choice(("count", "sum", "max", "min"))
    field = "" if function == "count" else random.choice((".quantity", ".worth"))
    kind = {"": "count", ".quantity": "quantity", ".worth": "money[USD]"}[field]
    per = random.choice(("", " per account", " per strategy, symbol"))
    where = random.choice(("", " where event.side is BUY", " where event.quantity > 5 shares and event.side is SELL"))
    writer.locals.append(Local(name, kind))
    return f"window {name} = {function} of intent.allowed{field} over {random.choice(('5 s', '1 h'))}{per}{where}\n"


def _let(writer: Writer, at: int) -> str:
    kind = writer.random.choice((*NUMBERS, "bool", "money[USD]"))
    body = writer.condition(2) if kind == "bool" else writer.number(kind, 2)
    writer.locals.append(Local(f"step_{at}", kind))
    return f"let step_{at} = {body}\n"


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

"""What an expression means, apart from names and places: equal meanings get equal numbers.

Lets are opened, params are their numbers in force, windows and lists are what they declare. Two sides of a
comparison share one table, so that what did not change is one term on both.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.contracts import Age, Fact
from dsl.program import Program, fact_of
from dsl.text import Span
from dsl.types import Kind, Type

HANDLED_RULE = frozenset((
    "id", "kind", "title", "rulebook", "stage", "mode", "scope", "since", "until", "when", "measure", "needs",
    "missing", "lines", "because", "cite", "owner", "doc", "span", "own",
))  # fmt: skip
HANDLED_LINE = frozenset((
    "number", "effect", "code", "condition", "relation", "bounds", "unless", "approval", "label", "span",
))  # fmt: skip
"""What of a rule and of a line is part of a verdict, or words alone; a change of whatever else they have is not
ranked."""
_NOTHING = ("None", "()", "False", "0", "''")


@dataclass(eq=False)
class Side:
    """A program as one side of a question. With `is_free` params may be anything in their range."""

    program: Program
    is_free: bool = False
    facts: dict[str, Fact] = field(default_factory=dict)
    lets: dict[str, int] = field(default_factory=dict)
    """What its named expressions mean, in the table it is used with."""

    def fact(self, path: str) -> Fact:
        """Return the contract of a path on this side."""
        found = self.facts.get(path)
        if found is None:
            found = self.facts[path] = fact_of(self.program.bundle, path)
        return found

    def least_rows(self, path: str) -> int:
        """Return how many rows a list must have for the desk to start with it, 0 for everything else."""
        listed = self.program.bundle.ruleset.lists.get(path.removeprefix("list:")) if _is_list(path) else None
        return listed.minimum_rows if listed else 0


def _is_list(path: str) -> bool:
    return path.startswith("list:")


class Meanings:
    """Numbers for meanings; the same number if and only if the same structure."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], int] = {}

    def of(self, side: Side, expr: ir.Expr) -> int:
        """Return the number of an expression's meaning on a side."""
        match expr:
            case ir.Const():
                return self._number("const", *_plain(expr.value))
            case ir.FactRef():
                return self._number("fact", self.key(side, expr.path), _contract(side, expr.path))
            case ir.ParamRef():
                return self._param(side, expr)
            case ir.LetRef():
                return self._let(side, expr.name)
            case _:
                return self._number(type(expr).__name__, *self._parts(side, expr))

    def key(self, side: Side, path: str) -> str:
        """Return the name of the fact behind a path: the same on both sides when it is the same fact."""
        if path.startswith("window:"):
            window = side.program.bundle.ruleset.windows[path.removeprefix("window:")]
            return f"window:{self._number('window', *extent_of(window), *self._counted(side, window))}"
        if _is_list(path):
            listed = side.program.bundle.ruleset.lists[path.removeprefix("list:")]
            return f"list:{listed.origin}:{listed.place}|{_label(listed.type)}"
        return f"{path}|{_label(side.fact(path).type)}"

    def family(self, side: Side, path: str) -> int:
        """Return what a window counts, apart from how long: windows of a family contain one another."""
        window = side.program.bundle.ruleset.windows[path.removeprefix("window:")]
        return self._number("family", extent_of(window)[0], *self._counted(side, window))

    def _counted(self, side: Side, window: ir.Window) -> tuple[Any, ...]:
        where = self.of(side, window.where) if window.where is not None else -1
        counted = (window.function, window.event, window.field, window.per, window.is_market)
        return (*counted, _label(window.type), where)

    def rule(self, side: Side, rule: ir.Rule) -> int:
        """Return the number of what a rule does: everything that can move its verdict, nothing it only says."""
        needs = tuple((self.of(side, n.fact), n.age, self._maybe(side, n.bound)) for n in rule.needs)
        missing = (rule.missing.effect, self._maybe(side, rule.missing.unless), rule.missing.even_reducing)
        lines = tuple(
            (line.effect, self.of(side, line.condition), self._maybe(side, line.unless), line.approval)
            for line in rule.lines
        )
        beyond = self.beyond(side, rule)
        return self._number("rule", rule.mode, self._maybe(side, rule.when), needs, missing, lines, beyond)

    def beyond(self, side: Side, rule: ir.Rule) -> tuple[tuple[str, Any], ...]:
        """Return what a rule says beyond the order at hand (how long, what follows, who resets), by name.

        What follows from a line is compared too where it is stronger or weaker (`dsl.solver.outcome`), but a change
        of these words themselves is not ranked.
        """
        said = [(f.name, getattr(rule, f.name)) for f in fields(rule) if f.name not in HANDLED_RULE]
        said += [(f.name, getattr(rule.own, f.name)) for f in fields(rule.own)] if rule.own is not None else []
        for line in rule.lines:
            said += [
                (f"{f.name} of line {line.number}", getattr(line, f.name))
                for f in fields(line)
                if f.name not in HANDLED_LINE
            ]
        if rule.stage != "pre_trade":
            said.append(("scope", rule.scope))  # elsewhere a rule is judged once for every key of its scope
        return tuple((name, self._part(side, value)) for name, value in said if _flat(value) not in _NOTHING)

    def line(self, side: Side, line: ir.Line) -> int:
        """Return the number of what a line asks, with what infinite statistics count as in it."""
        return self._number("line", self.of(side, line.condition), self._part(side, line.infinities))

    def _maybe(self, side: Side, expr: ir.Expr | None) -> int:
        return self.of(side, expr) if expr is not None else -1

    def _let(self, side: Side, name: str) -> int:
        if name not in side.lets:
            side.lets[name] = self.of(side, side.program.lets[name])
        return side.lets[name]

    def _param(self, side: Side, ref: ir.ParamRef) -> int:
        keys = tuple(self.of(side, key) for key in ref.keys)
        if side.is_free:
            return self._number("free", ref.name, keys)
        rows = side.program.numbers.get(ref.name, {})
        return self._number(
            "param", _label(ref.type), keys, tuple((key, *_plain(row.value)) for key, row in sorted(rows.items()))
        )

    def _parts(self, side: Side, expr: ir.Expr) -> list[Any]:
        """Return every attribute that is part of the meaning; also of nodes this table was not written for."""
        told = (f.name for f in fields(expr) if f.name not in ("type", "span"))
        return [*(self._part(side, getattr(expr, name)) for name in told), _label(expr.type)]

    def _part(self, side: Side, value: Any) -> Any:
        """Return any attribute in comparable form: expressions by what they mean, wherever they stand in it."""
        if isinstance(value, ir.Expr):
            return self.of(side, value)
        if isinstance(value, tuple):
            return tuple(self._part(side, item) for item in value)
        if is_dataclass(value) and not isinstance(value, type):
            inner = (getattr(value, f.name) for f in fields(value))
            return (type(value).__name__, *(self._part(side, v) for v in inner if not isinstance(v, Span)))
        return _flat(value)

    def _number(self, *structure: Any) -> int:
        return self._known.setdefault(structure, len(self._known))


def extent_of(window: ir.Window) -> tuple[str, int]:
    """Return in which unit a window reaches back, and how far; to an event, however far that is."""
    if window.since is not None:
        return f"since {window.since}", 0
    return (f"sessions of {window.calendar}", window.sessions) if window.sessions else ("time", window.duration)


def _contract(side: Side, path: str) -> tuple[Any, ...]:
    fact = side.fact(path)
    bounds = (fact.low, fact.low_open, fact.high, fact.type.values, side.least_rows(path))
    return (fact.optional, fact.total, fact.max_age, *bounds)


def _label(kind: Type) -> str:
    """Return a type's name; the words of an enum are part of its contract, not of which fact it is."""
    if kind.kind is Kind.LIST:
        return "list " + ",".join(f"{name}:{_label(inner)}" for name, inner in kind.fields)
    return str(kind)


def _plain(value: Any) -> tuple[Any, ...]:
    if isinstance(value, frozenset):
        return ("set", tuple(sorted(map(repr, value))))
    return (type(value).__name__, value if isinstance(value, bool | int | Fraction | str) else repr(value))


def _flat(value: Any) -> str:
    """Return any attribute as text without the places in it."""
    if is_dataclass(value) and not isinstance(value, type | Span):
        inner = ((f.name, getattr(value, f.name)) for f in fields(value))
        return f"{type(value).__name__}({', '.join(f'{n}={_flat(v)}' for n, v in inner if not isinstance(v, Span))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_flat, value))})" if value else "()"
    return repr(value)


def ages_of(program: Program, path: str) -> tuple[Age, ...]:
    """Return the freshness bounds rules of a program put on a path, beside its contract's own."""
    at = program.index.get(path)
    return tuple(check.age for check in program.ages if check.slot == at)

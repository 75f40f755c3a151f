"""Obligations of facts: each fact a rule reads is missing once, and stale once where it can grow old."""

from collections.abc import Iterator

from dsl import ir
from dsl.bundle import Bundle
from dsl.contracts import Fact
from dsl.cover.conditions import Rules, deciding
from dsl.cover.disturb import Lacking, NodeProbe
from dsl.cover.obligation import Kind, Obligation
from dsl.cover.wording import Wording, name_of
from dsl.program import fact_of
from dsl.snapshot import Reason
from dsl.text import Span
from dsl.types import Kind as Sort

_Reads = dict[str, tuple[Span, bool]]
"""Each path read: where first, and whether its absence matters somewhere."""


def of_facts(rule: ir.Rule, bundle: Bundle, words: Wording) -> Iterator[Obligation]:
    """Yield the obligations of the facts, windows, lists and keyed params that decide a rule."""
    rules = (rule.id,)
    reader = _Reader(bundle)
    for expr in read_by(rule):
        reader.read(expr, frozenset(), expr.span)
    for path, (span, is_needed) in reader.facts.items():
        yield from _of_fact(bundle, rule, path, span, is_needed, rules)
    for expr, span in reader.keyed:
        if not _has_every_row(expr, bundle):
            label = f"`{words.of(expr)}` without a row for its key"
            yield Obligation(Kind.UNKNOWN, span, label, rules, Lacking(f"param:{expr.name}", Reason.MISSING))
    for other, span in reader.defaults:
        label = f"`{other.fact.path}` absent, `{words.of(other.default)}` counts"
        yield Obligation(Kind.UNKNOWN, span, label, rules, NodeProbe(other.default))


def read_by(rule: ir.Rule) -> list[ir.Expr]:
    """Return every expression whose facts a rule must know, the score and the ranks of a gate among them."""
    # The exception of `missing` is left out: what it lacks is not told, the rule then speaks of the other fact.
    spared = rule.missing.unless
    out = [*(expr for expr in deciding(rule) if expr is not spared), *(need.fact for need in rule.needs)]
    out += [one.fact for line in rule.lines for one in line.infinities]
    if isinstance(rule.own, ir.Gate):
        out += [rule.own.score] if rule.own.score is not None else []
        out += [fact for _, fact in rule.own.ranked]
    return out


class _Reader:
    """Walks expressions, named ones opened, and notes what they read. `known` are facts proven to be there."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.facts: _Reads = {}
        self.keyed: list[tuple[ir.ParamRef | ir.Lookup, Span]] = []
        self.defaults: list[tuple[ir.Otherwise, Span]] = []

    def read(self, expr: ir.Expr, known: frozenset[str], at: Span) -> None:
        match expr:
            case ir.FactRef():
                was = self.facts.get(expr.path)
                is_needed = expr.path not in known
                self.facts[expr.path] = (was[0], was[1] or is_needed) if was else (at, is_needed)
            case ir.LetRef():
                body = self._body(expr.name)
                if body is not None:
                    self.read(body, known, at)
            case ir.If(condition=ir.Known(fact=ir.FactRef() as fact)):
                self.read(fact, known | {fact.path}, at)
                self.read(expr.then, known | {fact.path}, at)
                self.read(expr.otherwise, known, at)
            case ir.If(condition=ir.Not(operand=ir.Known(fact=ir.FactRef() as fact))):
                self.read(fact, known | {fact.path}, at)
                self.read(expr.then, known, at)
                self.read(expr.otherwise, known | {fact.path}, at)
            case ir.Known(fact=ir.FactRef() as fact):
                self.read(fact, known | {fact.path}, at)
            case ir.If(condition=ir.Known(fact=ir.ParamRef() | ir.Lookup() as keyed)):
                self.read(expr.condition, known, at)
                self.read(expr.then, known | {f"param:{keyed.name}"}, at)
                self.read(expr.otherwise, known, at)
            case ir.Known(fact=ir.ParamRef() | ir.Lookup() as keyed):
                self.read(keyed, known | {f"param:{keyed.name}"}, at)
            case ir.Otherwise():
                self.read(expr.fact, known | {expr.fact.path}, at)
                self.read(expr.default, known, at)
                if not any(expr is other for other, _ in self.defaults):
                    self.defaults.append((expr, at))
            case _:
                is_keyed = isinstance(expr, ir.ParamRef | ir.Lookup) and ir.children(expr)
                if isinstance(expr, ir.ParamRef | ir.Lookup) and is_keyed and f"param:{expr.name}" not in known:
                    self._note(expr, at)
                for child in ir.children(expr):
                    self.read(child, known, at if child.span.file == "" else child.span)

    def _note(self, expr: ir.ParamRef | ir.Lookup, at: Span) -> None:
        if not any(expr == known for known, _ in self.keyed):
            self.keyed.append((expr, at))

    def _body(self, name: str) -> ir.Expr | None:
        return self._bundle.ruleset.lets.get(name)


def _of_fact(
    bundle: Bundle, rule: ir.Rule, path: str, span: Span, is_needed: bool, rules: Rules
) -> Iterator[Obligation]:
    fact = fact_of(bundle, path)
    if path.startswith("window:"):
        window = bundle.ruleset.windows[path.removeprefix("window:")]
        yield from _of_window(bundle, rule, window, span, rules) if is_needed else ()
        return
    if fact.total or path in ("now", "law_date"):
        return
    name = name_of(path)
    if is_needed or not fact.optional:
        yield Obligation(Kind.UNKNOWN, span, f"`{name}` missing", rules, Lacking(path, Reason.MISSING))
    if _grows_old(fact, rule, path):
        yield Obligation(Kind.UNKNOWN, span, f"`{name}` stale", rules, Lacking(path, Reason.STALE))


def _grows_old(fact: Fact, rule: ir.Rule, path: str) -> bool:
    return fact.max_age is not None or any(need.age is not None and need.fact.path == path for need in rule.needs)


def _of_window(bundle: Bundle, rule: ir.Rule, window: ir.Window, span: Span, rules: Rules) -> Iterator[Obligation]:
    path, short = f"window:{window.name}", window.name.rpartition(".")[2]
    if window.is_market:
        label = f"`{short}` before its whole stretch was watched"
        yield Obligation(Kind.UNKNOWN, span, label, rules, Lacking(path, Reason.MISSING))
    if rule.stage != "pre_trade":
        return
    for key in window.per:
        fact = bundle.contracts.facts[f"intent.{key}"]
        if not fact.optional and not fact.total:
            label = f"`{short}` without `{fact.path}`"
            yield Obligation(Kind.UNKNOWN, span, label, rules, Lacking(path, Reason.MISSING, fact.path))


def _has_every_row(expr: ir.ParamRef | ir.Lookup, bundle: Bundle) -> bool:
    """Return whether a param has a row for every value its keys can have."""
    if isinstance(expr, ir.Lookup):
        return False
    keys: list[tuple[str, ...]] = [()]
    for key in expr.keys:
        if key.type.kind is not Sort.ENUM:
            return False
        keys = [(*before, value) for before in keys for value in key.type.values]
    rows = {row.key for row in bundle.ruleset.params[expr.name].rows}
    return all(key in rows for key in keys)

"""Which way a list is looser, read from the rules that use it: a longer restricted list is tighter, a longer
list of permissions is looser, and where it cannot be told every edit is looser.
"""

from dataclasses import fields, is_dataclass
from enum import StrEnum

from dsl import ir
from dsl.bundle import Bundle


class Direction(StrEnum):
    """What more rows do."""

    TIGHTER = "more rows are tighter"
    LOOSER = "more rows are looser"
    UNKNOWN = "it cannot be told which way it is looser"


UNDERSTOOD = ("rule", "limit")
"""Kinds of rules whose effect lines only ever stop, hold, shrink or flag an order."""

Sign = int
"""1: the expression can only become true by more rows; -1: only false; 0: either. A set holds all that occur."""


def direction_of(bundle: Bundle | None, name: str) -> Direction:
    """Return what more rows of a list do under these rules; UNKNOWN where no rule uses it."""
    if bundle is None:
        return Direction.UNKNOWN
    paths = {f"list:{key}" for key, listed in bundle.ruleset.lists.items() if is_named(listed, name)}
    if any(param.source is not None and param.source.listed in paths for param in bundle.ruleset.params.values()):
        return Direction.UNKNOWN
    signs: set[Sign] = set()
    for rule in bundle.ruleset.rules:
        signs |= _of_rule(rule, bundle.ruleset, paths)
    if _mentions([getattr(bundle.ruleset, part) for part in _elsewhere()], paths):
        return Direction.UNKNOWN
    return Direction.TIGHTER if signs == {1} else Direction.LOOSER if signs == {-1} else Direction.UNKNOWN


def is_named(listed: ir.ListUse, name: str) -> bool:
    """Return whether a rulebook's list is the maintained list of that name: by its own name or its place's."""
    return name in (listed.name.rpartition(".")[2], listed.place.removesuffix(".csv"))


def _elsewhere() -> list[str]:
    # Lets are followed where they are used; what a list declares of itself is no use of it.
    return [part.name for part in fields(ir.Ruleset) if part.name not in ("rules", "lets", "lists")]


def _of_rule(rule: ir.Rule, ruleset: ir.Ruleset, paths: set[str]) -> set[Sign]:
    if rule.kind not in UNDERSTOOD:
        return {0} if _mentions(rule, paths) else set()
    signs: set[Sign] = set()
    if rule.when is not None:
        signs |= _signs(rule.when, 1, ruleset, paths)
    for line in rule.lines:
        signs |= _signs(line.condition, 1, ruleset, paths)
        signs |= _signs(line.unless, -1, ruleset, paths) if line.unless is not None else set()
        signs |= {0} if _mentions(line.bounds, paths) else set()
    if rule.missing.unless is not None:
        signs |= _signs(rule.missing.unless, -1, ruleset, paths)
    # A list that is needed must be known, whatever is in it; a bound on it is another matter. Reasons decide nothing.
    if _mentions([need.bound for need in rule.needs], paths):
        signs.add(0)
    seen = {"when", "lines", "missing", "needs", "because", "measure"}
    rest = [getattr(rule, part.name) for part in fields(rule) if part.name not in seen]
    return signs | ({0} if _mentions(rest, paths) else set())


def _signs(expr: ir.Expr, sign: Sign, ruleset: ir.Ruleset, paths: set[str]) -> set[Sign]:
    """Return in which ways more rows can move a condition, `sign` being which way it moves what is around it."""
    match expr:
        case ir.Const():
            return set()
        case ir.Member(item=item, container=ir.FactRef(path=path)) if path in paths:
            return {sign} | ({0} if _reaches(item, ruleset, paths) else set())
        case ir.Logic():
            return set().union(*(_signs(part, sign, ruleset, paths) for part in expr.parts))
        case ir.Not():
            return _signs(expr.operand, -sign, ruleset, paths)
        case ir.LetRef():
            return _signs(ruleset.lets[expr.name], sign, ruleset, paths)
        case ir.If():
            within = _signs(expr.then, sign, ruleset, paths) | _signs(expr.otherwise, sign, ruleset, paths)
            return within | ({0} if _reaches(expr.condition, ruleset, paths) else set())
        case ir.Aggregate(function="any", source=ir.FactRef(path=path)) if path in paths:
            inside = [part for part in (expr.body, expr.where) if part is not None]
            # An empty list that counts as true turns false with its first row.
            is_plain = expr.otherwise is None or (isinstance(expr.otherwise, ir.Const) and not expr.otherwise.value)
            return {sign} | ({0} if not is_plain or any(_reaches(p, ruleset, paths) for p in inside) else set())
    return {0} if _reaches(expr, ruleset, paths) else set()


def _reaches(expr: ir.Expr, ruleset: ir.Ruleset, paths: set[str]) -> bool:
    """Return whether an expression reads a list anywhere, lets followed."""
    if _mentions(expr, paths):
        return True
    lets = {part.name for part in ir.walk(expr) if isinstance(part, ir.LetRef)}
    return any(_reaches(ruleset.lets[name], ruleset, paths) for name in sorted(lets))


def _mentions(value: object, paths: set[str]) -> bool:
    """Return whether a list is read anywhere inside data of the IR, whatever the IR comes to hold."""
    if isinstance(value, ir.FactRef) and value.path in paths:
        return True
    if is_dataclass(value):
        return any(_mentions(getattr(value, part.name), paths) for part in fields(value))
    if isinstance(value, dict):
        return any(_mentions(part, paths) for part in value.values())
    if isinstance(value, list | tuple | frozenset):
        return any(_mentions(part, paths) for part in value)
    return False

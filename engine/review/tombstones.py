"""Retired rule ids: one that left may come back, but only with the meaning it had (RELIABILITY P25)."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace

from dsl import ir
from dsl.bundle import Bundle


def returning(bundle: Bundle, present: Iterable[str], retired: Iterable[str]) -> tuple[str, ...]:
    """Return the retired ids that a bundle brings back: those present at the moment are not away."""
    return tuple(sorted({rule.id for rule in bundle.ruleset.rules} & set(retired) - set(present)))


def means_the_same(rule_id: str, old: Bundle, new: Bundle) -> bool:
    """Return whether a rule says the same in two bundles, with every let, window and list it reads.

    A param must be of the same kind and direction; its values may differ, they are dated numbers and no meaning.
    """
    return _meaning(rule_id, old) == _meaning(rule_id, new)


def _meaning(rule_id: str, bundle: Bundle) -> object:
    ruleset = bundle.ruleset
    rule = bundle.rule(rule_id)
    if rule is None:
        return None
    lets: dict[str, ir.Expr] = {}
    params: dict[str, ir.Param] = {}
    facts: set[str] = set()
    _follow(rule, ruleset, lets, params, facts)
    others = {
        part.name: getattr(ruleset, part.name)
        for part in fields(ir.Ruleset)
        if part.name not in ("rules", "lets", "params", "windows", "lists")
    }
    return (
        replace(rule, doc=""),
        lets,
        params,
        _declared(ruleset.windows, "window:", facts),
        _declared(ruleset.lists, "list:", facts),
        others,
    )


def _declared(named: Mapping[str, object], prefix: str, facts: set[str]) -> dict[str, object]:
    return {name: value for name, value in sorted(named.items()) if prefix + name in facts}


def _follow(
    value: object, ruleset: ir.Ruleset, lets: dict[str, ir.Expr], params: dict[str, ir.Param], facts: set[str]
) -> None:
    if isinstance(value, ir.FactRef):
        facts.add(value.path)
    elif isinstance(value, ir.ParamRef):
        params[value.name] = replace(ruleset.params[value.name], rows=(), doc="")
    elif isinstance(value, ir.LetRef) and value.name not in lets:
        lets[value.name] = ruleset.lets[value.name]
        _follow(lets[value.name], ruleset, lets, params, facts)
    if is_dataclass(value):
        for part in fields(value):
            _follow(getattr(value, part.name), ruleset, lets, params, facts)
    elif isinstance(value, list | tuple | frozenset):
        for each in value:
            _follow(each, ruleset, lets, params, facts)

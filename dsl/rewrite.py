"""Bundles with one thing changed: what they would judge if it were otherwise."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from dsl import ir
from dsl.bundle import Bundle
from dsl.text import Span

_N = TypeVar("_N")
Change = Callable[[Bundle], Bundle]


def with_rule(bundle: Bundle, rule: ir.Rule) -> Bundle:
    """Return the bundle with this rule in the place of the one of its id."""
    rules = tuple(rule if one.id == rule.id else one for one in bundle.ruleset.rules)
    return replace(bundle, ruleset=replace(bundle.ruleset, rules=rules))


def with_let(bundle: Bundle, name: str, body: ir.Expr) -> Bundle:
    """Return the bundle with another expression of a name."""
    return replace(bundle, ruleset=replace(bundle.ruleset, lets={**bundle.ruleset.lets, name: body}))


def with_param(bundle: Bundle, param: ir.Param) -> Bundle:
    """Return the bundle with this param in the place of the one of its name."""
    return replace(bundle, ruleset=replace(bundle.ruleset, params={**bundle.ruleset.params, param.name: param}))


def with_window(bundle: Bundle, window: ir.Window) -> Bundle:
    """Return the bundle with this window in the place of the one of its name."""
    return replace(bundle, ruleset=replace(bundle.ruleset, windows={**bundle.ruleset.windows, window.name: window}))


def with_table(bundle: Bundle, table: ir.Table) -> Bundle:
    """Return the bundle with this table in the place of the one of its name."""
    return replace(bundle, ruleset=replace(bundle.ruleset, tables={**bundle.ruleset.tables, table.name: table}))


def substitute(node: _N, old: ir.Expr, new: ir.Expr) -> _N:
    """Return a node with one expression inside it, that very object, exchanged."""
    if node is old:
        return new  # type: ignore[return-value]
    if isinstance(node, tuple):
        return tuple(substitute(part, old, new) for part in node)  # type: ignore[return-value]
    if not is_dataclass(node) or isinstance(node, type | Span):
        return node
    changed = {}
    for field in fields(node):
        was = getattr(node, field.name)
        now = substitute(was, old, new)
        if now is not was:
            changed[field.name] = now
    return replace(node, **changed) if changed else node

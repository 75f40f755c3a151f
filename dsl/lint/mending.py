"""Edits for the warnings of a check, and the proof that edits left every judgement as it was."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.contracts import Fact
from dsl.diagnostics import Diagnostic, Edit
from dsl.edits import part_of
from dsl.lint.subject import INCREASES
from dsl.parse import parse
from dsl.program import REDUCES
from dsl.text import Source, Span

_E = TypeVar("_E")
_FRESH = re.compile(r"\s+fresh\s.*", re.S)
_OPPOSITE = {"==": "!=", "!=": "=="}


def with_edits(warned: Iterable[Diagnostic], bundle: Bundle) -> list[Diagnostic]:
    """Return the warnings of a check with the edits that follow from them alone."""
    return [replace(found, edit=_edit(found, bundle.sources.get(found.span.file, ""))) for found in warned]


def _edit(found: Diagnostic, text: str) -> Edit | None:
    span = found.span
    if found.code == "W601":
        before = text.split("\n")[span.line - 1][: span.column - 1].rstrip()
        return Edit(Span(span.file, span.line, len(before) + 1, span.line, span.column), "\n  ") if before else None
    if found.code == "W603":
        return _off_uses(Source(span.file, text), found.message.split("`")[1])
    if found.code == "W604":
        return Edit(span, _FRESH.sub("", part_of(text, span)))
    return None


def _off_uses(source: Source, name: str) -> Edit | None:
    """Return the edit that takes a contract off the `uses` line it stands on, or the line if it says nothing else."""
    for uses in (declared for declared in parse(source)[0].declarations if isinstance(declared, s.Uses)):
        names = [known for known, _ in uses.names]
        if name not in names:
            continue
        at, spans = names.index(name), [place for _, place in uses.names]
        if len(names) == 1:
            return Edit(Span(source.name, uses.span.line, 1, uses.span.end_line + 1, 1), "")
        mine = spans[at]
        if at == 0:
            return Edit(Span(source.name, mine.line, mine.column, spans[1].line, spans[1].column), "")
        before = spans[at - 1]
        return Edit(Span(source.name, before.end_line, before.end_column, mine.end_line, mine.end_column), "")
    return None


# ------------------------------------------------------------------------------------------ the proof


def judges_alike(before: Bundle, after: Bundle) -> bool:
    """Return whether two bundles are one judgement but for how it is written: negations, places, idle freshness."""
    if before.contracts != after.contracts:
        return False
    return _judgement(before.ruleset, before.contracts.facts) == _judgement(after.ruleset, after.contracts.facts)


def _judgement(ruleset: ir.Ruleset, facts: Mapping[str, Fact]) -> ir.Ruleset:
    rules = tuple(
        replace(rule, needs=tuple(_without_idle_age(need, facts) for need in rule.needs)) for rule in ruleset.rules
    )
    lets = {name: _straight(body) for name, body in ruleset.lets.items()}
    return replace(ruleset, rules=tuple(_straight(rule) for rule in rules), lets=lets)


def _without_idle_age(need: ir.Need, facts: Mapping[str, Fact]) -> ir.Need:
    fact = facts.get(need.fact.path)
    bound = fact.max_age if fact else None
    is_idle = (
        need.age is not None and bound is not None and need.age.kind == bound.kind and need.age.count > bound.count
    )
    return replace(need, age=None) if is_idle else need


def _straight(node: _E) -> _E:
    """Return a node with every negation that has an opposite said by it."""
    if isinstance(node, tuple):
        return tuple(_straight(part) for part in node)  # type: ignore[return-value]
    if not is_dataclass(node) or isinstance(node, type | Span):
        return node
    inner = replace(node, **{field.name: _straight(getattr(node, field.name)) for field in fields(node)})
    if not isinstance(inner, ir.Not):
        return inner
    match inner.operand:
        case ir.Not(operand=operand):
            return operand  # type: ignore[return-value]
        case ir.Compare(operator="==" | "!=") as compare:
            return replace(compare, operator=_OPPOSITE[compare.operator])  # type: ignore[return-value]
        case ir.FactRef(path="intent.increases_risk" | "intent.reduces_only") as fact:
            other = REDUCES if fact.path == INCREASES else INCREASES
            return replace(fact, path=other)  # type: ignore[return-value]
    return inner

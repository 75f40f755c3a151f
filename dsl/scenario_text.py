"""Inline tests as scenario files: the same scenarios, in YAML."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsl import syntax as s
from dsl.cases import DEFAULT_DAY
from dsl.edits import part_of
from dsl.text import Span

Data = dict[str, Any]
_WIDE = 116


@dataclass(frozen=True, slots=True)
class Titled:
    """The fields of one scenario, and what it is for."""

    title: str
    data: Data


def as_data(scenario: s.Scenario, text: str, fixture: s.Fixture | None = None) -> Data | None:
    """Return a scenario as the fields of a file; None where a file cannot say it.

    `fixture` is one the rulebook does not have: its facts are then the scenario's own. A file knows dates alone.
    """
    if scenario.instant is not None and scenario.instant.kind != "date":
        return None
    reader = _Words(text)
    changed = {reader.target(one) for one in scenario.assignments}
    own = [one for one in (fixture.assignments if fixture else ()) if reader.target(one) not in changed]
    data: Data = {"law_date": scenario.instant.text if scenario.instant is not None else DEFAULT_DAY.isoformat()}
    if fixture is None:
        data["fixture"] = scenario.fixture
    data |= reader.facts((*own, *scenario.assignments), scenario.without, fixture is not None)
    params = {reader.target(one): reader.of(one.value.span) for one in scenario.assignments if one.is_param}
    data |= {"params": params} if params else {}
    data |= reader.events(scenario.occurrences)
    data |= {"judged_at": reader.of(scenario.judged_at.span)} if scenario.judged_at is not None else {}
    data["expect"] = reader.outcomes(scenario.outcomes)
    if scenario.steps:
        data["then"] = [reader.step(step) for step in scenario.steps]
    return data


class _Words:
    """Quotes the text a test is written in."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, span: Span) -> str:
        return " ".join(part_of(self._text, span).split())

    def target(self, one: s.Assignment) -> str:
        return one.target + (f"[{', '.join(one.key)}]" if one.key else "")

    def facts(self, assignments: Iterable[s.Assignment], without: tuple[str, ...], is_bare: bool = False) -> Data:
        """Return the facts set and left out; over no fixture, those left out are simply not set."""
        out: Data = {}
        with_ = {}
        for one in assignments:
            if not one.is_param and not (is_bare and one.target in without):
                aged = {"age": self.of(one.age.span)} if one.age is not None else {}
                with_[self.target(one)] = {"value": self.value(one.value), **aged}
        out |= {"with": with_} if with_ else {}
        return out | ({"without": list(without)} if without and not is_bare else {})

    def value(self, expr: s.Expr) -> Any:
        if isinstance(expr, s.Records):
            return [{name: self.value(value) for name, value in row} for row in expr.rows]
        return [] if isinstance(expr, s.SetLiteral) and not expr.items else self.of(expr.span)

    def events(self, occurrences: tuple[s.Occurrence, ...]) -> Data:
        out = []
        for one in occurrences:
            data: Data = {"event": one.event, "at": self.of(one.at.span)}
            if one.until is not None and one.every is not None:
                data |= {"until": self.of(one.until.span), "every": self.of(one.every.span)}
            having = {field.target: self.value(field.value) for field in one.fields}
            out.append(data | ({"having": having} if having else {}))
        return {"after": out} if out else {}

    def outcomes(self, outcomes: tuple[s.ExpectedOutcome, ...]) -> list[Data]:
        out = []
        for one in outcomes:
            said = {"effect": one.effect, "code": one.code, "rule": one.rule, "keys": list(one.keys) or None}
            out.append({name: value for name, value in said.items() if value is not None})
        return out

    def step(self, step: s.Step) -> Data:
        begin: Data = {"restart": True} if step.at is None else {"at": self.of(step.at.span)}
        rest = {**self.facts(step.assignments, step.without), **self.events(step.occurrences)}
        return {**begin, **rest, "expect": self.outcomes(step.outcomes)}


def as_yaml(rulebook: str, rules: tuple[str, ...], scenarios: Iterable[Titled]) -> str:
    """Return the text of a scenario file, one scenario by itself or several below `each`."""
    listed = list(scenarios)
    head = ["v: 1", f"rulebook: {rulebook}", *([f"of: [{', '.join(rules)}]"] if rules else [])]
    if len(listed) == 1:
        lines = [f"# {listed[0].title}", *head, *_block(listed[0].data)]
        return "\n".join(lines) + "\n"
    shared: Data = {
        field: listed[0].data[field]
        for field in ("law_date", "fixture")
        if all(one.data.get(field) == listed[0].data.get(field) for one in listed) and field in listed[0].data
    }
    lines = [*head, *_block(shared), "each:"]
    for one in listed:
        first, *rest = _block({name: value for name, value in one.data.items() if name not in shared})
        lines += [f"  # {one.title}", f"  - {first}", *(f"    {line}" for line in rest)]
    return "\n".join(lines) + "\n"


def _block(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a mapping: what fits on a line on one, else an entry a line."""
    for name, value in data.items():
        flow = f"{_key(name)}: {_flow(value)}"
        if len(flow) <= _WIDE - 8 or not isinstance(value, dict | list) or not value:
            yield flow
        elif isinstance(value, dict):
            yield f"{_key(name)}:"
            yield from (f"  {line}" for line in _block(value))
        else:
            yield f"{_key(name)}:"
            for entry in value:
                flat = f"  - {_flow(entry)}"
                if len(flat) <= _WIDE - 8 or not isinstance(entry, dict):
                    yield flat
                else:
                    first, *rest = _block(entry)
                    yield f"  - {first}"
                    yield from (f"    {line}" for line in rest)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace(".", "").isalnum() else json.dumps(name)

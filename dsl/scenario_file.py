"""Scenario files: the fields of an inline test as plain data, made into the same case."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.calendars import PLAIN, Calendars
from dsl.cases import Case
from dsl.collect import Collector
from dsl.diagnostics import Diagnostic
from dsl.keywords import OUTCOMES
from dsl.parse import parse_expression
from dsl.suggest import nearest
from dsl.text import Span

Path = tuple[str | int, ...]
Places = Mapping[Path, tuple[int, int]]
"""Where the loader read each value: path from the top to (line, column), both from 1."""


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """A scenario file as its loader read it: the value, where each value and each key stands, and what is wrong."""

    value: Any
    places: Places
    keys: Places
    found: tuple[Diagnostic, ...]


_FIELDS = ("v", "rulebook", "law_date", "fixture", "with", "without", "params", "expect")
_REQUIRED = ("v", "rulebook", "law_date", "expect")
_AGE = re.compile(r"(\d{1,9}) (ms|s|min|h|days?|sessions?|bars?)")
_TARGET = re.compile(r"([a-z][\w.]*)(?:\[([A-Z]{3}),([A-Z]{3})\])?")


def read_scenario(
    data: Any, name: str, bundle: Bundle, places: Places | None = None, calendars: Calendars = PLAIN
) -> tuple[Case | None, list[Diagnostic]]:
    """Return a loaded scenario file as a case, or None with what is wrong and where in the file."""
    reader = _Reader(name, bundle, places or {}, calendars)
    case = reader.read(data)
    return (None if reader.found else case), reader.found


class _Reader:
    """Reads one scenario file into the syntax an inline test would have."""

    def __init__(self, name: str, bundle: Bundle, places: Places, calendars: Calendars) -> None:
        self._name, self._bundle, self._places, self._calendars = name, bundle, places, calendars
        self.found: list[Diagnostic] = []

    def read(self, data: Any) -> Case | None:
        """Return the case, or None when anything was reported."""
        if not isinstance(data, Mapping) or any(key not in data for key in _REQUIRED):
            self._say((), "a scenario needs " + ", ".join(_REQUIRED))
            return None
        for field in sorted(str(key) for key in data if key not in _FIELDS):
            near = nearest(field, _FIELDS)
            help_ = f"did you mean `{near}`?" if near else "its fields are " + ", ".join(_FIELDS)
            self._say((field,), f"a scenario has no `{field}`", help_)
        if data["v"] != 1 or isinstance(data["v"], bool):
            self._say(("v",), f"this reads scenarios of version 1, not {data['v']}")
        book = next((book for book in self._bundle.books if book.name == data["rulebook"]), None)
        if book is None:
            self._unknown(("rulebook",), "rulebook", data["rulebook"], [known.name for known in self._bundle.books])
            return None
        fixture: tuple[s.Assignment, ...] = ()
        if "fixture" in data:
            declared = book.fixtures.get(str(data["fixture"]))
            if declared is None:
                self._unknown(("fixture",), "fixture", data["fixture"], list(book.fixtures))
                return None
            fixture = declared.assignments
        scenario = self._scenario(data)
        if self.found:
            return None
        collector = Collector(self._bundle, book, self._calendars, self.found)
        return collector.case(self._name, (), fixture, scenario)

    def _scenario(self, data: Mapping[str, Any]) -> s.Scenario:
        without = self._entries(data, "without", list)
        return s.Scenario(
            self._at(()),
            str(data.get("fixture", "")),
            (*self._facts(data), *self._params(data)),
            tuple(str(path) for path in without),
            (),
            None,
            s.Moment(self._at(("law_date",)), "date", str(data["law_date"])),
            tuple(self._outcomes(data)),
        )

    def _facts(self, data: Mapping[str, Any]) -> list[s.Assignment]:
        out = []
        for path, setting in self._entries(data, "with", dict).items():
            at: Path = ("with", path)
            target = _TARGET.fullmatch(str(path))
            if not isinstance(setting, Mapping) or "value" not in setting or target is None:
                self._say(at, f"`{path}` needs `value`, and may have `age`")
                continue
            for extra in sorted(str(key) for key in setting if key not in ("value", "age")):
                self._say((*at, extra), f"a fact has `value` and `age`, no `{extra}`")
            value = self._value(setting["value"], (*at, "value"))
            age = self._age(setting["age"], (*at, "age")) if "age" in setting else None
            if value is not None:
                keys = (target[2], target[3]) if target[2] else ()
                out.append(s.Assignment(self._at(at), target[1], False, keys, value, age))
        return out

    def _params(self, data: Mapping[str, Any]) -> list[s.Assignment]:
        out = []
        for name, written in self._entries(data, "params", dict).items():
            value = self._value(written, ("params", name))
            if value is not None:
                out.append(s.Assignment(self._at(("params", name)), str(name), True, (), value, None))
        return out

    def _outcomes(self, data: Mapping[str, Any]) -> list[s.ExpectedOutcome]:
        out = []
        entries = self._entries(data, "expect", list)
        if not entries:
            self._say(("expect",), "a scenario expects at least one outcome", "write `- effect: allow`")
        for number, entry in enumerate(entries):
            at: Path = ("expect", number)
            if not isinstance(entry, Mapping) or entry.get("effect") not in OUTCOMES:
                self._say(at, "an outcome has an `effect`", "one of " + ", ".join(OUTCOMES))
                continue
            rule = entry.get("rule")
            if rule is not None and self._bundle.rule(rule) is None:
                self._unknown(at, "rule", rule, [known.id for known in self._bundle.ruleset.rules])
            out.append(s.ExpectedOutcome(self._at(at), entry["effect"], entry.get("code"), rule))
        return out

    def _entries(self, data: Mapping[str, Any], field: str, kind: type) -> Any:
        """Return a list or mapping of the file; another shape is reported and counts as empty."""
        content = data.get(field, kind())
        if isinstance(content, kind):
            return content
        self._say((field,), f"`{field}` is a {'list' if kind is list else 'mapping'}")
        return kind()

    def _value(self, written: Any, at: Path) -> s.Expr | None:
        """Return a literal of the rule language: text is parsed, whole numbers and booleans stand for themselves."""
        if isinstance(written, bool):
            return s.Truth(self._at(at), written)
        if isinstance(written, int):
            return s.Number(self._at(at), Fraction(written), "")
        if not isinstance(written, str):
            self._say(at, "a value is written as in a rule file, in quotes", 'write "500.00 USD/share" or "BUY"')
            return None
        expr, problems = parse_expression(written, self._name)
        self.found += [replace(problem, span=self._at(at)) for problem in problems]
        return _placed(expr, self._at(at)) if expr is not None else None

    def _age(self, written: Any, at: Path) -> s.Number | None:
        match = _AGE.fullmatch(written) if isinstance(written, str) else None
        if match is None:
            self._say(at, f"`{written}` is not an age", 'write "5 s", "2 sessions" or "1 bar"')
            return None
        unit = "sessions" if match[2].startswith("bar") else match[2]
        return s.Number(self._at(at), Fraction(match[1]), unit)

    def _at(self, path: Path) -> Span:
        while path and path not in self._places:
            path = path[:-1]
        line, column = self._places.get(path, (1, 1))
        return Span(self._name, line, column, line, column + 1)

    def _say(self, path: Path, message: str, help_: str = "", code: str = "E312") -> None:
        self.found.append(Diagnostic(code, message, self._at(path), help=help_))

    def _unknown(self, path: Path, what: str, name: Any, known: list[str]) -> None:
        near = nearest(str(name), known)
        help_ = f"did you mean `{near}`?" if near else f"a {what} of the rule files"
        self.found.append(Diagnostic("E105", f"there is no {what} `{name}`", self._at(path), help=help_))


def _placed(expr: s.Expr, at: Span) -> s.Expr:
    """Return the literal with its place in the file; a set's items stand where the set does."""
    if isinstance(expr, s.SetLiteral):
        return s.SetLiteral(at, tuple(_placed(item, at) for item in expr.items))
    if isinstance(expr, s.Negate):
        return s.Negate(at, _placed(expr.operand, at))
    return replace(expr, span=at)

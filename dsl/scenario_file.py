"""Scenario files: the fields of inline tests as plain data, made into the same cases."""

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
from dsl.names import Rulebook
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


_WHOLE = ("v", "rulebook", "of", "each")
"""Fields of the file itself."""
_SHARED = ("law_date", "fixture")
"""Fields each scenario may have for itself where the file holds several."""
_OWN = ("with", "without", "params", "after", "judged_at", "expect", "then")
_STEP = ("at", "restart", "with", "without", "after", "expect")
_EVENT = ("event", "at", "until", "every", "having")
_EXPECTED = ("effect", "code", "rule", "keys")
OUTCOME_WORDS = (*OUTCOMES, "trip", "no trip", "posture", "does", "task", "refuse", "fail", "rank")
_AGE = re.compile(r"(\d[\d_]{0,11}(?:\.\d{1,6})?) (ms|s|min|h|days?|sessions?|bars?)")
_TARGET = re.compile(r"([a-z][\w.]*)(?:\[([^\]]{1,120})\])?")


def read_scenarios(
    data: Any, name: str, bundle: Bundle, places: Places | None = None, calendars: Calendars = PLAIN
) -> tuple[list[Case], list[Diagnostic]]:
    """Return the cases of a loaded scenario file, or none with what is wrong and where in the file."""
    reader = _Reader(name, bundle, places or {}, calendars)
    cases = reader.read(data)
    return ([] if reader.found else cases), reader.found


def fixtures_named(data: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the fixtures a loaded scenario file begins from, by rulebook and name."""
    book = str(data.get("rulebook", ""))
    return {(book, str(one["fixture"])) for one in (data, *data.get("each", ())) if "fixture" in one}


class _Reader:
    """Reads one scenario file into the syntax inline tests would have."""

    def __init__(self, name: str, bundle: Bundle, places: Places, calendars: Calendars) -> None:
        self._name, self._bundle, self._places, self._calendars = name, bundle, places, calendars
        self.found: list[Diagnostic] = []

    def read(self, data: Any) -> list[Case]:
        """Return the cases, or none when anything was reported."""
        if not isinstance(data, Mapping) or any(key not in data for key in ("v", "rulebook")):
            self._say((), "a scenario needs v, rulebook, law_date, expect")
            return []
        one = "each" not in data
        self._only(data, (*_WHOLE, *_SHARED, *(_OWN if one else ())), (), "a scenario")
        if data["v"] != 1 or isinstance(data["v"], bool):
            self._say(("v",), f"this reads scenarios of version 1, not {data['v']}")
        book = next((book for book in self._bundle.books if book.name == data["rulebook"]), None)
        if book is None:
            self._unknown(("rulebook",), "rulebook", data["rulebook"], [known.name for known in self._bundle.books])
            return []
        rules = self._rules(data)
        cases = [self._case(data, (), book, rules)] if one else self._several(data, book, rules)
        return [case for case in cases if case is not None]

    def _several(self, data: Mapping[str, Any], book: Rulebook, rules: tuple[str, ...]) -> list[Case | None]:
        shared = {field: data[field] for field in _SHARED if field in data}
        out: list[Case | None] = []
        for number, own in enumerate(self._entries(data, "each", list, ())):
            at: Path = ("each", number)
            if not isinstance(own, Mapping):
                self._say(at, "a scenario is a mapping", "write `- {expect: [{effect: allow}]}`")
                continue
            self._only(own, (*_SHARED, *_OWN), at, "a scenario")
            out.append(self._case({**shared, **own}, at, book, rules))
        if not out:
            self._say(("each",), "a scenario file holds at least one scenario", "write it below `each`")
        return out

    def _case(self, data: Mapping[str, Any], at: Path, book: Rulebook, rules: tuple[str, ...]) -> Case | None:
        if any(field not in data for field in ("law_date", "expect")):
            self._say(at, "a scenario needs v, rulebook, law_date, expect")
            return None
        fixture: tuple[s.Assignment, ...] = ()
        if "fixture" in data:
            declared = book.fixtures.get(str(data["fixture"]))
            if declared is None:
                self._unknown((*at, "fixture"), "fixture", data["fixture"], list(book.fixtures))
                return None
            fixture = declared.assignments
        scenario = self._scenario(data, at)
        if self.found:
            return None
        collector = Collector(self._bundle, book, self._calendars, self.found)
        return collector.case(self._name, rules, fixture, scenario)

    def _rules(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        named = [str(rule) for rule in self._entries(data, "of", list, ())]
        for number, rule in enumerate(named):
            if self._bundle.rule(rule) is None:
                self._unknown(("of", number), "rule", rule, [known.id for known in self._bundle.ruleset.rules])
        return tuple(named)

    def _scenario(self, data: Mapping[str, Any], at: Path) -> s.Scenario:
        judged = self._measure(data["judged_at"], (*at, "judged_at")) if "judged_at" in data else None
        return s.Scenario(
            self._at(at),
            str(data.get("fixture", "")),
            (*self._facts(data, at), *self._params(data, at)),
            self._left_out(data, at),
            tuple(self._events(data, at)),
            judged,
            s.Moment(self._at((*at, "law_date")), "date", str(data["law_date"])),
            tuple(self._outcomes(data, at)),
            tuple(self._steps(data, at)),
        )

    def _left_out(self, data: Mapping[str, Any], at: Path) -> tuple[str, ...]:
        return tuple(str(path) for path in self._entries(data, "without", list, at))

    def _steps(self, data: Mapping[str, Any], above: Path) -> list[s.Step]:
        out = []
        for number, step in enumerate(self._entries(data, "then", list, above)):
            at: Path = (*above, "then", number)
            if not isinstance(step, Mapping) or ("at" in step) is (step.get("restart") is True):
                self._say(at, "what comes later has `at`, or is a `restart`", 'write `- {at: "1 h", expect: […]}`')
                continue
            self._only(step, _STEP, at, "what comes later")
            begin = self._measure(step["at"], (*at, "at")) if "at" in step else None
            facts, events = tuple(self._facts(step, at)), tuple(self._events(step, at))
            outcomes = tuple(self._outcomes(step, at))
            if begin is None and (facts or events or "without" in step):
                self._say(at, "a restart changes nothing", "put what changes into a step of its own")
            out.append(s.Step(self._at(at), begin, facts, self._left_out(step, at), events, outcomes))
        return out

    def _events(self, data: Mapping[str, Any], above: Path) -> list[s.Occurrence]:
        out = []
        for number, event in enumerate(self._entries(data, "after", list, above)):
            at: Path = (*above, "after", number)
            if not isinstance(event, Mapping) or "event" not in event or "at" not in event:
                self._say(at, "what happened has `event` and `at`", 'write `- {event: fill, at: "0 s"}`')
                continue
            self._only(event, _EVENT, at, "what happened")
            times = {
                word: self._measure(event[word], (*at, word)) for word in ("at", "until", "every") if word in event
            }
            if ("until" in times) is not ("every" in times):
                self._say(at, "`until` and `every` belong together", 'write `until: "3 s", every: "1 s"`')
            fields = []
            for name, written in self._entries(event, "having", dict, at).items():
                value = self._value(written, (*at, "having", name))
                if value is not None:
                    fields.append(s.Assignment(self._at((*at, "having", name)), str(name), False, (), value, None))
            first = times.get("at")
            if first is not None:
                until, every = times.get("until"), times.get("every")
                out.append(s.Occurrence(self._at(at), str(event["event"]), tuple(fields), first, until, every))
        return out

    def _facts(self, data: Mapping[str, Any], above: Path) -> list[s.Assignment]:
        out = []
        for path, setting in self._entries(data, "with", dict, above).items():
            at: Path = (*above, "with", path)
            target = _TARGET.fullmatch(str(path))
            if not isinstance(setting, Mapping) or "value" not in setting or target is None:
                self._say(at, f"`{path}` needs `value`, and may have `age`")
                continue
            self._only(setting, ("value", "age"), at, "a fact")
            value = self._value(setting["value"], (*at, "value"))
            age = self._measure(setting["age"], (*at, "age")) if "age" in setting else None
            if value is not None:
                keys = tuple(key.strip().strip('"') for key in (target[2] or "").split(",") if key.strip())
                out.append(s.Assignment(self._at(at), target[1], False, keys, value, age))
        return out

    def _params(self, data: Mapping[str, Any], above: Path) -> list[s.Assignment]:
        out = []
        for name, written in self._entries(data, "params", dict, above).items():
            at: Path = (*above, "params", name)
            value, target = self._value(written, at), _TARGET.fullmatch(str(name))
            if target is None:
                self._say(at, f"`{name}` is no param", 'write "max_quantity", or "max_quantity[AAPL]" with its key')
            elif value is not None:
                keys = tuple(key.strip().strip('"') for key in (target[2] or "").split(",") if key.strip())
                out.append(s.Assignment(self._at(at), target[1], True, keys, value, None))
        return out

    def _outcomes(self, data: Mapping[str, Any], above: Path) -> list[s.ExpectedOutcome]:
        out = []
        entries = self._entries(data, "expect", list, above)
        if not entries:
            self._say((*above, "expect"), "a scenario expects at least one outcome", "write `- effect: allow`")
        for number, entry in enumerate(entries):
            at: Path = (*above, "expect", number)
            if not isinstance(entry, Mapping) or entry.get("effect") not in OUTCOME_WORDS:
                self._say(at, "an outcome has an `effect`", "one of " + ", ".join(OUTCOME_WORDS))
                continue
            self._only(entry, _EXPECTED, at, "an outcome")
            rule = entry.get("rule")
            if rule is not None and self._bundle.rule(rule) is None:
                self._unknown(at, "rule", rule, [known.id for known in self._bundle.ruleset.rules])
            keys = tuple(str(key) for key in self._entries(entry, "keys", list, at))
            out.append(s.ExpectedOutcome(self._at(at), entry["effect"], entry.get("code"), rule, keys))
        return out

    def _only(self, data: Mapping[str, Any], fields: tuple[str, ...], at: Path, what: str) -> None:
        """Report every field that has no meaning here."""
        for field in sorted(str(key) for key in data if key not in fields):
            near = nearest(field, fields)
            help_ = f"did you mean `{near}`?" if near else "its fields are " + ", ".join(fields)
            self._say((*at, field), f"{what} has no `{field}`", help_)

    def _entries(self, data: Mapping[str, Any], field: str, kind: type, at: Path) -> Any:
        """Return a list or mapping of the file; another shape is reported and counts as empty."""
        content = data.get(field, kind())
        if isinstance(content, kind):
            return content
        self._say((*at, field), f"`{field}` is a {'list' if kind is list else 'mapping'}")
        return kind()

    def _value(self, written: Any, at: Path) -> s.Expr | None:
        """Return a literal of the rule language: text is parsed, whole numbers and booleans stand for themselves."""
        if isinstance(written, bool):
            return s.Truth(self._at(at), written)
        if isinstance(written, int):
            return s.Number(self._at(at), Fraction(written), "")
        if isinstance(written, list) and all(isinstance(row, Mapping) for row in written):
            return self._records(written, at)
        if not isinstance(written, str):
            self._say(at, "a value is written as in a rule file, in quotes", 'write "500.00 USD/share" or "BUY"')
            return None
        expr, problems = parse_expression(written, self._name)
        self.found += [replace(problem, span=self._at(at)) for problem in problems]
        return _placed(expr, self._at(at)) if expr is not None else None

    def _records(self, rows: list[Mapping[str, Any]], at: Path) -> s.Expr:
        """Return the rows of a list; each column is a literal again."""
        if not rows:
            return s.SetLiteral(self._at(at), ())
        read = []
        for number, row in enumerate(rows):
            cells = [(str(name), self._value(written, (*at, number, name))) for name, written in row.items()]
            read.append(tuple((name, value) for name, value in cells if value is not None))
        return s.Records(self._at(at), tuple(read))

    def _measure(self, written: Any, at: Path) -> s.Number | None:
        match = _AGE.fullmatch(written) if isinstance(written, str) else None
        if match is None:
            self._say(at, f"`{written}` is not an age", 'write "5 s", "2 sessions" or "1 bar"')
            return None
        unit = "sessions" if match[2].startswith("bar") else match[2]
        return s.Number(self._at(at), Fraction(match[1].replace("_", "")), unit)

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
    if isinstance(expr, s.Records):
        return s.Records(at, tuple(tuple((name, _placed(value, at)) for name, value in row) for row in expr.rows))
    return replace(expr, span=at)

"""The names in a scenario file: keys and values that name a rulebook, fixture, fact, param, rule or reason code."""

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.naming.occurrence import Occurrence, Use
from dsl.scenario_file import Path, ScenarioText


def scenario_occurrences(read: ScenarioText, text: str) -> list[Occurrence]:
    """Return every name of a scenario file in the order of the text, none of one that cannot be read."""
    if not isinstance(read.value, Mapping):
        return []
    lines = text.split("\n")
    found = [
        _placed(lines, at, word, use, about)
        for word, use, about, at in _names(read.value, read)
        if at is not None and isinstance(word, str)
    ]
    return sorted(found, key=lambda one: (one.line, one.column))


def _placed(lines: list[str], at: tuple[int, int], word: str, use: Use, about: tuple[str, ...]) -> Occurrence:
    line, column = at
    written = lines[line - 1][column - 1 :] if line <= len(lines) else ""
    if written[:1] in ("'", '"') and written[1:].startswith(word):
        return Occurrence(line, column + 1, word, use, about)
    return Occurrence(line, column, word, use, about, is_exact=written.startswith(word))


_Name = tuple[Any, Use, tuple[str, ...], tuple[int, int] | None]


def _names(value: Mapping[str, Any], read: ScenarioText) -> Iterator[_Name]:
    def at(*path: str | int) -> tuple[int, int] | None:
        return read.places.get(path)

    def key(*path: str | int) -> tuple[int, int] | None:
        return read.keys.get(path)

    yield value.get("rulebook"), Use.RULEBOOK, (), at("rulebook")
    yield value.get("fixture"), Use.FIXTURE, (), at("fixture")
    for fact, setting in _map(value, "with").items():
        yield fact.partition("[")[0], Use.FACT, (), key("with", fact)
        written = setting.get("value") if isinstance(setting, Mapping) else None
        if isinstance(written, str) and written.isidentifier() and written.isupper():
            yield written, Use.ENUM_VALUE, (fact,), at("with", fact, "value")
    for number, fact in enumerate(_list(value, "without")):
        yield fact, Use.FACT, (), at("without", number)
    for param in _map(value, "params"):
        yield param, Use.PARAM, (), key("params", param)
    for number, outcome in enumerate(_list(value, "expect")):
        if isinstance(outcome, Mapping):
            path: Path = ("expect", number)
            rule = outcome.get("rule")
            about = (rule,) if isinstance(rule, str) else ()
            yield outcome.get("code"), Use.REASON, about, at(*path, "code")
            yield rule, Use.RULE, (), at(*path, "rule")


def _map(value: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    inside = value.get(field)
    return inside if isinstance(inside, Mapping) else {}


def _list(value: Mapping[str, Any], field: str) -> list[Any]:
    inside = value.get(field)
    return inside if isinstance(inside, list) else []

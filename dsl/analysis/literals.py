"""Stored values as they are written in a rule file; None where a rule file has no way to write one."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dsl import types as t
from dsl.contracts import Age, Fact
from dsl.solver.facts import micros_of
from dsl.solver.situation import Told
from dsl.statistics import is_finite, write_statistic
from dsl.types import Kind, Type

DAY = 86_400_000_000
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_SPANS = (("days", DAY), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000))


def literal(value: Any, kind: Type) -> str | None:
    """Return a stored value in the words of the language."""
    match kind.kind:
        case Kind.BOOL:
            return "true" if value else "false"
        case Kind.TEXT | Kind.SYMBOL:
            return quoted(value)
        case Kind.ENUM:
            return str(value) if _CODE.fullmatch(str(value)) else None
        case Kind.SET:
            return _set(value, kind)
        case Kind.LIST:
            return _records(value, kind)
        case Kind.REAL:
            return f"{Decimal(write_statistic(value)):f}" if is_finite(value) else None
        case Kind.DATE:
            return date.fromordinal(value).isoformat() if 1 <= value <= date.max.toordinal() else None
        case Kind.TIMESTAMP:
            return instant(value)
        case Kind.TIME:
            return _time(value)
        case Kind.SESSIONS:
            return f"{value} sessions" if value >= 0 else None
        case Kind.NUMBER:
            return number(Fraction(value, t.scale_of(kind)), kind)
    return None


def number(value: Fraction, kind: Type) -> str | None:
    """Return a number with its unit, None where it has more digits than can be written."""
    text = t.show_number(value, kind)
    if kind == t.DURATION:
        text = _plain(value) + " s"
    if kind == t.QUANTITY and value == 1:
        text = "1 share"
    return None if "…" in text else text


def rate(value: int, path: str) -> str | None:
    """Return a conversion rate like `fx.rate[EUR,USD]` in its own unit."""
    source, _, target = path.partition("[")[2].rstrip("]").partition(",")
    return number(Fraction(value, t.scale_of(t.RATIO)), t.rate(source, target))


def _plain(value: Fraction) -> str:
    return t.show_number(value, t.COUNT)


def quoted(text: str) -> str:
    """Return a text in quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _set(value: Any, kind: Type) -> str | None:
    assert kind.element is not None
    items = [literal(item, kind.element) for item in sorted(value)]
    return None if None in items else f"[{', '.join(item for item in items if item)}]"


def _records(value: Any, kind: Type) -> str | None:
    """Return rows of a list of records; a cell that is not there is not written."""
    columns = dict(kind.fields)
    rows = []
    for row in value:
        cells = {name: literal(cell, columns[name]) for name, cell in row.items()}
        if None in cells.values():
            return None
        rows.append("{" + ", ".join(f"{name} = {text}" for name, text in cells.items()) + "}")
    return f"[{', '.join(rows)}]"


def _time(value: int) -> str | None:
    seconds, rest = divmod(value, 1_000_000)
    if rest or not 0 <= seconds < 86_400:
        return None
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def instant(micros: int) -> str | None:
    """Return an instant in UTC, None outside the calendar of Python."""
    try:
        at = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
    except (OverflowError, ValueError, OSError):
        return None
    return at.isoformat().replace("+00:00", "Z")


def span(micros: int) -> str:
    """Return a time span in the largest unit that divides it."""
    if micros == 0:
        return "0 s"
    for word, size in _SPANS:
        if micros % size == 0:
            count = micros // size
            return f"{count} {'day' if word == 'days' and count == 1 else word}"
    return f"{_plain(Fraction(micros, 1_000_000))} s"


def age_of(told: Told, ages: tuple[Age, ...]) -> int | None:
    """Return an age in microseconds that is older than exactly the bounds a fact is older than, None: there is none."""
    passed = max((micros_of(age) for age in told.late), default=None)
    if passed is None:
        return 0
    kept = min((micros_of(age) for age in ages if age not in told.late), default=None)
    for more in (1_000_000, 1):
        if kept is None or passed + more <= kept:
            return passed + more
    return None


def unfit(fact: Fact) -> Any:
    """Return a stored value the contract of a fact refuses, None where it has no bounds."""
    if not fact.type.is_number:
        return None
    scale = t.scale_of(fact.type)
    if fact.low is not None:
        return int(fact.low * scale) - (0 if fact.low_open else 1)
    return int(fact.high * scale) + 1 if fact.high is not None else None

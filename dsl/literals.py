"""Stored values in the words of the language; None where it has no way to write one."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dsl import types as t
from dsl.statistics import is_finite, is_nan, is_statistic, write_statistic
from dsl.types import Kind, Type

_CODE = re.compile(r"[A-Z][A-Z0-9_]*(-[A-Z0-9_]+)*")
DAY = 86_400_000_000
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
            assert kind.element is not None
            return _joined(literal(item, kind.element) for item in sorted(value, key=str))
        case Kind.LIST:
            return _joined(_row(row, dict(kind.fields)) for row in value)
        case Kind.DATE:
            return date.fromordinal(value).isoformat() if 1 <= value <= date.max.toordinal() else None
        case Kind.TIMESTAMP:
            return instant(value)
        case Kind.TIME:
            return _time(value)
        case Kind.SESSIONS:
            return f"{value} session{'' if value == 1 else 's'}" if value >= 0 else None
        case Kind.REAL:
            return _real(value, kind)
        case Kind.NUMBER:
            return number(Fraction(value, t.scale_of(kind)), kind)


def number(value: Fraction, kind: Type) -> str | None:
    """Return a number in base units with its unit, None where it has more digits than can be written."""
    text = "1 share" if kind == t.QUANTITY and value == 1 else t.show_number(value, kind)
    if kind == t.DURATION:
        text = f"{t.show_number(value, t.COUNT)} s"
    return None if "…" in text or len(text.split()[0]) > 30 else text


def quoted(text: str) -> str:
    """Return a text in quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def instant(micros: int) -> str | None:
    """Return an instant in UTC, None outside the calendar."""
    try:
        at = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
    except (OverflowError, ValueError, OSError):
        return None
    return at.isoformat().replace("+00:00", "Z")


def stretch(micros: int) -> str:
    """Return a length of time in the largest unit that divides it."""
    if micros == 0:
        return "0 s"
    for word, size in _SPANS:
        if micros % size == 0:
            count = micros // size
            return f"{t.show_number(Fraction(count), t.COUNT)} {'day' if word == 'days' and count == 1 else word}"
    return f"{t.show_number(Fraction(micros, 1_000_000), t.COUNT)} s"


def _joined(parts: Any) -> str | None:
    listed = list(parts)
    return None if None in listed else f"[{', '.join(listed)}]"


def _row(row: Mapping[str, Any], kinds: Mapping[str, Type]) -> str | None:
    cells = [(name, literal(value, kinds[name])) for name, value in row.items() if value is not None]
    if not cells or any(text is None for _, text in cells):
        return None
    return "{" + ", ".join(f"{name} = {text}" for name, text in cells) + "}"


def _time(value: int) -> str | None:
    seconds, rest = divmod(value, 1_000_000)
    if rest or not 0 <= seconds < 86_400:
        return None
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{clock}:{seconds % 60:02d}" if seconds % 60 else clock


def _real(value: Any, kind: Type) -> str | None:
    if is_statistic(value) and is_nan(value):
        return "nan"
    if is_statistic(value) and not is_finite(value):
        return "infinite" if value > 0 else "-infinite"
    if kind.dimension:
        return number(Fraction(value), Type(Kind.NUMBER, kind.dimension))
    return f"{Decimal(write_statistic(value)):f}"

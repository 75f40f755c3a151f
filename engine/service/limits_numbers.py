"""Every number in force on a date: where it comes from, what it may be, and when it changes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.program import Number, Overlay, numbers_in_force
from dsl.rows import row_in_force
from dsl.types import scale_of, show
from engine.marketdata.lists import NamedList
from engine.service.display import clean

NOTHING = "none"
"""The value of a key no number is in force for: whatever reads it is unknown, and rejects."""
Read = Mapping[str, tuple[NamedList, tuple[Mapping[str, Any], ...]]]
"""From a list's slot path to the list and its rows in stored form."""
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberLine:
    """One number of one param (and key).

    `origin` is `rule file`, a layer's FILE:LINE or a list with its hash, `place` the FILE:LINE of the dated value it is
    or tightens. `change` is the next value that differs, with its date; empty when none is written.
    """

    param: str
    key: str
    value: str
    tighter: str
    range: str
    origin: str
    since: str
    cite: str
    place: str
    change: str


def number_lines(bundle: Bundle, day: date, overlays: Sequence[Overlay], read: Read) -> tuple[NumberLine, ...]:
    """Return the numbers in force on `day` by param and key, those kept in lists as far as the lists could be read."""
    lines: list[NumberLine] = []
    for _, param in sorted(bundle.ruleset.params.items()):
        lines += _kept(param, read, day) if param.source is not None else _written(param, day, overlays)
    return tuple(lines)


# ------------------------------------------------------------------------------------------ written in the rules
def _written(param: ir.Param, day: date, overlays: Sequence[Overlay]) -> list[NumberLine]:
    own = [overlay for overlay in overlays if overlay.param == param.name]
    now = numbers_in_force(param, day.isoformat(), own)
    later = sorted({since for since in (*(r.since for r in param.rows), *(o.since for o in own))
                    if since is not None and since > day.isoformat()})  # fmt: skip
    ahead = [(since, numbers_in_force(param, since, own)) for since in later]
    return [_line(param, key, now.get(key), ahead) for key in sorted({row.key for row in param.rows})]


def _line(
    param: ir.Param, key: Key, number: Number | None, ahead: Sequence[tuple[str, dict[Key, Number]]]
) -> NumberLine:
    value = number.value if number is not None else None
    change = ""
    for since, numbers in ahead:
        next_one = numbers.get(key)
        if next_one is not None and next_one.value != value:
            layer = "" if next_one.origin == "rule file" else f", {next_one.origin}"
            change = f"{show(_exact(next_one.value), param.type)} from {since}{layer}"
            break
    if number is None:
        return _of(param, key, NOTHING, "", "", "", str(param.span), change)
    shown = show(_exact(number.value), param.type)
    return _of(param, key, shown, number.origin, number.since or "always", number.cite, str(number.span), change)


def _exact(value: ir.Value) -> ir.Value:
    return Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _of(
    param: ir.Param, key: Key, value: str, origin: str, since: str, cite: str, place: str, change: str
) -> NumberLine:  # fmt: skip
    tighter = f"when {param.direction}" if param.direction else ""
    return NumberLine(
        param.name, clean(", ".join(map(str, key))), value, tighter, range_of(param), origin, since, clean(cite), place,
        change,
    )  # fmt: skip


def range_of(param: ir.Param) -> str:
    """Return what a param may be: its range, or the words of an enum."""
    if param.low is None or param.high is None:
        return ", ".join(param.type.values)
    return f"{show(param.low, param.type)} .. {show(param.high, param.type)}"


# ------------------------------------------------------------------------------------------ kept in a list
def _kept(param: ir.Param, read: Read, day: date) -> list[NumberLine]:
    source = param.source
    assert source is not None
    if source.listed not in read:
        what = f"list {source.listed.removeprefix('list:').rpartition('.')[2]}"
        return [_of(param, (), NOTHING, what, "", "", str(param.span), "")]
    listed, rows = read[source.listed]
    keys = {tuple(row.get(column) for column in param.per) for row in rows}
    return [_kept_line(param, source, listed, rows, key, day) for key in sorted(keys, key=lambda k: tuple(map(str, k)))]


def _kept_line(
    param: ir.Param, source: ir.RowSource, listed: NamedList, rows: tuple[Mapping[str, Any], ...], key: tuple[Any, ...],
    day: date,
) -> NumberLine:  # fmt: skip
    origin = f"list {listed.name} {listed.sha256[:12]}"
    row = row_in_force(rows, param.per, key, source.dated, day.toordinal())
    dates = {
        one.get(source.dated) or 0 for one in rows
        if source.dated and tuple(one.get(column) for column in param.per) == key
    }  # fmt: skip
    change = ""
    for begins in sorted(each for each in dates if each > day.toordinal()):
        one = row_in_force(rows, param.per, key, source.dated, begins)
        if one is not None and (row is None or one[source.column] != row[source.column]):
            change = f"{_value(param, one[source.column])} from {date.fromordinal(begins).isoformat()}"
            break
    if row is None:
        return _of(param, key, NOTHING, origin, "", "", str(param.span), change)
    begins = row.get(source.dated) if source.dated else None
    since = date.fromordinal(begins).isoformat() if begins else "always"
    place = f"{listed.file}:{listed.line_of(next(at for at, one in enumerate(rows) if one is row))}"
    cite = str(row.get(source.cited) or "") if source.cited else ""
    return _of(param, key, _value(param, row[source.column]), origin, since, cite, place, change)


def _value(param: ir.Param, stored: Any) -> str:
    """Return a cell as a number of its param; one outside the range is what the rules take it for."""
    if not param.type.is_number:
        return show(stored, param.type)
    value = Fraction(stored, scale_of(param.type))
    is_outside = (param.low is not None and value < param.low) or (param.high is not None and value > param.high)
    return show(value, param.type) + (" (outside the range: unknown)" if is_outside else "")

"""Windows by plain recount: the law the incremental windows of the desk are held to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from dsl import ir
from dsl.calendars import Sessions
from dsl.interpret import Unknown
from dsl.operations import exact, operate
from dsl.types import scale_of


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as windows see it: its name, its instant in microseconds, its fields as stored values."""

    event: str
    at: int
    fields: Mapping[str, Any]


class Coverage(Enum):
    """What a window says instead of a value where it has not seen its whole stretch."""

    UNCOVERED = "uncovered"


UNCOVERED = Coverage.UNCOVERED


def recount(
    window: ir.Window, happenings: Iterable[Happening], now: int, key: tuple[Any, ...], sessions: Sessions | None
) -> Any:
    """Return the window's stored value at `now` for one key, over `happenings` in the order they happened.

    None when a min, max, first or last has seen nothing. UNCOVERED when the market was not watched from the
    window's beginning, or its sessions cannot be told. An absent key field equals an absent key field.
    """
    inside = _inside(window, happenings, now, key, sessions)
    if inside is None:
        return UNCOVERED
    return aggregate(window.function, [h.fields[window.field] if window.field else 1 for h in inside])


def contributors(
    window: ir.Window, happenings: Iterable[Happening], now: int, key: tuple[Any, ...], sessions: Sessions | None
) -> frozenset[str]:
    """Return the principals whose events are inside the window."""
    inside = _inside(window, happenings, now, key, sessions) or []
    return frozenset(h.fields["principal"] for h in inside if h.fields.get("principal") is not None)


def _inside(
    window: ir.Window, happenings: Iterable[Happening], now: int, key: tuple[Any, ...], sessions: Sessions | None
) -> list[Happening] | None:
    """Return the events inside the window in order, None where its whole stretch was not watched."""
    own = [h for h in happenings if h.at <= now and key_of(window, h) == key]
    edge = _edge(window, now, sessions)
    if edge is None:
        return None
    if window.since is not None:
        last = max((at for at, h in enumerate(own) if h.event == window.since), default=None)
        if last is None and window.is_market:
            return None
        own = own if last is None else own[last + 1 :]
    elif window.is_market and not any(h.event == window.event and h.at <= edge for h in own):
        return None
    return [h for h in own if h.at > edge and counts(window, h)]


def _edge(window: ir.Window, now: int, sessions: Sessions | None) -> int | None:
    """Return the last instant before the window; None when it cannot be told."""
    if window.since is not None:
        return -1 << 63
    if window.sessions:
        return sessions.edge(now, window.sessions) if sessions else None
    return now - window.duration


def aggregate(function: str, values: list[Any]) -> Any:
    """Return what a window makes of the values inside it, in order."""
    if function in ("count", "sum"):
        return sum(values)
    if function == "distinct":
        return len(set(values))
    if not values:
        return None
    if function in ("first", "last"):
        return values[0] if function == "first" else values[-1]
    return max(values) if function == "max" else min(values)


def key_of(window: ir.Window, happening: Happening) -> tuple[Any, ...]:
    """Return the key an event counts under."""
    return tuple(happening.fields.get(name) for name in window.per)


def counts(window: ir.Window, happening: Happening) -> bool:
    """Return whether an event belongs to the window: its name matches and `where` is known true."""
    if happening.event != window.event or (window.field and happening.fields.get(window.field) is None):
        return False
    return window.where is None or _holds(window.where, happening.fields) is True


def _holds(expr: ir.Expr, fields: Mapping[str, Any]) -> Any:
    if isinstance(expr, ir.Const):
        return expr.value
    if isinstance(expr, ir.FieldRef):
        value = fields.get(expr.field)
        if value is None:
            return Unknown(())
        return exact(value, scale_of(expr.type), expr.type.kind)
    if isinstance(expr, ir.If):
        condition = _holds(expr.condition, fields)
        return (
            condition if isinstance(condition, Unknown) else _holds(expr.then if condition else expr.otherwise, fields)
        )
    values = [_holds(child, fields) for child in ir.children(expr)]
    if isinstance(expr, ir.Logic):
        decisive = expr.operator == "or"
        if any(value is decisive for value in values):
            return decisive
        return Unknown(()) if any(isinstance(v, Unknown) for v in values) else not decisive
    if any(isinstance(value, Unknown) for value in values):
        return Unknown(())
    return operate(expr, values)

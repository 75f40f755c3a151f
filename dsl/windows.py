"""Windows by plain recount: the law the incremental windows of the desk are held to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dsl import ir
from dsl.interpret import Unknown, exact, operate
from dsl.types import scale_of


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as windows see it: its name, its instant in microseconds, its fields as stored values."""

    event: str
    at: int
    fields: Mapping[str, Any]


def recount(window: ir.Window, happenings: Iterable[Happening], now: int, key: tuple[Any, ...]) -> int | None:
    """Return the window's stored value at `now` for one key: events in (now − d, now] that match.

    None when a max or min has seen nothing. An absent key field equals an absent key field.
    """
    values = [
        happening.fields[window.field] if window.field else 1
        for happening in happenings
        if now - window.duration < happening.at <= now
        and counts(window, happening)
        and key_of(window, happening) == key
    ]
    if window.function in ("count", "sum"):
        return sum(values)
    if not values:
        return None
    return max(values) if window.function == "max" else min(values)


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

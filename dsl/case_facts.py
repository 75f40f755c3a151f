"""The snapshot a case describes: unset facts are absent, ages are given, windows are recounted."""

from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.cases import SESSION, Case
from dsl.contracts import Age, Fact
from dsl.program import Program, Slot
from dsl.snapshot import Reason, Snapshot
from dsl.statistics import is_finite, is_nan, is_statistic
from dsl.windows import UNCOVERED, contributors, recount

NOBODY = "ANY"
"""The key of a scope a scenario does not name."""


def snapshot_of(program: Program, case: Case) -> Snapshot:
    """Return the snapshot a case describes: unset facts are absent, windows are recounted."""
    values: list[Any] = []
    unknown = late = 0
    reasons: dict[int, Reason] = {}
    for slot in program.slots:
        value, reason = _slot_value(program, slot, case)
        values.append(value)
        if reason is not None:
            unknown |= 1 << slot.index
            reasons[slot.index] = reason
    for number, check in enumerate(program.ages):
        setting = case.settings.get(program.slots[check.slot].path)
        if setting is not None and _is_older(setting.age, check.age):
            late |= 1 << number
    return Snapshot(tuple(values), unknown, late, reasons)


def _slot_value(program: Program, slot: Slot, case: Case) -> tuple[Any, Reason | None]:
    path, fact = slot.path, slot.fact
    if path == "now":
        return case.now, None
    if path == "law_date":
        return case.law_date.toordinal(), None
    if path.startswith("window:"):
        return _window_value(program, program.bundle.ruleset.windows[path.removeprefix("window:")], case)
    if path.startswith("scope.") and path not in case.settings:
        return NOBODY, None
    if path in ("intent.reduces_only", "intent.increases_risk") and path not in case.settings:
        other = "intent.increases_risk" if path.endswith("reduces_only") else "intent.reduces_only"
        stated = case.settings.get(other)
        return (not stated.value if stated else path.endswith("increases_risk")), None
    setting = case.settings.get(path)
    if setting is None:
        return None, None if fact.optional else Reason.MISSING
    if fact.max_age is not None and _is_older(setting.age, fact.max_age):
        return None, Reason.STALE
    if not is_valid(setting.value, fact):
        return None, Reason.INVALID
    return setting.value, None


def _window_value(program: Program, window: ir.Window, case: Case) -> tuple[Any, Reason | None]:
    key = window_key(program, window, case)
    if key is None:
        return None, Reason.MISSING
    counted = recount(window, case.happenings, case.now, key, program.sessions(window.calendar))
    return (None, Reason.MISSING) if counted is UNCOVERED else (counted, None)


def window_key(program: Program, window: ir.Window, case: Case) -> tuple[Any, ...] | None:
    """Return the key a window is read under: the intent's, or the scope's; None where a part of it is unknown."""
    if program.stage != "pre_trade":
        return tuple(_given(case, f"scope.{name}") or NOBODY for name in window.per)
    named = [program.bundle.contracts.facts[f"intent.{name}"] for name in window.per]
    if any(part.path not in case.settings and not part.optional for part in named):
        return None
    return tuple(_given(case, part.path) for part in named)


def people_of(program: Program, case: Case, expr: ir.Expr) -> frozenset[str]:
    """Return the principals whose events are inside the windows an expression reads."""
    out: set[str] = set()
    for part in ir.walk(expr):
        if isinstance(part, ir.LetRef):
            out |= people_of(program, case, program.lets[part.name])
        elif isinstance(part, ir.FactRef) and part.path.startswith("window:"):
            window = program.bundle.ruleset.windows[part.path.removeprefix("window:")]
            key = window_key(program, window, case)
            if key is not None:
                sessions = program.sessions(window.calendar)
                out |= contributors(window, case.happenings, case.now, key, sessions)
    return frozenset(out)


def is_valid(value: Any, fact: Fact) -> bool:
    """Return whether a stored number is inside its contract's bounds."""
    if is_statistic(value) and not is_finite(value):
        return not is_nan(value)
    if isinstance(value, bool) or not (isinstance(value, int) or is_statistic(value)):
        return True
    exact = Fraction(value) / fact.scale
    if fact.low is not None and (exact < fact.low or (fact.low_open and exact == fact.low)):
        return False
    return fact.high is None or exact <= fact.high


def _is_older(age: int, bound: Age) -> bool:
    if bound.kind == "duration":
        return age > bound.count
    return age > SESSION * (bound.count if bound.kind == "sessions" else 1)


def _given(case: Case, path: str) -> Any:
    setting = case.settings.get(path)
    return setting.value if setting else None

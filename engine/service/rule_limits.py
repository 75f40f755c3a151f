"""Every number in force on a date: where it comes from, what it may be, and when it changes next."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from dsl import ir
from dsl.program import Overlay, in_force
from dsl.types import show
from engine.service.rule_files import load_bundle


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One number of one param (and key). `change` is the next dated value, empty when none is written."""

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

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ConfigChoice:
    """The configuration whose tightenings are taken into account."""

    environment: str
    engine: str
    risk_profile: str | None = None
    root: Path | None = None


def limits_at(day: date, path: Path | None = None, choice: ConfigChoice | None = None) -> tuple[LimitLine, ...]:
    """Return the numbers in force on `day`, by param and key, tightened by a configuration where one is chosen.

    Raises Refused, RulesRefused and ConfigRefused.
    """
    bundle = load_bundle(path)
    overlays: tuple[Overlay, ...] = ()
    if choice is not None:
        from engine.config.load import load_config
        from engine.service.overlays import bind_overlays
        from engine.shipped import shipped

        config = load_config(choice.root or shipped("config"), choice.environment, choice.engine, choice.risk_profile)
        overlays = bind_overlays(bundle, config)
    program = in_force(bundle, "pre_trade", day, overlays)
    lines = []
    for name, param in sorted(bundle.ruleset.params.items()):
        changes = _next_changes(param, day)
        for key, number in sorted(program.numbers[name].items()):
            lines.append(
                LimitLine(
                    name, ", ".join(map(str, key)), show(number.value, param.type), f"when {param.direction}"
                    if param.direction else "", _range(param), number.origin, number.since or "always", number.cite,
                    str(number.span), changes.get(key, ""),
                )
            )  # fmt: skip
    return tuple(lines)


def _range(param: ir.Param) -> str:
    if param.low is None or param.high is None:
        return ", ".join(param.type.values)
    return f"{show(param.low, param.type)} .. {show(param.high, param.type)}"


def _next_changes(param: ir.Param, day: date) -> Mapping[tuple[str, ...], str]:
    changes: dict[tuple[str, ...], tuple[str, str]] = {}
    for row in param.rows:
        if row.since is None or row.since <= day.isoformat():
            continue
        value = show(row.value if not isinstance(row.value, int) else Fraction(row.value), param.type)
        if row.key not in changes or row.since < changes[row.key][0]:
            changes[row.key] = (row.since, value)
    return {key: f"{value} from {since}" for key, (since, value) in changes.items()}

"""Which leaves a mode reads, derived from the settings model, and which of the given ones it does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.config.annotation import member_type, model_type
from engine.config.merge import PARAMS, Merged, origin_near
from engine.config.mode import Mode
from engine.config.pointer import child, covers, leaves
from engine.config.settings import Settings
from engine.config.values import Harsher, ReadIn
from engine.contracts.diagnostic import Diagnostic

SHOWN = 12
"""Pointers named in the message of a failed check; the report holds all."""


class UnusedPolicy(StrEnum):
    """What an unused leaf does: live runs fail, the others are told."""

    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class UnusedReport:
    """What a mode reads, as pointer prefixes (`*` is any name), and the leaves it does not; sorted."""

    mode: Mode
    consumed_prefixes: tuple[str, ...]
    unused: tuple[str, ...]


def policy_of(mode: Mode) -> UnusedPolicy:
    """Return the policy a mode runs under."""
    return UnusedPolicy.FAIL if mode.is_live else UnusedPolicy.WARN


def consumed_prefixes(mode: Mode, model: type[BaseModel] = Settings) -> tuple[str, ...]:
    """Return the sorted pointer prefixes a mode reads; overlays are read in every mode."""
    found = {pointer for pointer, _ in _fields(model, "", mode)}
    return tuple(sorted(found | {f"/{PARAMS}"}))


def report_unused(value: Any, mode: Mode, model: type[BaseModel] = Settings) -> UnusedReport:
    """Return which leaves of a merged configuration the mode does not read."""
    prefixes = consumed_prefixes(mode, model)
    unread = {
        pointer for pointer, _ in leaves(value) if pointer and not any(covers(prefix, pointer) for prefix in prefixes)
    }
    return UnusedReport(mode, prefixes, tuple(sorted(unread)))


def judge_unused(report: UnusedReport, policy: UnusedPolicy, merged: Merged) -> list[Diagnostic]:
    """Return what the policy makes of a report.

    WARN gives one CFG_UNUSED_KEY per leaf; FAIL gives one CONFIG_UNUSED_KEYS that names the first twelve.
    """
    if not report.unused:
        return []
    advice = "remove it, or put it under in_modes for the modes that read it"
    if policy is UnusedPolicy.FAIL:
        more = len(report.unused) - SHOWN
        shown = ", ".join(report.unused[:SHOWN]) + (f" and {more} more" if more > 0 else "")
        message = f"(mode={report.mode}) no part of the desk reads {shown}"
        return [_at(merged, "CONFIG_UNUSED_KEYS", message, report.unused[0], advice)]
    message = f"is not read in mode {report.mode}"
    return [_at(merged, "CFG_UNUSED_KEY", message, pointer, advice) for pointer in report.unused]


def missing_values(settings: BaseModel, mode: Mode, pointer: str = "") -> Iterator[str]:
    """Yield the pointers of fields that the mode reads and must have but nobody wrote."""
    for name, field in type(settings).model_fields.items():
        at, value, tag = child(pointer, name), getattr(settings, name), _tag(field)
        if mode not in tag.modes:
            continue
        if value is None:
            if tag.required:
                yield at
        elif isinstance(value, BaseModel):
            yield from missing_values(value, mode, at)


def harsher_directions(model: type[BaseModel] = Settings) -> dict[str, Harsher]:
    """Return, by pointer, the fields a stress profile may move and the direction it may move them in."""
    found: dict[str, Harsher] = {}
    for pointer, field in _fields(model, "", None):
        for mark in field.metadata:
            if isinstance(mark, Harsher):
                found[pointer] = mark
    return found


def _fields(model: type[BaseModel], pointer: str, mode: Mode | None) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the leaf fields below a model that a mode reads; None reads all."""
    for name, field in model.model_fields.items():
        if mode is not None and mode not in _tag(field).modes:
            continue
        at = child(pointer, name)
        inner = model_type(field.annotation)
        member = None if inner else model_type(member_type(field.annotation, "*"))
        if inner:
            yield from _fields(inner, at, mode)
        elif member:
            yield from _fields(member, f"{at}/*", mode)
        else:
            yield at, field


def _tag(field: FieldInfo) -> ReadIn:
    return next((mark for mark in field.metadata if isinstance(mark, ReadIn)), ReadIn())


def _at(merged: Merged, code: str, message: str, pointer: str, advice: str) -> Diagnostic:
    origin = origin_near(merged.origins, pointer)
    source, line = (origin.source, origin.line) if origin else ("", 0)
    return Diagnostic(code, message, source, line, 1 if line else 0, pointer, advice)

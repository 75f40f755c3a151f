"""The decision record: everything a verdict rests on, as canonical data that explains itself later."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dsl.contracts import Fact
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.postures import Cause
from dsl.program import Program
from dsl.reasons import because
from dsl.snapshot import Reason, Snapshot
from dsl.statistics import read_statistic, write_statistic
from dsl.types import Kind
from engine.decision.outcome import Approved, Decision
from engine.decision.postures import is_posture, told
from engine.facts.windows import Inside
from engine.model.numbers import format_decimal
from engine.model.order import Intent
from engine.model.time import Timestamp, format_timestamp, parse_timestamp

Document = Mapping[str, Any]
EVENTS_KEPT = 256
"""Events of one window a record holds at most."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a decision was made under: run, sequence, instant, and the hashes that bind it."""

    run_id: str
    sequence: int
    at: int
    law_date: str
    bundle: str
    config: str
    documents: Mapping[str, str]
    """Content hash of every maintained list, by slot path."""


def record_of(decision: Decision, intent: Intent, setting: Setting, approvals: tuple[Approved, ...] = ()) -> Document:
    """Return the record of a decision: canonical JSON data, no floats, decimals as text."""
    record: dict[str, Any] = {
        "v": 1,
        "run": setting.run_id,
        "seq": setting.sequence,
        "at": format_timestamp(setting.at),
        "law_date": setting.law_date,
        "stage": "pre_trade",
        "bundle": setting.bundle,
        "config": setting.config,
        "intent": intent_data(intent),
        "verdict": decision.verdict,
        "asked": format_decimal(decision.asked),
        "quantity": format_decimal(decision.quantity),
        "findings": findings_data(decision, decision.findings, decision.snapshot),
        "witnesses": list(decision.witnesses),
    }
    if decision.refusal is not None:
        record["refusal"] = {"code": decision.refusal[0], "because": decision.refusal[1]}
    if decision.clip is not None:
        record["clip"] = {"asked": format_decimal(decision.clip.asked), "tried": decision.clip.tried}
        record["final"] = findings_data(decision, decision.final, decision.granted)
    if decision.passing is not None:
        record["passing"] = format_decimal(decision.passing)
    if decision.stopped_by:
        record["postures"] = [cause_data(cause) for cause in decision.stopped_by]
    if intent.is_emergency:
        record["emergency"] = True
    if approvals:
        record["approvals"] = [_approval(a) for a in approvals]
    if decision.program is not None and decision.snapshot is not None:
        record["facts"] = _facts(decision.program, decision.snapshot, decision, setting)
        record["late"] = [n for n in range(len(decision.program.ages)) if decision.snapshot.late >> n & 1]
        if decision.inside:
            record["windows"] = [_window(path, inside) for path, inside in sorted(decision.inside.items())]
        if decision.granted is not None:
            record["granted"] = _changed(decision.program, decision.snapshot, decision.granted)
    return record


def intent_data(intent: Intent) -> dict[str, Any]:
    """Return an intent as its wire form (specs/intent)."""
    data: dict[str, Any] = {
        "intent_id": intent.intent_id, "engine": intent.engine, "account": intent.account,
        "strategy": intent.strategy, "principal": intent.principal, "kind": intent.kind.value,
        "symbol": intent.symbol, "side": intent.side.value, "type": intent.type.value,
        "quantity": format_decimal(intent.quantity), "time_in_force": intent.time_in_force.value,
    }  # fmt: skip
    for name in ("limit_price", "stop_price"):
        price = getattr(intent, name)
        if price is not None:
            data[name] = format_decimal(price)
    if intent.target is not None:
        data["target"] = intent.target
    return data


def findings_data(decision: Decision, findings: tuple[Finding, ...], snapshot: Snapshot | None) -> list[dict[str, Any]]:
    if decision.program is None or snapshot is None:
        return []
    interpreter = Interpreter(decision.program, snapshot)
    out = []
    for finding in findings:
        rule = decision.program.bundle.rule(finding.rule)
        assert rule is not None
        said = told(decision, finding) if is_posture(finding) else because(rule.because, interpreter)
        data: dict[str, Any] = {
            "rule": finding.rule, "line": finding.line, "effect": finding.effect, "code": finding.code,
            "mode": finding.mode, "because": said,
        }  # fmt: skip
        if finding.measure is not None and finding.bound is not None and rule.measure is not None:
            data["measure"], data["threshold"] = exact_text(finding.measure), exact_text(finding.bound)
            data["unit"] = str(rule.measure.type)
        if finding.facts:
            data["facts"] = [{"path": path, "reason": reason} for path, reason in finding.facts]
        if finding.flagged:
            data["reducing"] = True
        out.append(data)
    return out


def cause_data(cause: Cause) -> dict[str, Any]:
    """Return a posture in force as canonical data."""
    data: dict[str, Any] = {
        "posture": cause.posture, "rule": cause.rule, "line": cause.line, "key": list(cause.key), "code": cause.code
    }  # fmt: skip
    for name, at in (("since", cause.since), ("until", cause.until)):
        if at:
            data[name] = format_timestamp(Timestamp(at))
    return data


def cause_of(data: Mapping[str, Any]) -> Cause:
    """Return a posture from its data; the inverse of `cause_data`."""
    since, until = (parse_timestamp(data[name]) if name in data else 0 for name in ("since", "until"))
    return Cause(data["posture"], data["rule"], data["line"], tuple(data["key"]), data["code"], since, until)


def exact_text(value: Fraction) -> str:
    """Return a fraction exactly: a plain decimal where it has one, else numerator/denominator."""
    denominator = value.denominator
    places = 0
    while denominator % 10 == 0 or denominator % 2 == 0 or denominator % 5 == 0:
        divisor = 10 if denominator % 10 == 0 else 2 if denominator % 2 == 0 else 5
        denominator //= divisor
        places += 1
    if denominator != 1 or places > 30:
        return f"{value.numerator}/{value.denominator}"
    scaled = value * 10**places
    return format_decimal(scaled.numerator, places)


def _window(path: str, inside: Inside) -> dict[str, Any]:
    """Return what is inside a window; of more than `EVENTS_KEPT` events only how many there are."""
    data: dict[str, Any] = {"path": path, "count": len(inside.events)}
    if len(inside.events) <= EVENTS_KEPT:
        data["events"] = [[format_timestamp(Timestamp(at)), str(value)] for at, value in inside.events]
    if inside.watched is not None:
        data["watched"] = format_timestamp(Timestamp(inside.watched))
    return data


def windows_from(record: Document, program: Program) -> dict[str, Inside]:
    """Return what the record says is inside windows, by slot path; those whose events it does not hold left out."""
    out = {}
    for data in record.get("windows", ()):
        if "events" not in data:
            continue
        window = program.bundle.ruleset.windows[data["path"].removeprefix("window:")]
        is_number = window.function != "distinct" and window.type.is_number
        events = tuple((parse_timestamp(at), int(value) if is_number else value) for at, value in data["events"])
        watched = parse_timestamp(data["watched"]) if "watched" in data else None
        out[data["path"]] = Inside(events, watched)
    return out


def _approval(approved: Approved) -> dict[str, Any]:
    data: dict[str, Any] = {"rule": approved.rule, "line": approved.line, "facts_digest": approved.facts_digest}
    if approved.value is not None:
        data["value"] = exact_text(approved.value)
    return data


def _facts(program: Program, snapshot: Snapshot, decision: Decision, setting: Setting) -> list[dict[str, Any]]:
    out = []
    for slot, taken in zip(program.slots, decision.taken, strict=True):
        data: dict[str, Any] = {"path": slot.path}
        if taken.key:
            data["key"] = list(taken.key)
        if taken.as_of is not None:
            data["as_of"] = format_timestamp(taken.as_of)
        if taken.provider:
            data["provider"] = taken.provider
        reason = snapshot.reasons.get(slot.index)
        if reason is not None:
            data["unknown"] = reason.value
        elif slot.path in setting.documents:
            data["document"] = setting.documents[slot.path]
        elif snapshot.values[slot.index] is not None:
            data["value"] = encode(snapshot.values[slot.index], slot.fact)
        out.append(data)
    return out


def _changed(program: Program, before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """Return the slots whose value differs at the granted quantity."""
    return [
        {"path": slot.path, "value": encode(after.values[slot.index], slot.fact)}
        for slot in program.slots
        if before.values[slot.index] != after.values[slot.index] and after.values[slot.index] is not None
    ]


def encode(value: Any, fact: Fact) -> Any:
    """Return a stored value as canonical data: decimals as text, sets and rows as lists."""
    kind = fact.type.kind
    if isinstance(value, bool | str):
        return value
    if kind is Kind.REAL:
        return write_statistic(value)
    if kind is Kind.SET:
        return sorted(value)
    if kind is Kind.LIST:
        scales = {f.path: f for f in fact.fields}
        return [
            {k: encode(v, scales[k]) if k in scales else v for k, v in sorted(row.items()) if v is not None}
            for row in value
        ]
    return format_decimal(value) if fact.scale > 1 else str(value)


def decode(data: Any, fact: Fact) -> Any:
    """Return canonical data as a stored value; the inverse of `encode`."""
    kind = fact.type.kind
    if kind is Kind.BOOL or kind in (Kind.TEXT, Kind.SYMBOL, Kind.ENUM):
        return data
    if kind is Kind.SET:
        return frozenset(data)
    if kind is Kind.LIST:
        scales = {f.path: f for f in fact.fields}
        return tuple({k: decode(v, scales[k]) if k in scales else v for k, v in row.items()} for row in data)
    if kind is Kind.REAL:
        return read_statistic(data)
    value = Fraction(data) * fact.scale
    return value.numerator // value.denominator


def snapshot_from(record: Document, program: Program, lists: Mapping[str, Any], granted: bool = False) -> Snapshot:
    """Return the snapshot a record holds; `lists` gives the content of documents by hash.

    Raises KeyError when a document is not there, ValueError when the record's slots are not the
    program's.
    """
    facts = record["facts"]
    if [fact["path"] for fact in facts] != [slot.path for slot in program.slots]:
        raise ValueError("the record was made with other slots than this bundle has")
    values: list[Any] = []
    reasons: dict[int, Reason] = {}
    changed = {c["path"]: c["value"] for c in record.get("granted", ())} if granted else {}
    for slot, fact in zip(program.slots, facts, strict=True):
        if "unknown" in fact:
            reasons[slot.index] = Reason(fact["unknown"])
            values.append(None)
        elif "document" in fact:
            values.append(lists[fact["document"]])
        elif "value" in fact:
            values.append(decode(changed.get(slot.path, fact["value"]), slot.fact))
        else:
            values.append(None)
    unknown = sum(1 << at for at in reasons)
    late = sum(1 << number for number in record.get("late", ()))
    return Snapshot(tuple(values), unknown, late, reasons)

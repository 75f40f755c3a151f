"""Why a decision fell as it did, from its stored record alone: judged again, then taken apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars
from dsl.interpret import judge
from dsl.judgement import EFFECT_STRENGTH, Finding
from dsl.program import Overlay, Program, in_force
from dsl.snapshot import Snapshot
from engine.decision.aftermath import own_events
from engine.decision.course import Almanac, Course
from engine.decision.decide import settle
from engine.decision.flips import Flips, flips_of
from engine.decision.outcome import Approved, Clip, Decision
from engine.decision.postures import is_posture, told, under_postures
from engine.decision.record import Document, cause_of, findings_data, snapshot_from, windows_from
from engine.decision.speaking import Speaker, Spoken, held
from engine.decision.words import describe_order
from engine.model.numbers import Quantity, parse_decimal
from engine.model.time import parse_timestamp

__all__ = ["Almanac", "Explanation", "Spoken", "WhyMismatch", "why"]


class WhyMismatch(Exception):
    """The stored record and a fresh judgement differ in `what`: the record, the rules or the code is another one."""

    code = "WHY_MISMATCH"

    def __init__(self, decision: str, what: str, stored: str, recomputed: str) -> None:
        super().__init__(decision, what, stored, recomputed)
        self.decision, self.what, self.stored, self.recomputed = decision, what, stored, recomputed

    def __str__(self) -> str:
        return f"{self.code}: {self.decision}: {self.what} stored as {self.stored}, judged again as {self.recomputed}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision explained. `final` are the findings at the size a clip granted.

    `flips` are the changes that flip the verdict, `changes` the same and those that silence single rules, in words.
    """

    decision_id: str
    run: str
    seq: int
    at: str
    law_date: str
    bundle: str
    verdict: str
    order: str
    strategy: str
    asked: str
    quantity: str
    refusal: tuple[str, str] | None
    findings: tuple[Spoken, ...]
    final: tuple[Spoken, ...] | None
    witnesses: tuple[str, ...]
    changes: tuple[str, ...]
    flips: Flips


def why(
    record: Document,
    bundle: Bundle,
    overlays: Sequence[Overlay] = (),
    lists: Mapping[str, Any] | None = None,
    calendars: Calendars | None = None,
    almanac: Almanac | None = None,
) -> Explanation:
    """Return the explanation of a stored record.

    `bundle` and `overlays` are those the record names, `lists` the content of documents by hash. Without an
    `almanac` nothing is said of the time at which the order would pass.
    Raises WhyMismatch when judging the record again does not give what it says, KeyError when a
    document is not there.
    """
    if record["bundle"] != bundle.hash:
        raise WhyMismatch(_name(record), "the rules' hash", record["bundle"], bundle.hash)
    if "facts" not in record:
        return _explanation(record, (), None, Flips(words=_unjudged(record)))
    program = in_force(bundle, record["stage"], date.fromisoformat(record["law_date"]), overlays, calendars)
    try:
        snapshot = snapshot_from(record, program, lists or {})
    except ValueError:
        stored, now = f"{len(record['facts'])} slots", f"{len(program.slots)} slots"
        raise WhyMismatch(_name(record), "the facts", stored, now) from None
    granted = snapshot_from(record, program, lists or {}, granted=True) if "granted" in record else None
    decision = _judge_again(record, program, snapshot, granted)
    at, inside = parse_timestamp(record["at"]), windows_from(record, program)
    speaker = Speaker(program, {fact["path"]: fact for fact in record["facts"]}, at, inside)

    def speak(finding: Finding, seen: Snapshot) -> Spoken:
        if is_posture(finding):
            return speaker.plain(finding, told(decision, finding))
        return speaker.speak(finding, seen, hold)

    def hold(rule: ir.Rule, finding: Finding) -> str:
        is_open = any((hold.rule, hold.line) == (finding.rule, finding.line) for hold in decision.holds)
        return held(rule, finding, record.get("approvals", ()), is_open, at)

    findings = tuple(speak(finding, snapshot) for finding in decision.findings)
    final = tuple(speak(finding, granted) for finding in decision.final) if granted is not None else None
    course = None
    if almanac is not None:
        course = Course(
            bundle, at, program, snapshot, inside, own_events(record), record["intent"], almanac, overlays,
            calendars or {},
        )  # fmt: skip
    return _explanation(record, findings, final, flips_of(record, decision, course))


def _judge_again(record: Document, program: Program, snapshot: Snapshot, granted: Snapshot | None) -> Decision:
    """Return the decision of the record, recomputed. Raises WhyMismatch where it is another one."""
    judgement = judge(program, snapshot)
    asked = Quantity(parse_decimal(record["asked"]))
    decision = Decision(
        judgement.verdict, asked, asked, judgement.findings, judgement.findings, judgement.witnesses,
        program=program, snapshot=snapshot,
    )  # fmt: skip
    if granted is not None:
        again = judge(program, granted)
        verdict = max(("clip", again.verdict), key=EFFECT_STRENGTH.__getitem__)
        quantity = Quantity(parse_decimal(record["quantity"]))
        clip = Clip(asked, quantity, record["clip"]["tried"])
        decision = replace(
            decision, verdict=verdict, quantity=quantity, final=again.findings, clip=clip, granted=granted
        )
    elif "clip" in record:
        clip = Clip(asked, Quantity(0), record["clip"]["tried"])
        decision = replace(decision, verdict="reject", quantity=Quantity(0), clip=clip)
    postures = tuple(map(cause_of, record.get("postures", ())))
    if postures:
        decision = under_postures(decision, postures)
    decision = settle(decision, tuple(_approved(a) for a in record.get("approvals", ())))
    pairs: list[tuple[str, Any, Any]] = [
        ("the findings", record["findings"], findings_data(decision, decision.findings, snapshot)),
        ("the witnesses", list(record["witnesses"]), list(decision.witnesses)),
    ]
    if granted is not None:
        pairs.append(
            ("the findings at the size granted", record["final"], findings_data(decision, decision.final, granted))
        )
    if "refusal" not in record:
        pairs.append(("the verdict", record["verdict"], decision.verdict))
    for what, stored, recomputed in pairs:
        if stored != recomputed:
            raise WhyMismatch(_name(record), what, _brief(stored), _brief(recomputed))
    return decision


def _brief(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    words = [f"{f['rule']}:{f['line']} {f['code']}" if isinstance(f, Mapping) else str(f) for f in value]
    return ", ".join(words) or "none"


def _approved(data: Mapping[str, Any]) -> Approved:
    value = Fraction(data["value"]) if "value" in data else None
    return Approved(data["rule"], data["line"], value, data["facts_digest"])


def _unjudged(record: Document) -> tuple[str, ...]:
    if "refusal" not in record and record["intent"]["kind"] == "CANCEL":
        return ("a cancel is never blocked: no rule was asked",)
    return ()


def _explanation(
    record: Document, findings: tuple[Spoken, ...], final: tuple[Spoken, ...] | None, flips: Flips
) -> Explanation:
    refusal = record.get("refusal")
    intent = record["intent"]
    return Explanation(
        _name(record), record["run"], record["seq"], record["at"], record["law_date"], record["bundle"],
        record["verdict"], describe_order(intent), intent["strategy"], record["asked"], record["quantity"],
        (refusal["code"], refusal["because"]) if refusal else None, findings, final, tuple(record["witnesses"]),
        (*flips.words, *dict.fromkeys(spoken.change for spoken in findings if spoken.change)), flips,
    )  # fmt: skip


def _name(record: Document) -> str:
    return str(record.get("decision_id") or f"{record['run']} #{record['seq']}")

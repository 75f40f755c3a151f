"""The decision on one intent: judge, clip, hold; never allow what was not judged by every rule."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from dsl.bundle import Bundle
from dsl.calendars import Calendars
from dsl.judgement import EFFECT_STRENGTH, Finding, Judgement
from dsl.postures import Cause
from dsl.program import Overlay, Program, in_force
from dsl.reads import all_facts
from dsl.scalar.judge import Judge
from dsl.snapshot import Snapshot
from engine.decision import clip
from engine.decision.facts_seen import digest_of_line
from engine.decision.outcome import Approved, Decision, HoldRequest
from engine.decision.passing import Sizes, largest_passing
from engine.decision.postures import stopping, under_postures
from engine.facts.derived import IntentFacts
from engine.facts.snapshot import CLOCK, Asked, Taken
from engine.facts.windows import Inside
from engine.model.numbers import MICRO, Quantity
from engine.model.order import Intent, IntentKind
from engine.portfolio.book import Book

POSITIONS = "projected.positions"


class Taker(Protocol):
    """Who fills the slots of a program for one intent at one instant."""

    def take(self, program: Program, facts: Asked, now: int, law_date: date) -> tuple[Snapshot, tuple[Taken, ...]]: ...

    def inside(self, program: Program, facts: Asked, now: int) -> dict[str, Inside]: ...


@dataclass(frozen=True, slots=True)
class Ready:
    """A program ready to judge, with what is known of it for good."""

    program: Program
    judge: Judge
    sizes: Sizes
    wants_positions: bool


class DecisionEngine:
    """Judges intents with one bundle. Holds no state but compiled programs."""

    def __init__(
        self, bundle: Bundle, overlays: tuple[Overlay, ...], taker: Taker, calendars: Calendars | None = None
    ) -> None:
        self._bundle, self._overlays, self._taker, self._calendars = bundle, overlays, taker, calendars
        self._by_day: dict[date, Ready] = {}
        self._by_signature: dict[tuple[object, ...], Ready] = {}

    @property
    def bundle(self) -> Bundle:
        return self._bundle

    def ready(self, law_date: date) -> Ready:
        """Return the compiled program of a law date; equal numbers in force share the code."""
        ready = self._by_day.get(law_date)
        if ready is None:
            program = in_force(self._bundle, "pre_trade", law_date, self._overlays, self._calendars)
            ready = self._by_signature.get(program.signature)
            if ready is None:
                ready = Ready(program, Judge(program), Sizes.of(program), POSITIONS in program.index)
                self._by_signature[program.signature] = ready
            self._by_day[law_date] = ready
        return ready

    def decide(
        self, intent: Intent, book: Book, now: int, law_date: date, *,
        lot: int = MICRO, approvals: tuple[Approved, ...] = (), postures: tuple[Cause, ...] = (),
    ) -> Decision:  # fmt: skip
        """Return the decision. Machinery that breaks rejects; a cancel is never blocked.

        `lot` is the instrument's increment in micro-shares, `approvals` the holds approved so far, `postures`
        those in force over the intent.
        """
        if intent.kind is IntentKind.CANCEL:
            return Decision("allow", intent.quantity, intent.quantity, (), (), ())
        try:
            return self._decide(intent, book, now, law_date, lot, approvals, postures)
        except (Exception, MemoryError, RecursionError) as fault:
            text = f"{type(fault).__name__}: {fault}"[:200]
            return refuse(intent.quantity, "ENGINE_FAULT", text)

    def _decide(
        self, intent: Intent, book: Book, now: int, law_date: date, lot: int, approvals: tuple[Approved, ...],
        postures: tuple[Cause, ...],
    ) -> Decision:  # fmt: skip
        ready = self.ready(law_date)
        facts = IntentFacts(intent, book, ready.wants_positions)
        judge_at = self._judging(ready, facts, now, law_date)
        judgement, snapshot, taken = judge_at(intent.quantity)
        if judgement.witnesses != tuple(rule.id for rule in ready.program.rules):
            return refuse(intent.quantity, "WITNESS_MISSING", "a rule in scope did not run")
        decision = Decision(
            judgement.verdict, intent.quantity, intent.quantity, judgement.findings, judgement.findings,
            judgement.witnesses, program=ready.program, snapshot=snapshot, taken=taken,
        )  # fmt: skip
        stopped = stopping(postures, facts.reduces, intent.is_emergency)
        if stopped:
            decision = under_postures(decision, stopped)
        elif clip.asks_for_clip(judgement):
            decision = self._clipped(decision, ready, judge_at, lot)
        decision = settle(decision, approvals)
        if approvals and decision.verdict == "hold":  # the approvals in hand are for the size that was held
            return decision
        passing = largest_passing(decision, ready.sizes, facts, postures, lot, lambda q: judge_at(q)[0])
        inside = self._taker.inside(ready.program, facts, now) if _waits_for_time(decision, ready.program) else {}
        return replace(decision, passing=passing, inside=inside)

    def _judging(
        self, ready: Ready, facts: IntentFacts, now: int, law_date: date
    ) -> "Callable[[int], tuple[Judgement, Snapshot, tuple[Taken, ...]]]":
        def judge_at(quantity: int) -> tuple[Judgement, Snapshot, tuple[Taken, ...]]:
            candidate = facts if quantity == facts.intent.quantity else facts.at(quantity)
            snapshot, taken = self._taker.take(ready.program, candidate, now, law_date)
            return ready.judge.judge(snapshot), snapshot, taken

        return judge_at

    def _clipped(
        self, decision: Decision, ready: Ready,
        judge_at: "Callable[[int], tuple[Judgement, Snapshot, tuple[Taken, ...]]]", lot: int,
    ) -> Decision:  # fmt: skip
        found = clip.search(lambda quantity: judge_at(quantity)[0], decision.asked, lot, ready.sizes.monotone)
        if found.granted == 0:
            return replace(decision, verdict="reject", quantity=Quantity(0), clip=found)
        judgement, snapshot, _ = judge_at(found.granted)
        strongest = max(("clip", judgement.verdict), key=EFFECT_STRENGTH.__getitem__)
        return replace(
            decision, verdict=strongest, quantity=found.granted, final=judgement.findings, clip=found, granted=snapshot,
        )  # fmt: skip


def refuse(asked: Quantity, code: str, reason: str) -> Decision:
    """Return a reject that no rule spoke: the intent broke its contract, or the engine broke."""
    return Decision("reject", Quantity(0), asked, (), (), (), refusal=(code, reason))


def _waits_for_time(decision: Decision, program: Program) -> bool:
    """Return whether time has a part in a reject: only then does it matter when what windows hold leaves them."""
    if decision.verdict != "reject":
        return False
    blocking = {finding.rule for finding in decision.findings if finding.counts_as in ("clip", "reject")}
    read = all_facts((rule for rule in program.rules if rule.id in blocking), program.lets)
    return any(path in CLOCK or path.startswith("window:") for path in read)


def settle(decision: Decision, approvals: tuple[Approved, ...]) -> Decision:
    """Take holds that are approved out of the verdict; what is left decides."""
    if decision.verdict == "reject":
        return replace(decision, quantity=Quantity(0))
    open_holds = []
    covered: set[tuple[str, int]] = set()
    for finding in decision.final:
        if finding.counts_as != "hold":
            continue
        if _is_covered(finding, decision, approvals):
            covered.add((finding.rule, finding.line))
        else:
            open_holds.append(_request(finding, decision))
    rest = [f for f in decision.final if (f.rule, f.line) not in covered]
    strongest = max((f.counts_as for f in rest), key=EFFECT_STRENGTH.__getitem__, default="allow")
    if decision.clip is not None and not open_holds:
        strongest = "clip"
    return replace(decision, verdict=strongest, holds=tuple(open_holds))


def _is_covered(finding: Finding, decision: Decision, approvals: tuple[Approved, ...]) -> bool:
    """Return whether an approval covers a hold: for a measured cap, up to the approved value; else
    only while the line sees the same facts."""
    for approval in approvals:
        if (approval.rule, approval.line) != (finding.rule, finding.line):
            continue
        rule = decision.program.bundle.rule(finding.rule) if decision.program else None
        relation = rule.lines[finding.line - 1].relation if rule else None
        if relation in ("above", "at or above") and approval.value is not None and finding.measure is not None:
            return finding.measure <= approval.value
        return approval.facts_digest == digest_of_line(decision, finding.rule, finding.line)
    return False


def _request(finding: Finding, decision: Decision) -> HoldRequest:
    assert decision.program is not None
    rule = decision.program.bundle.rule(finding.rule)
    assert rule is not None
    approval = rule.lines[finding.line - 1].approval
    assert approval is not None
    return HoldRequest(finding.rule, finding.line, finding.code, approval, finding.measure)

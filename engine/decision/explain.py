"""Why a decision fell as it did, from its stored record alone: judged again, then taken apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars
from dsl.explain import Branch, Origin, explain
from dsl.interpret import Interpreter, judge
from dsl.judgement import EFFECT_STRENGTH, Finding
from dsl.program import Overlay, Program, in_force
from dsl.reasons import because
from dsl.snapshot import Snapshot
from dsl.types import show
from engine.decision.counterfactual import LIMIT_PRICE, nearest_price
from engine.decision.decide import settle
from engine.decision.outcome import Approved, Clip, Decision
from engine.decision.postures import is_posture, told, under_postures
from engine.decision.record import Document, cause_of, findings_data, snapshot_from
from engine.decision.source_lines import SourceLine, annotate
from engine.model.numbers import Quantity, parse_decimal
from engine.model.time import DAY, HOUR, MINUTE, SECOND, parse_timestamp

COMPUTED = {"intent": "of the intent", "book": "from the book", "windows": "counted by the desk", "clock": "clock"}
"""Providers of facts that are made anew for each decision: they have no age."""


class WhyMismatch(Exception):
    """The stored record and a fresh judgement differ in `what`: the record, the rules or the code is another one."""

    code = "WHY_MISMATCH"

    def __init__(self, decision: str, what: str, stored: str, recomputed: str) -> None:
        super().__init__(decision, what, stored, recomputed)
        self.decision, self.what, self.stored, self.recomputed = decision, what, stored, recomputed

    def __str__(self) -> str:
        return f"{self.code}: {self.decision}: {self.what} stored as {self.stored}, judged again as {self.recomputed}"


@dataclass(frozen=True, slots=True)
class UnknownFact:
    """A fact nothing could be concluded from: why, and what was last heard of it."""

    path: str
    reason: str
    heard: str


@dataclass(frozen=True, slots=True)
class Part:
    """One side of what was judged (`guard`, `exception`, `measure`, `threshold`, `condition`) as a tree of values."""

    name: str
    branch: Branch


@dataclass(frozen=True, slots=True)
class Spoken:
    """One finding, taken apart. `place` is file:line of the effect line, `change` what would have silenced it."""

    rule: str
    title: str
    line: int
    effect: str
    counts_as: str
    code: str
    mode: str
    because: str
    place: str
    source: tuple[SourceLine, ...]
    parts: tuple[Part, ...]
    relation: str
    unknown: tuple[UnknownFact, ...]
    is_spared: bool
    hold: str
    change: str
    cite: tuple[str, ...]
    owner: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision explained. `final` are the findings at the size a clip granted, `changes` what would flip it."""

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


def why(
    record: Document,
    bundle: Bundle,
    overlays: Sequence[Overlay] = (),
    lists: Mapping[str, Any] | None = None,
    calendars: Calendars | None = None,
) -> Explanation:
    """Return the explanation of a stored record.

    `bundle` and `overlays` are those the record names, `lists` the content of documents by hash.
    Raises WhyMismatch when judging the record again does not give what it says, KeyError when a
    document is not there.
    """
    if record["bundle"] != bundle.hash:
        raise WhyMismatch(_name(record), "the rules' hash", record["bundle"], bundle.hash)
    if "facts" not in record:
        return _explanation(record, (), None, _unjudged(record))
    program = in_force(bundle, record["stage"], date.fromisoformat(record["law_date"]), overlays, calendars)
    try:
        snapshot = snapshot_from(record, program, lists or {})
    except ValueError:
        stored, now = f"{len(record['facts'])} slots", f"{len(program.slots)} slots"
        raise WhyMismatch(_name(record), "the facts", stored, now) from None
    granted = snapshot_from(record, program, lists or {}, granted=True) if "granted" in record else None
    decision = _judge_again(record, program, snapshot, granted)
    speaker = _Speaker(record, program, decision)
    findings = tuple(speaker.speak(finding, snapshot) for finding in decision.findings)
    final = None
    if granted is not None:
        final = tuple(speaker.speak(finding, granted) for finding in decision.final)
    return _explanation(record, findings, final, _changes(record, program, decision))


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


class _Speaker:
    """Takes findings of one record apart."""

    def __init__(self, record: Document, program: Program, decision: Decision) -> None:
        self._record, self._program, self._decision = record, program, decision
        self._facts = {fact["path"]: fact for fact in record["facts"]}
        self._at = parse_timestamp(record["at"])

    def speak(self, finding: Finding, snapshot: Snapshot) -> Spoken:
        """Return the finding with source, values and origins."""
        program = self._program
        rule = program.bundle.rule(finding.rule)
        assert rule is not None
        if is_posture(finding):
            return self._posture(rule, finding)
        interpreter = Interpreter(program, snapshot)
        span = rule.lines[finding.line - 1].span if finding.line else rule.when.span if rule.when else rule.span
        price = nearest_price(program, snapshot, finding)
        change = ""
        if price is not None:
            shown = show(price, program.slots[program.index[LIMIT_PRICE]].fact.type)
            change = f"{finding.rule} passes with the limit at {shown}"
        return Spoken(
            finding.rule, rule.title, finding.line, finding.effect, finding.counts_as, finding.code, finding.mode,
            because(rule.because, interpreter), f"{span.file}:{span.line}",
            annotate(program.bundle, rule, finding.line, interpreter), self._parts(rule, finding, interpreter),
            (rule.lines[finding.line - 1].relation or "") if finding.line else "",
            tuple(self._unknown(path, reason) for path, reason in finding.facts), finding.flagged,
            self._hold(rule, finding), change, rule.cite, rule.owner,
        )  # fmt: skip

    def _posture(self, rule: ir.Rule, finding: Finding) -> Spoken:
        """Return what a posture says: no value of this order led to it, only its key."""
        span = rule.lines[finding.line - 1].span if 0 < finding.line <= len(rule.lines) else rule.span
        return Spoken(
            finding.rule, rule.title, finding.line, finding.effect, finding.counts_as, finding.code, finding.mode,
            told(self._decision, finding), f"{span.file}:{span.line}", (), (), "", (), False, "", "", rule.cite,
            rule.owner,
        )  # fmt: skip

    def _parts(self, rule: ir.Rule, finding: Finding, interpreter: Interpreter) -> tuple[Part, ...]:
        def part(name: str, expr: ir.Expr) -> Part:
            origin: Origin = self.heard
            return Part(name, explain(self._program, interpreter, expr, origin))

        if not finding.line:
            return (part("guard", rule.when),) if rule.when is not None else ()
        line = rule.lines[finding.line - 1]
        exception = (part("exception", line.unless),) if line.unless is not None else ()
        if rule.measure is None or line.relation is None:
            return (*exception, part("condition", line.condition))
        bounds = tuple(part("threshold", bound) for bound in line.bounds)
        return (*exception, part("measure", rule.measure), *bounds)

    def heard(self, path: str) -> str:
        """Return where a fact came from: provider, key, as-of and age at the decision."""
        fact = self._facts.get(path, {})
        provider, key = fact.get("provider", ""), ", ".join(fact.get("key", ()))
        where = f" [{key}]" if key else ""
        if provider in COMPUTED:
            return COMPUTED[provider] + where
        if "as_of" not in fact:
            return f"nobody said{where}"
        age = self._at - parse_timestamp(fact["as_of"])
        told = f"{show_duration(age)} old" if age >= 0 else f"{show_duration(-age)} ahead of the decision"
        return f"{provider}{where}, as of {fact['as_of']}, {told}"

    def _unknown(self, path: str, reason: str) -> UnknownFact:
        heard = self.heard(path)
        at = self._program.index.get(path)
        bound = self._program.slots[at].fact.max_age if at is not None else None
        if reason == "FACT_STALE" and bound is not None:
            heard += f"; good for {bound}"
        return UnknownFact(path, reason, heard)

    def _hold(self, rule: ir.Rule, finding: Finding) -> str:
        if finding.counts_as != "hold" or not finding.line or finding.is_unknown:
            return ""
        approval = rule.lines[finding.line - 1].approval
        if approval is None:
            return ""
        if any((hold.rule, hold.line) == (finding.rule, finding.line) for hold in self._decision.holds):
            who = f"{approval.count}{' distinct' if approval.distinct else ''} {approval.role}"
            return f"waits for {who} within {show_duration(approval.within)}"
        approvals = [
            a for a in self._record.get("approvals", ()) if (a["rule"], a["line"]) == (finding.rule, finding.line)
        ]
        if not approvals:
            return ""
        value = approvals[-1].get("value")
        unit = rule.measure.type if rule.measure is not None else None
        return (
            f"approved up to {show(Fraction(value), unit)}"
            if value is not None and unit
            else "approved for these facts"
        )


def _changes(record: Document, program: Program, decision: Decision) -> tuple[str, ...]:
    """Return the change of size that flips the verdict, or why no size does."""
    unit = program.slots[program.index["intent.quantity"]].fact.type if "intent.quantity" in program.index else None

    def size(text: str) -> str:
        return show(Fraction(text), unit) if unit else text

    if "postures" in record:
        first = record["postures"][0]
        return (f"no size passes while {', '.join(first['key'])} is {first['posture']}",)
    blocking = [finding for finding in decision.findings if finding.counts_as == "reject"]
    if "passing" in record:
        return (f"would pass with quantity ≤ {size(record['passing'])}",)
    if record["verdict"] == "reject":
        unknown = sorted({path for finding in blocking for path, _ in finding.facts})
        if unknown:
            return (f"no size passes while {', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} unknown",)
        return ("no smaller size was found that passes",) if record["findings"] else ()
    if "clip" in record:
        return (f"{size(record['asked'])} asked, {size(record['quantity'])} is the largest size that passes",)
    return ()


def _unjudged(record: Document) -> tuple[str, ...]:
    if "refusal" not in record and record["intent"]["kind"] == "CANCEL":
        return ("a cancel is never blocked: no rule was asked",)
    return ()


def _explanation(
    record: Document, findings: tuple[Spoken, ...], final: tuple[Spoken, ...] | None, changes: tuple[str, ...]
) -> Explanation:
    refusal = record.get("refusal")
    intent = record["intent"]
    return Explanation(
        _name(record), record["run"], record["seq"], record["at"], record["law_date"], record["bundle"],
        record["verdict"], describe_order(intent), intent["strategy"], record["asked"], record["quantity"],
        (refusal["code"], refusal["because"]) if refusal else None, findings, final, tuple(record["witnesses"]),
        (*changes, *dict.fromkeys(spoken.change for spoken in findings if spoken.change)),
    )  # fmt: skip


def describe_order(intent: Mapping[str, Any]) -> str:
    """Return an intent in a few words: kind, side, quantity, symbol, type and prices."""
    words = [] if intent["kind"] == "NEW" else [intent["kind"]]
    words += [intent["side"], intent["quantity"], intent["symbol"], intent["type"]]
    for name, word in (("limit_price", "at"), ("stop_price", "stop")):
        if name in intent:
            words += [word, intent[name]]
    if "target" in intent:
        words += ["of", intent["target"]]
    return " ".join(words)


def show_duration(micros: int) -> str:
    """Return a duration in its two largest units, rounded down; below a second in milliseconds."""
    if micros < SECOND:
        return f"{micros // 1_000} ms" if micros else "0 s"
    words = []
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        count, micros = divmod(micros, unit)
        if count:
            words.append(f"{count} {name}")
    return " ".join(words[:2])


def _name(record: Document) -> str:
    return str(record.get("decision_id") or f"{record['run']} #{record['seq']}")

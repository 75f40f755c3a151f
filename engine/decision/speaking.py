"""What one finding says, taken apart: source, values, origins, and what was never known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dsl import ir
from dsl.explain import Branch, apart, explain
from dsl.interpret import Interpreter
from dsl.judgement import Finding
from dsl.program import Program
from dsl.reasons import because
from dsl.snapshot import Snapshot
from dsl.types import show
from engine.decision.counterfactual import LIMIT_PRICE, nearest_price
from engine.decision.source_lines import SourceLine, annotate
from engine.decision.words import show_duration, show_window
from engine.facts.windows import Inside
from engine.model.time import format_timestamp, parse_timestamp

COMPUTED = {"intent": "of the intent", "book": "from the book", "windows": "counted by the desk", "clock": "clock",
            "scope": "of the scope", "fill": "of the fill"}  # fmt: skip
"""Providers of facts that are made anew for each judgement: they have no age."""
EVENTS_SHOWN = 4


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


class Speaker:
    """Takes findings of one judgement apart. `facts` are its facts as recorded, `at` its instant in microseconds."""

    def __init__(
        self, program: Program, facts: Mapping[str, Mapping[str, Any]], at: int, inside: Mapping[str, Inside]
    ) -> None:
        self._program, self._facts, self._at, self._inside = program, facts, at, inside

    def speak(self, finding: Finding, snapshot: Snapshot, hold: Callable[[ir.Rule, Finding], str]) -> Spoken:
        """Return the finding with source, values and origins; `hold` says how a held one stands."""
        program, rule = self._program, self._rule(finding)
        interpreter = Interpreter(program, snapshot)
        span = rule.lines[finding.line - 1].span if finding.line > 0 else rule.when.span if rule.when else rule.span
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
            tuple(self._unknown(rule, path, reason) for path, reason in finding.facts), finding.flagged,
            hold(rule, finding), change, rule.cite, rule.owner,
        )  # fmt: skip

    def plain(self, finding: Finding, told: str) -> Spoken:
        """Return a finding no value led to: a posture, whose rule and line are those that hold it up."""
        rule = self._rule(finding)
        span = rule.lines[finding.line - 1].span if 0 < finding.line <= len(rule.lines) else rule.span
        return Spoken(
            finding.rule, rule.title, finding.line, finding.effect, finding.counts_as, finding.code, finding.mode,
            told, f"{span.file}:{span.line}", (), (), "", (), False, "", "", rule.cite, rule.owner,
        )  # fmt: skip

    def _rule(self, finding: Finding) -> ir.Rule:
        rule = self._program.bundle.rule(finding.rule)
        assert rule is not None
        return rule

    # ---------------------------------------------------------------------------------- values
    def _parts(self, rule: ir.Rule, finding: Finding, interpreter: Interpreter) -> tuple[Part, ...]:
        def tree(expr: ir.Expr, kleene: bool = False) -> Branch:
            return explain(self._program, interpreter, expr, self.heard, kleene)

        if not finding.line:
            return (Part("guard", tree(rule.when, kleene=True)),) if rule.when is not None else ()
        line = rule.lines[finding.line - 1]
        exception = (Part("exception", tree(line.unless, kleene=True)),) if line.unless is not None else ()
        if rule.measure is None or line.relation is None:
            return (*exception, Part("condition", tree(line.condition)))
        compared = (rule.measure, *line.bounds)
        sides = apart(tuple(map(tree, compared)), compared, interpreter, compared)
        names = ("measure", *("threshold" for _ in line.bounds))
        return (*exception, *(Part(name, side) for name, side in zip(names, sides, strict=True)))

    def heard(self, path: str) -> str:
        """Return where a fact came from: provider, key, as-of and age at the judgement."""
        fact = self._facts.get(path, {})
        provider, key = fact.get("provider", ""), ", ".join(fact.get("key", ()))
        where = f" [{key}]" if key else ""
        if path.startswith("window:"):
            return self._counted(path, where)
        if provider in COMPUTED:
            return COMPUTED[provider] + where
        if "as_of" not in fact:
            return f"nobody said{where}"
        age = self._at - parse_timestamp(fact["as_of"])
        told = f"{show_duration(age)} old" if age >= 0 else f"{show_duration(-age)} ahead of the decision"
        document = f", {fact['document'][:12]}" if "document" in fact else ""
        return f"{provider}{where}{document}, as of {fact['as_of']}, {told}"

    def _counted(self, path: str, where: str) -> str:
        """Return what a window counts, and when what is inside came in."""
        window = self._program.bundle.ruleset.windows[path.removeprefix("window:")]
        told = f"{show_window(window)}{where}, {COMPUTED['windows']}"
        events = self._inside[path].events if path in self._inside else ()
        if not events:
            return told
        stamps = [format_timestamp(at) for at, _ in events]
        if len(stamps) > EVENTS_SHOWN:
            stamps = [*stamps[: EVENTS_SHOWN - 2], f"… {len(stamps) - EVENTS_SHOWN + 1} more …", stamps[-1]]
        leaves = f"; the first leaves at {format_timestamp(events[0][0] + window.duration)}" if window.duration else ""
        return f"{told}, events at {', '.join(stamps)}{leaves}"

    def _unknown(self, rule: ir.Rule, path: str, reason: str) -> UnknownFact:
        heard = self.heard(path)
        at = self._program.index.get(path)
        need = next((need for need in rule.needs if need.fact.path == path), None)
        if reason == "FACT_STALE" and at is not None:
            bounds = [self._program.slots[at].fact.max_age, need.age if need is not None else None]
            good = ", by the rule ".join(str(bound) for bound in bounds if bound is not None)
            heard += f"; good for {good}" if good else ""
        if reason == "FACT_INVALID" and need is not None and need.bound is not None and "value" in self._facts[path]:
            bound = self._program.bundle.sources[need.bound.span.file].split("\n")[need.bound.span.line - 1].strip()
            heard += f"; it is {self._facts[path]['value']}, the rule says `{bound}`"
        return UnknownFact(path, reason, heard)


def held(
    rule: ir.Rule, finding: Finding, approvals: list[Mapping[str, Any]], is_open: bool, at: int
) -> str:  # fmt: skip
    """Return for whom a hold waits and until when, or up to which value it was approved; empty for what is no hold."""
    if finding.counts_as != "hold" or not finding.line or finding.is_unknown:
        return ""
    approval = rule.lines[finding.line - 1].approval
    if approval is None:
        return ""
    if is_open:
        who = f"{approval.count}{' distinct' if approval.distinct else ''} {approval.role}"
        expires = format_timestamp(at + approval.within)
        return f"waits for {who} within {show_duration(approval.within)}, until {expires}; then it is rejected"
    mine = [a for a in approvals if (a["rule"], a["line"]) == (finding.rule, finding.line)]
    if not mine:
        return ""
    value = mine[-1].get("value")
    unit = rule.measure.type if rule.measure is not None else None
    if value is None or unit is None:
        return "approved for these facts"
    return f"approved up to {show(Fraction(value), unit)}"

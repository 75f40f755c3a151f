"""Rules as verdicts: under which condition a rule is at least as strong as each rank, whom its holds wait for, and
what follows from it beside the verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import z3

from dsl import ir
from dsl.judgement import EFFECT_STRENGTH, Finding
from dsl.program import REDUCES
from dsl.solver.consequences import consequences, verdict_channel
from dsl.solver.meaning import Side
from dsl.solver.translate import FALSE, TRUE, Translator
from dsl.solver.words import Formula

GOES = EFFECT_STRENGTH["flag"]
"""The strongest verdict under which an order leaves as it was asked."""


VERDICT = verdict_channel(None)


@dataclass(slots=True)
class Outcome:
    """What a rule, or several together, say: `ranks[c, k]` is the condition that channel c is at exactly level k."""

    ranks: dict[tuple[str, int], Formula] = field(default_factory=dict)
    holds: dict[ir.Approval, Formula] = field(default_factory=dict)

    def add(self, rank: int, condition: Formula, approval: ir.Approval | None = None, channel: str = VERDICT) -> None:
        """Let a finding of a strength be made under a condition."""
        if rank:
            self.ranks[channel, rank] = z3.Or(self.ranks.get((channel, rank), FALSE), condition)
        if approval is not None and rank == EFFECT_STRENGTH["hold"]:
            self.holds[approval] = z3.Or(self.holds.get(approval, FALSE), condition)

    def at_least(self, rank: int, channel: str = VERDICT) -> Formula:
        """Return the condition that the verdict, or what else follows, is at least that strong."""
        stronger = [condition for (own, at), condition in self.ranks.items() if own == channel and at >= rank]
        return z3.Or(*stronger) if stronger else FALSE

    def is_exactly(self, rank: int) -> Formula:
        return z3.And(self.at_least(rank), z3.Not(self.at_least(rank + 1)))


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Return what several rules say together: the strongest decides."""
    out = Outcome()
    for outcome in outcomes:
        for at, condition in outcome.ranks.items():
            out.ranks[at] = z3.Or(out.ranks.get(at, FALSE), condition)
        for approval, condition in outcome.holds.items():
            out.holds[approval] = z3.Or(out.holds.get(approval, FALSE), condition)
    return out


def is_weaker(a: Outcome, b: Outcome) -> Formula:
    """Return the condition that `a` is weaker than `b`: a lower verdict, less that follows, a hold that asks for less.

    Of what follows and of verdicts each counts for itself: an order may be judged more weakly and more strongly at
    once, and then both sides are weaker than the other.
    """
    ranks = sorted({*a.ranks, *b.ranks})
    lower = [z3.And(b.at_least(rank, channel), z3.Not(a.at_least(rank, channel))) for channel, rank in ranks]
    hold = EFFECT_STRENGTH["hold"]
    asks_less = [
        z3.And(waits, *(z3.Not(b_waits) for other, b_waits in a.holds.items() if covers(other, asked)))
        for asked, waits in b.holds.items()
    ]
    if asks_less:
        lower.append(z3.And(a.is_exactly(hold), b.is_exactly(hold), z3.Or(*asks_less)))
    return z3.Or(*lower) if lower else FALSE


def passes(outcome: Outcome) -> Formula:
    """Return the condition that an order goes as it was asked, nobody having to approve it."""
    return z3.Not(outcome.at_least(GOES + 1))


def stops(rank: int) -> bool:
    """Return whether a verdict of that strength keeps an order from going as it was asked."""
    return rank > GOES


def goes_now(weaker: Formula, weak: Outcome, strong: Outcome) -> Formula:
    """Return the condition that an order is judged more weakly and thereby goes, which it did not."""
    return z3.And(weaker, z3.Not(passes(strong)), passes(weak))


Rules = Mapping[str, ir.Rule]


def says_less(a: Iterable[Finding], rules_a: Rules, b: Iterable[Finding], rules_b: Rules) -> bool:
    """Return of the findings of a replay what `is_weaker` says of outcomes."""
    mine, theirs = list(a), list(b)
    levels, others = _levels(mine, rules_a), _levels(theirs, rules_b)
    if any(level > levels.get(channel, 0) for channel, level in others.items()):
        return True
    if not strength(mine) == strength(theirs) == EFFECT_STRENGTH["hold"]:
        return False
    held = _approvals(mine, rules_a)
    return any(not any(covers(given, asked) for given in held) for asked in _approvals(theirs, rules_b))


def strength(findings: Iterable[Finding]) -> int:
    """Return how strong the verdict of some findings is."""
    return max((EFFECT_STRENGTH[finding.counts_as] for finding in findings), default=0)


def _levels(findings: list[Finding], rules: Rules) -> dict[str, int]:
    """Return how far every channel is, of verdicts and of what follows from them."""
    out: dict[str, int] = {}
    for finding in findings:
        rule = rules[finding.rule]
        line = rule.lines[finding.line - 1] if finding.line and not finding.is_unknown else None
        said = [(verdict_channel(line), EFFECT_STRENGTH[finding.counts_as])]
        said += consequences(rule, finding.line, finding.is_unknown)
        for channel, level in said:
            out[channel] = max(level, out.get(channel, 0))
    return out


def _approvals(findings: list[Finding], rules: Rules) -> list[ir.Approval]:
    held = [f for f in findings if f.counts_as == "hold" and not f.is_unknown]
    found = [rules[f.rule].lines[f.line - 1].approval for f in held]
    return [approval for approval in found if approval is not None]


def covers(given: ir.Approval, asked: ir.Approval) -> bool:
    """Return whether an approval is at least as hard to get as another."""
    return (
        given.role == asked.role
        and given.count >= asked.count
        and (given.distinct or not asked.distinct or asked.count == 1)
        and given.within <= asked.within
    )


def line_rank(line: ir.Line) -> int:
    """Return the strength of a line's effect, 0 where it is no verdict."""
    return EFFECT_STRENGTH.get(line.effect, 0)


def makes_idle(strong: ir.Line, weak: ir.Line) -> bool:
    """Return whether a line that fires leaves nothing for another to say: stronger, or as strong and before it.

    A line from which anything follows, or that is looked at when the other is not, has something of its own to say.
    """
    if weak.posture is not None or weak.actions or weak.trips or strong.lasting != weak.lasting:
        return False
    if line_rank(weak) == 0 or (weak.throughout and not strong.throughout):
        return False
    if line_rank(strong) != line_rank(weak):
        return line_rank(strong) > line_rank(weak)
    if weak.approval is not None and (strong.approval is None or not covers(strong.approval, weak.approval)):
        return False
    return strong.number < weak.number


def outcome_of(translator: Translator, side: Side, rule: ir.Rule) -> Outcome:
    """Return what one rule says, clause by clause as the interpreter judges it."""
    parts = Parts(translator, side, rule)
    out = Outcome()
    for condition, effect, line in parts.findings():
        approval = line.approval if line is not None else None
        out.add(counted(rule.mode, effect), condition, approval, verdict_channel(line))
    for line, (_, _, fires) in zip(rule.lines, parts.lines, strict=True):
        for channel, level in consequences(rule, line.number, is_unknown=False):
            out.add(level, fires, channel=channel)
        for channel, level in consequences(rule, line.number, is_unknown=True):
            out.add(level, parts.is_missing(line), channel=channel)
    return out


def counted(mode: str, effect: str) -> int:
    """Return the strength an effect counts with in a mode, 0 where it is no verdict."""
    if effect not in EFFECT_STRENGTH:
        return 0
    finding = Finding("", 0, effect, "", mode)
    return EFFECT_STRENGTH[finding.counts_as]


class Parts:
    """The conditions a rule is made of."""

    def __init__(self, translator: Translator, side: Side, rule: ir.Rule) -> None:
        self._translator, self._side, self.rule = translator, side, rule
        guard = translator.term(side, rule.when, kleene=True) if rule.when is not None else None
        self.guard_unknown = z3.Not(guard.known) if guard else FALSE
        self.applies = z3.And(guard.known, guard.value) if guard else TRUE
        self.lacks_need = self._needs()
        self.lines = [self._line(line) for line in rule.lines]

    def _needs(self) -> Formula:
        out = []
        for need in self.rule.needs:
            fact = self._translator.term(self._side, need.fact)
            wrong = [z3.Not(fact.known)]
            if need.age is not None:
                world = self._translator.world
                wrong.append(world.late(world.fact(self._side, need.fact.path), need.age))
            if need.bound is not None:
                bound = self._translator.term(self._side, need.bound)
                wrong.append(z3.Not(z3.And(bound.known, bound.value)))
            out.append(z3.Or(*wrong))
        return z3.Or(*out) if out else FALSE

    def _line(self, line: ir.Line) -> tuple[Formula, Formula, Formula]:
        """Return when the line is silenced, when it cannot be judged, and when it fires."""
        excepted, exception_unknown = FALSE, FALSE
        if line.unless is not None:
            exception = self._translator.term(self._side, line.unless, kleene=True)
            excepted = z3.And(exception.known, exception.value)
            exception_unknown = z3.Not(exception.known)
        condition = self._translator.asked(self._side, line)
        lacking = z3.Or(exception_unknown, z3.And(z3.Not(excepted), z3.Or(self.lacks_need, z3.Not(condition.known))))
        fires = z3.And(
            z3.Not(exception_unknown), z3.Not(excepted), z3.Not(self.lacks_need), condition.known, condition.value
        )
        return excepted, z3.And(self.applies, lacking), z3.And(self.applies, fires)

    @property
    def is_lacking(self) -> Formula:
        """The condition that anything the rule asks for is unknown."""
        return z3.Or(self.guard_unknown, *(lacking for _, lacking, _ in self.lines))

    @property
    def fires(self) -> Formula:
        """The condition that any line fires."""
        return z3.Or(*(fires for _, _, fires in self.lines)) if self.lines else FALSE

    def is_missing(self, line: ir.Line) -> Formula:
        """Return the condition that a line is found unknown: something it asks for is, and nothing excuses that."""
        lacking = z3.Or(self.guard_unknown, self.lines[line.number - 1][1])
        return z3.And(lacking, z3.Not(self._excused()))

    def _excused(self) -> Formula:
        if self.rule.missing.unless is None:
            return FALSE
        exception = self._translator.term(self._side, self.rule.missing.unless, kleene=True)
        return z3.And(exception.known, exception.value)

    def findings(self) -> list[tuple[Formula, str, ir.Line | None]]:
        """Return every finding the rule can make: condition, effect, and the line that fired."""
        out: list[tuple[Formula, str, ir.Line | None]] = []
        for line, (_, _, fires) in zip(self.rule.lines, self.lines, strict=True):
            out.append((fires, line.effect, line))
        policy = self.rule.missing
        lacking = z3.And(self.is_lacking, z3.Not(self._excused()))
        has_order = REDUCES in self._side.program.index
        if not has_order or policy.even_reducing or EFFECT_STRENGTH.get(policy.effect, 0) <= GOES:
            return [*out, (lacking, policy.effect, None)]
        reduces = self._translator.world.fact(self._side, REDUCES)
        is_reducing = z3.And(reduces.given, z3.Not(reduces.broken), reduces.value)
        out.append((z3.And(lacking, is_reducing), "flag", None))
        return [*out, (z3.And(lacking, z3.Not(is_reducing)), policy.effect, None)]

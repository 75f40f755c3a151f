"""Rules that judge nothing: never true, always true, or never more than something else says already.

Every finding is a proof over all orders; what could not be decided is listed and is no finding.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

from dsl import ir
from dsl.analysis.dates import Stretch, stretches
from dsl.bundle import Bundle
from dsl.diagnostics import Diagnostic, in_order
from dsl.solver.inquiry import Inquiry, Moment
from dsl.solver.outcome import Parts, is_weaker, makes_idle
from dsl.solver.search import WORK
from dsl.solver.words import Formula

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class IdleReport:
    """What was proven of rules, and the questions nobody could decide."""

    diagnostics: tuple[Diagnostic, ...]
    undecided: tuple[str, ...]


def find_idle(
    bundle: Bundle, law_date: date | None = None, effort: int = 1, tick: Tick = lambda done, total: None
) -> IdleReport:
    """Return what is idle in a bundle, on one law date or as things stand from some date on."""
    finder = _Finder(bundle, law_date, WORK * effort)
    rules = bundle.ruleset.rules
    for number, rule in enumerate(rules, 1):
        finder.rule(rule)
        tick(number, len(rules))
    for stage in sorted({rule.stage for rule in rules}):
        finder.pairs(stage)
    return IdleReport(tuple(in_order(finder.found)), tuple(dict.fromkeys(finder.undecided)))


@dataclass(eq=False)
class _Finder:
    bundle: Bundle
    law_date: date | None
    work: int
    found: list[Diagnostic] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    idle: set[str] = field(default_factory=set)
    """Ids of rules that never fire, which are idle beside everything."""

    def __post_init__(self) -> None:
        self._numbered = Inquiry((self.bundle,), self.work)
        self._free = Inquiry((self.bundle,), self.work, is_free=True)
        self._stretches = stretches((self.bundle,), self.law_date)

    def rule(self, rule: ir.Rule) -> None:
        """Look at one rule by itself."""
        held = [(at, moment) for at, moment in self._moments(rule.stage) if rule.id in moment.rules[0]]
        if not held or not rule.lines:  # a switch that is only thrown by hand has no line to judge
            return
        parts = [(at, moment, moment.parts(0, rule.id)) for at, moment in held]
        if when := self._since(parts, rule.id, lambda moment, part: part.fires):
            self.idle.add(rule.id)
            what = f"`{rule.id}` never fires{when}: no order makes any of its lines true"
            self._say("A701", what, rule, "correct the condition or its numbers, or remove the rule")
            return
        if when := self._since(parts, rule.id, lambda moment, part: _misses(moment, part)):
            what = f"`{rule.id}` fires{when} on every order whose facts are known"
            self._say("A702", what, rule, "say in `when` what it is about, or correct the condition")
        for line in rule.lines:
            self._line(rule, line, parts)

    def _line(self, rule: ir.Rule, line: ir.Line, parts: "list[tuple[Stretch, Moment, Parts]]") -> None:
        at, (stretch, moment, _) = line.number - 1, parts[-1]
        if moment.never(parts[-1][2].lines[at][2]):
            free = self._free.on(rule.stage, stretch.day, (stretch.first, stretch.last)).parts(0, rule.id)
            if self._free_never(rule, stretch, free.lines[at][2]):
                what = f"line {line.number} of `{rule.id}` never fires, whatever its numbers"
                help_ = "correct the condition, or remove the line"
                self.found.append(Diagnostic("A701", what, line.span, help=help_))
            return
        others = [other for other in rule.lines if other is not line and makes_idle(other, line)]
        if not others:
            return

        def alone(moment: Moment, part: Parts) -> Formula:
            beside = [moment.negated(part.lines[other.number - 1][2]) for other in others]
            return moment.together(part.lines[at][2], *beside)

        if when := self._since(parts, f"line {line.number} of {rule.id}", alone):
            numbers = " or ".join(f"{other.effect} of line {other.number}" for other in others)
            what = f"line {line.number} of `{rule.id}` changes nothing{when}: where it fires, {numbers} does too"
            help_ = "begin the softer line earlier than the harder one, or remove it"
            notes = tuple((other.span, "it fires wherever the line does") for other in others[:1])
            self.found.append(Diagnostic("A703", what, line.span, help=help_, notes=notes))

    def _free_never(self, rule: ir.Rule, stretch: Stretch, goal: Formula) -> bool:
        moment = self._free.on(rule.stage, stretch.day, (stretch.first, stretch.last))
        return moment.never(goal) is True

    # ---------------------------------------------------------------------------------- two rules
    def pairs(self, stage: str) -> None:
        """Look at rules of a stage two by two, with everything known: does one ever say more than the other?"""
        moments = self._moments(stage)
        rules = [
            r for r in self.bundle.ruleset.rules if r.stage == stage and r.id not in self.idle and r.mode != "trial"
        ]
        for one, other in combinations(rules, 2):
            held = [m for _, m in moments if one.id in m.rules[0] and other.id in m.rules[0]]
            alone = [m for _, m in moments if (one.id in m.rules[0]) != (other.id in m.rules[0])]
            if not held or not held[0].facts_of([one.id]) & held[0].facts_of([other.id]):
                continue
            if held[0].beyond(0, one.id) != held[0].beyond(0, other.id):
                continue  # what follows from one, or how long it waits, is its own
            first, second = (all(self._never_more(m, a, b) for m in held) for a, b in ((one, other), (other, one)))
            if first and second and not alone:
                what = f"`{other.id}` and `{one.id}` judge every order alike whose facts are known"
                self._say("A704", what, other, "keep one of them", one)
            elif first and all(other.id in m.rules[0] for m in alone):
                self._covered(one, other)
            elif second and all(one.id in m.rules[0] for m in alone):
                self._covered(other, one)

    def _covered(self, weak: ir.Rule, strong: ir.Rule) -> None:
        what = f"with its numbers `{weak.id}` changes nothing beside `{strong.id}`, as strong wherever facts are known"
        self._say("A705", what, weak, "remove it, or tighten it until it says more", strong)

    def _never_more(self, moment: Moment, rule: ir.Rule, other: ir.Rule) -> bool:
        """Return whether a rule is proven never to be stronger than another while nothing is unknown to either."""
        lacking = [moment.negated(moment.parts(0, r.id).is_lacking) for r in (rule, other)]
        weaker = is_weaker(moment.outcome(0, [other.id]), moment.outcome(0, [rule.id]))
        return moment.never(moment.together(weaker, *lacking)) is True

    # ---------------------------------------------------------------------------------- asking
    def _moments(self, stage: str) -> list[tuple[Stretch, Moment]]:
        return [(at, self._numbered.on(stage, at.day, (at.first, at.last))) for at in self._stretches]

    def _since(
        self, parts: "list[tuple[Stretch, Moment, Parts]]", subject: str, goal: Callable[[Moment, Parts], Formula]
    ) -> str:
        """Return from when on something never happens, ' ' for always, '' where it may happen as things stand."""
        since: Stretch | None = None
        for at, moment, part in reversed(parts):
            said = moment.never(goal(moment, part))
            if said is None and since is None:
                self.undecided.append(subject)
            if said is not True:
                return f" {since}" if since is not None else ""
            since = Stretch(at.first, parts[-1][0].last)
        return " "

    def _say(self, code: str, what: str, rule: ir.Rule, help_: str, beside: ir.Rule | None = None) -> None:
        notes = ((beside.span, f"{beside.id} is declared here"),) if beside is not None else ()
        self.found.append(Diagnostic(code, _tidy(what), rule.span, help=help_, notes=notes))


def _misses(moment: Moment, part: Parts) -> Formula:
    """Return the condition that everything a rule asks for is known and none of its lines fires."""
    return moment.together(moment.negated(part.is_lacking), moment.negated(part.fires))


def _tidy(text: str) -> str:
    return " ".join(text.split()).replace(" :", ":")

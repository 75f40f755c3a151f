"""The `prove` declarations of a bundle: kept on every law date, or broken by an order that is shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dsl import ir
from dsl.analysis.dates import Stretch, stretches
from dsl.analysis.scenario import Pasted, expectation, pasted
from dsl.bundle import Bundle
from dsl.diagnostics import Diagnostic
from dsl.judgement import Judgement
from dsl.solver.inquiry import Inquiry, Moment
from dsl.solver.outcome import is_weaker, passes, says_less, stops, strength
from dsl.solver.pair import Pair
from dsl.solver.search import WORK, Answer, Verdict
from dsl.solver.situation import Situation

OF_ORDERS, WATCHED = ("never_allow", "some_passes"), ("in_flight", "kill", "post_trade")
"""Claims about what passes, and stages whose rules decide about nothing that could."""
FAILS, UNDECIDED = "A710", "A711"


class Standing(StrEnum):
    """What became of a proof."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An order that was judged: as a scenario, and what the rules in question say of it."""

    scenario: Pasted
    judgement: Judgement
    rules: tuple[str, ...]
    beside: str = ""
    """Where two versions or two orders part: which of them this is."""

    def test(self, title: str) -> str:
        """Return the order as a test of what the rules say of it now."""
        title = f"{title}: {self.beside}" if self.beside else title
        return self.scenario.test(title, self.rules, expectation(self.judgement, bool(self.rules)))


@dataclass(frozen=True, slots=True)
class Result:
    """One proof: how it stands, on which law dates it breaks first, and the orders that show it."""

    proof: ir.Proof
    standing: Standing
    stretch: Stretch | None = None
    exhibits: tuple[Exhibit, ...] = ()
    why: str = ""

    @property
    def name(self) -> str:
        return name_of(self.proof)

    @property
    def title(self) -> str:
        """What a test of it is called."""
        return self.proof.title or self.name

    def diagnostic(self) -> Diagnostic | None:
        """Return a failed or undecided proof as a diagnostic, None for one that holds or was not judged."""
        if self.standing is Standing.FAILS:
            when = f" {self.stretch}" if self.stretch is not None else ""
            help_ = "change the rules until no order breaks it, or the proof"
            return Diagnostic(FAILS, f"the proof `{self.name}` fails{when}: {self.why}", self.proof.span, help=help_)
        if self.standing is Standing.UNKNOWN:
            help_ = "allow more work with --effort, or promise something simpler"
            return Diagnostic(
                UNDECIDED, f"the proof `{self.name}` is not decided: {self.why}", self.proof.span, help=help_
            )
        return None


def name_of(proof: ir.Proof) -> str:
    """Return a proof in a few words."""
    subject = proof.rule or f'"{proof.title}"'
    if proof.claim == "tighter_as" and proof.fact is not None:
        path = proof.fact.path
        fact = path.rpartition(".")[2] if ":" in path else path
        return f"{subject} tighter as {fact} {'rises' if proof.rises else 'falls'}"
    words = {"never_looser": "never looser than baseline", "never_allow": "never allow when …"}
    return f"{subject} {words.get(proof.claim, 'some order passes')}"


Tick = Callable[[int, int], None]


def prove(
    bundle: Bundle, baseline: Bundle | None = None, law_date: date | None = None, effort: int = 1,
    tick: Tick = lambda done, total: None,
) -> tuple[Result, ...]:  # fmt: skip
    """Return how every proof of a bundle stands, on one law date or on all."""
    proofs = bundle.ruleset.proofs
    prover = _Prover(bundle, baseline, law_date, WORK * effort)
    out = []
    for proof in proofs:
        out.append(prover.judge(proof))
        tick(len(out), len(proofs))
    return tuple(out)


class _Prover:
    def __init__(self, bundle: Bundle, baseline: Bundle | None, law_date: date | None, work: int) -> None:
        self._bundle, self._baseline, self._work = bundle, baseline, work
        self._law_date = law_date
        self._alone = Inquiry((bundle,), work)
        self._both = Inquiry((baseline, bundle), work) if baseline is not None else None

    def judge(self, proof: ir.Proof) -> Result:
        """Return how one proof stands: the first stretch of law dates on which it does not hold decides."""
        if proof.claim == "never_looser" and self._both is None:
            return Result(proof, Standing.NOT_JUDGED, why="no baseline was given")
        known = (self._baseline, self._bundle) if proof.claim == "never_looser" else (self._bundle,)
        undecided: Result | None = None
        shown: tuple[Exhibit, ...] = ()
        notes: dict[str, None] = {}
        for stretch in stretches([b for b in known if b is not None], self._law_date):
            result = self._on(proof, stretch)
            if result.standing is Standing.FAILS:
                return result
            if result.standing is Standing.UNKNOWN:
                undecided = undecided or result
            elif result.why:
                notes[f"{result.why} {stretch}"] = None
            shown = result.exhibits or shown
        return undecided or Result(proof, Standing.HOLDS, exhibits=shown, why="; ".join(notes))

    def _on(self, proof: ir.Proof, stretch: Stretch) -> Result:
        if proof.claim in OF_ORDERS and proof.stage in WATCHED:
            return Result(proof, Standing.UNKNOWN, stretch, why=f"rules on {proof.stage} let no order pass or stop it")
        ask = {
            "never_looser": self._never_looser, "never_allow": self._never_allow, "tighter_as": self._tighter_as,
            "some_passes": self._some_passes,
        }[proof.claim]  # fmt: skip
        reads = [expr for expr in (proof.condition, proof.fact) if expr is not None]
        inquiry = self._both if proof.claim == "never_looser" and self._both is not None else self._alone
        moment = inquiry.on(proof.stage, stretch.day, (stretch.first, stretch.last), reads)
        subject = self._subject(proof, moment)
        if not subject:
            return Result(proof, Standing.HOLDS, why="no rule of it is in force")
        return ask(proof, stretch, moment, subject)

    def _subject(self, proof: ir.Proof, moment: Moment) -> tuple[str, ...]:
        """Return the rules a proof is about that are in force on any side."""
        ids = sorted({rule_id for rules in moment.rules for rule_id in rules})
        return tuple(rule_id for rule_id in ids if proof.rule in (None, rule_id))

    # ---------------------------------------------------------------------------------- the four claims
    def _never_looser(self, proof: ir.Proof, stretch: Stretch, moment: Moment, ids: tuple[str, ...]) -> Result:
        was, now = moment.outcome(0, ids), moment.outcome(1, ids)
        judged = _judged(proof, ids)

        def confirm(situation: Situation) -> bool:
            here, there = (moment.replay(at, situation, judged or None).findings for at in (1, 0))
            return says_less(here, moment.rules[1], there, moment.rules[0])

        answer = moment.find(is_weaker(now, was), confirm, _books(proof))

        def show(situation: Situation) -> tuple[Exhibit, ...]:
            scenario = pasted(moment, stretch, situation, judged)
            said = [moment.replay(at, situation, judged or None) for at in (0, 1)]
            return (Exhibit(scenario, said[0], judged, "baseline"), Exhibit(scenario, said[1], judged, "now"))

        return _broken_by(proof, stretch, answer, show, "an order is judged more weakly than by the baseline")

    def _never_allow(self, proof: ir.Proof, stretch: Stretch, moment: Moment, ids: tuple[str, ...]) -> Result:
        condition, judged = proof.condition, _judged(proof, ids)
        assert condition is not None
        meets = moment.holds(0, condition)

        def confirm(situation: Situation) -> bool:
            said = moment.replay(0, situation, judged or None)
            return not stops(strength(said.findings)) and moment.is_true(0, situation, condition)

        answer = moment.find(moment.together(meets, passes(moment.outcome(0, ids))), confirm, _books(proof))
        result = _broken_by(proof, stretch, answer, _shown(moment, stretch, judged), "an order goes")
        if result.standing is Standing.HOLDS and moment.never(meets):
            return Result(proof, Standing.HOLDS, why="no order meets its condition")
        return result

    def _tighter_as(self, proof: ir.Proof, stretch: Stretch, moment: Moment, ids: tuple[str, ...]) -> Result:
        assert proof.fact is not None
        judged, rules = _judged(proof, ids), moment.rules[0]
        pair = Pair(moment, 0)
        first, second = pair.outcome(ids, False), pair.outcome(ids, True)

        def confirm(one: Situation, other: Situation) -> bool:
            before, after = (moment.replay(0, each, judged or None).findings for each in (one, other))
            return says_less(after, rules, before, rules)

        goal = moment.together(is_weaker(second, first), pair.moved(proof.fact.path, proof.rises))
        answer = pair.find(goal, confirm, proof.fact.path, _books(proof))
        word = "rose" if proof.rises else "fell"

        def show(*situations: Situation) -> tuple[Exhibit, ...]:
            names = ("before", f"after it {word}")
            return tuple(
                Exhibit(pasted(moment, stretch, each, judged), moment.replay(0, each, judged or None), judged, name)
                for name, each in zip(names, situations, strict=True)
            )

        return _broken_by(proof, stretch, answer, show, f"the verdict weakens as it {word}")

    def _some_passes(self, proof: ir.Proof, stretch: Stretch, moment: Moment, ids: tuple[str, ...]) -> Result:
        judged = _judged(proof, ids)
        parts = [moment.parts(0, rule_id) for rule_id in ids]
        goal = moment.together(
            moment.any_of(*(part.applies for part in parts)),
            *(moment.negated(part.is_lacking) for part in parts),
            passes(moment.outcome(0, ids)),
        )

        def confirm(situation: Situation) -> bool:
            said = moment.replay(0, situation, judged or None)
            return not stops(strength(said.findings)) and not any(finding.is_unknown for finding in said.findings)

        answer = moment.find(goal, confirm, _books(proof))
        if answer.verdict is Verdict.FOUND:
            shown = _shown(moment, stretch, judged)(*answer.situations)
            return Result(proof, Standing.HOLDS, stretch, shown)
        if answer.verdict is Verdict.NEVER:
            return Result(proof, Standing.FAILS, stretch, why="no order that it applies to passes")
        return Result(proof, Standing.UNKNOWN, stretch, why=answer.why)


def _books(proof: ir.Proof) -> tuple[str, ...]:
    """Return whose fixtures say what is ordinary: the rule's own rulebook; of all rules, whichever says most."""
    return (proof.rulebook,) if proof.rule is not None else ()


def _judged(proof: ir.Proof, ids: Iterable[str]) -> tuple[str, ...]:
    """Return the rules to judge alone; none for all of them."""
    return tuple(ids) if proof.rule is not None else ()


def _shown(moment: Moment, stretch: Stretch, judged: tuple[str, ...]) -> Callable[..., tuple[Exhibit, ...]]:
    def show(situation: Situation) -> tuple[Exhibit, ...]:
        said = moment.replay(0, situation, judged or None)
        return (Exhibit(pasted(moment, stretch, situation, judged), said, judged),)

    return show


def _broken_by(
    proof: ir.Proof, stretch: Stretch, answer: Answer, show: Callable[..., tuple[Exhibit, ...]], why: str
) -> Result:
    """Return a proof that no order may break: found, it fails; proven absent, it holds."""
    if answer.verdict is Verdict.NEVER:
        return Result(proof, Standing.HOLDS, stretch)
    if answer.verdict is Verdict.UNKNOWN:
        return Result(proof, Standing.UNKNOWN, stretch, why=answer.why)
    return Result(proof, Standing.FAILS, stretch, show(*answer.situations), why)

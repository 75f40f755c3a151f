"""Two bundles against one another: each rule, and all rules of a stage together, on every law date."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from dsl.analysis.beyond import by_itself
from dsl.analysis.changes import Change, list_changes, number_changes, word_changes
from dsl.analysis.conditions import read_conditions
from dsl.analysis.dates import DAY, Stretch, stretches
from dsl.analysis.relation import Relation, Shown, Witness, overall
from dsl.analysis.scenario import pasted, told_of
from dsl.bundle import Bundle
from dsl.solver.inquiry import LAW_DATE, Inquiry, Moment
from dsl.solver.outcome import Outcome, goes_now, is_weaker, says_less
from dsl.solver.search import WORK, Answer, Verdict
from dsl.solver.situation import Situation
from dsl.solver.words import Formula

A, B = 0, 1
NOT_COMPARED = "this changed and is neither weaker nor stronger by itself: {what}"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule on both sides. `parts` holds every stretch of law dates on which it is not equal."""

    rule: str
    title: str
    relation: Relation
    parts: tuple[Shown, ...] = ()
    words: tuple[Change, ...] = ()
    """What it says otherwise without judging otherwise: codes, reasons, citations."""

    def witness(self, relation: Relation) -> Witness | None:
        """Return the first order shown for one direction."""
        found = (part.looser if relation is Relation.LOOSER else part.tighter for part in self.parts)
        return next((witness for witness in found if witness is not None), None)


@dataclass(frozen=True, slots=True)
class StageChange:
    """All rules of a stage together."""

    stage: str
    relation: Relation
    parts: tuple[Shown, ...]
    rules: tuple[RuleChange, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of a bundle."""

    stages: tuple[StageChange, ...]
    numbers: tuple[Change, ...]
    lists: tuple[Change, ...]

    @property
    def relation(self) -> Relation:
        return overall([stage.relation for stage in self.stages])

    @property
    def rules(self) -> tuple[RuleChange, ...]:
        return tuple(rule for stage in self.stages for rule in stage.rules)


def compare(before: Bundle, after: Bundle, law_date: date | None = None, effort: int = 1) -> Comparison:
    """Return how two bundles stand to one another, on one law date or at every change of either.

    `effort` multiplies the work one question may cost.
    """
    comparer = _Comparer(before, after, law_date, WORK * effort)
    stages = sorted({rule.stage for bundle in (before, after) for rule in bundle.ruleset.rules})
    return Comparison(
        tuple(comparer.stage(stage) for stage in stages), number_changes(before, after), list_changes(before, after)
    )


@dataclass(eq=False)
class _Comparer:
    before: Bundle
    after: Bundle
    law_date: date | None
    work: int
    _known: dict[tuple[object, ...], Shown] = field(default_factory=dict)
    _moves: dict[tuple[str, Stretch], Relation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._inquiry = Inquiry((self.before, self.after), self.work)
        self._stretches = stretches((self.before, self.after), self.law_date)

    def stage(self, stage: str) -> StageChange:
        moments = [(at, self._inquiry.on(stage, at.day, (at.first, at.last))) for at in self._stretches]
        ids = sorted({rule.id for b in (self.before, self.after) for rule in b.ruleset.rules if rule.stage == stage})
        rules = tuple(self._rule(rule_id, moments) for rule_id in ids)
        parts = [self._together(at, moment, ids) for at, moment in moments]
        relation = overall([part.relation for part in parts])
        return StageChange(stage, relation, _following(parts), rules)

    # ---------------------------------------------------------------------------------- one rule
    def _rule(self, rule_id: str, moments: list[tuple[Stretch, Moment]]) -> RuleChange:
        was, now = self.before.rule(rule_id), self.after.rule(rule_id)
        rule = now or was
        assert rule is not None
        parts = [self._asked(at, moment, rule_id) for at, moment in moments]
        self._moves.update({(rule_id, part.stretch): part.relation for part in parts})
        moved = _following(parts)
        if was is None or now is None:
            return RuleChange(rule_id, rule.title, Relation.ADDED if was is None else Relation.REMOVED, moved)
        relation = overall([part.relation for part in parts])
        return RuleChange(rule_id, rule.title, relation, moved, word_changes(was, now))

    def _asked(self, at: Stretch, moment: Moment, rule_id: str) -> Shown:
        was, now = moment.meaning(A, rule_id), moment.meaning(B, rule_id)
        if was == now:
            return Shown(at, Relation.EQUAL)
        return self._once((rule_id, was, now), at, moment, lambda: self._show(at, moment, (rule_id,), (rule_id,)))

    # ---------------------------------------------------------------------------------- all rules
    def _together(self, at: Stretch, moment: Moment, ids: list[str]) -> Shown:
        moved = {self._moves[rule_id, at] for rule_id in ids}
        if moved == {Relation.EQUAL}:
            return Shown(at, Relation.EQUAL)
        key = tuple((rule_id, moment.meaning(A, rule_id), moment.meaning(B, rule_id)) for rule_id in ids)
        return self._once(key, at, moment, lambda: self._show(at, moment, tuple(ids), (), moved))

    def _once(self, key: tuple[object, ...], at: Stretch, moment: Moment, ask: Callable[[], Shown]) -> Shown:
        """Return what was shown, asked once for rules that are the same on several stretches."""
        known = self._known.get(key)
        if known is None or any(LAW_DATE in side.program.index for side in moment.sides):
            known = self._known[key] = ask()
        looser, tighter = (_moved(witness, moment, at) for witness in (known.looser, known.tighter))
        return replace(known, stretch=at, looser=looser, tighter=tighter)

    def _show(
        self, at: Stretch, moment: Moment, ids: tuple[str, ...], judged: tuple[str, ...],
        moved: Container[Relation] = frozenset(Relation),
    ) -> Shown:  # fmt: skip
        """Return how rules stand to one another; `moved` is what their parts are known to do."""
        was, now = moment.outcome(A, ids), moment.outcome(B, ids)
        # The verdict is the strongest of all: it falls only where some rule's does, and rises only where some does.
        may_fall = any(r in moved for r in (Relation.LOOSER, Relation.INCOMPARABLE, Relation.UNKNOWN))
        may_rise = any(r in moved for r in (Relation.TIGHTER, Relation.INCOMPARABLE, Relation.UNKNOWN))
        looser = _ask(moment, ids, judged, (was, now), (A, B)) if may_fall else NEITHER
        tighter = _ask(moment, ids, judged, (now, was), (B, A)) if may_rise else NEITHER
        less, more = (_witness(at, moment, judged, answer) for answer in (looser[0], tighter[0]))
        verdicts = [answer.verdict for answer, _ in (looser, tighter)]
        lets_go = {Verdict.FOUND: True, Verdict.NEVER: False}.get(looser[1])
        if Verdict.UNKNOWN in verdicts:
            why = "; ".join(dict.fromkeys(answer.why for answer, _ in (looser, tighter) if answer.why))
            return Shown(at, Relation.UNKNOWN, less, more, lets_go, why)
        found = _RELATION[verdicts[A] is Verdict.FOUND, verdicts[B] is Verdict.FOUND]
        beside = _changed_beside(moment, ids)
        unranked = [name for name, relation in beside.items() if relation is Relation.UNKNOWN]
        if unranked:
            return Shown(at, Relation.UNKNOWN, less, more, lets_go, NOT_COMPARED.format(what=", ".join(unranked)))
        moved_beside = {name: way for name, way in beside.items() if way is not Relation.EQUAL}
        why = "; ".join(f"{name} is {way} by itself" for name, way in moved_beside.items())
        return Shown(at, overall([found, *moved_beside.values()]), less, more, lets_go, why)


def witness_where(
    before: Bundle, after: Bundle, shown: Shown, stage: str, conditions: Sequence[str], effort: int = 1
) -> Witness | None:
    """Return an order like those of `shown`, judged by all rules of a stage, that also keeps these conditions.

    The conditions are texts of the language over facts. Nothing is stale in it and no window has counted
    anything; nothing is absent either, unless there is no such order. None where none was found.
    """
    read = read_conditions(after, conditions)
    if read is None:
        return None
    inquiry, at = Inquiry((before, after), WORK * effort), shown.stretch
    moment = inquiry.on(stage, at.day, (at.first, at.last), read)
    ids = tuple(sorted({*moment.rules[A], *moment.rules[B]}))
    ends = (A, B) if shown.looser is not None else (B, A)
    outcomes = [moment.outcome(end, ids) for end in ends]
    for is_complete in (True, False):
        kept = [moment.holds(B, condition) for condition in read]
        side = moment.together(moment.undisturbed(is_complete), *kept)
        answer, _ = _ask(moment, ids, (), (outcomes[0], outcomes[1]), ends, side)
        if answer.verdict is Verdict.FOUND:
            return _witness(at, moment, (), answer)
    return None


NEITHER = (Answer(Verdict.NEVER), Verdict.NEVER)
_RELATION = {
    (False, False): Relation.EQUAL,
    (True, False): Relation.LOOSER,
    (False, True): Relation.TIGHTER,
    (True, True): Relation.INCOMPARABLE,
}


def _ask(
    moment: Moment, ids: tuple[str, ...], judged: tuple[str, ...], outcomes: tuple[Outcome, Outcome],
    ends: tuple[int, int], beside: Formula | None = None,
) -> tuple[Answer, Verdict]:  # fmt: skip
    """Return an order that side `ends[1]` judges more weakly than side `ends[0]`, and whether one goes that did not.

    An order that goes and did not is the better example; where there is none any weaker verdict is. `beside` is
    what must hold of it too.
    """
    (strong, weak), (of, to) = outcomes, ends

    def confirm(situation: Situation) -> bool:
        there, here = (moment.replay(at, situation, judged or None).findings for at in (to, of))
        return says_less(there, moment.rules[to], here, moment.rules[of])

    books = _books(moment, ids)
    weaker = is_weaker(weak, strong)
    if beside is not None:
        weaker = moment.together(weaker, beside)
    changed = [rule_id for rule_id in ids if moment.meaning(A, rule_id) != moment.meaning(B, rule_id)]
    crossing = moment.find(goes_now(weaker, weak, strong), confirm, books, changed)
    if crossing.verdict is Verdict.FOUND:
        return crossing, Verdict.FOUND
    return moment.find(weaker, confirm, books, changed), crossing.verdict


def _moved(witness: Witness | None, moment: Moment, at: Stretch) -> Witness | None:
    """Return an order as it is said on other law dates, on which the same rules hold."""
    if witness is None or witness.stretch == at:
        return witness
    return replace(witness, stretch=at, scenario=pasted(moment, at, witness.situation, witness.rules))


def _following(parts: Iterable[Shown]) -> tuple[Shown, ...]:
    """Return what is not equal, stretches that follow one another and were shown the same taken together."""
    out: list[Shown] = []
    for part in parts:
        if part.relation is Relation.EQUAL:
            continue
        before = out[-1] if out else None
        if before is not None and _is_one(before, part):
            out[-1] = replace(before, stretch=Stretch(before.stretch.first, part.stretch.last))
        else:
            out.append(part)
    return tuple(out)


def _is_one(before: Shown, part: Shown) -> bool:
    follows = before.stretch.last is not None and part.stretch.first == before.stretch.last + DAY
    said = [(shown.relation, shown.lets_go, shown.why) for shown in (before, part)]
    return follows and said[0] == said[1]


def _witness(at: Stretch, moment: Moment, judged: tuple[str, ...], answer: Answer) -> Witness | None:
    if not answer.situations:
        return None
    situation, only = answer.situations[0], judged or None
    before, after = moment.replay(A, situation, only), moment.replay(B, situation, only)
    told = told_of(moment, situation, judged)
    return Witness(at, situation, before, after, judged, pasted(moment, at, situation, judged), told)


def _books(moment: Moment, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the rulebooks of one rule; of several, none is preferred."""
    rules = [moment.rules[at].get(ids[0]) for at in (B, A)] if len(ids) == 1 else []
    return tuple(dict.fromkeys(rule.rulebook for rule in rules if rule is not None))


def _changed_beside(moment: Moment, ids: tuple[str, ...]) -> dict[str, Relation]:
    """Return what changed in rules beside the order at hand, by name, with what that makes of them by itself."""
    out: dict[str, Relation] = {}
    for rule_id in ids:
        before, after = (dict(moment.beyond(at, rule_id)) for at in (A, B))
        was, now = (moment.rules[at].get(rule_id) for at in (A, B))
        for name in {**before, **after}:
            if before.get(name) != after.get(name):
                label = name if len(ids) == 1 else f"{name} of {rule_id}"
                out[label] = by_itself(was, now, name)
    return out

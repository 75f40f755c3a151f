"""How often two versions of the rules part from what was really decided: recorded decisions, judged again by each."""

from datetime import date
from typing import TYPE_CHECKING

from dsl.judgement import EFFECT_STRENGTH
from engine.service.rule_diff import History, Parting, Replay

if TYPE_CHECKING:
    from dsl.bundle import Bundle

EXAMPLES = 3


def history_of(journal: str) -> Replay:
    """Return what judges a journal, named as in `rules replay`, under the two versions of a comparison."""

    def judged(before: "Bundle", after: "Bundle", law_date: date | None) -> History:
        return History(_parting(journal, before, law_date), _parting(journal, after, law_date))

    return judged


def _parting(journal: str, bundle: "Bundle", law_date: date | None) -> Parting:
    from engine.service.rule_replay import ReplayRequest, replay_rules

    request = ReplayRequest(None, journal, law_date=law_date, examples=EXAMPLES)
    report = replay_rules(request, lambda done, total: None, bundle)
    moves = [(EFFECT_STRENGTH[now] - EFFECT_STRENGTH[then], count) for then, now, count in report.verdicts]
    examples = (example.decision_id for example in report.examples if example.old_verdict != example.new_verdict)
    return Parting(
        report.decisions,
        sum(count for by, count in moves if by < 0),
        sum(count for by, count in moves if by > 0),
        sum(report.faults.values()),
        tuple(dict.fromkeys(examples)),
    )

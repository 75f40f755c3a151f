"""The kill matrix, sampled: the desk dies anywhere and is taken up again (RELIABILITY P2, P3).

`make campaign-kill` kills at every moment; its figures are in docs/evidence/kill.md.
"""

import random

from tests.faults.conftest import Ground
from tests.faults.kill_case import at, judge

SEED = 7_741


def test_killed_at_drawn_moments_the_short_run_ends_the_same(brief: Ground) -> None:
    found = [told for moment in _drawn(brief, 16) for told in _judged(brief, moment)]
    assert found == []


def test_killed_around_the_broker_every_allowed_order_arrives_once(brief: Ground) -> None:
    """The moments at which nobody but the broker knows: about its own statements on orders."""
    returned = 0
    for kind, statement in (
        ("before", "INSERT INTO orders (client_order_id, broker"),
        ("after", "INSERT INTO orders (client_order_id, broker"),
        ("before", "INSERT INTO events"),
        ("after", "INSERT INTO events"),
        ("before", "UPDATE outbox"),
        ("after", "UPDATE outbox"),
        ("before", "INSERT INTO fills"),
        ("after", "INSERT INTO fills"),
    ):
        truth = brief.case(kill_when=[at(kind, statement)])
        assert judge(truth, brief.reference) == [], (kind, statement)
        returned += truth.returned if truth else 0
    # Both fates were met: requests that had arrived, and requests that provably had not.
    assert 0 < returned < 8


def test_killed_at_drawn_moments_the_whole_run_ends_the_same(whole: Ground) -> None:
    found = [told for moment in _drawn(whole, 3) for told in _judged(whole, moment)]
    assert found == []


def test_killed_again_while_it_recovers_it_still_ends_the_same(brief: Ground) -> None:
    draw = random.Random(SEED)
    for moment in _drawn(brief, 3):
        assert _judged(brief, moment, draw.randrange(1, 120)) == []


def test_killed_while_switches_trip_and_positions_are_closed_it_ends_the_same(eyed: Ground) -> None:
    found = [told for moment in _drawn(eyed, 6) for told in _judged(eyed, moment)]
    assert found == []


def test_killed_on_postgresql_it_ends_the_same(brief_on_postgresql: Ground, brief: Ground) -> None:
    ground = brief_on_postgresql
    assert ground.reference.content_hash == brief.reference.content_hash
    found = [told for moment in _drawn(ground, 3) for told in _judged(ground, moment)]
    assert found == []


def _drawn(ground: Ground, count: int) -> list[int]:
    draw = random.Random(SEED)
    return sorted(draw.sample(range(1, ground.reference.moments), count))


def _judged(ground: Ground, *moments: int) -> list[str]:
    return [f"{moments}: {told}" for told in judge(ground.case(*moments), ground.reference)]

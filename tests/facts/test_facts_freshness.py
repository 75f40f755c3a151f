"""When a fact may be relied on: the last microsecond that counts, and the first that does not."""

import pytest

from dsl.snapshot import Reason
from engine.facts.entry import FUTURE_TOLERANCE
from engine.model.time import DAY, HOUR, SECOND, Timestamp
from tests.facts.facts_desk import BAR_DUE, NOW, OPEN, SESSIONS, FactsDesk


def test_facts_of_now_are_all_known() -> None:
    assert FactsDesk().reasons() == {}


@pytest.mark.parametrize("name", ["price", "cap"])
def test_a_duration_ends_a_microsecond_after_its_bound(name: str) -> None:
    desk = FactsDesk()
    desk.put(name, as_of=Timestamp(NOW - 5 * SECOND))
    assert desk.reasons() == {}
    desk.put(name, as_of=Timestamp(NOW - 5 * SECOND - 1))
    assert desk.reasons() == {f"desk.{name}": Reason.STALE}


def test_one_stale_fact_leaves_its_neighbours_known() -> None:
    desk = FactsDesk()
    desk.put("price", as_of=Timestamp(NOW - 6 * SECOND))
    assert list(desk.reasons()) == ["desk.price"]
    assert desk.value("desk.cap") is not None


@pytest.mark.parametrize(("name", "sessions"), [("names", 1), ("level", 2)])
def test_sessions_are_counted_with_the_one_the_fact_falls_in(name: str, sessions: int) -> None:
    """A fact published at a close belongs to the session that ends there, one microsecond later to the next."""
    desk = FactsDesk()
    close = SESSIONS[4 - sessions].close
    desk.put(name, as_of=Timestamp(close + 1))
    assert desk.reasons() == {}
    desk.put(name, as_of=close)
    assert desk.reasons() == {f"desk.{name}": Reason.STALE}


def test_a_fact_of_sessions_lasts_until_its_last_close() -> None:
    desk = FactsDesk()
    desk.put("names", as_of=Timestamp(NOW))
    close = SESSIONS[4].close
    assert "desk.names" not in desk.reasons(close)
    assert desk.reasons(close + 1)["desk.names"] is Reason.STALE


def test_where_the_calendar_ends_freshness_ends() -> None:
    last = SESSIONS[-1].close
    desk = FactsDesk()
    desk.put("level", as_of=Timestamp(last - HOUR))
    assert "desk.level" not in desk.reasons(last)
    assert desk.reasons(last + 1)["desk.level"] is Reason.STALE


def test_outside_the_calendar_nothing_is_guessed() -> None:
    desk = FactsDesk()
    desk.put("level", as_of=Timestamp(OPEN - 11 * DAY))
    assert desk.reasons()["desk.level"] is Reason.INVALID
    desk.put("level", as_of=Timestamp(SESSIONS[-1].close + 1))
    assert desk.reasons(SESSIONS[-1].close + 1)["desk.level"] is Reason.INVALID


def test_the_current_bar_lasts_until_the_next_is_due() -> None:
    desk = FactsDesk()
    assert "desk.quote" not in desk.reasons(BAR_DUE)
    assert desk.reasons(BAR_DUE + 1)["desk.quote"] is Reason.STALE


def test_a_bar_whose_successor_nobody_announced_is_invalid() -> None:
    desk = FactsDesk()
    desk.put("quote", bar_due=None)
    assert desk.reasons() == {"desk.quote": Reason.INVALID}


@pytest.mark.parametrize("name", ["price", "flag", "level"])
def test_the_future_is_believed_for_fifty_milliseconds(name: str) -> None:
    desk = FactsDesk()
    desk.put(name, as_of=Timestamp(NOW + FUTURE_TOLERANCE))
    assert desk.reasons() == {}
    desk.put(name, as_of=Timestamp(NOW + FUTURE_TOLERANCE + 1))
    assert desk.reasons() == {f"desk.{name}": Reason.INVALID}
    assert FUTURE_TOLERANCE == 50_000


def test_a_rule_may_ask_for_fresher_facts_than_their_contract() -> None:
    desk = FactsDesk()
    assert desk.late() == set()
    desk.put("price", as_of=Timestamp(NOW - 2 * SECOND))
    assert desk.late() == set()
    desk.put("price", as_of=Timestamp(NOW - 2 * SECOND - 1))
    assert (desk.late(), desk.reasons()) == ({"desk.price"}, {})
    desk.put("level", as_of=SESSIONS[3].close)
    assert (desk.late(), desk.reasons()) == ({"desk.price", "desk.level"}, {})


def test_a_rule_asks_for_the_current_bar_as_the_contract_does() -> None:
    desk = FactsDesk()
    assert desk.late(BAR_DUE) >= {"desk.price"}
    assert "desk.quote" not in desk.late(BAR_DUE)
    assert "desk.quote" in desk.late(BAR_DUE + 1)

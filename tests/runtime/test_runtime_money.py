"""Money in the running desk: our books equal the broker's, nothing appears or vanishes, facts keep their age."""

from fractions import Fraction

import pytest

from engine.marketdata.corporate_actions import Dividend
from engine.model.event import EventType
from engine.model.numbers import MICRO
from engine.runtime.run import drive
from engine.store.reservations import Reservations, ReservationState
from tests.runtime.conftest import Finished
from tests.runtime.proof_market import CASH, Desk, StillWall


def test_the_ledger_ends_with_the_brokers_cash_and_positions(finished: Finished) -> None:
    ledger = finished.state.parts.ledger
    _, cash = finished.book.account()
    assert abs(ledger.cash - cash) < MICRO
    ours = {position.symbol: position.quantity for position in ledger.positions()}
    theirs = {held.symbol: held.quantity for held in finished.book.holdings()}
    assert ours == theirs
    assert len(ours) == 2


def test_the_books_agree_at_every_close(finished: Finished) -> None:
    assert finished.of(EventType.RECON_DRIFT) == []
    arming, *closes = [entry.at for entry in finished.of(EventType.RECON_CLEAN)]
    assert closes == [entry.at for entry in finished.of(EventType.ACCOUNT_MARKED)] and len(closes) == 26
    assert arming < closes[0]


def test_cash_moves_by_fills_fees_and_dividends_alone(finished: Finished) -> None:
    traded = sum(-fill.side.sign * fill.quantity * fill.price - fill.fee * MICRO for fill in finished.state.fills)
    dividend = 120_000_000 * 37 // 100 * MICRO
    assert finished.state.parts.ledger.dividends * MICRO == dividend
    assert finished.state.parts.ledger.cash == CASH * MICRO + traded + dividend


def test_equity_is_cash_and_holdings_at_their_last_close(finished: Finished) -> None:
    closes = {e.body["symbol"]: e.body["close"] for e in finished.of(EventType.MARKET_BAR)}
    ledger = finished.state.parts.ledger
    worth = ledger.cash + sum(each.quantity * closes[each.symbol] for each in ledger.positions())
    last = finished.of(EventType.ACCOUNT_MARKED)[-1]
    assert int(last.body["equity"]) == worth // MICRO == finished.state.equity_curve[-1][1]


def test_a_split_leaves_equity_where_it_was(finished: Finished) -> None:
    marked = {e.at: int(e.body["equity"]) for e in finished.of(EventType.ACCOUNT_MARKED)}
    bars = finished.of(EventType.MARKET_BAR)
    split = next(e for e in finished.of(EventType.CORPORATE_ACTION) if e.body["action"] == "SPLIT")
    before = max(at for at in marked if at < split.at)
    assert abs(marked[before] - min(v for at, v in marked.items() if at > split.at)) < Fraction(marked[before], 100)
    assert {e.body["close"] > 100_000_000 for e in bars if e.body["symbol"] == "BBB" and e.at < split.at} == {True}


def test_the_days_result_of_an_ex_dividend_day_counts_the_dividend(full: Desk) -> None:
    started = full.start()
    ex_day = next(action for action in full.inputs.actions if isinstance(action, Dividend)).day
    for progress in drive(started, full.inputs, full.database, StillWall()):
        if progress.at is not None and full.inputs.calendar.session_on(ex_day).close == progress.at:  # type: ignore[union-attr]
            break
    today = started.composed.state.parts.board.get("account.pnl_today", ("proof",))
    started.composed.close()
    # 120 shares of BBB: the dividend of 0.37 against a fall of 0.20 from close to close; 5 of AAA fall by 0.20.
    assert today is not None and today.value == 120 * (370_000 - 200_000) - 5 * 200_000


def test_account_facts_are_as_old_as_the_oldest_mark_they_rest_on(finished: Finished) -> None:
    board = finished.state.parts.board
    equity = board.get("account.equity", ("proof",))
    held = {each.symbol for each in finished.state.parts.ledger.positions()}
    assert held == {"AAA", "HHH"}
    last_hourly = max(e.at for e in finished.of(EventType.MARKET_BAR) if e.body["symbol"] == "HHH")
    assert equity is not None
    # HHH has not traded for two weeks: what rests on its mark is as old as that mark, and is stale.
    assert equity.as_of == last_hourly
    assert equity.reason_at(finished.state.now) is not None


def test_what_reserved_room_gave_it_back(finished: Finished) -> None:
    with finished.database.read(finished.run_key) as unit:
        assert unit.reservations.active(finished.started.composed.setting.book_id) == ()
        intents = unit.intents.list(finished.run_key)
        found = [unit.reservations.get(row.intent_id) for row in intents]
    assert {r.state for r in found if r} == {ReservationState.RELEASED}
    reasons = {r.reason for r in found if r}
    assert reasons == {"FILLED", "CANCELLED", "EXPIRED", "HOLD_DENIED", "HOLD_EXPIRED"}


def test_every_reservation_is_released_exactly_once(full: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[str] = []
    release = Reservations.release

    def count(self: Reservations, intent_id: str, at: int, reason: str) -> bool:
        done = release(self, intent_id, at, reason)
        released.extend([intent_id] if done else [])
        return done

    monkeypatch.setattr(Reservations, "release", count)
    started = full.run()
    with full.database.read(started.run_key) as unit:
        intents = [row.intent_id for row in unit.intents.list(started.run_key)]
        reserved = [intent for intent in intents if unit.reservations.get(intent) is not None]
    assert sorted(released) == sorted(reserved)
    assert len(released) >= 14

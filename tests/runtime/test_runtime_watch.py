"""Watched rules at work: switches, postures, what follows from them, and that a restart forgets nothing."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsl.watch import Memory
from engine.audit.canonical import parse_canonical
from engine.brokers.paper import snapshot_book
from engine.brokers.paper_book import PaperBook
from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.runtime.composition import compose
from engine.runtime.entry import Entry
from engine.runtime.halt import RunRefused
from engine.runtime.inputs import RunInputs
from engine.service.explanations import Explainer
from engine.service.overlays import reopen_overlays
from engine.store.database import open_database
from engine.strategy.signal import Mode
from tests.runtime.conftest import Finished
from tests.runtime.proof_market import CASH, Desk, renamed
from tests.runtime.record import Recorded, record_of, without_returns
from tests.runtime.test_runtime_resume import crash_at
from tests.runtime.watched import instant, trip, watched

SEED = 20_261_128
TRIPPED, CHANGED = EventType.KILL_SWITCH_TRIPPED, EventType.WATCH_CHANGED


@pytest.fixture(scope="session")
def inputs(market: RunInputs, tmp_path_factory: pytest.TempPathFactory) -> RunInputs:
    return watched(market, tmp_path_factory.mktemp("watched"))


@pytest.fixture(scope="session", params=("sqlite", "postgresql"))
def seen(
    request: pytest.FixtureRequest, inputs: RunInputs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Finished]:
    """The watched run, once on each database, for laws that only look."""
    folder, server = tmp_path_factory.mktemp("seen"), None
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "desk.db")
        address = f"sqlite:///{folder / 'desk.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        address = server.lend()
    with open_database(address) as database:
        desk = Desk(inputs, database, folder)
        started = desk.run()
        book = PaperBook(desk.book_path(started), CASH)
        yield Finished(desk, started, record_of(database, started.run_key), book)
        book.close()
    if server is not None:
        server.take_back(address)


@pytest.fixture
def eyed(desk: Desk, inputs: RunInputs) -> Desk:
    """The watched run on each database, not started."""
    return Desk(inputs, desk.database, desk.folder)


def test_a_switch_trips_on_the_event_that_makes_its_condition_hold(seen: Finished) -> None:
    trips = seen.of(TRIPPED)
    assert [(t.at, t.body["switch"], t.body["key"], t.body["change"]["code"]) for t in trips] == [
        (instant("01-06T18:30"), "WCH-01", ["hourly"], "TOO_BUSY"),
        (instant("01-07T21:05"), "WCH-01", ["alpha"], "TOO_BUSY"),
        (instant("01-15T21:20"), "WCH-02", ["proof"], "MANUAL"),
    ]
    third = [e for e in seen.decisions() if e.place < trips[1].place][-1]
    assert (third.at, third.body["verdict"]) == (trips[1].at, "warn")
    assert trips[1].body["because"] == "3 orders of alpha were allowed in three days"


def test_what_works_is_cancelled_then_the_position_is_closed_and_both_are_confirmed(seen: Finished) -> None:
    about = after(seen, seen.of(TRIPPED)[1], until=instant("01-08T15:00"))
    told = [
        (e.kind, e.body.get("action")) for e in about
        if e.kind in (EventType.ACTION_TAKEN, EventType.ACTION_CONFIRMED, EventType.ORDER_CANCELED,
            EventType.ORDER_FILLED, EventType.ALERT_RAISED)
    ]  # fmt: skip
    assert [text for text in told if text != (EventType.ALERT_RAISED, None)] == [
        (EventType.ACTION_TAKEN, "cancel_working"),
        (EventType.ACTION_TAKEN, "flatten"),
        (EventType.ORDER_CANCELED, None),
        (EventType.ACTION_CONFIRMED, "cancel_working"),
        (EventType.ACTION_TAKEN, "flatten"),
        (EventType.ORDER_FILLED, None),
        (EventType.ACTION_CONFIRMED, "flatten"),
    ]
    assert seen.state.positions[("alpha", "AAA")] == 0
    held = {row.symbol: row.quantity for row in snapshot_book(seen.book, seen.state.now).positions}
    assert held["AAA"] == sum(seen.state.positions[(name, "AAA")] for name in ("alpha", "broken"))


def test_the_desks_own_exit_passes_the_posture_judged_like_any_order(seen: Finished) -> None:
    (asked,) = (
        data for e in seen.of(EventType.ACTION_TAKEN) for data in e.body["intents"]
        if data["strategy"] == "alpha" and data["kind"] == "NEW"
    )  # fmt: skip
    assert (asked["side"], asked["quantity"]) == ("SELL", 200_000_000)
    (decided,) = (e for e in seen.decisions() if e.body["intent_id"] == asked["intent_id"])
    assert decided.body["verdict"] == "allow"
    record = record_behind(seen, decided)
    assert record["emergency"] is True and record["bundle"] == seen.desk.inputs.bundle.hash
    assert record["facts"] and record["findings"] == []


def test_orders_under_a_tripped_switch_are_rejected_and_told_why(seen: Finished) -> None:
    rejected = [e for e in seen.decisions() if e.body["code"] == "POSTURE_HALTED"]
    assert [e.at for e in rejected[:2]] == [instant("01-09T21:00"), instant("01-12T21:00")]
    pressed = seen.of(TRIPPED)[-1].at
    assert len(rejected) > 2 and all(e.at > pressed for e in rejected[2:])
    record = record_behind(seen, rejected[0])
    assert record["verdict"] == "reject" and record["quantity"] == "0"
    (finding,) = (f for f in record["findings"] if f["code"] == "POSTURE_HALTED")
    assert (finding["rule"], finding["effect"]) == ("WCH-01", "reject")
    assert finding["because"] == "alpha is halted: TOO_BUSY of WCH-01"
    assert record["postures"][0]["posture"] == "halted"


def test_a_decision_under_a_posture_is_explained_from_its_record(seen: Finished) -> None:
    rejected = next(e for e in seen.decisions() if e.body["code"] == "POSTURE_HALTED")
    told = Explainer(seen.database, reopen_overlays).explain(seen.run_key, rejected.body["decision_id"])
    assert any("alpha is halted: TOO_BUSY of WCH-01" in spoken.because for spoken in told.findings)


def test_a_reset_is_refused_while_the_condition_holds_and_taken_when_it_does_not(seen: Finished) -> None:
    refused = [(e.at, e.body["principal"], e.body["code"]) for e in seen.of(EventType.KILL_SWITCH_REFUSED)]
    assert refused == [
        (instant("01-09T21:30"), "rhea", "SWITCH_HOLDS"),
        (instant("01-15T21:10"), "cora", "SWITCH_ROLE"),
        (instant("01-15T21:30"), "olivia", "SWITCH_TRIPPED"),
        (instant("01-20T21:10"), "rhea", "SWITCH_TRIPPER"),
    ]
    (reset,) = seen.of(EventType.KILL_SWITCH_RESET)
    assert (reset.at, reset.body["key"], reset.body["because"]) == (instant("01-13T21:30"), ["alpha"], "reset by rhea")


def test_a_reset_lets_the_high_water_mark_begin_anew_where_its_switch_says_so(seen: Finished) -> None:
    fresh = compose(seen.desk.inputs, seen.database, seen.run_key, Path(":memory:")).state
    for recorded in seen.record:
        before = fresh.account.hwm
        fresh.apply(Entry(recorded.kind, Timestamp(recorded.at), recorded.body))
        if recorded.kind is EventType.KILL_SWITCH_RESET:
            break
    assert recorded.body["rebases"] == "account.hwm"
    equity = fresh.account.equity()
    assert equity is not None and fresh.account.hwm == equity < before
    posted = fresh.parts.board.get("account.hwm", ("proof",))
    assert posted is not None and posted.value == equity


def test_one_of_two_resets_nothing_and_the_switch_outlives_the_run(seen: Finished) -> None:
    asked = seen.of(EventType.KILL_SWITCH_RESET_ASKED)[-1]
    assert (asked.body["switch"], asked.body["change"]["people"]) == ("WCH-02", ["rory"])
    assert set(seen.state.watch.memory.tripped) == {("WCH-01", ("hourly",)), ("WCH-02", ("proof",))}
    board = seen.state.parts.board.get("switches.tripped", ("proof",))
    assert board is not None and board.value == frozenset(("WCH-01", "WCH-02"))


def test_after_the_reset_the_strategy_trades_again(seen: Finished) -> None:
    (reset,) = seen.of(EventType.KILL_SWITCH_RESET)
    later = [e for e in seen.decisions() if e.at > reset.at]
    assert later[0].body["code"] == "QUANTITY_REVIEW"


def test_a_demoted_strategy_trades_nothing_more(seen: Finished) -> None:
    (demoted,) = seen.of(EventType.STRATEGY_DEMOTED)
    assert (demoted.body["strategy"], demoted.body["rule"], demoted.body["to"]) == ("hourly", "WCH-05", "shadow")
    emitted = [e for e in seen.of(EventType.SIGNAL_INTENT_EMITTED) if e.body["strategy"] == "hourly"]
    assert emitted and all(e.place < demoted.place for e in emitted)
    shadows = [e for e in seen.of(EventType.SHADOW_ORDER_INTENT) if e.body["strategy"] == "hourly"]
    assert shadows and all(e.place > demoted.place for e in shadows)
    (standing,) = (s for s in seen.state.parts.host.standings if s.spec.name == "hourly")
    assert standing.mode is Mode.SHADOW


def test_a_condition_must_hold_for_its_time_and_a_gap_begins_it_anew(seen: Finished) -> None:
    changes = [
        (e.at, change["kind"]) for e in seen.of(CHANGED) for change in e.body["changes"] if change["rule"] == "WCH-04"
    ]  # fmt: skip
    assert changes[:5] == [
        (instant("01-06T15:30"), "BEGAN"), (instant("01-06T16:30"), "ENDED"),
        (instant("01-06T17:30"), "BEGAN"), (instant("01-06T18:30"), "FIRED"),
        (instant("01-06T21:00"), "ENDED"),
    ]  # fmt: skip


def test_a_lasting_posture_ends_by_itself_and_counts_from_the_last_look_it_held_at(seen: Finished) -> None:
    twice = [
        (e.at, change["kind"], change.get("until")) for e in seen.of(CHANGED) for change in e.body["changes"]
        if change["rule"] == "WCH-03" and change["line"] == 2
    ]  # fmt: skip
    assert twice[0] == (instant("01-12T21:00"), "FIRED", None)
    assert twice[1] == (instant("01-12T21:00"), "EXTENDED", instant("01-12T21:00"))
    # The session is over a microsecond later and the rejections still stand: one more session.
    assert twice[2] == (instant("01-12T21:00") + 1, "EXTENDED", instant("01-13T21:00"))
    assert (twice[3][0], twice[3][1]) == (instant("01-13T21:00"), "LAPSED")


def test_somebody_gets_something_to_do(seen: Finished) -> None:
    tasks = [(t.rule, t.title, t.role, t.due) for t in seen.state.watch.tasks]
    assert ("WCH-03", "Ask alpha why", "operator", "2026-01-12") in tasks
    assert ("WCH-07", "Look at 6 fills", "compliance", "2026-01-07") in tasks


def test_every_fill_and_every_session_is_judged_once(seen: Finished) -> None:
    judged = seen.of(EventType.POST_TRADE_JUDGED)
    by_moment = [e.body["moment"] for e in judged]
    assert by_moment.count("fill") == len(seen.state.fills) > 0
    days = {e.at for e in seen.of(EventType.MARKET_BAR) if e.body["timeframe"] == "1D"}
    assert by_moment.count("session end") == len(days) == 14
    large = [f for e in judged for f in e.body["findings"] if f["rule"] == "WCH-06"]
    assert next(f["because"] for f in large) == '150 shares of "AAA" at 51.02725 USD/share on 2026-01-07'


def test_rules_that_watch_leave_a_run_without_them_as_it_was(finished: Finished) -> None:
    assert not finished.of(CHANGED, EventType.POST_TRADE_JUDGED, TRIPPED, EventType.ACTION_TAKEN)


def test_both_kinds_of_database_see_the_same(seen: Finished, inputs: RunInputs, small: Desk) -> None:
    other = Desk(inputs, small.database, small.folder)
    started = other.run()
    assert record_of(other.database, started.run_key) == seen.record
    assert other.export(started).content_hash == seen.desk.export(seen.started).content_hash


def test_a_watched_run_that_dies_over_and_over_ends_as_one_that_never_did(eyed: Desk) -> None:
    draw, crashes = random.Random(SEED), 0
    while crashes < 12 and crash_at(eyed, draw.randrange(100, 500)):
        with eyed.database.read() as unit:
            (run,) = unit.runs.list()
        if run.status.value == "STOPPED":
            break
        crashes += 1
    with eyed.database.read() as unit:
        (run,) = unit.runs.list()
    if run.status.value != "STOPPED":
        eyed.run()
    assert crashes >= 5
    reference = eyed.run()
    broken, whole = (record_of(eyed.database, key) for key in (run.run_key, reference.run_key))
    assert reference.run_key != run.run_key
    assert without_returns(broken) == without_returns(whole)


def test_the_memory_after_a_restart_is_the_fold_of_the_record(seen: Finished) -> None:
    fresh = compose(seen.desk.inputs, seen.database, seen.run_key, Path(":memory:"))
    fresh.journal.fold_committed()
    ours, theirs = fresh.state.watch, seen.state.watch
    for name in Memory.__slots__:
        assert getattr(ours.memory, name) == getattr(theirs.memory, name), name
    for name in ("tasks", "alerts", "demoted", "undertakings", "script_lines", "fills_judged", "sessions_ended"):
        assert getattr(ours, name) == getattr(theirs, name), name


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (trip(11, "01-06T22:00", "olivia", "PRF-01", "proof"), "SWITCH_UNKNOWN"),
        (trip(11, "01-06T22:00", "olivia", "WCH-09", "proof"), "SWITCH_UNKNOWN"),
        (trip(11, "01-06T22:00", "olivia", "WCH-02", "proof", "AAA"), "SWITCH_KEY"),
        (trip(11, "01-06T22:00", "nobody", "WCH-02", "proof"), "PRINCIPAL_UNKNOWN"),
    ],
)
def test_a_line_about_no_switch_halts_the_run(small: Desk, inputs: RunInputs, line: Any, code: str) -> None:
    changed = Desk(renamed(inputs, f"wrong {line}", script=(line,)), small.database, small.folder)
    with pytest.raises(RunRefused) as caught:
        changed.run()
    assert caught.value.code == code


def after(seen: Finished, entry: Recorded, until: int) -> list[Recorded]:
    """Return what was recorded after an entry, up to an instant."""
    return [e for e in seen.record if e.place > entry.place and e.at < until]


def record_behind(seen: Finished, entry: Recorded) -> Any:
    """Return the whole record of a decision an entry stands for."""
    with seen.database.read(seen.run_key) as unit:
        row = unit.decisions.get(entry.body["decision_id"])
    assert row is not None
    return parse_canonical(row.record)

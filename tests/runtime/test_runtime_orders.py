"""What leaves the desk, when it fills, and what the broker's own book says of it (RELIABILITY P1, P2)."""

from collections import Counter

from engine.audit.canonical import parse_canonical
from engine.brokers.messages import Execution, event_from_data
from engine.execution.slippage import range_rate, slip, slippage_rate
from engine.model.event import EventType
from engine.model.ids import client_order_id
from engine.model.numbers import Ratio
from engine.model.order import OrderState
from engine.runtime.authority import SENDABLE
from engine.runtime.composition import costs_of
from engine.store.outbox import Action, OutboxStatus
from tests.runtime.conftest import Finished


def test_one_run_sees_every_verdict_and_every_way_an_order_ends(finished: Finished) -> None:
    verdicts = {entry.body["verdict"] for entry in finished.decisions()}
    assert verdicts == {"allow", "warn", "clip", "hold", "reject"}
    ended = {tracked.order.state for tracked in finished.state.finished.values() if tracked.order}
    assert ended == {OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED}
    kinds = {entry.kind for entry in finished.record}
    assert kinds >= {
        EventType.HOLD_APPROVED, EventType.HOLD_DENIED, EventType.HOLD_EXPIRED, EventType.CORPORATE_ACTION,
        EventType.STRATEGY_ERROR, EventType.SHADOW_ORDER_INTENT, EventType.ORDER_CANCELED, EventType.RUN_STOPPED,
    }  # fmt: skip


def test_an_order_never_fills_on_the_bar_it_was_decided_on(finished: Finished) -> None:
    decided = {e.body["client_order_id"]: e for e in finished.decisions() if "client_order_id" in e.body}
    fills = finished.of(EventType.ORDER_FILLED)
    assert len(fills) >= 12
    for fill in fills:
        order = decided[fill.body["report"]["client_order_id"]]
        between = [e for e in finished.record[order.place : fill.place] if e.kind is EventType.MARKET_OPEN]
        assert fill.at >= order.at
        assert any(e.body["symbol"] == _symbol(finished, fill.body["report"]["client_order_id"]) for e in between)


def test_a_market_order_fills_at_the_next_open_plus_slippage(finished: Finished) -> None:
    costs = costs_of(finished.desk.inputs)
    opens = {(e.at, e.body["symbol"]): e.body["price"] for e in finished.of(EventType.MARKET_OPEN)}
    ranges: dict[str, Ratio] = {}
    checked = 0
    for entry in finished.record:
        if entry.kind is EventType.MARKET_BAR:
            high, low, close = (entry.body[name] for name in ("high", "low", "close"))
            ranges[entry.body["symbol"]] = range_rate(high, low, close)
        if entry.kind is EventType.CORPORATE_ACTION and entry.body["action"] == "SPLIT":
            continue
        if entry.kind is not EventType.ORDER_FILLED:
            continue
        report = event_from_data(entry.body["report"])
        assert isinstance(report, Execution)
        symbol = _symbol(finished, report.client_order_id)
        side = finished.state.finished[finished.state.by_client_id[report.client_order_id]].intent.side
        expected = slip(opens[report.at, symbol], side, slippage_rate(costs, ranges.get(symbol)))
        assert report.price == expected
        assert (report.price - opens[report.at, symbol]) * side.sign > 0
        checked += 1
    assert checked == len(finished.state.fills)


def test_an_order_too_large_for_one_bar_fills_over_two(finished: Finished) -> None:
    hourly = [f for f in finished.state.fills if f.symbol == "HHH"]
    per_order = Counter(fill.order_id for fill in hourly)
    assert max(per_order.values()) == 2
    for fill in hourly:
        assert fill.quantity <= 100_000_000


def test_every_order_at_the_broker_has_a_committed_allow_of_exactly_its_payload(finished: Finished) -> None:
    rows = finished.book.connection.execute("SELECT client_order_id, quantity FROM orders").fetchall()
    with finished.database.read(finished.run_key) as unit:
        sent = {row.client_order_id: row for row in unit.outbox.list(finished.run_key) if row.action is Action.SUBMIT}
        assert {order for order, _ in rows} == set(sent)
        assert len(rows) >= 12
        for order, row in sent.items():
            decision = unit.decisions.get(row.decision_id)
            assert decision is not None
            record = parse_canonical(decision.record)
            assert decision.verdict in SENDABLE
            assert record["payload"] == row.payload_hash
            assert order == client_order_id("PRF", decision.seq, decision.record_hash)
            assert order.split("_")[2] == decision.record_hash[:12]


def test_an_order_is_dispatched_only_after_its_decision_is_on_the_record(finished: Finished) -> None:
    decided: dict[str, int] = {}
    for entry in finished.record:
        if entry.kind is EventType.DECISION_RECORDED and "client_order_id" in entry.body:
            decided[entry.body["client_order_id"]] = entry.place
        if entry.kind is EventType.ORDER_DISPATCHING:
            assert decided[entry.body["client_order_id"]] < entry.place


def test_every_request_ends_settled(finished: Finished) -> None:
    with finished.database.read(finished.run_key) as unit:
        rows = unit.outbox.list(finished.run_key)
    assert {row.status for row in rows if row.action is Action.SUBMIT} == {OutboxStatus.ACKED}
    assert {row.status for row in rows if row.action is Action.CANCEL} == {OutboxStatus.SENT}
    assert all(row.attempts == 1 for row in rows)


def test_the_stored_orders_agree_with_the_brokers(finished: Finished) -> None:
    theirs = dict(finished.book.connection.execute("SELECT client_order_id, state FROM orders").fetchall())
    with finished.database.read(finished.run_key) as unit:
        ours = {row.client_order_id: (row.state.value, row.pending) for row in unit.orders.list(finished.run_key)}
    assert ours == {order: (state, None) for order, state in theirs.items()}


def test_a_cancelled_order_keeps_what_had_filled(finished: Finished) -> None:
    cancelled = [t for t in finished.state.finished.values() if t.order and t.order.state is OrderState.CANCELLED]
    assert [(t.order.filled, t.order.quantity) for t in cancelled if t.order] == [(100_000_000, 150_000_000)]


def test_a_split_restates_the_working_order_at_both_ends(finished: Finished) -> None:
    split = next(e for e in finished.of(EventType.CORPORATE_ACTION) if e.body["action"] == "SPLIT")
    fill = next(f for f in finished.state.fills if f.symbol == "BBB")
    assert (fill.at, fill.quantity) == (split.at, 120_000_000)


def test_shadow_strategies_never_send(finished: Finished) -> None:
    shadow = finished.of(EventType.SHADOW_ORDER_INTENT)
    assert sum(bool(entry.body["targets"]) for entry in shadow) == 2
    with finished.database.read(finished.run_key) as unit:
        assert {row.strategy for row in unit.intents.list(finished.run_key)} == {"alpha", "broken", "hourly"}


def test_a_strategy_that_raises_is_quarantined_and_the_others_go_on(finished: Finished) -> None:
    (error,) = finished.of(EventType.STRATEGY_ERROR)
    assert (error.body["strategy"], error.body["code"]) == ("broken", "RAISED")
    later = finished.record[error.place :]
    spoke = {e.body["strategy"] for e in later if e.kind is EventType.SIGNAL_INTENT_EMITTED}
    assert spoke == {"alpha"}


def _symbol(finished: Finished, order: str) -> str:
    return finished.state.finished[finished.state.by_client_id[order]].intent.symbol

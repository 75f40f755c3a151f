"""Laws every broker adapter must pass, whatever stands behind it.

A test class takes them over by inheriting `BrokerLaws` and giving a `world` fixture.
"""

from dataclasses import dataclass
from typing import Protocol

from engine.brokers.contract import (
    Accepted,
    BrokerAdapter,
    BrokerOrder,
    BrokerSnapshot,
    CancelRequest,
    ContinuityUnproven,
    EventPage,
    NotFound,
    Rejected,
    ReplaceRequest,
    Ticket,
)
from engine.brokers.messages import (
    Ack,
    BrokerEvent,
    CancelAck,
    CancelReject,
    Execution,
    ReplaceAck,
    ReplaceReject,
    event_from_data,
    event_to_data,
)
from engine.execution.oms import CancelRequested, Order, ReplaceRequested, apply
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.order import OrderState, OrderType, Side, TimeInForce


class World(Protocol):
    """An adapter and the means to make its market move."""

    @property
    def broker(self) -> BrokerAdapter: ...

    def trade_all(self, symbol: str, price: int) -> None:
        """Let the market trade at `price` so that every marketable order of `symbol` fills."""

    def reopen(self) -> BrokerAdapter:
        """Return an adapter as a restarted process would find it."""


@dataclass(frozen=True)
class Terms:
    side: Side = Side.BUY
    quantity: int = 100
    limit: int | None = None


def ticket(key: str, terms: Terms = Terms(), symbol: str = "SPY") -> Ticket:
    kind = OrderType.MARKET if terms.limit is None else OrderType.LIMIT
    limit = None if terms.limit is None else Price(terms.limit * MICRO)
    amount = Quantity(terms.quantity * MICRO)
    return Ticket(key, symbol, terms.side, kind, amount, TimeInForce.GTC, limit)


def all_events(broker: BrokerAdapter, after: str | None = None) -> tuple[BrokerEvent, ...]:
    page = broker.events(after)
    assert isinstance(page, EventPage), page
    return page.events


def seen(broker: BrokerAdapter, key: str) -> BrokerOrder:
    found = broker.query(key)
    assert isinstance(found, BrokerOrder), found
    return found


def account(broker: BrokerAdapter) -> BrokerSnapshot:
    taken = broker.snapshot()
    assert isinstance(taken, BrokerSnapshot), taken
    return taken


def far(limit: int = 1) -> Terms:
    """Terms of an order that rests: a buy far below any price used here."""
    return Terms(limit=limit)


class BrokerLaws:
    """The laws. Prices are whole units of currency, quantities whole shares."""

    def test_accepted_order_is_acknowledged_and_found(self, world: World) -> None:
        answer = world.broker.submit(ticket("A1", far()))
        assert isinstance(answer, Accepted) and not answer.is_repeat
        found = seen(world.broker, "A1")
        assert found.broker_order_id == answer.broker_order_id != "A1"
        assert (found.state, found.filled, found.quantity) == (OrderState.OPEN, 0, 100 * MICRO)
        (first,) = all_events(world.broker)
        assert isinstance(first, Ack) and first.client_order_id == "A1"

    def test_repeated_client_order_id_never_makes_a_second_order(self, world: World) -> None:
        first = world.broker.submit(ticket("A1", far()))
        again = [world.broker.submit(ticket("A1", far())) for _ in range(3)]
        assert isinstance(first, Accepted)
        assert again == [Accepted(first.broker_order_id, is_repeat=True)] * 3
        assert len(account(world.broker).orders) == 1 and len(all_events(world.broker)) == 1

    def test_used_id_with_other_terms_is_refused_and_changes_nothing(self, world: World) -> None:
        world.broker.submit(ticket("A1", far()))
        answer = world.broker.submit(ticket("A1", Terms(limit=2)))
        assert isinstance(answer, Rejected) and answer.code == "CLIENT_ORDER_ID_REUSED"
        assert seen(world.broker, "A1").limit_price == MICRO
        assert len(all_events(world.broker)) == 1

    def test_repeat_after_the_order_is_over_does_not_revive_it(self, world: World) -> None:
        world.broker.submit(ticket("A1"))
        world.trade_all("SPY", 100)
        assert isinstance(world.broker.submit(ticket("A1")), Accepted)
        world.trade_all("SPY", 100)
        assert account(world.broker).positions[0].quantity == 100 * MICRO

    def test_unknown_order_is_not_found(self, world: World) -> None:
        assert isinstance(world.broker.query("nobody"), NotFound)

    def test_impossible_order_is_refused_and_its_refusal_stands(self, world: World) -> None:
        bad = Ticket("A1", "SPY", Side.BUY, OrderType.LIMIT, Quantity(MICRO), TimeInForce.GTC)
        first = world.broker.submit(bad)
        assert isinstance(first, Rejected) and first.code and first.text
        assert world.broker.submit(bad) == first
        assert account(world.broker).orders == ()

    def test_fills_move_position_and_cash_and_are_reported_once(self, world: World) -> None:
        before = account(world.broker).account.cash
        world.broker.submit(ticket("A1"))
        world.trade_all("SPY", 100)
        traded = account(world.broker).fills
        assert {each.broker_order_id for each in traded} == {seen(world.broker, "A1").broker_order_id}
        fills = [each.fill for each in traded]
        assert sum(fill.quantity for fill in fills) == 100 * MICRO
        spent = sum(fill.quantity * fill.price // MICRO + fill.fee for fill in fills)
        assert before - account(world.broker).account.cash == spent
        trades = [event for event in all_events(world.broker) if isinstance(event, Execution)]
        assert [event.fill_id for event in trades] == [fill.fill_id for fill in fills]
        assert seen(world.broker, "A1").state is OrderState.FILLED

    def test_sells_report_positive_quantities_and_make_short_positions_negative(self, world: World) -> None:
        world.broker.submit(ticket("A1", Terms(side=Side.SELL)))
        world.trade_all("SPY", 100)
        snapshot = account(world.broker)
        assert all(each.fill.quantity > 0 and each.fill.side is Side.SELL for each in snapshot.fills)
        assert snapshot.positions[0].quantity == -100 * MICRO

    def test_cancelled_order_never_fills(self, world: World) -> None:
        world.broker.submit(ticket("A1", Terms(limit=200)))
        assert isinstance(world.broker.cancel(CancelRequest("C1", "A1")), Accepted)
        assert isinstance(all_events(world.broker)[-1], CancelAck)
        world.trade_all("SPY", 100)
        assert account(world.broker).fills == () and seen(world.broker, "A1").state is OrderState.CANCELLED

    def test_cancel_of_an_order_that_is_over_is_refused_by_report(self, world: World) -> None:
        world.broker.submit(ticket("A1"))
        world.trade_all("SPY", 100)
        world.broker.cancel(CancelRequest("C1", "A1"))
        assert isinstance(all_events(world.broker)[-1], CancelReject)
        assert seen(world.broker, "A1").state is OrderState.FILLED

    def test_cancel_and_replace_of_an_unknown_order_are_refused(self, world: World) -> None:
        for answer in (
            world.broker.cancel(CancelRequest("C1", "nobody")),
            world.broker.replace(ReplaceRequest("R1", "nobody", Quantity(MICRO))),
        ):
            assert isinstance(answer, Rejected) and answer.code == "UNKNOWN_ORDER"

    def test_replace_sets_the_new_total_and_terms(self, world: World) -> None:
        world.broker.submit(ticket("A1", far()))
        world.broker.replace(ReplaceRequest("R1", "A1", Quantity(150 * MICRO), Price(2 * MICRO)))
        report = all_events(world.broker)[-1]
        assert isinstance(report, ReplaceAck) and report.quantity == 150 * MICRO
        found = seen(world.broker, "A1")
        assert (found.quantity, found.limit_price) == (150 * MICRO, 2 * MICRO)

    def test_replace_of_an_order_that_is_over_is_refused_by_report(self, world: World) -> None:
        world.broker.submit(ticket("A1"))
        world.trade_all("SPY", 100)
        world.broker.replace(ReplaceRequest("R1", "A1", Quantity(500 * MICRO)))
        assert isinstance(all_events(world.broker)[-1], ReplaceReject)
        world.trade_all("SPY", 100)
        assert account(world.broker).positions[0].quantity == 100 * MICRO

    def test_repeated_request_acts_once_where_the_broker_says_so(self, world: World) -> None:
        if world.broker.deduplicates_requests:
            world.broker.submit(ticket("A1", far()))
            for _ in range(3):
                world.broker.replace(ReplaceRequest("R1", "A1", Quantity(150 * MICRO)))
            for _ in range(3):
                world.broker.cancel(CancelRequest("C1", "A1"))
            kinds = [type(event) for event in all_events(world.broker)]
            assert kinds == [Ack, ReplaceAck, CancelAck]
        else:
            assert world.broker.deduplicates_requests is False

    def test_cursor_gives_each_report_once_and_never_drains(self, world: World) -> None:
        world.broker.submit(ticket("A1", far()))
        first = world.broker.events(None)
        assert isinstance(first, EventPage)
        world.broker.submit(ticket("A2", far()))
        (second,) = all_events(world.broker, first.cursor)
        assert second.client_order_id == "A2"
        page = world.broker.events(first.cursor)
        assert isinstance(page, EventPage)
        assert world.broker.events(page.cursor) == EventPage((), page.cursor)
        assert len(all_events(world.broker)) == 2

    def test_cursor_of_another_book_is_not_read_as_a_start(self, world: World) -> None:
        for cursor in ("999999", "x", "-1", "1.5", "٣"):
            assert isinstance(world.broker.events(cursor), ContinuityUnproven)

    def test_restart_forgets_nothing(self, world: World) -> None:
        world.broker.submit(ticket("A1"))
        world.trade_all("SPY", 100)
        world.broker.submit(ticket("A2", far()))
        before = (account(world.broker), all_events(world.broker), seen(world.broker, "A1"))
        again = world.reopen()
        assert (account(again), all_events(again), seen(again, "A1")) == before

    def test_reports_survive_the_way_through_plain_data(self, world: World) -> None:
        world.broker.submit(ticket("A1"))
        world.trade_all("SPY", 100)
        for event in all_events(world.broker):
            assert event_from_data(event_to_data(event)) == event

    def test_reports_drive_the_order_state_machine_to_the_broker_s_own_view(self, world: World) -> None:
        broker = world.broker
        broker.submit(ticket("A1", Terms(limit=200)))
        asked = ticket("A1", Terms(limit=200))
        order = Order("A1", "i1", "SPY", asked.side, asked.type, asked.quantity, asked.limit_price)
        at = account(broker).captured_at
        steps: list[object] = [ReplaceRequested("R1", "A1", None, at, Quantity(150 * MICRO), None, None)]
        broker.replace(ReplaceRequest("R1", "A1", Quantity(150 * MICRO)))
        world.trade_all("SPY", 100)
        steps += [CancelRequested("C1", "A1", None, at)] if account(broker).orders else []
        for event in (*steps, *all_events(broker)):
            after = apply(order, event)  # type: ignore[arg-type]
            assert isinstance(after, Order), after
            order = after
        found = seen(broker, "A1")
        assert (order.state, order.filled, order.quantity) == (found.state, found.filled, found.quantity)
        assert order.broker_order_id == found.broker_order_id

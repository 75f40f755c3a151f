"""The market side of the paper broker: what each step of the market does to its book."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine.brokers.messages import Expired, FinalFill, PartialFill
from engine.brokers.paper_book import Holding, Mark, PaperBook, PaperOrder
from engine.brokers.paper_match import Match, Terms, match_at_open, match_in_bar
from engine.execution.slippage import CostModel, commission, fillable, range_rate, slippage_rate
from engine.execution.splits import split_limit, split_quantity, split_stop
from engine.model.bar import Bar
from engine.model.numbers import MICRO, Price, Quantity, divide_half_even
from engine.model.order import OrderState, TimeInForce
from engine.model.time import Timestamp

_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)


class PaperMarket:
    """Applies opens, bars, splits and dividends to a book.

    A step not later than the last one of its symbol and kind has been done and is ignored, so a feed
    may start again from any earlier point. A symbol is fed from one timeframe.
    """

    def __init__(self, book: PaperBook, costs: CostModel) -> None:
        self._book = book
        self._costs = costs

    def open(self, symbol: str, price: Price, at: Timestamp) -> bool:
        """Fill what trades at an open: market orders, gone-off stops and marketable limits.

        The costs are those of the last complete bar, since nothing of this one is known yet.
        """
        if price <= 0:
            raise ValueError(f"{symbol} cannot open at {price}")
        with self._step(symbol, "OPEN", at) as is_new:
            if not is_new:
                return False
            mark = self._book.mark(symbol)
            rate = slippage_rate(self._costs, None if mark is None else mark.bar_range)
            budget = fillable(self._costs, None if mark is None else mark.volume)
            self._match(symbol, at, at, budget, lambda terms: match_at_open(terms, price, rate))
            for order in self._book.live_orders(symbol):
                if order.time_in_force in _AT_ONCE and order.eligible_from <= at:
                    self._expire(order, at, f"{order.time_in_force} order not filled at the open")
        return True

    def bar(self, bar: Bar) -> bool:
        """Fill what a complete bar traded, then end the orders whose session closes with it.

        An order takes part only if it was working before the bar began, so never in the bar it was
        decided on.
        """
        if not bar.is_complete:
            return False
        if not 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
            raise ValueError(f"{bar.symbol} at {bar.end_ts} is not a bar")
        began = self._began(bar)
        with self._step(bar.symbol, "BAR", bar.end_ts) as is_new:
            if not is_new:
                return False
            spread = range_rate(bar.high, bar.low, bar.close)
            rate = slippage_rate(self._costs, spread)
            budget = fillable(self._costs, bar.volume)
            self._match(bar.symbol, began, bar.end_ts, budget, lambda terms: match_in_bar(terms, bar, rate))
            for order in self._book.live_orders(bar.symbol):
                if order.expires_at is not None and order.expires_at <= bar.end_ts:
                    self._expire(order, bar.end_ts, "the session closed")
            self._book.put_mark(bar.symbol, Mark(bar.close, spread, bar.volume, bar.end_ts))
        return True

    def split(self, symbol: str, numerator: int, denominator: int, mark: Price | None, at: Timestamp) -> bool:
        """Apply a split to the holding, the orders and the last mark.

        The holding is cut toward zero to a micro-share and the rest paid at `mark`, half to even.
        Raises ValueError when a fraction is left and there is no mark to pay it at.
        """
        if numerator <= 0 or denominator <= 0:
            raise ValueError(f"{symbol} cannot split {numerator} for {denominator}")
        with self._step(symbol, "SPLIT", at) as is_new:
            if not is_new:
                return False
            self._split_holding(symbol, numerator, denominator, mark)
            last = self._book.mark(symbol)
            if last is not None:
                close = Price(max(1, divide_half_even(last.close * denominator, numerator)))
                volume = split_quantity(last.volume, numerator, denominator)
                self._book.put_mark(symbol, replace(last, close=close, volume=volume))
            for order in self._book.live_orders(symbol):
                self._split_order(order, numerator, denominator, at)
        return True

    def dividend(self, symbol: str, numerator: int, denominator: int, at: Timestamp) -> bool:
        """Pay the holding numerator / denominator units a share; a short position pays. Half to even."""
        if numerator < 0 or denominator <= 0:
            raise ValueError(f"{symbol} cannot pay {numerator}/{denominator} a share")
        with self._step(symbol, "DIVIDEND", at) as is_new:
            if not is_new:
                return False
            held = self._book.holding(symbol)
            self._book.add_cash(divide_half_even(held.quantity * numerator, denominator) * MICRO)
        return True

    @contextmanager
    def _step(self, symbol: str, kind: str, at: Timestamp) -> Iterator[bool]:
        with self._book.transaction():
            last = self._book.last_step(symbol, kind)
            is_new = last is None or at > last
            if is_new:
                self._book.put_step(symbol, kind, at)
                # Orders of a symbol that no longer prints end with the next step of any other.
                for order in self._book.expired_orders(at):
                    assert order.expires_at is not None
                    self._expire(order, order.expires_at, "the session closed")
            yield is_new

    def _began(self, bar: Bar) -> int:
        """Return when a bar began: its own open if one was fed, else the end of the bar before it."""
        opened = self._book.last_step(bar.symbol, "OPEN")
        before = self._book.last_step(bar.symbol, "BAR")
        if opened is not None and opened < bar.end_ts and (before is None or opened >= before):
            return opened
        return bar.end_ts - bar.timeframe.length if before is None else before

    def _match(
        self, symbol: str, began: int, at: Timestamp, budget: Quantity | None, judge: Callable[[Terms], Match]
    ) -> None:
        for order in self._book.live_orders(symbol):
            if order.eligible_from > began:
                continue
            match = judge(Terms(order.side, order.type, order.limit_price, order.stop_price, order.is_triggered))
            if match.is_triggered != order.is_triggered:
                order = replace(order, is_triggered=match.is_triggered)
                self._book.put_order(order)
            if match.price is None:
                continue
            quantity = order.leaves if budget is None else Quantity(min(order.leaves, budget))
            if quantity <= 0 or (order.time_in_force is TimeInForce.FOK and quantity < order.leaves):
                continue
            budget = None if budget is None else Quantity(budget - quantity)
            self._fill(order, quantity, match.price, at)

    def _fill(self, order: PaperOrder, quantity: Quantity, price: Price, at: Timestamp) -> None:
        fee = commission(self._costs, quantity, price)
        count = order.executions + 1
        filled = Quantity(order.filled + quantity)
        is_final = filled == order.quantity
        state = OrderState.FILLED if is_final else OrderState.PARTIALLY_FILLED
        self._book.put_order(replace(order, filled=filled, executions=count, state=state))
        fill_id = f"{order.broker_order_id}-{count}"
        made = FinalFill if is_final else PartialFill
        self._book.emit(
            made(
                message_id=f"{fill_id}:fill",
                client_order_id=order.client_order_id,
                broker_order_id=order.broker_order_id,
                at=at,
                fill_id=fill_id,
                quantity=quantity,
                price=price,
                fee=fee,
            )
        )
        signed = order.side.sign * quantity
        self._book.put_holding(_traded(self._book.holding(order.symbol), signed, price))
        self._book.add_cash(-signed * price - fee * MICRO)

    def _expire(self, order: PaperOrder, at: Timestamp, reason: str) -> None:
        self._book.put_order(replace(order, state=OrderState.EXPIRED))
        ids = (order.client_order_id, order.broker_order_id, at)
        self._book.emit(Expired(f"{order.broker_order_id}:expired", *ids, reason))

    def _split_holding(self, symbol: str, numerator: int, denominator: int, mark: Price | None) -> None:
        held = self._book.holding(symbol)
        sign = 1 if held.quantity >= 0 else -1
        whole, fraction = divmod(abs(held.quantity) * numerator, denominator)
        cash = 0
        if fraction:
            if mark is None or mark <= 0:
                raise ValueError(f"the split of {symbol} leaves a fraction and no price to pay it at")
            cash = divide_half_even(sign * fraction * mark, denominator * MICRO)
        kept = held.cost * whole * denominator // (abs(held.quantity) * numerator) if held.quantity else 0
        self._book.put_holding(Holding(symbol, sign * whole, kept))
        self._book.add_cash(cash * MICRO)

    def _split_order(self, order: PaperOrder, numerator: int, denominator: int, at: Timestamp) -> None:
        limit, stop = order.limit_price, order.stop_price
        adjusted = replace(
            order,
            quantity=split_quantity(order.quantity, numerator, denominator),
            filled=split_quantity(order.filled, numerator, denominator),
            limit_price=None if limit is None else split_limit(limit, order.side, numerator, denominator),
            stop_price=None if stop is None else split_stop(stop, order.side, numerator, denominator),
        )
        self._book.put_order(adjusted)
        if adjusted.leaves == 0:
            self._expire(adjusted, at, "the split left nothing to trade")


def _traded(held: Holding, signed: int, price: int) -> Holding:
    """Return a holding after a trade; closing takes its share of the cost (average cost)."""
    total = held.quantity + signed
    if held.quantity * signed >= 0:
        return Holding(held.symbol, total, held.cost + signed * price)
    if held.quantity * total >= 0:
        return Holding(held.symbol, total, held.cost * total // held.quantity)
    return Holding(held.symbol, total, total * price)

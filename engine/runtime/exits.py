"""The desk's own orders: what works in a scope, what of it provably reduces, and exits that close it."""

from collections.abc import Iterator, Mapping

from engine.model.ids import derived_id
from engine.model.numbers import Quantity
from engine.model.order import EmergencyExit, Intent, IntentKind, OrderType, Side
from engine.model.time import Timestamp
from engine.portfolio.book import Book
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState

Scope = Mapping[str, str]
"""Keys by name; what is not named is not restricted."""


def covers(scope: Scope, strategy: str, symbol: str) -> bool:
    """Return whether a scope holds a strategy's orders in a symbol."""
    return scope.get("strategy", strategy) == strategy and scope.get("symbol", symbol) == symbol


def working_in(state: DeskState, scope: Scope) -> list[Intent]:
    """Return the orders at the broker that a scope covers and nobody has asked to cancel yet, by id."""
    return [
        tracked.intent
        for _, tracked in sorted(state.tracked.items())
        if tracked.order is not None
        and not tracked.order.is_cancel_pending
        and covers(scope, tracked.intent.strategy, tracked.intent.symbol)
    ]


def spared(state: DeskState, intent: Intent) -> bool:
    """Return whether a working order provably reduces: with all others of its side it closes no more than is held."""
    book = state.parts.book
    return book.reducible(intent.symbol, intent.side, intent.intent_id) >= _leaves(book, intent)


def _leaves(book: Book, intent: Intent) -> int:
    order = book.order(intent.intent_id)
    return order.leaves if order is not None else int(intent.quantity)


def exits_in(state: DeskState, setting: RunSetting, scope: Scope, rule: str, at: Timestamp) -> list[Intent] | None:
    """Return market orders that close what a scope holds, None while orders of it still work.

    An account's position is closed through the strategies that hold it on the same side, so that what each
    is held to have stays true; what others hold against it is left to them.
    """
    if any(_working_in(state, scope)):
        return None
    out: list[Intent] = []
    for position in state.parts.ledger.positions():
        left = abs(position.quantity)
        side = Side.SELL if position.quantity > 0 else Side.BUY
        for (strategy, symbol), held in sorted(state.positions.items()):
            is_same_side = held != 0 and (held > 0) == (position.quantity > 0)
            if symbol != position.symbol or not is_same_side or not covers(scope, strategy, symbol):
                continue
            quantity = min(abs(held), left)
            if quantity > 0:
                left -= quantity
                intent_id = derived_id("int", setting.run_id, at, rule, "exit", strategy, symbol)
                out.append(
                    EmergencyExit(
                        intent_id, setting.engine, setting.account, strategy, setting.principal, IntentKind.NEW, symbol,
                        side, OrderType.MARKET, Quantity(quantity),
                    )
                )  # fmt: skip
    return out


def _working_in(state: DeskState, scope: Scope) -> Iterator[Intent]:
    for tracked in state.tracked.values():
        intent = tracked.intent
        if intent.kind is not IntentKind.CANCEL and covers(scope, intent.strategy, intent.symbol):
            yield intent
    for intent in state.pending:
        if covers(scope, intent.strategy, intent.symbol):
            yield intent

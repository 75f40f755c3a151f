"""Facts that depend on the intent itself: asked anew for every candidate quantity of a clip."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from engine.model.numbers import Quantity
from engine.model.order import Intent, IntentKind, OrderType, Purpose
from engine.portfolio.book import Book, Projection

_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)


class IntentFacts:
    """The intent as wire facts, its proof of reduction, and the book it would lead to."""

    def __init__(self, intent: Intent, book: Book, wants_positions: bool) -> None:
        self._intent, self._book, self._wants_positions = intent, book, wants_positions
        self.reduces = book.reduces_only(intent)
        self._projection: Projection | None = None

    def at(self, quantity: int) -> "IntentFacts":
        """Return the facts of the same intent for another quantity."""
        return IntentFacts(replace(self._intent, quantity=Quantity(quantity)), self._book, self._wants_positions)

    def part(self, name: str) -> Any:
        """Return one key the intent is judged under: its symbol, strategy, account …"""
        return _INTENT[name](self)

    def value(self, path: str) -> Any:
        """Return a stored value of `intent.*` or `projected.*`; None is unknown or absent."""
        namespace, _, name = path.partition(".")
        if namespace == "projected":
            return self._project(name)
        return _INTENT[name](self)

    def _project(self, name: str) -> Any:
        if self._projection is None:
            self._projection = self._book.project(self._intent, with_positions=self._wants_positions)
        value = getattr(self._projection, name)
        return tuple(asdict(row) for row in value) if name == "positions" and value is not None else value

    @property
    def intent(self) -> Intent:
        return self._intent

    def leaves(self) -> int:
        """Return what can still fill if this is accepted: a replace's total less what has filled."""
        order = self._book.order(self._intent.target) if self._intent.target else None
        filled = order.filled if order is not None and self._intent.kind is IntentKind.REPLACE else 0
        return max(0, self._intent.quantity - filled)

    def purpose(self) -> str:
        """Return why the order exists, derived: what provably reduces is an exit.

        It is an emergency exit where it is the desk's own, and a stop loss where it waits for its price.
        """
        if not self.reduces:
            return Purpose.ENTRY.value
        if self._intent.is_emergency:
            return Purpose.EMERGENCY_EXIT.value
        return (Purpose.STOP_LOSS if self._intent.type in _STOPS else Purpose.EXIT).value


def _plain(name: str) -> Callable[[IntentFacts], Any]:
    return lambda facts: getattr(facts.intent, name)


def _word(name: str) -> Callable[[IntentFacts], Any]:
    return lambda facts: getattr(facts.intent, name).value


_INTENT: dict[str, Callable[[IntentFacts], Any]] = {
    **{n: _plain(n) for n in ("intent_id", "engine", "account", "strategy", "principal", "symbol", "quantity")},
    **{n: _plain(n) for n in ("limit_price", "stop_price", "target")},
    **{n: _word(n) for n in ("kind", "side", "type", "time_in_force")},
    "reduces_only": lambda facts: facts.reduces,
    "increases_risk": lambda facts: not facts.reduces,
    "purpose": IntentFacts.purpose,
    "leaves": IntentFacts.leaves,
}

"""Orders that may still fill: everything reserved, held, in flight, working or unknown."""

from dataclasses import dataclass, replace

from engine.model.numbers import Price, Quantity
from engine.model.order import Intent, Side

_UNFILLED = Quantity(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """A total quantity and the worst price it may trade at; None where only the mark bounds it."""

    quantity: Quantity
    price: Price | None


@dataclass(frozen=True, slots=True)
class Tranche:
    """Shares that may still fill at one worst price."""

    leaves: Quantity
    price: Price


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """An order from its reservation to its confirmed end; `order_id` is its intent's id.

    `terms` holds every version the venue may be working on: one, or two and more while a replace is
    not acknowledged. An order whose state is unknown stays here until somebody proves its end.
    """

    order_id: str
    symbol: str
    side: Side
    terms: tuple[Terms, ...]
    filled: Quantity = _UNFILLED

    @classmethod
    def of(cls, intent: Intent) -> "WorkingOrder":
        """Return the order an intent asks for, nothing filled."""
        return cls(intent.intent_id, intent.symbol, intent.side, (terms_of(intent),))

    @property
    def leaves(self) -> Quantity:
        """The most that can still fill under any version."""
        terms = self.terms
        most = terms[0].quantity if len(terms) == 1 else max(each.quantity for each in terms)
        return Quantity(most - self.filled if most > self.filled else 0)

    def replacing(self, intent: Intent) -> "WorkingOrder":
        """Return the order with a replace pending: both versions count until one is confirmed."""
        return replace(self, terms=(*self.terms, terms_of(intent)))

    def settled(self, terms: Terms) -> "WorkingOrder":
        """Return the order once the venue confirmed which version it works on."""
        return replace(self, terms=(terms,))

    def filled_by(self, quantity: int) -> "WorkingOrder":
        """Return the order after `quantity` more of it filled."""
        return replace(self, filled=Quantity(self.filled + quantity))

    def tranches(self, mark: Price) -> tuple[Tranche, ...]:
        """Return what may fill at max(mark, price), dearest first.

        Over several versions this is the envelope: never less, at any number of shares, than any
        one of them could cost.
        """
        if len(self.terms) == 1:
            only = self.terms[0]
            leaves = only.quantity - self.filled
            return (Tranche(Quantity(leaves), _worse(mark, only.price)),) if leaves > 0 else ()
        found: list[Tranche] = []
        covered = 0
        for terms in sorted(self.terms, key=lambda each: _worse(mark, each.price), reverse=True):
            extra = terms.quantity - self.filled - covered
            if extra > 0:
                found.append(Tranche(Quantity(extra), _worse(mark, terms.price)))
                covered += extra
        return tuple(found)


def terms_of(intent: Intent) -> Terms:
    """Return an intent's quantity and the worse of its limit and stop."""
    limit, stop = intent.limit_price, intent.stop_price
    worst = stop if limit is None or (stop is not None and stop > limit) else limit
    return Terms(intent.quantity, worst)


def _worse(mark: Price, price: Price | None) -> Price:
    return mark if price is None or price < mark else price

"""From the positions a strategy wants to the orders that lead there.

Pure and deterministic: symbols ascend, cancels come before reducing orders, reducing before opening.
Asking again while the drafted orders are working drafts nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.model.numbers import Quantity
from engine.model.order import Side


@dataclass(frozen=True, slots=True)
class Target:
    """A wanted position: micros of a share, negative when short."""

    symbol: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Working:
    """An order of ours that can still fill `leaves` micro-shares."""

    intent_id: str
    side: Side
    leaves: Quantity
    is_cancelling: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a symbol stands: the signed position and the working orders, oldest first."""

    symbol: str
    position: int
    working: tuple[Working, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """A market order to be judged. `is_reducing` when it cannot open or flip a position."""

    symbol: str
    side: Side
    quantity: Quantity
    is_reducing: bool


@dataclass(frozen=True, slots=True)
class CancelDraft:
    """A working order that stands in the way of the target; `target` is its intent id."""

    symbol: str
    target: str


Draft = OrderDraft | CancelDraft


@dataclass(frozen=True, slots=True)
class TargetFault:
    """Targets that contradict themselves."""

    code: str
    symbol: str
    message: str


def draft_intents(
    targets: Sequence[Target],
    standings: Iterable[Standing],
    whole_lots: Mapping[str, Quantity] | None = None,
) -> tuple[Draft, ...] | TargetFault:
    """Return what leads from where the book stands to the targets.

    A symbol that is held or worked and has no target is wanted flat. A flip through zero becomes one
    reducing and one opening order. `whole_lots` names the lot of symbols whose opening orders must be
    whole lots; what is left over stays unbought. An opening order waits while a cancel of the same
    symbol is unconfirmed, because the order being cancelled may still fill.
    """
    wanted: dict[str, int] = {}
    for target in targets:
        if target.symbol in wanted:
            text = f"{target.symbol} has two targets in one batch; a strategy states one per symbol"
            return TargetFault("TARGET_DUPLICATE", target.symbol, text)
        wanted[target.symbol] = target.quantity
    standing: dict[str, Standing] = {}
    for place in standings:
        if place.symbol in standing:
            text = f"{place.symbol} stands in the book twice; its position is not known"
            return TargetFault("STANDING_DUPLICATE", place.symbol, text)
        standing[place.symbol] = place
    drafts: list[Draft] = []
    for symbol in sorted(wanted.keys() | standing.keys()):
        place = standing.get(symbol, Standing(symbol, 0))
        lot = (whole_lots or {}).get(symbol, Quantity(1))
        drafts.extend(_draft(place, wanted.get(symbol, 0), lot))
    return tuple(drafts)


def _draft(place: Standing, wanted: int, lot: Quantity) -> list[Draft]:
    missing = wanted - place.position
    side = Side.BUY if missing > 0 else Side.SELL
    drafts: list[Draft] = []
    covered = 0
    for order in place.working:
        if order.is_cancelling:
            continue
        # An order on the wrong side, or one that overshoots with those before it, has to go.
        if order.side is not side or covered + order.leaves > abs(missing):
            drafts.append(CancelDraft(place.symbol, order.intent_id))
        else:
            covered += order.leaves
    is_unsettled = bool(drafts) or any(order.is_cancelling for order in place.working)
    needed = abs(missing) - covered
    reducing = min(needed, _reducible(place, side))
    if reducing > 0:
        drafts.append(OrderDraft(place.symbol, side, Quantity(reducing), is_reducing=True))
    opening = (needed - reducing) // lot * lot
    if opening > 0 and not is_unsettled:
        drafts.append(OrderDraft(place.symbol, side, Quantity(opening), is_reducing=False))
    return drafts


def _reducible(place: Standing, side: Side) -> int:
    """Return how much `side` may trade and still only reduce, whatever is working fills (CONTROLS 6.2)."""
    held = place.position if side is Side.SELL else -place.position
    return max(0, held - sum(order.leaves for order in place.working if order.side is side))

"""The book's running sums against a recomputation straight from the definition."""

import dataclasses
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.numbers import Money, Price, Quantity
from engine.model.order import Intent, Side
from engine.portfolio.amount import amount_of, money_down, money_up
from engine.portfolio.book import Book, Projection
from engine.portfolio.exposure import collect, measure
from engine.portfolio.working import Terms, WorkingOrder
from tests.portfolio.portfolio_builders import instrument, intent, micros

LAWS = settings(derandomize=True, deadline=None, max_examples=100)
SECTORS = {"AAA": "TECHNOLOGY", "BBB": "TECHNOLOGY", "CCC": "ENERGY"}
ISSUERS = {"AAA": "one", "BBB": "two", "CCC": "two"}
INSTRUMENTS = {name: instrument(name, SECTORS[name], ISSUERS[name]) for name in SECTORS}
CASH = amount_of(micros(1_000_000))

symbols = st.sampled_from(sorted(SECTORS))
sides = st.sampled_from((Side.BUY, Side.SELL))
shares = st.integers(1, 20_000_000)
levels = st.integers(1, 30_000_000)
maybe = st.one_of(st.none(), levels)
numbers = st.integers(0, 5)
steps = st.one_of(
    st.tuples(st.just("mark"), symbols, maybe),
    st.tuples(st.just("mark"), symbols, levels),
    st.tuples(st.just("position"), symbols, st.integers(-30_000_000, 30_000_000)),
    st.tuples(st.just("order"), numbers, symbols, sides, shares, maybe),
    st.tuples(st.just("replace"), numbers, shares, maybe),
    st.tuples(st.just("filled"), numbers, shares),
    st.tuples(st.just("remove"), numbers),
)
histories = st.lists(steps, max_size=25)
candidates = st.tuples(symbols, sides, shares, maybe)


class State:
    """A history's outcome, kept as plain facts beside the book that lived through it."""

    def __init__(self, history: list[tuple[object, ...]]) -> None:
        self.book = Book(INSTRUMENTS, CASH)
        self.marks: dict[str, Price] = {}
        self.positions: dict[str, int] = {}
        self.orders: dict[str, WorkingOrder] = {}
        for step in history:
            self._take(step)

    def _take(self, step: tuple[object, ...]) -> None:
        match step:
            case ("mark", str(symbol), mark):
                self.marks.pop(symbol, None)
                if isinstance(mark, int):
                    self.marks[symbol] = Price(mark)
                self.book.set_mark(symbol, self.marks.get(symbol))
            case ("position", str(symbol), int(quantity)):
                self.positions[symbol] = quantity
                self.book.set_position(symbol, quantity)
            case ("order", int(number), str(symbol), Side() as side, int(quantity), price):
                self._put(WorkingOrder(f"o{number}", symbol, side, (terms(quantity, price),)))
            case ("replace", int(number), int(quantity), price) if f"o{number}" in self.orders:
                order = self.orders[f"o{number}"]
                self._put(dataclasses.replace(order, terms=(*order.terms, terms(quantity, price))))
            case ("filled", int(number), int(quantity)) if f"o{number}" in self.orders:
                self._put(self.orders[f"o{number}"].filled_by(quantity))
            case ("remove", int(number)):
                self.orders.pop(f"o{number}", None)
                self.book.remove_order(f"o{number}")

    def _put(self, order: WorkingOrder) -> None:
        self.orders[order.order_id] = order
        self.book.put_order(order)

    def rebuilt(self) -> Book:
        """The same facts told to a new book in another order."""
        fresh = Book(INSTRUMENTS, CASH)
        for order_id in sorted(self.orders, reverse=True):
            fresh.put_order(self.orders[order_id])
        for symbol in sorted(self.positions, reverse=True):
            fresh.set_position(symbol, self.positions[symbol])
        for symbol in sorted(self.marks):
            fresh.set_mark(symbol, self.marks[symbol])
        return fresh


def terms(quantity: int, price: object) -> Terms:
    return Terms(Quantity(quantity), Price(price) if isinstance(price, int) else None)


def wanted(candidate: tuple[str, Side, int, int | None], **more: str) -> Intent:
    symbol, side, quantity, limit = candidate
    made = intent("n", side, 1, symbol=symbol, **more)  # type: ignore[arg-type]
    return dataclasses.replace(made, quantity=Quantity(quantity), limit_price=None if limit is None else Price(limit))


def by_definition(state: State, new: WorkingOrder) -> Projection:
    """CONTROLS 6.3 over plain lists; every order has one version here."""
    orders = [*state.orders.values(), new]
    names = sorted({order.symbol for order in orders} | {k for k, v in state.positions.items() if v})
    long: dict[str, int | None] = {}
    short: dict[str, int | None] = {}
    sizes: dict[str, tuple[int, int]] = {}
    buys = 0
    is_cash_known = True
    for name in names:
        held = state.positions.get(name, 0)
        mark = state.marks.get(name)
        sizes[name] = (
            max(0, held + sum(left(each) for each in orders if is_on(each, name, Side.BUY))),
            max(0, -held + sum(left(each) for each in orders if is_on(each, name, Side.SELL))),
        )
        for side, sums, size in ((Side.BUY, long, sizes[name][0]), (Side.SELL, short, sizes[name][1])):
            pieces = [
                (max(mark or 0, each.terms[0].price or 0), left(each)) for each in orders if is_on(each, name, side)
            ]
            if mark is None:
                sums[name] = None if size else 0
                if side is Side.BUY and any(quantity for _, quantity in pieces):
                    is_cash_known = False
                continue
            total = sum(price * quantity for price, quantity in pieces)
            if side is Side.BUY:
                buys += total
            own = held * side.sign
            sums[name] = total + own * mark if own >= 0 else total - cheapest(pieces, -own)
    worst = {name: both(long[name], short[name]) for name in names}
    name = new.symbol
    return Projection(
        long_quantity=Quantity(sizes[name][0]),
        short_quantity=Quantity(sizes[name][1]),
        position_notional=up(worst[name]),
        sector_notional=up(total_of([worst[each] for each in names if SECTORS[each] == SECTORS[name]])),
        issuer_notional=up(total_of([worst[each] for each in names if ISSUERS[each] == ISSUERS[name]])),
        gross_notional=up(total_of(list(worst.values()))),
        long_notional=up(total_of(list(long.values()))),
        short_notional=up(total_of(list(short.values()))),
        cash=money_down(CASH - buys) if is_cash_known else None,
        positions=None,
    )


def left(order: WorkingOrder) -> int:
    return max(0, order.terms[0].quantity - order.filled)


def is_on(order: WorkingOrder, symbol: str, side: Side) -> bool:
    return order.symbol == symbol and order.side is side


def cheapest(pieces: list[tuple[int, int]], closed: int) -> int:
    """What the cheapest `closed` shares cost, or all of them when there are fewer."""
    worth = 0
    for price, quantity in sorted(pieces):
        worth += price * min(closed, quantity)
        closed -= min(closed, quantity)
    return worth


def both(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def total_of(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def up(value: int | None) -> Money | None:
    return None if value is None else money_up(value)


@LAWS
@given(histories, candidates)
def test_running_sums_equal_a_book_rebuilt_in_another_order(
    history: list[tuple[object, ...]], candidate: tuple[str, Side, int, int | None]
) -> None:
    state = State(history)
    look = wanted(candidate)
    assert state.book.project(look) == state.rebuilt().project(look)


@LAWS
@given(histories, candidates)
def test_a_projection_equals_its_definition(
    history: list[tuple[object, ...]], candidate: tuple[str, Side, int, int | None]
) -> None:
    state = State([step for step in history if step[0] != "replace"])
    look = wanted(candidate)
    assert state.book.project(look, with_positions=False) == by_definition(state, WorkingOrder.of(look))


@LAWS
@given(histories, candidates)
def test_reserving_an_intent_gives_the_book_that_was_projected(
    history: list[tuple[object, ...]], candidate: tuple[str, Side, int, int | None]
) -> None:
    state = State(history)
    look = wanted(candidate)
    seen = state.book.project(look)
    state.book.put_order(WorkingOrder.of(look))
    cancel = wanted(candidate, kind="CANCEL", target="n")
    assert state.book.project(cancel) == seen


@LAWS
@given(histories, candidates, st.integers(0, 20_000_000), st.sampled_from(("NEW", "REPLACE")))
def test_more_quantity_never_lowers_exposure_nor_raises_cash(
    history: list[tuple[object, ...]],
    candidate: tuple[str, Side, int, int | None],
    more: int,
    kind: str,
) -> None:
    state = State(history)
    less = wanted(candidate, kind=kind, target="o0")
    greater = dataclasses.replace(less, quantity=Quantity(less.quantity + more))
    a, b = state.book.project(less), state.book.project(greater)
    for field in dataclasses.fields(Projection):
        if field.name == "positions":
            continue
        low, high = getattr(a, field.name), getattr(b, field.name)
        if high is None:
            continue
        assert low is not None, field.name
        if field.name == "cash":
            assert high <= low
        else:
            assert high >= low, field.name


versions = st.lists(st.tuples(shares, maybe), min_size=1, max_size=3)


@LAWS
@given(st.integers(-30_000_000, 30_000_000), levels, st.lists(versions, min_size=1, max_size=3), sides)
def test_several_versions_of_orders_never_count_less_than_any_choice_of_them(
    held: int, mark: int, orders: list[list[tuple[int, int | None]]], side: Side
) -> None:
    def made(choice: tuple[tuple[tuple[int, int | None], ...], ...]) -> list[WorkingOrder]:
        return [
            WorkingOrder(f"o{number}", "AAA", side, tuple(terms(*each) for each in kept))
            for number, kept in enumerate(choice)
        ]

    seen = measure(held, *collect(made(tuple(tuple(each) for each in orders)), Price(mark)), Price(mark), 1_000_000)
    for choice in product(*orders):
        one = measure(held, *collect(made(tuple((each,) for each in choice)), Price(mark)), Price(mark), 1_000_000)
        for name in ("long_quantity", "short_quantity", "long", "short", "buys"):
            assert getattr(seen, name) >= getattr(one, name), name


@LAWS
@given(histories, candidates)
def test_what_is_proven_to_reduce_cannot_enlarge_the_position_whatever_fills(
    history: list[tuple[object, ...]], candidate: tuple[str, Side, int, int | None]
) -> None:
    state = State(history)
    look = wanted(candidate)
    if not state.book.reduces_only(look):
        return
    held = state.positions[look.symbol]
    against = sum(
        order.leaves for order in state.orders.values() if order.symbol == look.symbol and order.side is look.side
    )
    after = held + look.side.sign * (against + look.quantity)
    assert held * look.side.sign < 0
    assert after * held >= 0
    assert abs(after) < abs(held)

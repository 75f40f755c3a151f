"""The ledger against independent recomputation, over arbitrary histories."""

import dataclasses
from collections import deque
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.numbers import Money, Price, Quantity
from engine.model.time import Timestamp
from engine.portfolio.amount import amount_of
from engine.portfolio.ledger import Ledger, replay
from engine.portfolio.valuation import Valuation
from engine.portfolio.verification import verify
from tests.portfolio.portfolio_builders import fill

SYMBOLS = ("AAA", "BBB", "CCC")
LAWS = settings(derandomize=True, deadline=None, max_examples=100)

fills = st.tuples(
    st.just("fill"),
    st.sampled_from(SYMBOLS),
    st.sampled_from(("BUY", "SELL")),
    st.integers(1, 5_000_000),
    st.integers(1, 900_000_000),
    st.integers(0, 5_000_000),
)
splits = st.tuples(
    st.just("split"),
    st.sampled_from(SYMBOLS),
    st.integers(1, 12_000_007),
    st.integers(1, 1_000_000),
    st.integers(1, 900_000_000),
)
dividends = st.tuples(st.just("dividend"), st.sampled_from(SYMBOLS), st.integers(1, 10**9), st.integers(1, 10**12))
cash = st.tuples(st.just("cash"), st.integers(-(10**9), 10**9))
histories = st.lists(st.one_of(fills, fills, splits, dividends, cash), max_size=25)


def book(history: list[tuple[object, ...]]) -> Ledger:
    ledger = Ledger(Money(10**12))
    for number, entry in enumerate(history):
        match entry:
            case ("fill", str(symbol), str(side), int(quantity), int(price), int(fee)):
                one = fill(str(number), side, 1, 1, symbol=symbol, at=number)
                ledger.apply_fill(
                    dataclasses.replace(one, quantity=Quantity(quantity), price=Price(price), fee=Money(fee))
                )
            case ("split", str(symbol), int(numerator), int(denominator), int(mark)):
                ledger.apply_split(symbol, numerator, denominator, Price(mark), Timestamp(number))
            case ("dividend", str(symbol), int(numerator), int(denominator)):
                ledger.apply_dividend(symbol, (numerator, denominator), Timestamp(number))
            case ("cash", int(amount)):
                ledger.apply_cash(Money(amount), "flow", Timestamp(number))
    return ledger


@LAWS
@given(histories, st.lists(st.integers(1, 900_000_000), min_size=3, max_size=3))
def test_equity_is_conserved_exactly_and_the_journal_gives_the_same_book(
    history: list[tuple[object, ...]], prices: list[int]
) -> None:
    ledger = book(history)
    marks = {symbol: Price(price) for symbol, price in zip(SYMBOLS, prices, strict=True)}
    assert verify(ledger, marks) == ()
    seen = ledger.valuation(marks)
    assert isinstance(seen, Valuation)
    flows = ledger.initial_cash + ledger.other_cash + ledger.dividends - ledger.fees
    assert seen.equity == amount_of(flows) + seen.realized + seen.unrealized


@LAWS
@given(histories, st.randoms(use_true_random=False))
def test_a_journal_read_in_any_order_gives_the_same_ledger(history: list[tuple[object, ...]], random: object) -> None:
    ledger = book(history)
    shuffled = list(ledger.journal)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = replay(ledger.initial_cash, shuffled)
    assert (again.cash, again.positions(), again.closures) == (
        ledger.cash,
        ledger.positions(),
        ledger.closures,
    )


@LAWS
@given(histories)
def test_histories_of_different_symbols_do_not_touch_one_another(
    history: list[tuple[object, ...]],
) -> None:
    together = book(history)
    for symbol in SYMBOLS:
        alone = book([entry for entry in history if entry[1] == symbol])
        assert [(lot.quantity, lot.cost) for lot in alone.lots(symbol)] == [
            (lot.quantity, lot.cost) for lot in together.lots(symbol)
        ]
    parts = sum(book([each for each in history if each[1] == name]).realized_pnl for name in SYMBOLS)
    assert parts == together.realized_pnl


small = st.lists(st.tuples(st.sampled_from((1, -1)), st.integers(1, 6), st.integers(1, 50)), max_size=30)


@LAWS
@given(small)
def test_the_ledger_agrees_with_a_queue_of_single_units(trades: list[tuple[int, int, int]]) -> None:
    """The oracle keeps one entry per micro-share and pops from the front."""
    ledger = Ledger(Money(0))
    queue: deque[tuple[int, int]] = deque()
    realized = 0
    for number, (sign, quantity, price) in enumerate(trades):
        one = fill(str(number), "BUY" if sign > 0 else "SELL", 1, 1)
        ledger.apply_fill(dataclasses.replace(one, quantity=Quantity(quantity), price=Price(price)))
        for _ in range(quantity):
            if queue and queue[0][0] != sign:
                held, entry = queue.popleft()
                realized += held * (price - entry)
            else:
                queue.append((sign, price))
    assert ledger.realized_pnl == realized
    assert ledger.quantity("SPY") == sum(sign for sign, _ in queue)
    kept = [(sign, price) for sign, price in queue]
    lots = ledger.lots("SPY")
    expanded = [
        (1 if lot.quantity > 0 else -1, lot.cost // lot.quantity) for lot in lots for _ in range(abs(lot.quantity))
    ]
    assert expanded == kept
    closed: dict[str, int] = {}
    for each in ledger.closures:
        closed[each.closed_by] = closed.get(each.closed_by, 0) + each.realized
    assert sum(closed.values()) == realized


sizes = st.one_of(st.integers(1, 3), st.integers(1, 3_000_000))
lots = st.lists(st.tuples(sizes, st.integers(1, 10**9)), min_size=1, max_size=12)
factors = st.one_of(st.integers(1, 9), st.integers(1, 10**7))


@LAWS
@given(lots, factors, factors, st.sampled_from(("BUY", "SELL")))
def test_a_split_multiplies_exactly_and_conserves_cost(
    opened: list[tuple[int, int]], numerator: int, denominator: int, side: str
) -> None:
    ledger = Ledger(Money(0))
    for number, (quantity, price) in enumerate(opened):
        one = fill(str(number), side, 1, 1)
        ledger.apply_fill(dataclasses.replace(one, quantity=Quantity(quantity), price=Price(price)))
    before, cost, old = ledger.quantity("SPY"), ledger.cost, ledger.lots("SPY")
    mark = Price(123_456_789)
    done = ledger.apply_split("SPY", numerator, denominator, mark, Timestamp(0))
    exact = Fraction(before) * numerator / denominator
    assert done.after == int(exact)  # int() cuts toward zero
    paid = (exact - done.after) * mark / 10**6
    assert abs(paid - done.cash_in_lieu) <= Fraction(1, 2)
    assert ledger.cost + amount_of(done.cash_in_lieu) - done.realized == cost
    new = ledger.lots("SPY")
    assert sum(lot.quantity for lot in new) == done.after
    assert sum(lot.cost for lot in new) == ledger.cost
    if len(new) == len(old):
        for was, now in zip(old, new, strict=True):
            assert abs(now.quantity - Fraction(was.quantity) * numerator / denominator) <= 1

"""The FIFO ledger: results, lots, refusals and the law that nothing is lost or made."""

import pytest

from engine.model.numbers import Money, Price
from engine.model.time import Timestamp
from engine.portfolio import faults
from engine.portfolio.amount import amount_of, format_amount
from engine.portfolio.ledger import Ledger, replay
from engine.portfolio.valuation import UnknownMarks, Valuation
from engine.portfolio.verification import verify
from tests.portfolio.portfolio_builders import fill, micros

NOW = Timestamp(0)


def opened(cash: int = 100_000) -> Ledger:
    return Ledger(Money(micros(cash)))


def marks(**prices: str | int) -> dict[str, Price]:
    return {symbol: Price(micros(price)) for symbol, price in prices.items()}


def at_market(ledger: Ledger, **prices: str | int) -> Valuation:
    found = ledger.valuation(marks(**prices))
    assert isinstance(found, Valuation)
    return found


def test_partial_close_realises_the_oldest_lot_and_keeps_the_rest_at_market() -> None:
    """Numbers of BEHAVIOUR 11, pnl_partial_fills."""
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 10, 100))
    ledger.apply_fill(fill("2", "BUY", 10, 110))
    done = ledger.apply_fill(fill("3", "SELL", 5, 120))
    assert format_amount(done.realized) == "100"
    assert ledger.quantity("SPY") == micros(15)
    seen = at_market(ledger, SPY=115)
    assert [format_amount(each) for each in (seen.unrealized, seen.cash, seen.equity, seen.gross)] == [
        "125",
        "98500",
        "100225",
        "1725",
    ]
    assert verify(ledger, marks(SPY=115)) == ()


def test_flattening_removes_the_position_and_leaves_the_loss() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 10, 100))
    ledger.apply_fill(fill("2", "SELL", 10, 90))
    assert format_amount(ledger.realized_pnl) == "-100"
    assert ledger.positions() == ()
    assert ledger.lots("SPY") == ()


def test_first_in_first_out_through_a_split_gives_the_published_results() -> None:
    """QUANT 2.8, lots: 80, 80, 120 realised, 40 shares at 4.5 left."""
    ledger = opened()
    for number, (quantity, price) in enumerate([(100, 10), (100, 12), (50, 9)]):
        ledger.apply_fill(fill(f"b{number}", "BUY", quantity, price))
    first = ledger.apply_fill(fill("s1", "SELL", 120, 11)).realized
    second = ledger.apply_fill(fill("s2", "SELL", 80, 13)).realized
    ledger.apply_split("SPY", 2, 1, None, NOW)
    third = ledger.apply_fill(fill("s3", "SELL", 60, "6.5")).realized
    assert [format_amount(each) for each in (first, second, third)] == ["80", "80", "120"]
    (lot,) = ledger.lots("SPY")
    assert (lot.quantity, lot.cost) == (micros(40), micros(40) * micros("4.5"))


def test_a_sale_beyond_the_position_closes_it_and_opens_a_short_with_the_rest() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 100, 10, at=1))
    done = ledger.apply_fill(fill("2", "SELL", 150, 12, fee=3, at=2))
    assert format_amount(done.realized) == "200"
    (lot,) = ledger.lots("SPY")
    assert (lot.quantity, lot.cost) == (micros(-50), micros(-50) * micros(12))
    (trip,) = ledger.round_trips
    assert (trip.is_long, trip.opened_at, trip.closed_at) == (True, 1, 2)
    assert trip.fees == micros(2)  # 100 of the 150 shares belong to the trip that ended
    ledger.apply_fill(fill("3", "BUY", 50, 11, at=3))
    short = ledger.round_trips[1]
    assert (short.is_long, format_amount(short.realized), short.fees) == (False, "50", micros(1))


def test_fees_are_paid_from_cash_and_stay_out_of_realised_results() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 20, 200, fee="1.5"))
    done = ledger.apply_fill(fill("2", "SELL", 8, 220, fee="0.25"))
    assert format_amount(done.realized) == "160"
    assert format_amount(done.cash_change) == "1759.75"
    assert ledger.fees == micros("1.75")
    seen = at_market(ledger, SPY=220)
    assert seen.equity == amount_of(micros(100_000) - ledger.fees) + seen.realized + seen.unrealized


def test_a_fill_of_a_fraction_moves_cash_exactly() -> None:
    """0.333333 shares at 0.333333 cost 0.111110888889, which no micro can hold."""
    ledger = opened(1)
    ledger.apply_fill(fill("1", "BUY", "0.333333", "0.333333"))
    assert format_amount(ledger.cash) == "0.888889111111"


def test_two_partial_fills_leave_the_same_cash_as_one_fill() -> None:
    whole, parts = opened(), opened()
    whole.apply_fill(fill("1", "BUY", "0.777777", "33.333333"))
    parts.apply_fill(fill("1", "BUY", "0.111111", "33.333333"))
    parts.apply_fill(fill("2", "BUY", "0.666666", "33.333333"))
    assert whole.cash == parts.cash
    assert whole.cost == parts.cost


def test_an_unknown_mark_leaves_equity_unknown_and_names_the_symbol() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 10, 100))
    ledger.apply_fill(fill("2", "BUY", 10, 50, symbol="QQQ"))
    assert ledger.valuation(marks(SPY=100)) == UnknownMarks(("QQQ",))
    assert ledger.valuation({**marks(SPY=100), "QQQ": Price(0)}) == UnknownMarks(("QQQ",))
    (finding,) = verify(ledger, marks(SPY=100))
    assert (finding.code, finding.what) == ("MARK_UNKNOWN", "QQQ")


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        (faults.NonPositiveQuantity, fill("x", "BUY", 0, 10)),
        (faults.NonPositiveQuantity, fill("x", "BUY", -1, 10)),
        (faults.NonPositivePrice, fill("x", "BUY", 1, 0)),
        (faults.NonPositivePrice, fill("x", "BUY", 1, -1)),
        (faults.NegativeFee, fill("x", "BUY", 1, 10, fee="-0.01")),
        (faults.EmptySymbol, fill("x", "BUY", 1, 10, symbol=" ")),
        (faults.RepeatedFill, fill("1", "BUY", 1, 10)),
    ],
)
def test_a_bad_fill_is_refused_and_changes_nothing(kind: type[faults.LedgerFault], entry: object) -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 10, 100))
    before = (ledger.cash, ledger.positions(), ledger.journal, ledger.fees, ledger.next_sequence)
    with pytest.raises(kind) as caught:
        ledger.apply_fill(entry)  # type: ignore[arg-type]
    assert (ledger.cash, ledger.positions(), ledger.journal, ledger.fees, ledger.next_sequence) == before
    assert caught.value.code.startswith("LEDGER_")
    assert caught.value.help


def test_every_fault_has_its_own_code() -> None:
    kinds = faults.LedgerFault.__subclasses__()
    assert len({kind.code for kind in kinds}) == len(kinds) == 9


def test_cash_without_a_reason_is_refused_as_such() -> None:
    ledger = opened()
    with pytest.raises(faults.BlankReason):
        ledger.apply_cash(Money(micros(5)), " \t", NOW)
    ledger.apply_cash(Money(micros(-5)), "borrow fee", NOW)
    assert ledger.other_cash == micros(-5)
    assert ledger.cash == amount_of(micros(99_995))


def test_sequence_zero_is_accepted_and_a_sequence_never_repeats_or_falls() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 1, 10), sequence=0)
    ledger.apply_fill(fill("2", "BUY", 1, 10), sequence=7)
    for late in (7, 3, 0):
        with pytest.raises(faults.OutOfOrder):
            ledger.apply_fill(fill("3", "BUY", 1, 10), sequence=late)
    with pytest.raises(faults.OutOfOrder):
        ledger.apply_cash(Money(1), "interest", NOW, sequence=7)
    assert ledger.next_sequence == 8


def test_a_long_position_receives_a_dividend_and_a_short_one_pays_it() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 100, 10))
    ledger.apply_fill(fill("2", "SELL", 40, 10, symbol="QQQ"))
    assert ledger.apply_dividend("SPY", (1, 4), NOW) == micros(25)
    assert ledger.apply_dividend("QQQ", (1, 4), NOW) == micros(-10)
    assert ledger.apply_dividend("IWM", (1, 4), NOW) == 0
    assert ledger.dividends == micros(15)
    assert ledger.cash == amount_of(micros(100_000 - 1_000 + 400 + 15))


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("0.000001", 0), ("0.000003", 2), ("-0.000001", 0), ("-0.000003", -2), ("100", 50_000_000)],
)
def test_only_the_cash_of_a_dividend_is_rounded_half_to_even(quantity: str, expected: int) -> None:
    ledger = opened()
    amount = micros(quantity)
    ledger.apply_fill(fill("1", "BUY" if amount > 0 else "SELL", quantity.lstrip("-"), 10))
    assert ledger.apply_dividend("SPY", (1, 2), NOW) == expected


def test_a_dividend_of_twelve_places_is_exact_before_the_cash() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 1_000, 10))
    assert ledger.apply_dividend("SPY", (62_495_446, 100_000_000), NOW) == micros("624.95446")


@pytest.mark.parametrize("ratio", [(0, 1), (1, 0), (-2, 1), (2, -1)])
def test_a_corporate_action_needs_a_positive_ratio(ratio: tuple[int, int]) -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 10, 10))
    with pytest.raises(faults.NonPositiveRatio):
        ledger.apply_split("SPY", *ratio, Price(micros(10)), NOW)
    with pytest.raises(faults.NonPositiveRatio):
        ledger.apply_dividend("SPY", ratio, NOW)
    with pytest.raises(faults.EmptySymbol):
        ledger.apply_split("", 2, 1, None, NOW)
    assert len(ledger.journal) == 1


def test_a_vendor_split_of_7_000007_multiplies_whole_shares_exactly() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 3, 700))
    done = ledger.apply_split("SPY", 7_000_007, 1_000_000, None, NOW)
    assert (done.after, done.cash_in_lieu) == (micros("21.000021"), 0)
    assert ledger.cost == micros(3) * micros(700)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_falls_below_a_micro_share_is_paid_at_the_mark(sign: int) -> None:
    """0.500001 shares become 0.2500005; half a micro-share at 3,000,000 is worth 1.5."""
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY" if sign > 0 else "SELL", "0.500001", 1_000_000))
    cost = ledger.cost
    done = ledger.apply_split("SPY", 1, 2, Price(micros(3_000_000)), NOW)
    assert done.after == sign * 250_000
    assert done.cash_in_lieu == sign * micros("1.5")
    sold = amount_of(done.cash_in_lieu) - done.realized
    assert ledger.cost + sold == cost
    assert format_amount(sold) == ("1" if sign > 0 else "-1")


def test_a_fraction_without_a_mark_refuses_the_split_and_changes_nothing() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", "0.000003", 100))
    with pytest.raises(faults.UnknownMark):
        ledger.apply_split("SPY", 1, 2, None, NOW)
    with pytest.raises(faults.UnknownMark):
        ledger.apply_split("SPY", 1, 2, Price(0), NOW)
    assert (ledger.quantity("SPY"), len(ledger.journal)) == (3, 1)


def test_a_position_that_falls_below_a_micro_share_is_paid_out_and_gone() -> None:
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", "0.000001", 100))
    done = ledger.apply_split("SPY", 1, 3, Price(micros(600_000)), NOW)
    assert (done.after, done.cash_in_lieu) == (0, 200_000)
    assert (ledger.positions(), ledger.cost) == ((), 0)
    assert len(ledger.round_trips) == 1


def test_lots_after_a_split_sum_to_the_position_a_broker_without_lots_would_show() -> None:
    ledger = opened()
    for number in range(3):
        ledger.apply_fill(fill(str(number), "BUY", "0.000001", 100 + number))
    ledger.apply_split("SPY", 1, 2, Price(micros(200)), NOW)
    assert ledger.quantity("SPY") == 1
    assert sum(lot.quantity for lot in ledger.lots("SPY")) == 1
    assert sum(lot.cost for lot in ledger.lots("SPY")) == ledger.cost


def test_the_journal_in_any_order_gives_the_same_ledger() -> None:
    """BEHAVIOUR 11, fill_ordering: the sequence is the order; -100 is realised, not 0."""
    ledger = opened()
    ledger.apply_fill(fill("1", "BUY", 10, 100))
    ledger.apply_fill(fill("2", "SELL", 10, 90))
    ledger.apply_fill(fill("3", "BUY", 5, 80))
    first, second, third = ledger.journal
    for shuffled in ([third, second, first], [second, third, first], [first, third, second]):
        again = replay(ledger.initial_cash, shuffled)
        assert format_amount(again.realized_pnl) == "-100"
        assert again.journal == ledger.journal


def test_verification_sees_every_kind_of_tampering() -> None:
    def booked() -> Ledger:
        ledger = opened()
        ledger.apply_fill(fill("1", "BUY", 10, 100, fee=1))
        ledger.apply_fill(fill("2", "SELL", 5, 120))
        ledger.apply_dividend("SPY", (1, 4), NOW)
        return ledger

    assert verify(booked(), marks(SPY=100)) == ()
    for name in ("_cash", "_realized", "_fees", "_dividends", "_other_cash"):
        ledger = booked()
        setattr(ledger, name, getattr(ledger, name) + 1)
        codes = {each.code for each in verify(ledger, marks(SPY=100))}
        assert codes == {"JOURNAL", "CONSERVATION"}, name
    ledger = booked()
    ledger._positions["SPY"].lots.popleft()
    assert {each.what for each in verify(ledger, marks(SPY=101))} >= {"lots of SPY", "unrealized"}


def test_a_broken_conservation_law_stops_the_ledger_at_once() -> None:
    ledger = opened()
    ledger._cash += 1
    with pytest.raises(faults.LedgerBroken):
        ledger.apply_fill(fill("1", "BUY", 1, 10))

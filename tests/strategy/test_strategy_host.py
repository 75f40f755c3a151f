"""Laws of the host: routing, look-ahead, shadow mode, quarantine, attribution (BEHAVIOUR 7, 22 item 10)."""

from collections import deque
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.bar import Bar, Timeframe
from engine.model.event import EventType
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.time import Timestamp
from engine.strategy.contract import Context, StrategySpec, Target
from engine.strategy.failure import FailureCode
from engine.strategy.faults import FaultCode
from engine.strategy.host import BarUse, Host, enlist
from engine.strategy.signal import Mode


def host_of(*strategies, mode=Mode.ACTIVE) -> Host:
    host = enlist([(strategy, mode) for strategy in strategies])
    assert isinstance(host, Host)
    return host


def test_bar_reaches_only_strategies_of_its_symbol_and_timeframe(make_bar, recorder, session):
    spy, qqq = recorder("spy", ("SPY",)), recorder("qqq", ("QQQ",))
    fast = recorder("fast", ("SPY",), Timeframe.MINUTE_5)
    host = host_of(spy, qqq, fast)
    step = host.on_bar(make_bar("SPY", 0), session)
    assert [signal.strategy for signal in step.signals] == ["spy"]
    assert (len(spy.contexts), len(qqq.contexts), len(fast.contexts)) == (1, 0, 0)


def test_bar_nobody_asked_for_is_unmatched(make_bar, recorder, session):
    assert host_of(recorder()).on_bar(make_bar("IWM", 0), session).use is BarUse.UNMATCHED


def test_incomplete_bar_never_reaches_a_strategy(make_bar, recorder, session):
    strategy = recorder(warm_up=2)
    host = host_of(strategy)
    host.on_bar(make_bar("SPY", 0), session)
    step = host.on_bar(make_bar("SPY", 1, 7, is_complete=False), session)
    assert step.use is BarUse.INCOMPLETE
    assert strategy.contexts == []
    host.on_bar(make_bar("SPY", 1, 9), session)
    assert strategy.contexts[0].closes == (100 * MICRO, 9)


@pytest.mark.parametrize("step", [0, 1])
def test_bar_that_does_not_end_later_is_refused_and_never_rewinds_history(make_bar, recorder, session, step):
    strategy = recorder(warm_up=2)
    host = host_of(strategy)
    for index in (0, 1):
        host.on_bar(make_bar("SPY", index, 100 + index), session)
    assert host.on_bar(make_bar("SPY", step, 5), session).use is BarUse.OUT_OF_ORDER
    host.on_bar(make_bar("SPY", 2, 102), session)
    assert [context.closes for context in strategy.contexts] == [(100, 101), (101, 102)]


def test_strategy_is_not_asked_before_its_window_is_full(make_bar, recorder, session):
    strategy = recorder(warm_up=3)
    host = host_of(strategy)
    signals = [host.on_bar(make_bar("SPY", index), session).signals for index in range(4)]
    assert [len(said) for said in signals] == [0, 0, 1, 1]
    assert [context.index for context in strategy.contexts] == [2, 3]


def test_context_carries_the_session_date(make_bar, recorder, session):
    strategy = recorder()
    host_of(strategy).on_bar(make_bar("SPY", 0), session)
    assert strategy.contexts[0].session == session


class Windows:
    """Keeps what it saw for the look-ahead law."""

    def __init__(self, warm_up: int) -> None:
        self.spec = StrategySpec("w", "1", Timeframe.HOUR_1, ("AAA", "BBB"), warm_up, "")
        self.seen: list[Context] = []

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        self.seen.append(context)
        return ()


@given(
    arrivals=st.lists(st.tuples(st.sampled_from(["AAA", "BBB"]), st.integers(0, 12)), max_size=30),
    warm_up=st.integers(1, 4),
)
def test_context_at_a_bar_holds_nothing_that_ended_after_it(arrivals, warm_up):
    strategy = Windows(warm_up)
    host = host_of(strategy)
    kept: dict[str, deque[tuple[int, int]]] = {symbol: deque(maxlen=warm_up) for symbol in ("AAA", "BBB")}
    expected = []
    for serial, (symbol, end) in enumerate(arrivals):
        price = Price(serial + 1)
        bar = Bar(symbol, Timeframe.HOUR_1, Timestamp(end), price, price, price, price, Quantity(1))
        delivered = host.on_bar(bar, date(2026, 1, 5)).use is BarUse.DELIVERED
        assert delivered == (not kept[symbol] or kept[symbol][-1][0] < end)
        if not delivered:
            continue
        kept[symbol].append((end, serial + 1))
        if len(kept[symbol]) == warm_up:
            expected.append({name: tuple(item for item in window if item[0] <= end) for name, window in kept.items()})
    shown = [
        {name: tuple((bar.end_ts, bar.close) for bar in window) for name, window in context.windows.items()}
        for context in strategy.seen
    ]
    assert shown == expected
    for context in strategy.seen:
        assert all(bar.end_ts <= context.at for window in context.windows.values() for bar in window)
        assert all(bar.symbol == name for name, window in context.windows.items() for bar in window)


def test_window_given_to_a_strategy_cannot_be_changed(make_bar, recorder, session):
    strategy = recorder()
    host_of(strategy).on_bar(make_bar("SPY", 0), session)
    with pytest.raises(TypeError):
        strategy.contexts[0].windows["SPY"] = ()


def test_shadow_targets_are_reported_and_never_executable(make_bar, recorder, session):
    host = host_of(recorder("ghost"), mode=Mode.SHADOW)
    step = host.on_bar(make_bar("SPY", 0), session)
    (signal,) = step.signals
    assert signal.targets == (Target("SPY", Quantity(MICRO)),)
    assert not signal.is_executable
    (event,) = step.events
    assert event.type is EventType.SHADOW_ORDER_INTENT
    assert event.payload["targets"] == [{"symbol": "SPY", "quantity": "1"}]


def test_active_targets_are_emitted_as_signals(make_bar, recorder, session):
    (event,) = host_of(recorder()).on_bar(make_bar("SPY", 0), session).events
    assert event.type is EventType.SIGNAL_INTENT_EMITTED


def test_targets_of_several_strategies_stay_attributed_and_are_not_netted(make_bar, recorder, session):
    buyer = recorder("b_buyer", answer=(Target("SPY", Quantity(MICRO)),))
    seller = recorder("a_seller", answer=(Target("SPY", Quantity(-MICRO)),))
    host = host_of(buyer, seller)
    step = host.on_bar(make_bar("SPY", 0), session)
    assert [(signal.strategy, signal.targets[0].quantity) for signal in step.signals] == [
        ("a_seller", -MICRO),
        ("b_buyer", MICRO),
    ]
    assert host.targets("b_buyer") == {"SPY": MICRO}
    assert host.targets("a_seller") == {"SPY": -MICRO}


def test_order_of_enlisting_does_not_change_the_outcome(make_bar, recorder, session):
    names = ["c", "a", "b"]
    steps = [
        host_of(*[recorder(name) for name in order]).on_bar(make_bar("SPY", 0), session)
        for order in (names, names[::-1])
    ]
    assert steps[0] == steps[1]


@pytest.mark.parametrize("error", [ValueError("no\nluck"), RecursionError("deep"), MemoryError()])
def test_strategy_that_raises_is_quarantined_and_the_others_go_on(make_bar, recorder, session, error):
    bad, good = recorder("bad", answer=error), recorder("good")
    host = host_of(bad, good)
    first = host.on_bar(make_bar("SPY", 0), session)
    second = host.on_bar(make_bar("SPY", 1), session)
    assert [failure.strategy for failure in first.failures] == ["bad"]
    assert first.failures[0].code is FailureCode.RAISED
    assert first.failures[0].event().type is EventType.STRATEGY_ERROR
    assert [signal.strategy for signal in (*first.signals, *second.signals)] == ["good", "good"]
    assert second.failures == ()
    assert len(bad.contexts) == 1
    standing = {item.spec.name: item for item in host.standings}
    assert standing["bad"].failure == first.failures[0]
    assert standing["good"].failure is None


def test_failure_reads_the_same_on_every_run(make_bar, recorder, session):
    def failure(error: Exception) -> str:
        step = host_of(recorder(answer=error)).on_bar(make_bar("SPY", 0), session)
        return step.failures[0].what

    assert failure(ValueError(f"lost {object()!r}\x1b[2J")) == failure(ValueError(f"lost {object()!r}\x1b[2J"))
    assert "\x1b" not in failure(ValueError("\x1b[2J"))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ([Target("SPY", Quantity(1))], FailureCode.BAD_TARGETS),
        ((("SPY", 1),), FailureCode.BAD_TARGETS),
        ((Target("SPY", 1.5),), FailureCode.BAD_TARGETS),
        ((Target("SPY", True),), FailureCode.BAD_TARGETS),
        ((Target(["SPY"], 1),), FailureCode.BAD_TARGETS),
        ((Target("SPY", 10**16),), FailureCode.BAD_TARGETS),
        ((Target("QQQ", 1),), FailureCode.FOREIGN_SYMBOL),
        ((Target("SPY", 1), Target("SPY", 2)), FailureCode.DUPLICATE_TARGET),
    ],
)
def test_strategy_that_answers_nonsense_is_quarantined(make_bar, recorder, session, answer, code):
    host = host_of(recorder(answer=answer))
    step = host.on_bar(make_bar("SPY", 0), session)
    assert [failure.code for failure in step.failures] == [code]
    assert step.signals == ()
    assert host.targets("recorder") == {}


def test_quarantine_keeps_the_last_targets_known(make_bar, recorder, session):
    strategy = recorder()
    host = host_of(strategy)
    host.on_bar(make_bar("SPY", 0), session)
    strategy.answer = ValueError()
    host.on_bar(make_bar("SPY", 1), session)
    assert host.targets("recorder") == {"SPY": MICRO}


def test_split_restates_the_window_so_that_it_is_no_crash(make_bar, recorder, session):
    strategy = recorder(symbols=("SPY", "QQQ"), warm_up=2)
    host = host_of(strategy)
    host.on_bar(make_bar("QQQ", 0, 300), session)
    host.on_bar(make_bar("SPY", 0, 100 * MICRO), session)
    host.apply_split("SPY", 2, 1)
    host.on_bar(make_bar("SPY", 1, 50 * MICRO), session)
    assert strategy.contexts[0].closes == (50 * MICRO, 50 * MICRO)
    assert strategy.contexts[0].bars[0].volume == 2 * MICRO
    assert strategy.contexts[0].windows["QQQ"][0].close == 300


def test_split_without_shares_is_refused(recorder):
    with pytest.raises(ValueError, match="not a split"):
        host_of(recorder()).apply_split("SPY", 0, 1)


@pytest.mark.parametrize(
    ("names", "code"),
    [(("a", "a"), FaultCode.DUPLICATE_NAME), ((" ",), FaultCode.EMPTY_NAME)],
)
def test_strategies_that_cannot_be_told_apart_are_not_enlisted(recorder, names, code):
    faults = enlist([(recorder(name), Mode.ACTIVE) for name in names])
    assert isinstance(faults, tuple)
    assert [fault.code for fault in faults] == [code]


@pytest.mark.parametrize("spec", [{"warm_up": 0}, {"symbols": ()}, {"symbols": ("SPY", "SPY")}])
def test_spec_that_cannot_be_routed_is_not_enlisted(recorder, spec):
    faults = enlist([(recorder(**spec), Mode.ACTIVE)])
    assert isinstance(faults, tuple)
    assert [fault.code for fault in faults] == [FaultCode.INVALID_SPEC]

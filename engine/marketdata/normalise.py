"""Raw rows to bars and corporate actions; whatever is wrong with a row comes back as values."""

import re
from dataclasses import dataclass
from fractions import Fraction

from engine.marketdata.bars_csv import RawBar
from engine.marketdata.corporate_actions import CorporateAction, Dividend, Split, parse_exact
from engine.marketdata.faults import Fault, FaultCode, Place, quoted
from engine.marketdata.session_grid import Hours, Phase, is_on_grid, phase_of
from engine.marketdata.vendor_csv import RawDay
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import CalendarBounds, Session, SessionCalendar
from engine.model.numbers import MICRO, NumberFault, Price, Quantity, parse_decimal
from engine.model.time import TimeFault, Timestamp, parse_date, parse_timestamp

MAX_PRICE = 10_000_000 * MICRO
MAX_VOLUME = 10**12 * MICRO

_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,15}", re.ASCII)
_TIMEFRAMES = {
    **dict.fromkeys(("1m", "1min", "1minute"), Timeframe.MINUTE_1),
    **dict.fromkeys(("5m", "5min", "5minute"), Timeframe.MINUTE_5),
    **dict.fromkeys(("1H", "1h", "1hour"), Timeframe.HOUR_1),
    **dict.fromkeys(("1D", "1d", "1day"), Timeframe.DAY_1),
}
_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Context:
    """What rows of one file are read against."""

    file: str
    calendar: SessionCalendar
    hours: Hours = Hours.REGULAR


@dataclass(frozen=True, slots=True)
class VendorDay:
    """What one sound vendor row says: the bar, its actions and the vendor's adjusted close."""

    bar: Bar
    actions: tuple[CorporateAction, ...]
    adjusted_close: Fraction


def is_symbol(text: str) -> bool:
    """Return whether `text` has the form of a symbol."""
    return _SYMBOL.fullmatch(text) is not None


def parse_timeframe(text: str) -> Timeframe | None:
    """Return the timeframe a text names, or None. `1M` is refused: to many vendors it is a month."""
    return _TIMEFRAMES.get(text)


def normalise_bar(raw: RawBar, context: Context) -> Bar | tuple[Fault, ...]:
    """Return the bar of a canonical row, or every fault of the row."""
    faults: list[Fault] = []
    timeframe = parse_timeframe(raw.timeframe)
    if not is_symbol(raw.symbol):
        faults.append(_fault(FaultCode.SYMBOL_FORM, raw.symbol, "is no symbol", raw.line, "symbol", context))
    end: Timestamp | None = None
    if timeframe is None:
        code, what = FaultCode.TIMEFRAME_UNKNOWN, "is no timeframe"
        faults.append(_fault(code, raw.timeframe, what, raw.line, "timeframe", context))
    else:
        moment = _end_of(raw, timeframe, context)
        if isinstance(moment, Fault):
            faults.append(moment)
        else:
            end = moment
    is_complete = _IS_COMPLETE.get(raw.is_complete)
    if is_complete is None:
        code, what = FaultCode.COMPLETE_FORM, "is neither true nor false"
        faults.append(_fault(code, raw.is_complete, what, raw.line, "is_complete", context))
    numbers = _numbers_of(raw, context)
    if isinstance(numbers, tuple) or faults:
        return (*faults, *(numbers if isinstance(numbers, tuple) else ()))
    assert timeframe is not None and end is not None and is_complete is not None
    return _bar(raw.symbol, timeframe, end, numbers, is_complete)


def normalise_day(raw: RawDay, symbol: str, context: Context) -> VendorDay | tuple[Fault, ...]:
    """Return the daily bar, actions and adjusted close of a vendor row, or every fault of the row.

    The bar ends at the exchange close of its session; the actions take effect before its open.
    """
    faults: list[Fault] = []
    session = _session_of(raw, context)
    if isinstance(session, Fault):
        faults.append(session)
    actions, action_faults = normalise_actions(raw, symbol, context)
    faults.extend(action_faults)
    adjusted = _exact(raw.adj_close)
    if adjusted is None or adjusted <= 0:
        what = "is no adjusted close"
        faults.append(_fault(FaultCode.ADJUSTED_FORM, raw.adj_close, what, raw.line, "adj_close", context))
    numbers = _numbers_of(raw, context)
    if isinstance(numbers, tuple) or faults:
        return (*faults, *(numbers if isinstance(numbers, tuple) else ()))
    assert isinstance(session, Session) and adjusted is not None
    return VendorDay(_bar(symbol, Timeframe.DAY_1, session.close, numbers, True), actions, adjusted)


def normalise_actions(
    raw: RawDay, symbol: str, context: Context
) -> tuple[tuple[CorporateAction, ...], tuple[Fault, ...]]:
    """Return the sound split and dividend of a vendor row, and the faults of those two cells.

    Apart from the bar, because a split stays true where the prices beside it are unreadable. A row
    whose date is no session has neither: the fault of its date is the bar's.
    """
    session = _session_of(raw, context)
    if isinstance(session, Fault):
        return (), ()
    faults: list[Fault] = []
    actions: list[CorporateAction] = []
    factor, cash = _exact(raw.split_factor), _exact(raw.div_cash)
    if factor is None or factor <= 0:
        what = "is no split factor"
        faults.append(_fault(FaultCode.SPLIT_FORM, raw.split_factor, what, raw.line, "split_factor", context))
    elif factor != 1:
        actions.append(Split(symbol, session.day, factor))
    if cash is None or cash < 0:
        what = "is no dividend"
        faults.append(_fault(FaultCode.DIVIDEND_FORM, raw.div_cash, what, raw.line, "div_cash", context))
    elif cash:
        actions.append(Dividend(symbol, session.day, cash))
    return tuple(actions), tuple(faults)


_IS_COMPLETE = {"true": True, "True": True, "false": False, "False": False}


def _end_of(raw: RawBar, timeframe: Timeframe, context: Context) -> Timestamp | Fault:
    try:
        end = parse_timestamp(raw.end_ts)
    except TimeFault:
        return _fault(FaultCode.TIME_FORM, raw.end_ts, "is no instant", raw.line, "end_ts", context)
    try:
        session = context.calendar.open_session(end)
        phase = Phase.REGULAR if session else phase_of(context.calendar, end)
    except CalendarBounds:
        code, what = FaultCode.TIME_OUTSIDE_CALENDAR, "lies outside the session table"
        return _fault(code, raw.end_ts, what, raw.line, "end_ts", context)
    is_extended = context.hours is Hours.EXTENDED and timeframe is not Timeframe.DAY_1
    if phase is not Phase.REGULAR and (phase is Phase.CLOSED or not is_extended):
        what = f"lies in no session of {context.calendar.code} ({phase.lower().replace('_', ' ')})"
        return _fault(FaultCode.TIME_NOT_SESSION, raw.end_ts, what, raw.line, "end_ts", context)
    if not is_on_grid(timeframe, end, session):
        what = f"is no end of a {timeframe} bar"
        return _fault(FaultCode.TIME_OFF_GRID, raw.end_ts, what, raw.line, "end_ts", context)
    return end


def _session_of(raw: RawDay, context: Context) -> Session | Fault:
    try:
        day = parse_date(raw.date)
    except TimeFault:
        return _fault(FaultCode.TIME_FORM, raw.date, "is no date", raw.line, "date", context)
    try:
        session = context.calendar.session_on(day)
    except CalendarBounds:
        what = "lies outside the session table"
        return _fault(FaultCode.TIME_OUTSIDE_CALENDAR, raw.date, what, raw.line, "date", context)
    if session is None:
        what = f"is no session of {context.calendar.code}"
        return _fault(FaultCode.TIME_NOT_SESSION, raw.date, what, raw.line, "date", context)
    return session


@dataclass(frozen=True, slots=True)
class _Numbers:
    open: int
    high: int
    low: int
    close: int
    volume: int


def _numbers_of(raw: RawBar | RawDay, context: Context) -> _Numbers | tuple[Fault, ...]:
    faults: list[Fault] = []
    values: list[int] = []
    for column, text in zip(_PRICES, (raw.open, raw.high, raw.low, raw.close), strict=True):
        price = _price(text)
        if isinstance(price, int):
            values.append(price)
        else:
            faults.append(_fault(price[0], text, price[1], raw.line, column, context))
    volume = _volume(raw.volume)
    if not isinstance(volume, int):
        faults.append(_fault(volume[0], raw.volume, volume[1], raw.line, "volume", context))
    if len(values) == len(_PRICES):
        opened, high, low, close = values
        if high < low:
            faults.append(_ohlc("high", raw.high, "low", raw.low, raw.line, context))
        else:
            for column, text, value in (("open", raw.open, opened), ("close", raw.close, close)):
                if value > high:
                    faults.append(_ohlc("high", raw.high, column, text, raw.line, context))
                if value < low:
                    faults.append(_ohlc(column, text, "low", raw.low, raw.line, context))
        if not faults and isinstance(volume, int):
            return _Numbers(opened, high, low, close, volume)
    return tuple(faults)


def _price(text: str) -> int | tuple[FaultCode, str]:
    if not text:
        return FaultCode.PRICE_EMPTY, "is no price"
    try:
        price = parse_decimal(text)
    except NumberFault as fault:
        is_long = fault.reason.startswith("has more than")
        return (FaultCode.PRICE_DECIMALS if is_long else FaultCode.PRICE_FORM), fault.reason
    if not 0 < price <= MAX_PRICE:
        return FaultCode.PRICE_RANGE, "is out of the range of a share price"
    return price


def _volume(text: str) -> int | tuple[FaultCode, str]:
    try:
        volume = parse_decimal(text)
    except NumberFault as fault:
        return FaultCode.VOLUME_FORM, fault.reason
    if volume < 0:
        return FaultCode.VOLUME_NEGATIVE, "is negative"
    if volume > MAX_VOLUME:
        return FaultCode.VOLUME_RANGE, "is more than any session trades"
    return volume


def _exact(text: str) -> Fraction | None:
    try:
        return parse_exact(text)
    except NumberFault:
        return None


def _bar(symbol: str, timeframe: Timeframe, end: Timestamp, numbers: _Numbers, is_complete: bool) -> Bar:
    return Bar(
        symbol,
        timeframe,
        end,
        Price(numbers.open),
        Price(numbers.high),
        Price(numbers.low),
        Price(numbers.close),
        Quantity(numbers.volume),
        is_complete,
    )


def _ohlc(upper: str, upper_text: str, lower: str, lower_text: str, line: int, context: Context) -> Fault:
    what = f"{upper} {upper_text} is below {lower} {lower_text}"
    return Fault(FaultCode.OHLC, what, Place(context.file, line, upper))


def _fault(code: FaultCode, text: str, what: str, line: int, column: str, context: Context) -> Fault:
    return Fault(code, f"{quoted(text)} {what}", Place(context.file, line, column))

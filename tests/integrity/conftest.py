"""A published session table, and bars to put through the gate."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.integrity.series import IntegrityConfig
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import Session, SessionCalendar
from engine.model.numbers import MICRO, Price, Quantity, Ratio
from engine.model.time import Duration, parse_date, parse_timestamp


@pytest.fixture(scope="session")
def calendar() -> SessionCalendar:
    """The XNYS sessions of 2024 with their holidays, half days and both clock changes."""
    lines = (Path(__file__).parent / "integrity_sessions_2024.csv").read_text().splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    sessions = tuple(
        Session(parse_date(row["day"]), parse_timestamp(row["open"]), parse_timestamp(row["close"])) for row in rows
    )
    return SessionCalendar("XNYS", "America/New_York", "2024", sessions)


@pytest.fixture
def make_bar() -> Callable[..., Bar]:
    """Return a function that makes a bar of SPY that ended at an RFC 3339 instant."""

    def make(
        end: str,
        close: str = "500",
        timeframe: Timeframe = Timeframe.MINUTE_5,
        symbol: str = "SPY",
        is_complete: bool = True,
    ) -> Bar:
        price = Price(int(close) * MICRO)
        return Bar(symbol, timeframe, parse_timestamp(end), price, price, price, price, Quantity(1), is_complete)

    return make


@pytest.fixture
def strict(calendar: SessionCalendar) -> IntegrityConfig:
    """The gate at its strictest: no missing bar, 60 s of silence, moves up to 20 %."""
    return IntegrityConfig(calendar, 0, Duration(60_000_000), Ratio(200_000))

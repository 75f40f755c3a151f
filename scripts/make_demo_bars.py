"""Make the demo's bars: four invented symbols over 90 sessions, the same text on every machine.

Run by a person (`python scripts/make_demo_bars.py [FOLDER]`); a test compares the committed files
with what this makes. Integers and a linear congruential generator only. Each symbol follows trends
of four weeks that turn around, with noise; BRVO splits 2 for 1, CHRL pays 0.25, DLTA has one day far
out of line that reverts on the next.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

from engine.marketdata.calendar import load_calendar
from engine.marketdata.corporate_actions import CorporateAction, Dividend, Split, adjusted_closes
from engine.marketdata.vendor_csv import VENDOR
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import Session
from engine.model.numbers import Price, Quantity, divide_half_even, format_decimal

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "demo"
FIRST_DAY = date(2026, 1, 5)
SESSIONS = 90
CENT = 10_000
BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Plot:
    """What happens to one symbol; prices in cents, sessions counted from 0, drift in basis points a day."""

    symbol: str
    seed: int
    start: int
    volume: int
    first_turn: int
    leg: int
    drift: int
    split_on: int = -1
    dividend_on: int = -1
    outlier_on: int = -1


PLOTS = (
    Plot("ALFA", 11, 4_820, 2_400_000, 26, 22, 85),
    Plot("BRVO", 23, 21_240, 900_000, 18, 24, 75, split_on=44),
    Plot("CHRL", 37, 7_135, 1_600_000, 30, 20, -70, dividend_on=31),
    Plot("DLTA", 59, 2_990, 3_100_000, 22, 19, 95, outlier_on=63),
)
SPLIT_FACTOR = 2
DIVIDEND_CENTS = 25
OUTLIER_BASIS = 2_600

INSTRUMENTS = """\
#! list instruments v1
#! as_of 2026-01-04T23:00:00Z
#! owner demo.reference
#! source invented for the demo
#! rows 5
symbol,asset_class,currency,venue,sector,issuer,tick,lot,multiplier,fractional
ALFA,EQUITY,USD,XNYS,TECHNOLOGY,alfa-systems,0.01,1,1,false
BRVO,EQUITY,USD,XNYS,FINANCIALS,bravo-bancorp,0.01,1,1,false
CHRL,EQUITY,USD,XNYS,ENERGY,charlie-oil,0.01,1,1,false
DLTA,EQUITY,USD,XNYS,HEALTH_CARE,delta-labs,0.01,1,1,false
ZULU,EQUITY,USD,XNYS,INDUSTRIALS,zulu-works,0.01,1,1,false
"""

RESTRICTED = """\
#! list restricted v1
#! as_of 2026-01-04T23:00:00Z
#! owner demo.compliance
#! source invented for the demo
#! rows 2
symbol,reason
CHRL,advisory mandate
ZULU,inside information
"""


def numbers_from(seed: int) -> Iterator[int]:
    """Yield the top 31 bits of Knuth's MMIX generator (TAOCP 2, 3.3.4, table 1, line 26)."""
    state = seed
    while True:
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        yield state >> 33


def make_bars(plot: Plot, sessions: tuple[Session, ...]) -> tuple[list[Bar], list[CorporateAction]]:
    """Return the bars and actions of one symbol."""
    chance = numbers_from(plot.seed)
    bars: list[Bar] = []
    actions: list[CorporateAction] = []
    close, volume = plot.start, plot.volume
    for number, session in enumerate(sessions):
        if number == plot.split_on:
            actions.append(Split(plot.symbol, session.day, Fraction(SPLIT_FACTOR)))
            close, volume = _scaled(close, BASIS // SPLIT_FACTOR), volume * SPLIT_FACTOR
        if number == plot.dividend_on:
            actions.append(Dividend(plot.symbol, session.day, Fraction(DIVIDEND_CENTS, 100)))
            close -= DIVIDEND_CENTS
        turns = 0 if number < plot.first_turn else 1 + (number - plot.first_turn) // plot.leg
        drift = plot.drift if turns % 2 == 0 else -plot.drift
        opened = _scaled(close, BASIS + next(chance) % 61 - 30)
        settled = _scaled(close, BASIS + drift + next(chance) % 121 - 60)
        shown = _scaled(settled, BASIS + OUTLIER_BASIS) if number == plot.outlier_on else settled
        high = _scaled(max(opened, shown), BASIS + next(chance) % 45)
        low = _scaled(min(opened, shown), BASIS - next(chance) % 45)
        traded = volume * (80 + next(chance) % 41) // 100
        bars.append(
            Bar(
                plot.symbol,
                Timeframe.DAY_1,
                session.close,
                Price(opened * CENT),
                Price(high * CENT),
                Price(low * CENT),
                Price(shown * CENT),
                Quantity(traded * 1_000_000),
            )
        )
        close = settled
    return bars, actions


def documents() -> dict[str, str]:
    """Return the demo's files by name."""
    calendar = load_calendar()
    first = next(at for at, session in enumerate(calendar.sessions) if session.day == FIRST_DAY)
    sessions = calendar.sessions[first : first + SESSIONS]
    made = {"instruments.csv": INSTRUMENTS, "restricted.csv": RESTRICTED}
    for plot in PLOTS:
        bars, actions = make_bars(plot, sessions)
        adjusted = adjusted_closes(bars, actions, calendar)
        rows = [",".join(VENDOR)]
        for session, bar, worth in zip(sessions, bars, adjusted, strict=True):
            rows.append(_row(session, bar, actions, worth))
        made[f"{plot.symbol}.csv"] = "\n".join(rows) + "\n"
    return made


def _row(session: Session, bar: Bar, actions: list[CorporateAction], adjusted: Fraction) -> str:
    on_day = [action for action in actions if action.day == session.day]
    split = next((action.factor for action in on_day if isinstance(action, Split)), Fraction(1))
    cash = next((action.cash for action in on_day if isinstance(action, Dividend)), Fraction(0))
    worth = divide_half_even(adjusted.numerator * 10**10, adjusted.denominator)
    prices = [_dollars(price // CENT) for price in (bar.open, bar.high, bar.low, bar.close)]
    cells = [
        session.day.isoformat(),
        *prices,
        format_decimal(bar.volume),
        _dollars(int(cash * 100)),
        format_decimal(int(split), 0),
        format_decimal(worth, 10),
    ]
    return ",".join(cells)


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _scaled(cents: int, basis: int) -> int:
    return divide_half_even(cents * basis, BASIS)


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(documents().items()):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{folder / name}: {text.count(chr(10))} lines\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Freeze an exchange calendar into the session table that the desk ships.

Run at build time by a person (`python scripts/freeze_calendar.py`); exchange-calendars and the
pandas it brings are development dependencies and are never imported by the desk. Both bounds are
given, because the library's own default horizon moves with the wall clock.
"""

import argparse
import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

TABLES = Path(__file__).resolve().parent.parent / "engine" / "marketdata" / "sessions"


def freeze(code: str, first: str, last: str) -> str:
    """Return the table text: `#!` header lines, then `YYYY-MM HHMM-HHMM DD DD ...` lines in UTC."""
    import exchange_calendars  # type: ignore[import-untyped]

    calendar = exchange_calendars.get_calendar(code, start=first, end=last)
    months: dict[tuple[str, str], list[str]] = defaultdict(list)
    for day, row in calendar.schedule.iterrows():
        opens, closes = row["open"], row["close"]
        if opens.date() != day.date() or closes.date() != day.date() or opens.second or closes.second:
            raise SystemExit(f"{code} {day.date()}: a session must open and close on its own UTC date")
        months[f"{day:%Y-%m}", f"{opens:%H%M}-{closes:%H%M}"].append(f"{day:%d}")
    lines = [f"{month} {hours} {' '.join(days)}" for (month, hours), days in sorted(months.items())]
    header = [
        f"#! sessions {code} v1",
        f"#! zone {calendar.tz.key}",
        f"#! source exchange-calendars {version('exchange-calendars')}",
        f"#! covers {first} {last}",
        f"#! count {len(calendar.schedule)}",
    ]
    return "\n".join([*header, *lines]) + "\n"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", default="XNYS")
    parser.add_argument("--first", default="1990-01-01")
    parser.add_argument("--last", default="2027-12-31")
    chosen = parser.parse_args(arguments)
    text = freeze(chosen.code, chosen.first, chosen.last)
    target = TABLES / f"{chosen.code}.txt"
    target.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{target}: {text.count(chr(10))} lines\n")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Compare our adjusted closes with a vendor's own, for every vendor daily file of a folder.

Usage: `python scripts/compare_adjusted.py FOLDER [--tolerance 0.0001]`. Prints the worst relative
error of each symbol; exit 1 when one is above the tolerance, 2 when there is nothing to compare.
"""

import argparse
import sys
from fractions import Fraction
from pathlib import Path

from engine.marketdata.calendar import load_calendar
from engine.marketdata.corporate_actions import adjusted_closes
from engine.marketdata.ingest import IngestRequest, ingest
from engine.model.time import format_timestamp


def worst_error(path: Path) -> tuple[Fraction, str]:
    """Return the largest relative error of a file and the instant of its bar, and report the rest."""
    calendar = load_calendar()
    result = ingest(path, calendar, IngestRequest(accept_partial=True))
    bars = result.bars
    vendor = [result.vendor_closes[bar.symbol, bar.timeframe, bar.end_ts] for bar in bars]
    last_factor = vendor[-1] / Fraction(bars[-1].close, 1_000_000)
    ours = adjusted_closes(bars, result.actions, calendar, last_factor)
    errors = [abs(mine - theirs) / theirs for mine, theirs in zip(ours, vendor, strict=True)]
    at = max(range(len(errors)), key=errors.__getitem__)
    sys.stdout.write(
        f"{path.stem}: {len(bars)} bars, {len(result.actions)} actions, {len(result.report.faults)} faults, "
        f"{len(result.report.findings)} findings\n"
    )
    for fault in result.report.faults:
        sys.stdout.write(f"  {fault}\n")
    for finding in result.report.findings:
        ended = format_timestamp(finding.end_ts)
        sys.stdout.write(f"  {finding.state} {ended} missing {finding.missing_bars}\n")
    return errors[at], format_timestamp(bars[at].end_ts)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tolerance", type=Fraction, default=Fraction(1, 10_000))
    chosen = parser.parse_args(arguments)
    paths = sorted(chosen.folder.glob("*.csv"))
    worst = Fraction(0)
    for path in paths:
        error, at = worst_error(path)
        worst = max(worst, error)
        sys.stdout.write(f"{path.stem}: worst relative error {float(error):.3e} at {at}\n")
    return 2 if not paths else int(worst > chosen.tolerance)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Bar files: what they are worth, and their content in the one canonical form."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from engine.marketdata.calendar import load_calendar
from engine.marketdata.ingest import IngestRequest, IngestResult, ingest
from engine.marketdata.quality import QualityReport
from engine.model.bar import Bar
from engine.model.numbers import format_decimal
from engine.model.time import Timestamp, format_timestamp
from engine.service.refusal import Refused

HEADER = ("symbol", "timeframe", "end_ts", "open", "high", "low", "close", "volume", "is_complete")
REPORT = "data_quality.json"


@dataclass(frozen=True, slots=True)
class FileWorth:
    """What one file is worth; `result` carries its bars where it was not refused."""

    path: Path
    result: IngestResult

    def as_data(self) -> dict[str, Any]:
        """Return the quality report as JSON data, in a fixed order and without anything of this machine."""
        result = self.result
        return {
            "file": self.path.name, "sha256": result.sha256, "ingest_id": result.ingest_id,
            "is_refused": result.is_refused, "is_clean": result.report.is_clean, **report_data(result.report),
        }  # fmt: skip


def examine(
    path: Path, symbol: str | None = None, timeframe: str | None = None, accept_partial: bool = False
) -> Iterator[FileWorth]:
    """Yield what every bar file of a folder, or one file, is worth. Raises Refused and DataRefused."""
    paths = bar_files(path)
    calendar = load_calendar()
    request = IngestRequest(symbol, timeframe, accept_partial=accept_partial)
    for each in paths:
        yield FileWorth(each, ingest(each, calendar, request))


def bar_files(path: Path) -> list[Path]:
    """Return the bar files of a path: itself, or a folder's CSV files that are no lists. Raises Refused."""
    if not path.is_dir():
        return [path]
    found = [each for each in sorted(path.glob("*.csv")) if not _is_list(each)]
    if not found:
        raise Refused("BARS_NONE", f"{path} holds no bar files", "name a folder of CSV files, or one file")
    return found


def _is_list(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(3) == b"#! "


def write_bars(worth: FileWorth, out: Path) -> Path:
    """Write the bars of a file in canonical form; return where."""
    target = out / f"{worth.path.stem}.csv"
    if target.resolve() == worth.path.resolve():
        raise Refused("OUT_IS_SOURCE", f"{target} would be overwritten by its own content", "name another --out folder")
    with target.open("w", encoding="utf-8", newline="") as stream:
        _write(stream, worth.result.bars)
    return target


def _write(stream: TextIO, bars: tuple[Bar, ...]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for bar in bars:
        numbers = (format_decimal(value) for value in (bar.open, bar.high, bar.low, bar.close, bar.volume))
        end = format_timestamp(bar.end_ts)
        writer.writerow((bar.symbol, bar.timeframe.value, end, *numbers, "true" if bar.is_complete else "false"))


def report_data(report: QualityReport) -> dict[str, Any]:
    """Return a quality report as JSON data."""
    return {
        "rows_read": report.rows_read, "rows_ok": report.rows_ok, "rows_rejected": report.rows_rejected,
        "series": [_series(asdict(series)) for series in report.series],
        "faults": [
            {"code": str(f.code), "what": f.what, "file": Path(f.where.file).name, "line": f.where.line,
             "column": f.where.column, "why": f.why, "help": f.help}
            for f in report.faults
        ],
        "findings": [
            {"symbol": f.symbol, "timeframe": f.timeframe.value, "end_ts": format_timestamp(f.end_ts),
             "state": f.state.value, "missing_bars": f.missing_bars, "is_outlier": f.is_outlier}
            for f in report.findings
        ],
    }  # fmt: skip


def _series(data: dict[str, Any]) -> dict[str, Any]:
    for name in ("first_end", "last_end"):
        at: Timestamp | None = data[name]
        data[name] = None if at is None else format_timestamp(at)
    return data

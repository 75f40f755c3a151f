"""Ingest of a bar file: text to bars, actions and a quality report, all or nothing unless asked."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path

from engine.integrity.verdict import FeedState
from engine.marketdata.bars_csv import split_bars
from engine.marketdata.corporate_actions import CorporateAction, action_order
from engine.marketdata.faults import Fault, FaultCode, Place, quoted
from engine.marketdata.normalise import (
    Context,
    is_symbol,
    normalise_actions,
    normalise_bar,
    normalise_day,
    parse_timeframe,
)
from engine.marketdata.quality import (
    BarQuality,
    Finding,
    QualityPolicy,
    QualityReport,
    SeriesReport,
    SeriesState,
    assess_bar,
)
from engine.marketdata.sequence import BatchSequence, SeriesKey
from engine.marketdata.session_grid import Hours, is_stale, trading_day
from engine.marketdata.text_file import SourceText, read_text
from engine.marketdata.vendor_csv import is_vendor_header, split_days
from engine.model.bar import Bar, Timeframe
from engine.model.calendar import SessionCalendar
from engine.model.ids import derived_id
from engine.model.time import Timestamp

BarKey = tuple[str, Timeframe, Timestamp]
_POLICY = QualityPolicy()


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """How a file is to be read.

    `symbol` and `timeframe` name a short-form file's series and restrict any other. `accept_partial`
    lets the sound rows through when others are refused. `as_of` is the instant staleness is judged
    at (none: not judged). `witness` holds bars of a second source.
    """

    symbol: str | None = None
    timeframe: str | None = None
    hours: Hours = Hours.REGULAR
    accept_partial: bool = False
    as_of: Timestamp | None = None
    policy: QualityPolicy = _POLICY
    witness: Mapping[BarKey, Bar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What a file yields.

    `bars` ascend by symbol, timeframe and closing time with `qualities` beside them, `actions` by
    day and symbol; `vendor_closes` are the vendor's own adjusted closes by bar. All are empty where
    the batch is refused; the report is complete either way.
    """

    ingest_id: str
    source: str
    sha256: str
    is_refused: bool
    bars: tuple[Bar, ...]
    qualities: tuple[BarQuality, ...]
    actions: tuple[CorporateAction, ...]
    vendor_closes: Mapping[BarKey, Fraction]
    report: QualityReport


def ingest(path: Path, calendar: SessionCalendar, request: IngestRequest | None = None) -> IngestResult:
    """Read a canonical, short or vendor file. Raises DataRefused where it cannot be read as text.

    A vendor file names no symbol: without one in the request its file name does.
    """
    asked = request or IngestRequest()
    return ingest_text(read_text(path), calendar, asked, path.stem.upper())


def ingest_text(
    source: SourceText,
    calendar: SessionCalendar,
    request: IngestRequest,
    stem: str = "",
) -> IngestResult:
    """Return what the text of a bar file yields; `stem` is a vendor file's symbol by default."""
    batch = _Batch(source, calendar, request)
    if not batch.is_request_sound():
        return batch.result()
    if is_vendor_header(source.text):
        batch.take_vendor(request.symbol or stem)
    else:
        batch.take_canonical()
    return batch.result()


class _Batch:
    """One pass over a file: rows in, accepted bars and faults out."""

    def __init__(self, source: SourceText, calendar: SessionCalendar, request: IngestRequest) -> None:
        timeframe = parse_timeframe(request.timeframe or "")
        self.source, self.calendar, self.request = source, calendar, request
        self.context = Context(source.name, calendar, request.hours)
        self.sequence = BatchSequence(source.name, request.symbol, timeframe)
        self.faults: list[Fault] = []
        self.rejected: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.refused_rows: Counter[tuple[str, str]] = Counter()
        self.rows_read = 0
        self.actions: dict[tuple[str, date, type], CorporateAction] = {}
        self.vendor_closes: dict[BarKey, Fraction] = {}

    def is_request_sound(self) -> bool:
        """Return whether the symbol and timeframe asked for exist at all; note a fault where not."""
        symbol, timeframe = self.request.symbol, self.request.timeframe
        place = Place(self.source.name, 0)
        if symbol is not None and not is_symbol(symbol):
            what = f"{quoted(symbol)} was asked for and is no symbol"
            self.faults.append(Fault(FaultCode.SYMBOL_FORM, what, place))
        if timeframe is not None and parse_timeframe(timeframe) is None:
            what = f"{quoted(timeframe)} was asked for and is no timeframe"
            self.faults.append(Fault(FaultCode.TIMEFRAME_UNKNOWN, what, place))
        return not self.faults

    def take_canonical(self) -> None:
        raw = split_bars(self.source, self.request.symbol, self.request.timeframe)
        self._take_unread(raw.faults, len(raw.rows))
        for row in raw.rows:
            bar = normalise_bar(row, self.context)
            if isinstance(bar, Bar):
                fault = self.sequence.admit(bar, row.line)
                bar = (fault,) if fault else bar
            if not isinstance(bar, Bar):
                self._refuse(row.symbol, row.timeframe, bar)

    def take_vendor(self, symbol: str) -> None:
        name = self.source.name
        if not is_symbol(symbol):
            what = f"{quoted(symbol)} is no symbol for the bars of this file"
            self.faults.append(Fault(FaultCode.SYMBOL_FORM, what, Place(name, 1)))
            return
        self.sequence.symbol = symbol
        raw = split_days(self.source)
        self._take_unread(raw.faults, len(raw.rows))
        for row in raw.rows:
            day = normalise_day(row, symbol, self.context)
            if isinstance(day, tuple):
                faults = day
            else:
                fault = self.sequence.admit(day.bar, row.line)
                faults = (fault,) if fault else ()
                if not faults:
                    key = day.bar.symbol, day.bar.timeframe, day.bar.end_ts
                    self.vendor_closes[key] = day.adjusted_close
            actions, _ = normalise_actions(row, symbol, self.context)
            faults = (*faults, *(fault for action in actions if (fault := self._note(action, row.line))))
            if faults:
                self._refuse(symbol, Timeframe.DAY_1, faults)

    def result(self) -> IngestResult:
        request, bars, qualities = self.request, [], []
        findings: list[Finding] = []
        reports: dict[tuple[str, str], SeriesReport] = {}
        actions = sorted(self.actions.values(), key=action_order)
        for key in sorted(self.sequence.bars):
            series = self.sequence.bars[key]
            verdicts = self._assess(series, [action for action in actions if action.symbol == key[0]])
            bars.extend(series)
            qualities.extend(verdicts)
            findings.extend(_findings(series, verdicts))
            reports[key] = self._report(key, series, verdicts)
        for text_key in sorted(self.refused_rows):
            if text_key not in reports:
                reports[text_key] = self._report(text_key, [], [])
        rows_ok = len(bars)
        report = QualityReport(
            self.rows_read,
            rows_ok,
            self.rows_read - rows_ok,
            tuple(reports[key] for key in sorted(reports)),
            tuple(self.faults),
            tuple(findings),
        )
        is_refused = bool(self.faults) and not request.accept_partial
        parts = (self.sequence.symbol or "", request.timeframe or "", request.hours, self.source.sha256)
        return IngestResult(
            derived_id("ingest", *parts),
            self.source.name,
            self.source.sha256,
            is_refused,
            () if is_refused else tuple(bars),
            () if is_refused else tuple(qualities),
            () if is_refused else tuple(actions),
            {} if is_refused else self.vendor_closes,
            report,
        )

    def _take_unread(self, faults: tuple[Fault, ...], rows: int) -> None:
        self.faults.extend(faults)
        is_row = [fault.code is FaultCode.ROW_WIDTH for fault in faults]
        self.rows_read += rows + sum(is_row)

    def _refuse(self, symbol: str, timeframe: str, faults: tuple[Fault, ...]) -> None:
        self.faults.extend(faults)
        known = parse_timeframe(timeframe)
        key = (symbol, str(known)) if is_symbol(symbol) and known else ("", "")
        self.refused_rows[key] += 1
        for code in sorted({fault.code.value for fault in faults}):
            self.rejected[key][code] += 1

    def _note(self, action: CorporateAction, line: int) -> Fault | None:
        key = action.symbol, action.day, type(action)
        known = self.actions.setdefault(key, action)
        if known == action:
            return None
        what = f"{action.day} has another {type(action).__name__.lower()} already"
        return Fault(FaultCode.ACTION_CONFLICT, what, Place(self.source.name, line))

    def _assess(self, series: list[Bar], actions: list[CorporateAction]) -> list[BarQuality]:
        state, verdicts, next_action = SeriesState(), [], 0
        for bar in series:
            until = next_action
            if next_action < len(actions):
                day = trading_day(self.calendar, bar.end_ts)
                while until < len(actions) and actions[until].day <= day:
                    until += 1
            witness = self.request.witness.get((bar.symbol, bar.timeframe, bar.end_ts))
            effective = actions[next_action:until]
            state, verdict = assess_bar(state, bar, self.calendar, self.request.policy, effective, witness)
            verdicts.append(verdict)
            next_action = until
        return verdicts

    def _report(
        self,
        key: SeriesKey | tuple[str, str],
        series: list[Bar],
        verdicts: list[BarQuality],
    ) -> SeriesReport:
        symbol, timeframe = key
        text_key = symbol, str(timeframe)
        states = Counter(verdict.state for verdict in verdicts)
        return SeriesReport(
            symbol,
            str(timeframe),
            len(series),
            self.refused_rows[text_key],
            tuple(sorted(self.rejected[text_key].items())),
            sum(verdict.missing_bars > self.request.policy.gap_tolerance for verdict in verdicts),
            sum(verdict.missing_bars for verdict in verdicts),
            sum(not bar.is_complete for bar in series),
            sum(verdict.is_outlier for verdict in verdicts),
            states[FeedState.DISAGREEMENT],
            self._is_stale(series),
            series[0].end_ts if series else None,
            series[-1].end_ts if series else None,
        )

    def _is_stale(self, series: list[Bar]) -> bool:
        as_of, late = self.request.as_of, self.request.policy.stale_after
        closed = [bar for bar in series[-2:] if bar.is_complete]
        if as_of is None or not closed:
            return False
        return is_stale(self.calendar, closed[-1].timeframe, closed[-1].end_ts, as_of, late)


def _findings(series: list[Bar], verdicts: list[BarQuality]) -> list[Finding]:
    return [
        Finding(
            bar.symbol,
            bar.timeframe,
            bar.end_ts,
            verdict.state,
            verdict.missing_bars,
            verdict.is_outlier,
        )
        for bar, verdict in zip(series, verdicts, strict=True)
        if verdict.state is not FeedState.CLEAN or verdict.is_outlier
    ]

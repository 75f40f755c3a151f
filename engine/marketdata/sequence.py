"""Order within a batch: one timeframe where one was asked for, each bar once, time ascending."""

from bisect import bisect_left
from dataclasses import dataclass, field

from engine.marketdata.faults import Fault, FaultCode, Place
from engine.model.bar import Bar, Timeframe
from engine.model.time import Timestamp, format_timestamp

SeriesKey = tuple[str, Timeframe]


@dataclass(slots=True)
class BatchSequence:
    """The bars of one batch accepted so far, by series. Only accepted bars count as seen."""

    file: str
    symbol: str | None = None
    timeframe: Timeframe | None = None
    bars: dict[SeriesKey, list[Bar]] = field(default_factory=dict)
    _ends: dict[SeriesKey, list[Timestamp]] = field(default_factory=dict)

    def admit(self, bar: Bar, line: int) -> Fault | None:
        """Add a bar, or return why it does not belong where it stands."""
        fault = self._refuse(bar, line)
        if fault is None:
            key = bar.symbol, bar.timeframe
            self.bars.setdefault(key, []).append(bar)
            self._ends.setdefault(key, []).append(bar.end_ts)
        return fault

    def _refuse(self, bar: Bar, line: int) -> Fault | None:
        if self.timeframe is not None and bar.timeframe is not self.timeframe:
            what = f"a {bar.timeframe} bar stands in a {self.timeframe} import"
            return Fault(FaultCode.TIMEFRAME_WRONG, what, Place(self.file, line, "timeframe"))
        if self.symbol is not None and bar.symbol != self.symbol:
            what = f"a bar of {bar.symbol} stands in an import of {self.symbol}"
            return Fault(FaultCode.SYMBOL_WRONG, what, Place(self.file, line, "symbol"))
        ends = self._ends.get((bar.symbol, bar.timeframe))
        if not ends or bar.end_ts > ends[-1]:
            return None
        name = f"{bar.symbol} {bar.timeframe} {format_timestamp(bar.end_ts)}"
        at = bisect_left(ends, bar.end_ts)
        if at < len(ends) and ends[at] == bar.end_ts:
            first = self.bars[bar.symbol, bar.timeframe][at]
            same = "with the same values" if first == bar else "with other values"
            what = f"{name} was already given, {same}"
            return Fault(FaultCode.DUPLICATE, what, Place(self.file, line, "end_ts"))
        what = f"{name} comes after {format_timestamp(ends[-1])}"
        return Fault(FaultCode.OUT_OF_ORDER, what, Place(self.file, line, "end_ts"))

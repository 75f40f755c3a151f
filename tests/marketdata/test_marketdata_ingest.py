"""Files to bars: every fault is a value with its place, and nothing is half applied unasked."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.marketdata.calendar import load_calendar
from engine.marketdata.corporate_actions import Dividend, Split
from engine.marketdata.faults import DataRefused, FaultCode
from engine.marketdata.ingest import IngestRequest, IngestResult, ingest, ingest_text
from engine.marketdata.quality import FeedState
from engine.marketdata.session_grid import Hours
from engine.marketdata.text_file import decode
from engine.model.bar import Bar, Timeframe
from engine.model.numbers import Price, Quantity
from engine.model.time import format_timestamp, parse_timestamp

XNYS = load_calendar()
CANONICAL = "symbol,timeframe,end_ts,open,high,low,close,volume,is_complete"
VENDOR = "date,open,high,low,close,volume,div_cash,split_factor,adj_close"
GOOD = "SPY,1D,2026-01-05T21:00:00Z,470,471.5,469.25,470.9,1000,true"
PARTIAL = IngestRequest(accept_partial=True)


def take(*lines: str, request: IngestRequest = PARTIAL, stem: str = "SPY") -> IngestResult:
    return ingest_text(decode("\n".join([*lines, ""]).encode(), "bars.csv"), XNYS, request, stem)


def codes(result: IngestResult) -> list[str]:
    return [fault.code for fault in result.report.faults]


def daily(day: str, close: str = "10", symbol: str = "SPY") -> str:
    return f"{symbol},1D,{day}T21:00:00Z,{close},{close},{close},{close},100,true"


def test_a_sound_row_becomes_exact_integers() -> None:
    result = take(CANONICAL, GOOD, request=IngestRequest())
    end = parse_timestamp("2026-01-05T21:00:00Z")
    assert result.bars == (
        Bar(
            "SPY",
            Timeframe.DAY_1,
            end,
            Price(470_000_000),
            Price(471_500_000),
            Price(469_250_000),
            Price(470_900_000),
            Quantity(1_000_000_000),
        ),
    )
    assert result.report.is_clean and not result.is_refused


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("symbol", "spy", "MD_SYMBOL_FORM"),
        ("symbol", "", "MD_SYMBOL_FORM"),
        ("symbol", "A\x1b[2J", "MD_SYMBOL_FORM"),
        ("timeframe", "4H", "MD_TIMEFRAME_UNKNOWN"),
        ("timeframe", "1M", "MD_TIMEFRAME_UNKNOWN"),
        ("end_ts", "2026-01-05 21:00:00", "MD_TIME_FORM"),
        ("end_ts", "1767646800", "MD_TIME_FORM"),
        ("end_ts", "2026-01-05T00:00:00Z", "MD_TIME_NOT_SESSION"),
        ("end_ts", "2026-01-10T21:00:00Z", "MD_TIME_NOT_SESSION"),
        ("end_ts", "2026-01-05T20:00:00Z", "MD_TIME_OFF_GRID"),
        ("end_ts", "2028-01-03T21:00:00Z", "MD_TIME_OUTSIDE_CALENDAR"),
        ("end_ts", "1970-01-05T21:00:00Z", "MD_TIME_OUTSIDE_CALENDAR"),
        ("open", "", "MD_PRICE_EMPTY"),
        ("open", "abc", "MD_PRICE_FORM"),
        ("open", "4.7e2", "MD_PRICE_FORM"),
        ("open", "+470", "MD_PRICE_FORM"),
        ("open", "NaN", "MD_PRICE_FORM"),
        ("open", "470.1234567", "MD_PRICE_DECIMALS"),
        ("open", "-470", "MD_PRICE_RANGE"),
        ("open", "0", "MD_PRICE_RANGE"),
        ("open", "10000001", "MD_PRICE_RANGE"),
        ("open", "472", "MD_OHLC"),
        ("open", "469", "MD_OHLC"),
        ("close", "471.500001", "MD_OHLC"),
        ("close", "469.249999", "MD_OHLC"),
        ("high", "469", "MD_OHLC"),
        ("volume", "-5", "MD_VOLUME_NEGATIVE"),
        ("volume", "", "MD_VOLUME_FORM"),
        ("volume", "1e9", "MD_VOLUME_FORM"),
        ("volume", "1000000000001", "MD_VOLUME_RANGE"),
        ("is_complete", "yes", "MD_COMPLETE_FORM"),
    ],
)
def test_each_fault_names_its_code_line_and_column(column: str, text: str, code: str) -> None:
    cells = dict(zip(CANONICAL.split(","), GOOD.split(","), strict=True)) | {column: text}
    result = take(CANONICAL, ",".join(cells.values()))
    assert codes(result) == [code]
    where = result.report.faults[0].where
    assert (where.file, where.line) == ("bars.csv", 2)
    assert where.column in ((column,) if code != "MD_OHLC" else (column, "high", "open", "close"))
    assert str(result.report.faults[0]).isprintable()
    assert result.bars == ()


@pytest.mark.parametrize("price", ["470.1", "470.100000", "470.1000000"])
def test_zeros_behind_the_sixth_place_are_no_fault(price: str) -> None:
    assert take(CANONICAL, GOOD.replace("470,471", f"{price},471")).bars[0].open == 470_100_000


def test_every_fault_of_a_row_is_told_at_once() -> None:
    result = take(CANONICAL, "spy,9D,yesterday,,x,1,-1,-2,maybe")
    assert codes(result) == [
        "MD_SYMBOL_FORM",
        "MD_TIMEFRAME_UNKNOWN",
        "MD_COMPLETE_FORM",
        "MD_PRICE_EMPTY",
        "MD_PRICE_FORM",
        "MD_PRICE_RANGE",
        "MD_VOLUME_NEGATIVE",
    ]
    assert result.report.rows_rejected == 1


def test_one_bad_row_refuses_the_batch_and_never_ends_it() -> None:
    lines = (CANONICAL, daily("2026-01-05"), daily("2026-01-06", ""), daily("2026-01-07"))
    strict = take(*lines, request=IngestRequest())
    assert strict.is_refused
    assert (strict.bars, strict.qualities, strict.actions) == ((), (), ())
    lenient = take(*lines)
    assert not lenient.is_refused
    assert len(lenient.bars) == 2
    assert strict.report == lenient.report
    assert (lenient.report.rows_read, lenient.report.rows_ok, lenient.report.rows_rejected) == (3, 2, 1)


def test_a_negative_volume_rejects_its_row_alone() -> None:
    bad = "BBB,1D,2024-02-16T21:00:00Z,10,10,10,10,-5,true"
    result = take(CANONICAL, daily("2024-02-16", symbol="AAA"), daily("2024-02-20", symbol="AAA"), bad)
    assert [series.symbol for series in result.report.series] == ["AAA", "BBB"]
    assert (result.report.rows_read, result.report.rows_ok, result.report.rows_rejected) == (3, 2, 1)
    assert result.report.series[1].rejected == (("MD_VOLUME_NEGATIVE", 1),)


def test_a_holiday_is_no_session_although_it_is_a_weekday() -> None:
    assert codes(take(CANONICAL, daily("2024-02-19"))) == ["MD_TIME_NOT_SESSION"]


@pytest.mark.parametrize(("second", "note"), [("10", "same values"), ("11", "other values")])
def test_the_second_of_two_equal_keys_is_a_duplicate(second: str, note: str) -> None:
    result = take(CANONICAL, daily("2026-01-05"), daily("2026-01-06"), daily("2026-01-05", second))
    assert codes(result) == [FaultCode.DUPLICATE]
    assert note in result.report.faults[0].what
    assert result.report.series[0].rows_ok == 2
    assert result.bars[0].close == 10_000_000


def test_descending_rows_are_out_of_order() -> None:
    result = take(CANONICAL, daily("2026-01-07"), daily("2026-01-06"), daily("2026-01-08"))
    assert codes(result) == [FaultCode.OUT_OF_ORDER]
    assert [format_timestamp(bar.end_ts)[:10] for bar in result.bars] == ["2026-01-07", "2026-01-08"]


def test_order_is_judged_within_a_series_only() -> None:
    result = take(CANONICAL, daily("2026-01-07"), daily("2026-01-06", symbol="QQQ"))
    assert codes(result) == []
    assert [bar.symbol for bar in result.bars] == ["QQQ", "SPY"]


def test_a_refused_row_does_not_count_as_seen() -> None:
    result = take(CANONICAL, daily("2026-01-05", "x"), daily("2026-01-05", "10"))
    assert codes(result) == [FaultCode.PRICE_FORM] * 4
    assert len(result.bars) == 1


def test_a_row_of_another_timeframe_or_symbol_is_refused() -> None:
    asked = replace(PARTIAL, timeframe="1m")
    assert codes(take(CANONICAL, GOOD, request=asked)) == [FaultCode.TIMEFRAME_WRONG]
    asked = replace(PARTIAL, symbol="QQQ")
    assert codes(take(CANONICAL, GOOD, request=asked)) == [FaultCode.SYMBOL_WRONG]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (IngestRequest(timeframe="4H"), FaultCode.TIMEFRAME_UNKNOWN),
        (IngestRequest(symbol="no good"), FaultCode.SYMBOL_FORM),
    ],
)
def test_a_request_that_names_nothing_real_is_refused(request_: IngestRequest, code: FaultCode) -> None:
    result = take(CANONICAL, GOOD, request=request_)
    assert codes(result) == [code]
    assert result.is_refused and result.bars == ()


@pytest.mark.parametrize("text", ["", "\n\n", "date,open\n", CANONICAL.replace("open", "opening")])
def test_an_unknown_header_yields_nothing(text: str) -> None:
    result = take(text)
    assert codes(result) == [FaultCode.HEADER]
    assert result.bars == ()


def test_the_short_form_needs_symbol_and_timeframe() -> None:
    lines = ("ts_close_utc,open,high,low,close,volume", "2026-01-05T15:00:00Z,1,1,1,1,1")
    assert codes(take(*lines)) == [FaultCode.HEADER]
    named = replace(PARTIAL, symbol="SPY", timeframe="1H")
    assert len(take(*lines, request=named).bars) == 1


def test_an_empty_batch_has_a_report_of_zeros() -> None:
    result = take(CANONICAL, request=IngestRequest())
    assert (result.report.rows_read, result.report.series, result.is_refused) == (0, (), False)


def test_a_row_of_the_wrong_width_is_counted_and_refused() -> None:
    result = take(CANONICAL, GOOD, "SPY,1D", f"{GOOD},extra")
    assert codes(result) == [FaultCode.ROW_WIDTH] * 2
    assert (result.report.rows_read, result.report.rows_ok) == (3, 1)


def test_a_broken_quote_ends_the_file_with_a_fault() -> None:
    result = take(CANONICAL, GOOD, '"SPY,1D')
    assert codes(result) == [FaultCode.CSV_FORM]
    assert len(result.bars) == 1
    assert take(CANONICAL, GOOD, '"SPY,1D', request=IngestRequest()).bars == ()


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    plain = take(CANONICAL, GOOD)
    raw = b"\xef\xbb\xbf" + f"{CANONICAL}\r\n{GOOD}\r\n".encode()
    assert ingest_text(decode(raw, "bars.csv"), XNYS, PARTIAL).bars == plain.bars
    vendor = b"\xef\xbb\xbf" + f"{VENDOR}\r\n2026-01-05,1,1,1,1,1,0,1,1\r\n".encode()
    assert len(ingest_text(decode(vendor, "x"), XNYS, PARTIAL, "SPY").bars) == 1


def test_the_id_comes_from_the_content_and_how_it_is_read(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (first, second):
        path.write_text(f"{CANONICAL}\n{GOOD}\n")
    assert ingest(first, XNYS).ingest_id == ingest(second, XNYS).ingest_id
    assert ingest(first, XNYS) == replace(ingest(second, XNYS), source=str(first))
    extended = IngestRequest(hours=Hours.EXTENDED)
    assert ingest(first, XNYS, extended).ingest_id != ingest(first, XNYS).ingest_id
    second.write_text(f"{CANONICAL}\n{GOOD.replace('1000', '1001')}\n")
    assert ingest(first, XNYS).ingest_id != ingest(second, XNYS).ingest_id


def test_a_vendor_file_is_named_by_its_file_and_so_is_its_id(tmp_path: Path) -> None:
    text = f"{VENDOR}\n2026-01-05,1,1,1,1,1,0,1,1\n"
    ids = set()
    for name in ("spy.csv", "QQQ.csv"):
        path = tmp_path / name
        path.write_text(text)
        result = ingest(path, XNYS)
        assert result.bars[0].symbol == name[:3].upper()
        ids.add(result.ingest_id)
    assert len(ids) == 2
    bad = tmp_path / "my bars.csv"
    bad.write_text(text)
    assert codes(ingest(bad, XNYS)) == [FaultCode.SYMBOL_FORM]


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cannot_be_read_is_refused_with_a_fault(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataRefused) as refused:
        ingest(tmp_path / name, XNYS)
    assert refused.value.faults[0].code is FaultCode.FILE_UNREADABLE


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(f"{CANONICAL}\n".encode() + b"SP\xe9\n")
    with pytest.raises(DataRefused) as refused:
        ingest(path, XNYS)
    fault = refused.value.faults[0]
    assert (fault.code, fault.where.line) == (FaultCode.FILE_ENCODING, 2)


def test_every_fault_code_says_why_it_matters_and_what_to_do() -> None:
    from engine.marketdata.faults import Fault, Place

    for code in FaultCode:
        fault = Fault(code, "x", Place("f", 1))
        assert fault.why and fault.help
        assert code.value == f"MD_{code.name}"


def test_a_vendor_day_ends_at_its_exchange_close_on_half_days_too() -> None:
    result = take(VENDOR, "2024-11-27,1,1,1,1,5,0.0,1.0,1", "2024-11-29,1,1,1,1,5,0.0,1.0,1")
    ends = [format_timestamp(bar.end_ts) for bar in result.bars]
    assert ends == ["2024-11-27T21:00:00Z", "2024-11-29T18:00:00Z"]
    assert result.actions == ()


def test_vendor_actions_are_exact_to_twelve_places() -> None:
    row = "2026-01-05,10,10,10,10,5,0.62495446,7.000007,9.123456789012"
    result = take(VENDOR, row)
    split, dividend = result.actions
    assert isinstance(split, Split) and isinstance(dividend, Dividend)
    assert split.factor * 1_000_000 == 7_000_007
    assert dividend.cash * 10**8 == 62_495_446
    assert next(iter(result.vendor_closes.values())) * 10**12 == 9_123_456_789_012
    assert str(split.day) == "2026-01-05"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2026-01-10,1,1,1,1,5,0,1,1", FaultCode.TIME_NOT_SESSION),
        ("20260105,1,1,1,1,5,0,1,1", FaultCode.TIME_FORM),
        ("2028-01-03,1,1,1,1,5,0,1,1", FaultCode.TIME_OUTSIDE_CALENDAR),
        ("2026-01-05,1,1,1,1,5,-0.1,1,1", FaultCode.DIVIDEND_FORM),
        ("2026-01-05,1,1,1,1,5,,1,1", FaultCode.DIVIDEND_FORM),
        ("2026-01-05,1,1,1,1,5,0,0,1", FaultCode.SPLIT_FORM),
        ("2026-01-05,1,1,1,1,5,0,-2,1", FaultCode.SPLIT_FORM),
        ("2026-01-05,1,1,1,1,5,0,1.0000000000001,1", FaultCode.SPLIT_FORM),
        ("2026-01-05,1,1,1,1,5,0,1,0", FaultCode.ADJUSTED_FORM),
        ("2026-01-05,1,1,1,1,5,0,1,", FaultCode.ADJUSTED_FORM),
        ("2026-01-05,1,1,2,1,5,0,1,1", FaultCode.OHLC),
    ],
)
def test_faults_of_vendor_rows_have_codes(row: str, code: FaultCode) -> None:
    result = take(VENDOR, row)
    assert codes(result) == [code]
    assert result.bars == ()


def test_a_split_survives_the_unreadable_prices_beside_it() -> None:
    result = take(VENDOR, "2026-01-05,10,10,10,10,5,0,1,10", "2026-01-06,,5,5,5,5,0.5,2,5")
    assert codes(result) == [FaultCode.PRICE_EMPTY]
    assert [type(action) for action in result.actions] == [Split, Dividend]
    assert take(*[VENDOR, "2026-01-06,,5,5,5,5,0.5,2,5"], request=IngestRequest()).actions == ()


def test_a_repeated_row_applies_its_split_once() -> None:
    row = "2026-01-06,5,5,5,5,5,0,2,5"
    result = take(VENDOR, row, row)
    assert codes(result) == [FaultCode.DUPLICATE]
    assert len(result.actions) == 1


def test_two_splits_told_for_one_session_are_a_conflict() -> None:
    result = take(VENDOR, "2026-01-06,5,5,5,5,5,0,2,5", "2026-01-06,5,5,5,5,5,0,3,5")
    assert codes(result) == [FaultCode.DUPLICATE, FaultCode.ACTION_CONFLICT]


def test_the_batch_carries_the_verdict_beside_each_bar() -> None:
    rows = [daily("2026-01-05"), daily("2026-01-06"), daily("2026-01-08"), daily("2026-01-09", "13")]
    result = take(CANONICAL, *rows, request=IngestRequest())
    states = [quality.state for quality in result.qualities]
    assert states == [FeedState.CLEAN, FeedState.CLEAN, FeedState.GAP, FeedState.OUTLIER]
    assert [quality.missing_bars for quality in result.qualities] == [0, 0, 1, 0]
    series = result.report.series[0]
    assert (series.gaps, series.missing_bars, series.outliers) == (1, 1, 1)
    assert not result.is_refused and not result.report.is_clean


def test_three_fridays_and_mondays_miss_the_sessions_between() -> None:
    # Fri 5 Jan, Mon 8 Jan, Fri 12 Jan 2024: three sessions are missing, none over the weekend.
    result = take(CANONICAL, daily("2024-01-05"), daily("2024-01-08"), daily("2024-01-12"))
    assert [quality.missing_bars for quality in result.qualities] == [0, 0, 3]


def test_a_split_day_is_no_outlier_and_the_same_drop_without_one_is() -> None:
    before = "2026-01-05,100,100,100,100,5,0,1,14.285714"
    after = "2026-01-06,14.29,14.29,14.29,14.29,5,0,{},14.29"
    split = take(VENDOR, before, after.format("7.000007"))
    assert [quality.state for quality in split.qualities] == [FeedState.CLEAN, FeedState.CLEAN]
    bare = take(VENDOR, before, after.format("1"))
    assert [quality.state for quality in bare.qualities] == [FeedState.CLEAN, FeedState.OUTLIER]


def test_an_incomplete_bar_is_counted_and_leaves_a_hole() -> None:
    forming = daily("2026-01-06").replace("true", "false")
    result = take(CANONICAL, daily("2026-01-05"), forming, daily("2026-01-07"))
    states = [quality.state for quality in result.qualities]
    assert states == [FeedState.CLEAN, FeedState.INCOMPLETE, FeedState.GAP]
    assert result.report.series[0].incomplete == 1


def test_a_second_source_that_tells_another_close_is_a_disagreement() -> None:
    first = take(CANONICAL, daily("2026-01-05", "500"), daily("2026-01-06", "500"))
    other = take(CANONICAL, daily("2026-01-05", "500"), daily("2026-01-06", "501"))
    witness = {(bar.symbol, bar.timeframe, bar.end_ts): bar for bar in other.bars}
    result = take(
        CANONICAL,
        daily("2026-01-05", "500"),
        daily("2026-01-06", "500"),
        request=IngestRequest(witness=witness),
    )
    assert first.report.is_clean
    assert [quality.state for quality in result.qualities] == [FeedState.CLEAN, FeedState.DISAGREEMENT]
    assert result.report.series[0].disagreements == 1


@pytest.mark.parametrize(
    ("as_of", "stale"),
    [("2026-01-06T21:02:00Z", False), ("2026-01-06T21:03:00Z", True)],
)
def test_staleness_is_judged_at_the_instant_handed_in(as_of: str, stale: bool) -> None:
    asked = IngestRequest(as_of=parse_timestamp(as_of))
    result = take(CANONICAL, daily("2026-01-05"), request=asked)
    assert result.report.series[0].is_stale is stale
    assert result.report.is_clean is not stale

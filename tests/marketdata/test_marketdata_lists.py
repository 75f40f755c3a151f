"""List files and the classification file: whole, accountable, or refused with every fault."""

import json
from pathlib import Path

import pytest

from engine.marketdata.classification import (
    COLUMNS,
    LARGEST,
    SECTORS,
    Classification,
    classify,
    read_classification,
)
from engine.marketdata.faults import DataRefused, Fault, FaultCode
from engine.marketdata.lists import NamedList, parse_list, read_list
from engine.marketdata.text_file import decode
from engine.model.instrument import AssetClass, Instrument
from engine.model.numbers import Price, Quantity
from engine.model.time import parse_timestamp

SPECS = Path(__file__).resolve().parents[2] / "specs"
HEAD = """\
#! list restricted v1
#! as_of 2026-01-05T12:00:00Z
#! owner ann
#! source desk memo 7
#! rows 2
"""
GOOD = HEAD + 'symbol,reason\nCHRL,mandate\nZULU,"inside, maybe"\n'
INSTRUMENT = "SPY,EQUITY,USD,ARCX,BROAD_INDEX,ssga,0.01,1,1,false"


def parsed(text: str) -> NamedList | tuple[Fault, ...]:
    return parse_list(decode(text.encode(), "list.csv"))


def codes(text: str) -> list[str]:
    result = parsed(text)
    assert isinstance(result, tuple)
    return [fault.code for fault in result]


def instruments(*rows: str) -> Classification | tuple[Fault, ...]:
    head = HEAD.replace("restricted", "instruments").replace("rows 2", f"rows {len(rows)}")
    listed = parsed("\n".join([head + ",".join(COLUMNS), *rows, ""]))
    assert isinstance(listed, NamedList)
    return classify(listed)


def test_a_list_is_read_whole() -> None:
    listed = parsed(GOOD)
    assert isinstance(listed, NamedList)
    assert (listed.name, listed.version, listed.owner, listed.source) == (
        "restricted",
        1,
        "ann",
        "desk memo 7",
    )
    assert listed.as_of == parse_timestamp("2026-01-05T12:00:00Z")
    assert listed.columns == ("symbol", "reason")
    assert listed.rows == (("CHRL", "mandate"), ("ZULU", "inside, maybe"))
    assert listed.column("symbol") == ("CHRL", "ZULU")
    assert GOOD.splitlines()[listed.line_of(1) - 1].startswith("ZULU")
    with pytest.raises(KeyError):
        listed.column("until")


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "restricted.csv"
    path.write_text(GOOD)
    first = read_list(path)
    path.write_text(GOOD.replace("mandate", "mandatE"))
    assert read_list(path).sha256 != first.sha256
    # sha256sum of the text, computed by coreutils.
    assert first.sha256 == "0fce6de92581e50440e39ff016645ede248f911cc26e88efb75d176f04b879ba"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("#! list restricted v1", "#! list Restricted v1", FaultCode.LIST_HEADER),
        ("#! list restricted v1", "#! list restricted", FaultCode.LIST_HEADER),
        ("2026-01-05T12:00:00Z", "2026-01-05", FaultCode.LIST_HEADER),
        ("#! owner ann\n", "", FaultCode.LIST_HEADER),
        ("#! owner ann", "#! owner ann bo", FaultCode.LIST_HEADER),
        ("#! source desk memo 7", "#! source ", FaultCode.LIST_HEADER),
        ("#! source desk memo 7\n", "#! source desk memo 7\x0b", FaultCode.LIST_HEADER),
        ("#! rows 2", "#! rows two", FaultCode.LIST_HEADER),
        ("#! rows 2", "#! rows 3", FaultCode.LIST_ROW_COUNT),
        ("#! rows 2", "#! rows 1", FaultCode.LIST_ROW_COUNT),
        ("CHRL,mandate\n", "", FaultCode.LIST_ROW_COUNT),
        ("symbol,reason", "Symbol,reason", FaultCode.LIST_COLUMNS),
        ("symbol,reason", "symbol,symbol", FaultCode.LIST_COLUMNS),
        ("CHRL,mandate", "CHRL", FaultCode.ROW_WIDTH),
        ("CHRL,mandate", "CHRL ,mandate", FaultCode.LIST_CELL),
        ("CHRL,mandate", "CHRL,man\x1bdate", FaultCode.LIST_CELL),
        ("CHRL,mandate", 'ZULU,"inside, maybe"', FaultCode.LIST_DUPLICATE),
        ("CHRL,mandate\n", "CHRL,mandate\n\n", FaultCode.CSV_FORM),
        ("CHRL,mandate", 'CHRL,"man\ndate"', FaultCode.CSV_FORM),
        ("CHRL,mandate", 'CHRL,"mandate', FaultCode.CSV_FORM),
    ],
)
def test_a_list_with_a_fault_is_no_list(old: str, new: str, code: FaultCode) -> None:
    assert GOOD.count(old) == 1
    assert code in codes(GOOD.replace(old, new))


def test_every_header_fault_is_told_at_once() -> None:
    assert codes("symbol\nA\n") == [FaultCode.LIST_HEADER] * 5
    assert codes("") == [FaultCode.LIST_HEADER] * 5


def test_an_empty_list_must_still_name_its_columns() -> None:
    empty = HEAD.replace("rows 2", "rows 0")
    assert codes(empty) == [FaultCode.LIST_COLUMNS]
    listed = parsed(empty + "symbol,reason\n")
    assert isinstance(listed, NamedList) and listed.rows == ()


def test_reading_raises_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("symbol\nA\n")
    with pytest.raises(DataRefused) as refused:
        read_list(path)
    assert len(refused.value.faults) == 5
    assert refused.value.faults[0].where.file == str(path)


def test_an_instrument_is_read_with_its_as_of() -> None:
    classified = instruments(INSTRUMENT, "ALFA,EQUITY,USD,XNYS,TECHNOLOGY,alfa,0.005,0.000001,100,true")
    assert isinstance(classified, Classification)
    assert list(classified.instruments) == ["ALFA", "SPY"]
    assert classified.as_of == parse_timestamp("2026-01-05T12:00:00Z")
    assert classified.instruments["ALFA"] == Instrument(
        "ALFA",
        AssetClass.EQUITY,
        "USD",
        "XNYS",
        "TECHNOLOGY",
        "alfa",
        Price(5_000),
        Quantity(1),
        100_000_000,
        True,
    )


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("symbol", "spy"),
        ("asset_class", "BOND"),
        ("currency", "usd"),
        ("venue", ""),
        ("sector", "TECH"),
        ("issuer", "a b"),
        ("tick", "0"),
        ("tick", "0.0000001"),
        ("lot", "-1"),
        ("lot", "1000000001"),
        ("multiplier", "x"),
        ("fractional", "yes"),
    ],
)
def test_a_field_outside_the_contract_is_refused_with_its_place(column: str, text: str) -> None:
    cells = dict(zip(COLUMNS, INSTRUMENT.split(","), strict=True)) | {column: text}
    faults = instruments(",".join(cells.values()))
    assert isinstance(faults, tuple)
    assert [(fault.code, fault.where.line, fault.where.column) for fault in faults] == [
        (FaultCode.INSTRUMENT_FIELD, 7, column)
    ]


def test_an_instrument_is_described_once() -> None:
    faults = instruments(INSTRUMENT, INSTRUMENT.replace("0.01", "0.05"))
    assert isinstance(faults, tuple)
    assert "twice" in faults[0].what


def test_another_list_is_no_classification(tmp_path: Path) -> None:
    path = tmp_path / "restricted.csv"
    path.write_text(GOOD)
    with pytest.raises(DataRefused, match="not list instruments v1"):
        read_classification(path)


def test_the_classification_follows_the_contract() -> None:
    schema = json.loads((SPECS / "instrument.schema.json").read_text())["properties"]
    assert list(SECTORS) == schema["sector"]["enum"]
    assert sorted(AssetClass) == sorted(schema["asset_class"]["enum"])
    assert sorted(COLUMNS) == sorted(schema)
    for column, largest in LARGEST.items():
        assert largest == int(schema[column]["x-maximum"]) * 1_000_000

"""Cells of maintained lists: each becomes the value its column declares, or the whole list is refused."""

from datetime import date

import pytest

from dsl import ir
from dsl.text import Span
from dsl.types import (
    BOOL,
    COUNT,
    DATE,
    QUANTITY,
    RATIO,
    SYMBOL,
    TEXT,
    TIME,
    TIMESTAMP,
    Kind,
    Type,
    enum,
    money,
    price,
    set_of,
)
from engine.facts.list_values import CellFault, stored_list
from engine.model.time import parse_timestamp

CELLS = [
    (COUNT, "12", 12), (COUNT, "0", 0), (QUANTITY, "1.5", 1_500_000), (money("USD"), "-3.000001", -3_000_001),
    (price("USD"), "10", 10_000_000), (RATIO, "0.2", 200_000), (RATIO, "20%", 200_000), (RATIO, "0.05%", 500),
    (SYMBOL, "BRK.B", "BRK.B"), (TEXT, "deal team", "deal team"), (BOOL, "true", True), (BOOL, "false", False),
    (DATE, "2026-02-28", date(2026, 2, 28).toordinal()), (TIME, "15:30", 55_800_000_000),
    (TIMESTAMP, "2026-01-05T21:00:00Z", parse_timestamp("2026-01-05T21:00:00Z")),
    (enum(("PERMITTED", "FORBIDDEN")), "PERMITTED", "PERMITTED"),
]  # fmt: skip
BROKEN = [
    (COUNT, "1.5"), (COUNT, ""), (COUNT, "1e3"), (QUANTITY, "1,000"), (QUANTITY, "0.0000001"), (money("USD"), "$5"),
    (RATIO, "20 %"), (RATIO, "0.00001%"), (SYMBOL, "aapl"), (SYMBOL, " AAPL"), (SYMBOL, "АAPL"), (SYMBOL, ""),
    (TEXT, ""), (BOOL, "yes"), (BOOL, "True"), (DATE, "2026-02-30"), (DATE, "01/02/2026"), (TIME, "24:00"),
    (TIME, "9:30"), (TIMESTAMP, "2026-01-05"), (enum(("PERMITTED",)), "permitted"),
]  # fmt: skip


def listed(kind: Type) -> ir.ListUse:
    return ir.ListUse("book.caps", "Caps", "file", "caps.csv", kind, None, 0, "risk", Span("x", 1, 1, 1, 1))


def records(**columns: Type) -> ir.ListUse:
    return listed(Type(Kind.LIST, fields=tuple(columns.items())))


@pytest.mark.parametrize(("kind", "text", "stored"), CELLS)
def test_a_cell_is_stored_as_its_column_declares(kind: Type, text: str, stored: object) -> None:
    (row,) = stored_list(records(cell=kind), ("cell",), ((text,),))
    assert row == {"cell": stored} and type(row["cell"]) is type(stored)


@pytest.mark.parametrize(("kind", "text"), BROKEN)
def test_a_cell_nobody_can_read_refuses_the_list(kind: Type, text: str) -> None:
    fine = next(text for known, text, _ in CELLS if known.kind is kind.kind and known.dimension == kind.dimension)
    with pytest.raises(CellFault) as caught:
        stored_list(records(cell=kind), ("cell",), ((fine,), (text,)))
    assert (caught.value.row, caught.value.column) == (1, "cell")


def test_columns_are_found_by_name_and_others_left_out() -> None:
    declared = records(symbol=SYMBOL, most=COUNT)
    rows = stored_list(declared, ("reason", "most", "symbol"), (("said so", "3", "AAA"),))
    assert list(rows) == [{"symbol": "AAA", "most": 3}]


def test_a_column_that_is_not_there_refuses_the_list() -> None:
    with pytest.raises(CellFault, match="no column most") as caught:
        stored_list(records(symbol=SYMBOL, most=COUNT), ("symbol", "Most"), (("AAA", "3"),))
    assert caught.value.row is None


def test_a_set_is_its_first_column_and_a_misspelt_symbol_restricts_nothing_so_that_it_refuses() -> None:
    assert stored_list(listed(set_of(SYMBOL)), ("symbol", "reason"), (("GME", "x"), ("AMC", ""))) == {"GME", "AMC"}
    with pytest.raises(CellFault):
        stored_list(listed(set_of(SYMBOL)), ("symbol",), (("GME",), ("amc",)))


def test_rows_are_found_by_their_key_columns() -> None:
    rows = stored_list(records(symbol=SYMBOL, most=COUNT), ("symbol", "most"), (("AAA", "3"), ("BBB", "4")))
    assert rows.under(("symbol",), ("BBB",)) == [{"symbol": "BBB", "most": 4}]

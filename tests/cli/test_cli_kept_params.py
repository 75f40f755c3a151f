"""Numbers kept in a reviewed list: the desk reads the version in force, and nothing that did not go through review."""

from tests.cli.test_cli_lists import carry, say
from tests.cli.test_cli_review import House, house, run_demo, start_demo

__all__ = ["house"]
RULES = """rulebook pre_trade.kept "Caps kept in a list"
calendar XNYS zone "America/New_York"
uses intent

list caps of record "Position caps" {
  from database "position_caps"
  column symbol: symbol
  column most: quantity
  column from_day: date
  column decided: text
  fresh 60 sessions
  at least 1 row
  owner risk
}

param most_shares: quantity within 1 share .. 100_000 shares tighter when lower per symbol
  from list caps column most dated from_day cited decided

## The list decides, symbol by symbol.
limit KEP-01 "Order size by the list" {
  on       pre_trade
  when     intent.increases_risk
  measure  intent.quantity
  reject   above most_shares as OVER_LIST
  cite     "Risk Policy 4.9"
  owner    risk
  because  "{intent.quantity} asked, {most_shares} allowed"
}

fixture base {
  intent.symbol = "AAPL", intent.quantity = 1 share,
  caps = [{symbol = "AAPL", most = 5 shares, from_day = 2026-01-01, decided = "x"}]
}

test "by the list" of KEP-01 {
  given base with intent.quantity = 5 shares expect allow
  given base with intent.quantity = 5.000001 shares expect reject OVER_LIST
  given base without caps expect reject FACT_MISSING
}
"""


DAYS = 12
"""Sessions until the demo's strategies have traded."""


def caps(house: House, most: str, since: str = "2026-01-01") -> object:
    path = house.folder / "position_caps.csv"
    symbols = sorted({p.stem for p in (house.folder / "bars").glob("[A-Z]*.csv")})
    rows = "".join(f"{symbol},{most},{since},Committee 1\n" for symbol in symbols)
    heads = ("list position_caps v1", "as_of 2026-01-02T21:00:00Z", "owner risk", "source test", f"rows {len(symbols)}")
    text = "".join(f"#! {head}\n" for head in heads) + "symbol,most,from_day,decided\n" + rows
    path.write_text(text, "utf-8")
    return path


def codes_of(result: dict[str, object]) -> dict[str, int]:
    return dict(result["codes"])  # type: ignore[call-overload]


def test_a_run_reads_the_version_in_force_and_a_new_version_changes_what_it_decides(mqk, house) -> None:
    (house.rules / "pre_trade" / "kept.rules").write_text(RULES, "utf-8")
    own = ("--rules", house.rules)
    ended = start_demo(mqk, house, *own)
    assert ended.code == 2 and "LIST_UNAVAILABLE" in ended.err and "position_caps" in ended.err

    carry(mqk, house, say(mqk, house, "propose", caps(house, "100000")), "rory", "rhea")
    wide, before, _ = run_demo(mqk, house, *own, sessions=DAYS)
    assert "OVER_LIST" not in codes_of(wide)
    carry(mqk, house, say(mqk, house, "propose", caps(house, "1")), "rory", "rhea")
    tight, after, _ = run_demo(mqk, house, *own, sessions=DAYS)
    assert codes_of(tight)["OVER_LIST"] > 0
    assert tight["run_id"] != wide["run_id"]
    assert before["inputs"]["lists"] != after["inputs"]["lists"]

    told = (mqk("why", number, "--db", house.database).out for number in range(1, 30))
    said = next(text for text in told if "OVER_LIST" in text)
    assert "1 share" in said


def test_a_cell_that_is_no_number_stops_the_run_by_name_and_place(mqk, house) -> None:
    (house.rules / "pre_trade" / "kept.rules").write_text(RULES, "utf-8")
    own = ("--rules", house.rules)
    start_demo(mqk, house, *own)
    carry(mqk, house, say(mqk, house, "propose", caps(house, "many")), "rory", "rhea")
    ended = start_demo(mqk, house, *own)
    assert ended.code == 2 and "LIST_CELL" in ended.err
    assert "position_caps:7, column most: 'many' is no quantity" in ended.err

"""`mqk rules limits`: everything in force on a date, where it comes from, what changes next and what runs out."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_cli_lists import carry, say
from tests.cli.test_cli_review import House, build, house, propose

__all__ = ["house"]
RULES = """rulebook pre_trade.numbers "Numbers"
calendar XNYS zone "America/New_York"
uses intent

list caps of record "Position caps" {
  from file "caps.csv"
  column symbol: symbol
  column most: quantity
  column from_day: date
  column decided: text
  fresh 2 sessions
  at least 1 row
  owner risk
}

param most_shares: quantity within 1 share .. 100 shares tighter when lower per symbol
  from list caps column most dated from_day cited decided

param max_orders: count within 1 .. 100 tighter when lower per strategy {
  "swing" always     = 5 cite "Risk Policy 3.1"
  "swing" 2026-06-01 = 5 cite "Risk Policy 3.2"
  "swing" 2026-07-01 = 4 cite "Risk Policy 3.3"
  "carry" 2026-05-01 = 9 cite "Risk Policy 3.4"
}

window asked = count of intent.proposed over 60 s per strategy

table slack "Room by kind of order" {
  given    intent.side
  gives    count
  cite     "Risk Policy 4.8"
  owner    risk
  row any = 3
  2026-09-01 cite "Risk Policy 4.9"
    row any = 2
}

limit KEP-01 "Order size by the list" {
  on       pre_trade
  needs    caps fresh 1 session
  measure  intent.quantity
  warn     above 12.5 shares
  reject   above most_shares as OVER_LIST
  cite     "Risk Policy 4.9"
  owner    risk
  because  "{intent.quantity} asked"
}

rule RAT-01 "Too many orders" {
  on       pre_trade
  mode     advisory
  effective from 2026-02-01 until 2026-12-31
  reject   when asked >= max_orders or asked > slack as TOO_MANY
  cite     "Risk Policy 3.1"
  owner    risk
  because  "{asked} in a minute"
}

rule OLD-01 "Over" {
  on       pre_trade
  effective until 2026-02-27
  reject   when intent.quantity > 7 shares as OVER
  cite     "Risk Policy 1"
  owner    risk
  because  "over"
}
"""
CAPS = """#! list caps v1
#! as_of 2026-03-02T14:30:00Z
#! owner risk
#! source test
#! rows 5
symbol,most,from_day,decided
AAPL,90,2025-01-01,Committee 1
AAPL,37,2026-02-01,Committee 2
AAPL,30,2026-04-01,Committee 3
MSFT,50,2026-04-01,Committee 3
ZULU,101,2025-01-01,Committee 1
"""


@pytest.fixture
def rules(tmp_path) -> Path:
    folder = tmp_path / "rules"
    (folder / "pre_trade").mkdir(parents=True)
    (folder / "lists").mkdir()
    (folder / "pre_trade" / "numbers.rules").write_text(RULES, "utf-8")
    (folder / "lists" / "caps.csv").write_text(CAPS, "utf-8")
    return folder


def report(mqk, *arguments: object):
    ended = mqk("rules", "limits", *arguments, "--format", "json")
    assert (ended.code, ended.err) == (0, ""), ended.err
    return json.loads(ended.out)


def line_of(text: str, whole: str = RULES) -> int:
    return whole[: whole.index(text)].count("\n") + 1


def test_every_param_is_there_with_the_line_its_number_stands_on(mqk, rules) -> None:
    found = {(row["param"], row["key"]): row for row in report(mqk, rules, "--at", "2026-03-02")["numbers"]}
    orders = "pre_trade.numbers.max_orders"
    swing = found[orders, "swing"]
    place = line_of('  "swing" always')
    assert (swing["value"], swing["since"], swing["origin"]) == ("5", "always", "rule file")
    assert swing["place"] == f"pre_trade/numbers.rules:{place}:3" and swing["cite"] == "Risk Policy 3.1"
    assert (swing["range"], swing["tighter"]) == ("1 .. 100", "when lower")
    assert {key for name, key in found if name == orders} == {"swing", "carry"}


def test_the_next_change_is_the_next_other_value_and_a_key_without_a_number_says_so(mqk, rules) -> None:
    found = {row["key"]: row for row in report(mqk, rules, "--at", "2026-03-02")["numbers"] if "orders" in row["param"]}
    assert found["swing"]["change"] == "4 from 2026-07-01"
    assert (found["carry"]["value"], found["carry"]["change"]) == ("none", "9 from 2026-05-01")
    later = {row["key"]: row for row in report(mqk, rules, "--at", "2026-07-01")["numbers"] if "orders" in row["param"]}
    assert [later[key]["value"] for key in ("swing", "carry")] == ["4", "9"]
    assert {row["change"] for row in later.values()} == {""}


def test_numbers_kept_in_a_list_are_there_row_by_row(mqk, rules) -> None:
    rows = report(mqk, rules, "--at", "2026-03-02")["numbers"]
    kept = {row["key"]: row for row in rows if row["param"] == "pre_trade.numbers.most_shares"}
    apple = kept["AAPL"]
    assert (apple["value"], apple["since"], apple["cite"]) == ("37 shares", "2026-02-01", "Committee 2")
    assert apple["change"] == "30 shares from 2026-04-01"
    assert re.fullmatch(r"list caps [0-9a-f]{12}", apple["origin"])
    assert apple["place"] == f"caps.csv:{line_of('AAPL,37', CAPS)}"
    assert (kept["MSFT"]["value"], kept["MSFT"]["change"]) == ("none", "50 shares from 2026-04-01")
    assert kept["ZULU"]["value"] == "101 shares (outside the range: unknown)"


def test_a_threshold_stands_as_written_with_its_value_and_what_ends_or_changes(mqk, rules) -> None:
    found = {(row["rule"], row["line"]): row for row in report(mqk, rules, "--at", "2026-03-02")["thresholds"]}
    assert set(found) == {("KEP-01", 1), ("KEP-01", 2), ("RAT-01", 1)}
    soft, hard, rate = found["KEP-01", 1], found["KEP-01", 2], found["RAT-01", 1]
    assert (soft["value"], soft["text"]) == ("12.5 shares", "warn above 12.5 shares")
    assert soft["place"] == f"pre_trade/numbers.rules:{line_of('  warn     above')}"
    assert (hard["value"], hard["reads"]) == ("", ["pre_trade.numbers.most_shares"])
    assert rate["mode"] == "advisory"
    assert rate["change"] == "ends after 2026-12-31; table slack changes on 2026-09-01"
    assert rate["windows"] == ["asked: count of intent.proposed over 1 min per strategy"]


def test_a_rule_that_begins_later_is_announced_and_one_that_ended_is_gone(mqk, rules) -> None:
    before = {row["rule"]: row for row in report(mqk, rules, "--at", "2026-01-31")["thresholds"]}
    assert before["RAT-01"]["change"].startswith("begins on 2026-02-01; ends after 2026-12-31")
    assert before["OLD-01"]["change"] == "ends after 2026-02-27"
    assert "OLD-01" in before
    assert "OLD-01" not in {row["rule"] for row in report(mqk, rules, "--at", "2026-02-28")["thresholds"]}


@pytest.mark.parametrize(
    ("day", "state"),
    [("2026-02-27", "later"), ("2026-03-02", "fresh"), ("2026-03-03", "stale"), ("2026-03-01", "fresh")],
)
def test_a_list_says_how_long_the_tightest_bound_lets_it_count(mqk, rules, day, state) -> None:
    (listed,) = report(mqk, rules, "--at", day)["lists"]
    assert (listed["state"], listed["good_until"]) == (state, "2026-03-02T21:00:00Z")
    assert listed["bounds"] == ["2 sessions", "1 session by KEP-01"] and listed["rows"] == 5


def test_a_list_good_for_hours_runs_out_during_the_session(mqk, rules) -> None:
    book = rules / "pre_trade" / "numbers.rules"
    book.write_text(RULES.replace("  needs    caps fresh 1 session\n", "").replace("fresh 2 sessions", "fresh 2 h"))
    (listed,) = report(mqk, rules, "--at", "2026-03-02")["lists"]
    assert (listed["state"], listed["good_until"]) == ("expires", "2026-03-02T16:30:00Z")


@pytest.mark.parametrize(
    ("text", "state", "why"),
    [(None, "absent", "there is no caps.csv"), (CAPS.replace("rows 5", "rows 4"), "refused", "LIST_REFUSED"),
     (CAPS.replace(",37,", ",many,"), "refused", "LIST_CELL caps.csv:8, column most")],
)  # fmt: skip
def test_a_list_that_cannot_be_read_is_told_and_takes_its_numbers_with_it(mqk, rules, text, state, why) -> None:
    path = rules / "lists" / "caps.csv"
    path.unlink() if text is None else path.write_text(text, "utf-8")
    told = report(mqk, rules, "--at", "2026-03-02")
    (listed,) = told["lists"]
    assert listed["state"] == state and why in listed["why"]
    assert [row["value"] for row in told["numbers"] if row["param"].endswith("most_shares")] == ["none"]


def test_text_and_rows_say_what_the_document_says(mqk, rules) -> None:
    whole = report(mqk, rules, "--at", "2026-03-02")
    rows = [json.loads(line) for line in
            mqk("rules", "limits", rules, "--at", "2026-03-02", "--format", "jsonl").out.splitlines()]  # fmt: skip
    assert [row["kind"] for row in rows] == ["number"] * 5 + ["threshold"] * 3 + ["list"]
    assert [{k: v for k, v in row.items() if k != "kind"} for row in rows if row["kind"] == "number"] == whole[
        "numbers"
    ]
    text = mqk("rules", "limits", rules, "--at", "2026-03-02").out
    for row in whole["numbers"]:
        assert re.search(rf"{re.escape(row['param'])} +{row['key']} +{re.escape(row['value'])} ", text)
    for row in whole["thresholds"]:
        assert row["text"] in text and row["place"] in text
    assert "2026-03-02T21:00:00Z  fresh" in text


def test_an_engine_tightens_names_its_layer_and_announces_what_it_will_tighten(mqk, house) -> None:
    profile = house.config / "risk_profiles" / "experimental_tier_B.yaml"
    dated = '"2000-01-01"'
    text = profile.read_text("utf-8")
    assert dated in text or "2000-01-01" in text
    profile.write_text(text.replace("2000-01-01", "2026-05-04", 1), "utf-8")
    own = ("--engine", "main", "--risk-profile", "experimental_tier_B", "--config", house.config)
    name = "pre_trade.exposure.max_position_share"

    def share(day: str) -> dict[str, str]:
        return next(row for row in report(mqk, "--at", day, *own)["numbers"] if row["param"] == name)

    before, after = share("2026-05-03"), share("2026-05-04")
    layer = after["origin"]
    assert layer.startswith("risk_profiles/experimental_tier_B.yaml:") and before["origin"] == "rule file"
    assert before["change"] == f"{after['value']} from 2026-05-04, {layer}"
    assert before["place"] == after["place"] and after["value"] != before["value"]


def test_a_database_says_what_is_in_force_there_and_which_approvals_run_out(mqk, house: House) -> None:
    proposal = propose(mqk, house, build(mqk, house, "b1"))
    edit = say(mqk, house, "add", "restricted", "GME", "--column", "reason=deal team")
    say(mqk, house, "approve", edit["proposal"], by="rory")
    told = report(mqk, house.rules, "--at", "2026-11-23", "--db", house.database)
    rows = {row["target"]: row for row in told["approvals"]}
    waiting, approved = rows["rules"], rows["list:restricted"]
    assert (waiting["proposal"], waiting["state"], waiting["given"]) == (proposal["proposal"], "PROPOSED", 0)
    assert (approved["state"], approved["given"], approved["quorum"]) == ("APPROVED", 1, 1)
    assert [row["target"] for row in told["approvals"]] == ["list:restricted", "rules"], "the first to run out first"
    assert approved["expires_at"] < waiting["expires_at"] and told["active"] == ""
    shown = mqk("rules", "limits", house.rules, "--at", "2026-11-23", "--db", house.database).out
    assert re.search(rf"{approved['proposal']} +list:restricted +1 +APPROVED +1 of 1 +{approved['expires_at']}", shown)


def test_a_list_of_the_database_is_read_from_the_version_in_force(mqk, house: House, rules) -> None:
    book = rules / "pre_trade" / "numbers.rules"
    book.write_text(RULES.replace('from file "caps.csv"', 'from database "caps"'), "utf-8")
    (alone,) = report(mqk, rules, "--at", "2026-03-02")["lists"]
    assert (alone["state"], alone["why"]) == ("absent", "a list of the database, and none was named")
    carry(mqk, house, say(mqk, house, "propose", rules / "lists" / "caps.csv"), "rory", "rhea")
    told = report(mqk, rules, "--at", "2026-03-02", "--db", house.database)
    assert told["lists"][0]["state"] == "fresh"
    assert [row["value"] for row in told["numbers"] if row["key"] == "AAPL"] == ["37 shares"]


def test_a_database_that_is_not_there_is_an_error_and_none_is_made(mqk, tmp_path) -> None:
    ended = mqk("rules", "limits", "--db", f"sqlite:///{tmp_path / 'no.db'}")
    assert ended.code == 2 and "DATABASE_NONE" in ended.err and not (tmp_path / "no.db").exists()

"""`mqk why` on a recorded run: values under what was written, whence every number, and what would have passed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.time import SECOND, format_timestamp
from tests.cli.conftest import AT, REFERENCE
from tests.cli.stream_script import intent, restate

RULES = """rulebook pre_trade.explained "Explained"
calendar XNYS zone "America/New_York"
uses intent, market

list caps of record "Position caps" {
  from file "caps.csv"
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

param max_orders: count within 1 .. 100 tighter when lower {
  always     = 5 cite "Risk Policy 3.1"
  2026-01-01 = 2 cite "Risk Policy 3.2"
}

table slack "Room by kind of order" {
  given    intent.type
  gives    ratio
  cite     "Risk Policy 4.8"
  owner    risk
  row LIMIT                      = 100%
  row in [MARKET, STOP, STOP_LIMIT] = 50%
}

window asked = count of intent.proposed over 60 s per strategy

let paid = if intent.type is MARKET then market.ask else intent.limit_price

limit KEP-01 "Order size by the list" {
  on       pre_trade
  when     intent.increases_risk
  measure  intent.quantity * (paid / 100.00 USD/share)
  reject   above most_shares * slack as OVER_LIST
  cite     "Risk Policy 4.9"
  owner    risk
  because  "{intent.quantity} asked, {most_shares} allowed"
}

rule RAT-01 "Too many orders" {
  on       pre_trade
  reject   when asked >= max_orders as TOO_MANY
  cite     "Risk Policy 3.1"
  owner    risk
  because  "{asked} in a minute, {max_orders} allowed"
}
"""
CAPS = """#! list caps v1
#! as_of 2026-03-02T14:30:00Z
#! owner risk
#! source test
#! rows 3
symbol,most,from_day,decided
AAPL,90,2025-01-01,Committee 1
AAPL,37,2026-02-01,Committee 2
ZULU,5,2025-01-01,Committee 1
"""
TREE = """\
    │            ╰ true
 {measure} │   measure  intent.quantity * (paid / 100.00 USD/share)
    │            ^^^^^^^^^^^^^^^    ^^^^
    │            ╰ 60 shares        ╰ 80.00 USD/share
 {line} │   reject   above most_shares * slack as OVER_LIST
    │                  ^^^^^^^^^^^   ^^^^^
    │                  ╰ 37 shares   ╰ 100%
"""
FIRST, SECOND_ORDER, THIRD = AT, AT + 10, AT + 20 * SECOND


class Desk:
    """A folder with the rules and the list; `record` judges a stream and keeps it, `verdict` only asks."""

    def __init__(self, mqk, folder: Path) -> None:
        self._mqk, self._folder = mqk, folder
        (folder / "rules" / "pre_trade").mkdir(parents=True)
        (folder / "lists").mkdir()
        (folder / "rules" / "pre_trade" / "explained.rules").write_text(RULES, "utf-8")
        (folder / "lists" / "caps.csv").write_text(CAPS, "utf-8")
        self.database = f"sqlite:///{folder / 'desk.db'}"

    def record(self, *orders: dict[str, object]) -> None:
        ended = self._decide(orders, "--db", self.database)
        assert ended.code == 1 and not ended.err, ended.err

    def verdict(self, *orders: dict[str, object]) -> str:
        """Return the verdict on the last order."""
        return str(json.loads(self._decide(orders, "--dry-run").out.splitlines()[-1])["verdict"])

    def why(self, order: str) -> str:
        ended = self._mqk("why", order, "--db", self.database)
        assert ended.code == 0, ended.err
        return str(ended.out)

    def why_data(self, order: str) -> dict[str, object]:
        return dict(json.loads(self._mqk("why", order, "--db", self.database, "--format", "json").out))

    def _decide(self, orders, *more: str):
        stream = self._folder / "stream.jsonl"
        lines = [*restate(AT, reference_age=REFERENCE), *orders]
        stream.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        own = ("--rules", self._folder / "rules", "--lists", self._folder / "lists")
        return self._mqk("decide", stream, *own, *more)


def big(quantity: str = "60") -> dict[str, object]:
    return intent("big", FIRST, quantity=quantity, limit_price="80")


@pytest.fixture
def desk(mqk, tmp_path) -> Desk:
    return Desk(mqk, tmp_path)


def walk(branch) -> Iterator[dict[str, str]]:
    yield branch
    for below in branch["branches"]:
        yield from walk(below)


def parts(told, name: str) -> dict[str, dict[str, str]]:
    """Return every branch of a part of the first finding by what was written."""
    return {one["text"]: one for part in told["findings"][0]["parts"] if part["name"] == name
            for one in walk(part["branch"])}  # fmt: skip


def test_values_stand_under_what_was_written_and_every_sub_expression_has_its_own(desk) -> None:
    desk.record(big())
    measure = RULES[: RULES.index("  measure")].count("\n") + 1
    assert TREE.format(measure=measure, line=measure + 1) in desk.why("big")
    measured = parts(desk.why_data("big"), "measure")
    assert {text: one["value"] for text, one in measured.items()} == {
        "intent.quantity * (paid / 100.00 USD/share)": "48 shares",
        "intent.quantity": "60 shares",
        "paid / 100.00 USD/share": "80%",
        "paid = if intent.type is MARKET then market.ask else intent.limit_price": "80.00 USD/share",
        "intent.type is MARKET": "false",
        "intent.type": "LIMIT",
        "intent.limit_price": "80.00 USD/share",
    }
    assert measured["intent.limit_price"]["unit"] == "price[USD]"


def test_a_number_kept_in_a_list_names_its_row_its_date_its_word_and_the_list(desk) -> None:
    desk.record(big())
    threshold = parts(desk.why_data("big"), "threshold")
    kept = threshold["pre_trade.explained.most_shares"]
    assert kept["value"] == "37 shares"
    row, _, heard = kept["origin"].partition("; ")
    assert row == 'row 2 of 3, for AAPL, since 2026-02-01, cite "Committee 2"'
    assert heard.startswith("list caps v1, ") and heard.endswith("as of 2026-03-02T14:30:00Z, 10 min old")
    assert kept["origin"] in desk.why("big")
    place = RULES[: RULES.index("  row LIMIT  ")].count("\n") + 1
    told = f'row LIMIT                      = 100%, always, cite "Risk Policy 4.8", pre_trade/explained.rules:{place}'
    assert threshold["pre_trade.explained.slack"]["origin"] == told


def test_a_dated_number_names_its_date_its_word_and_its_line(desk) -> None:
    desk.record(intent("a", FIRST), intent("b", SECOND_ORDER), intent("late", THIRD))
    place = RULES[: RULES.index("  2026-01-01 = 2")].count("\n") + 1
    condition = parts(desk.why_data("late"), "condition")
    told = f'since 2026-01-01, cite "Risk Policy 3.2", pre_trade/explained.rules:{place}:3'
    assert condition["pre_trade.explained.max_orders"]["origin"] == told


def test_the_size_that_is_said_to_pass_passes_and_one_more_does_not(desk) -> None:
    desk.record(big())
    told = desk.why_data("big")["flips"]
    assert told["size"] == "46" and "→ the largest size that passes is 46 shares\n" in desk.why("big")
    assert desk.verdict(big(told["size"])) == "allow"
    assert desk.verdict(big(str(int(told["size"]) + 1))) == "reject"


def test_the_time_that_is_said_to_pass_passes_and_a_microsecond_before_does_not(desk) -> None:
    asked = intent("a", FIRST), intent("b", SECOND_ORDER), intent("late", THIRD)
    desk.record(*asked)
    told = desk.why_data("late")["flips"]
    passes = SECOND_ORDER + 60 * SECOND
    assert (told["at"], told["is_first"], told["size"]) == (format_timestamp(passes), True, "0")
    assert f"→ passes from {told['at']}, 40 s later" in desk.why("late")
    assert desk.verdict(*asked, intent("again", passes)) == "allow"
    assert desk.verdict(*asked, intent("again", passes - 1)) == "reject"


def test_an_order_that_went_needs_no_change(desk) -> None:
    desk.record(big("1"), intent("a", SECOND_ORDER, quantity="60"))
    told = desk.why_data("big")
    assert (told["verdict"], told["changes"]) == ("allow", [])
    assert told["flips"] == {"size": "", "at": "", "is_first": False, "words": []}

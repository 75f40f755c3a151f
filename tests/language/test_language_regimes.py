"""Which regime judges an order follows from its date and what the broker says: `mqk decide` and text, no code."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.cli.main import run
from engine.marketdata.calendar import load_calendar
from engine.model.calendar import Session
from engine.model.time import MINUTE, format_timestamp
from engine.service.rule_files import load_bundle
from tests.cli.stream_script import COUNTED, event, fact, fill, intent, restate

CALENDAR = load_calendar()
REGIMES = yaml.safe_load((Path(__file__).parent / "regimes.yaml").read_text(encoding="utf-8"))
ORDERS = ("fourth", "thin", "uncounted")

DAY_TRADES = tuple(path for path in COUNTED if path.startswith("day_trades."))
Line = dict[str, Any]


def session_of(day: date) -> Session:
    session = CALENDAR.session_on(day)
    assert session is not None
    return session


def capital(dollars: str) -> dict[str, str]:
    return {f"account.{name}": dollars for name in ("equity", "equity_at_session_start", "hwm")}


ACCOUNTS: dict[str, dict[str, Any]] = {
    "fourth": COUNTED | capital("20000") | {"day_trades.count": 3},
    "thin": COUNTED | capital("520"),
    "uncounted": COUNTED | capital("20000") | dict.fromkeys(DAY_TRADES),
}


class Desk:
    """`mqk decide` over the shipped rules, on one day."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], day: date) -> None:
        self._folder, self._capsys, self._session = folder, capsys, session_of(day)
        heads = {"list": "restricted v1", "as_of": format_timestamp(self._session.open), "owner": "t", "source": "t"}
        text = "".join(f"#! {name} {value}\n" for name, value in (heads | {"rows": "1"}).items())
        (folder / "restricted.csv").write_text(f"{text}symbol,reason\nZULU,t\n", encoding="utf-8")

    @property
    def first(self) -> int:
        return int(self._session.open + 10 * MINUTE)

    def say(self, at: int, account: dict[str, Any], **more: Any) -> Iterator[Line]:
        """Yield everything known at `at`; what is kept for years is of a session long before it."""
        index = CALENDAR.sessions.index(self._session)
        yield from restate(at, reference_age=CALENDAR.sessions[index - 300].close, known=account)
        for path, value in more.items():
            yield fact(f"account.{path}", value, at)

    def decide(self, lines: list[Line]) -> dict[str, Line]:
        """Return the decision of every intent by its id."""
        stream = self._folder / "stream.jsonl"
        stream.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        self._capsys.readouterr()
        code = run(["decide", str(stream), "--lists", str(self._folder), "--dry-run", "--account", "ACC-1"])
        said = self._capsys.readouterr()
        assert code in (0, 1), said.err
        return {line["intent_id"]: line for line in map(json.loads, said.out.splitlines())}


def of_the_regimes(line: Line) -> set[tuple[str, str]]:
    """Return what the margin rules said of an order, by rule and code."""
    return {(one["rule"], one["code"]) for one in line["findings"] if one["rule"].startswith("MAR-")}


RULE_OF = {"PDT_OPEN_COULD_FORCE_4TH": "MAR-04", "FACT_MISSING": "MAR-04", "IML_BUFFER": "MAR-06"}


@pytest.fixture(autouse=True)
def _compiled_once(monkeypatch: pytest.MonkeyPatch, shipped_bundle: Any) -> None:
    monkeypatch.delenv("MQK_DATABASE", raising=False)
    monkeypatch.setattr("engine.service.stream_world.load_bundle", lambda path: shipped_bundle)


@pytest.fixture(scope="module")
def shipped_bundle() -> Any:
    return load_bundle()


def names(row: Line) -> str:
    return f"{row['day']} {row['adopted'] or 'not said'}"


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("row", REGIMES, ids=[names(row) for row in REGIMES])
def test_the_same_order_is_judged_by_the_regime_of_its_day_and_broker(
    row: Line, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, code = Desk(tmp_path, capsys, row["day"]), row[name]
    adopted = {"iml_adopted_on": row["adopted"].isoformat()} if row["adopted"] else {}
    answers = desk.decide([*desk.say(desk.first, ACCOUNTS[name], **adopted), intent("order", desk.first)])
    assert of_the_regimes(answers["order"]) == ({(RULE_OF[code], code)} if code else set())
    assert (answers["order"]["verdict"] == "reject") == bool(code), answers["order"]["findings"]


@pytest.mark.parametrize("row", REGIMES, ids=[names(row) for row in REGIMES])
def test_a_cash_account_is_under_neither_and_one_of_no_known_kind_under_all_that_may_be(
    row: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys, row["day"])
    cash = ACCOUNTS["fourth"] | {"account.kind": "CASH"}
    unknown = ACCOUNTS["fourth"] | {"account.kind": None}
    later = desk.first + MINUTE
    lines = [*desk.say(desk.first, cash), intent("cash", desk.first)]
    lines += [event("ORDER_CANCELED", desk.first, {"intent_id": "cash"})]
    lines += [*desk.say(later, unknown), intent("unknown", later)]
    answers = desk.decide(lines)
    assert answers["cash"]["verdict"] == "allow" and of_the_regimes(answers["cash"]) == set()
    assert answers["unknown"]["verdict"] == "reject"
    assert {code for _, code in of_the_regimes(answers["unknown"])} == {"FACT_MISSING"}


def test_what_the_broker_said_too_long_ago_is_not_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys, date(2026, 7, 1))
    index = CALENDAR.sessions.index(session_of(date(2026, 7, 1)))
    old = fact("account.iml_adopted_on", "2026-06-15", desk.first, CALENDAR.sessions[index - 401].close)
    lines = [*desk.say(desk.first, ACCOUNTS["fourth"]), old, intent("order", desk.first)]
    answer = desk.decide(lines)["order"]
    assert answer["verdict"] == "reject"
    assert of_the_regimes(answer) == {(rule, "FACT_STALE") for rule in ("MAR-04", "MAR-06", "MAR-07")}


def test_a_stop_that_makes_the_fourth_goes_and_nothing_opens_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys, date(2026, 6, 3))
    bought = ACCOUNTS["fourth"] | {"day_trades.count": 0}
    held = ACCOUNTS["fourth"] | {"day_trades.closing_adds": 1}
    later, last = desk.first + MINUTE, desk.first + 2 * MINUTE
    lines = [*desk.say(desk.first, bought), intent("entry", desk.first), fill("entry", desk.first, "1")]
    lines += [*desk.say(later, held), intent("stop", later, "t", side="SELL", type="STOP", stop_price="99")]
    lines += [*desk.say(last, bought), intent("next", last, "u", limit_price="99.5")]
    answers = desk.decide(lines)
    assert answers["entry"]["verdict"] == "allow"
    assert answers["stop"]["verdict"] == "flag"
    assert of_the_regimes(answers["stop"]) == {("MAR-04", "PDT_FOURTH_FORCED")}
    assert answers["next"]["verdict"] == "reject"
    assert {one["code"] for one in answers["next"]["findings"]} == {"POSTURE_REDUCE_ONLY"}


def test_a_choice_that_would_make_the_fourth_waits_for_a_risk_officer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys, date(2026, 6, 3))
    bought, held = (ACCOUNTS["fourth"] | {f"day_trades.{k}": v} for k, v in (("count", 0), ("closing_adds", 1)))
    later = desk.first + MINUTE
    lines = [*desk.say(desk.first, bought), intent("entry", desk.first), fill("entry", desk.first, "1")]
    lines += [*desk.say(later, held), intent("choice", later, side="SELL")]
    answer = desk.decide(lines)["choice"]
    assert answer["verdict"] == "hold" and of_the_regimes(answer) == {("MAR-04", "PDT_FOURTH")}


def test_a_freeze_holds_to_its_last_day_and_lets_out_what_reduces(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys, date(2027, 10, 21))
    later = desk.first + MINUTE
    lines = [*desk.say(desk.first, ACCOUNTS["fourth"]), intent("entry", desk.first), fill("entry", desk.first, "1")]
    lines += [*desk.say(later, ACCOUNTS["fourth"], freeze_until="2027-10-21"), intent("more", later)]
    lines += [intent("out", later, "t", side="SELL")]
    answers = desk.decide(lines)
    assert [answers[name]["verdict"] for name in ("entry", "more", "out")] == ["allow", "reject", "allow"]
    assert of_the_regimes(answers["more"]) == {("MAR-07", "FREEZE_90")}

"""`mqk decide`: one answer per intent, in order, and what stops a stream."""

import io
import json
import sqlite3
from pathlib import Path

import pytest

from engine.contracts import contract
from engine.model.time import MINUTE, format_timestamp
from engine.service.rule_files import load_bundle
from tests.cli.conftest import AT, REFERENCE
from tests.cli.stream_script import event, fact, fill, intent, restate


def written(path: Path, lines: list[object]) -> Path:
    rows = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    path.write_bytes(b"".join(row + b"\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def bundle():
    return load_bundle()


@pytest.fixture
def decide(mqk, tmp_path, lists, bundle, monkeypatch):
    # The same shipped rules every time: compiling them once is enough.
    monkeypatch.setattr("engine.service.stream_world.load_bundle", lambda path: bundle)

    def call(lines: list[object], *more: object):
        stream = written(tmp_path / "stream.jsonl", lines)
        target = more if "--db" in more else (*more, "--dry-run")
        return mqk("decide", stream, "--lists", lists, *target)

    return call


def verdicts(ended) -> list[tuple[str, str]]:
    return [(line["intent_id"], line["verdict"]) for line in map(json.loads, ended.out.splitlines())]


def test_every_intent_is_answered_in_order_and_any_reject_ends_with_one(decide, lines):
    ended = decide(lines)
    assert ended.code == 1
    assert verdicts(ended) == [
        ("entry", "allow"), ("huge", "reject"), ("claims", "reject"), ("exit", "allow"), ("cancel", "allow"),
        ("blind", "reject"),
    ]  # fmt: skip


def test_every_line_keeps_the_decision_contract(decide, lines):
    for line in decide(lines).out.splitlines():
        assert isinstance(contract("decision").parse(json.loads(line)), dict)


def test_no_reject_ends_with_zero(decide, lines):
    ended = decide(lines[:20])
    assert ended.code == 0 and verdicts(ended) == [("entry", "allow")]


def test_a_recorded_stream_gives_the_same_lines_and_explains_itself(decide, lines, mqk, tmp_path):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    recorded = decide(lines, "--db", url)
    assert recorded.out == decide(lines).out
    assert decide(lines, "--db", url).out == recorded.out
    status = mqk("run", "status", "--db", url, "--format", "json")
    runs = json.loads(status.out)
    assert [run["status"] for run in runs] == ["STOPPED", "STOPPED"] and len({run["run_key"] for run in runs}) == 2
    assert runs[0]["verdicts"] == {"allow": 3, "reject": 3}
    first = json.loads(recorded.out.splitlines()[1])
    by_number, by_intent = mqk("why", "2", "--db", url), mqk("why", "huge", "--db", url)
    assert by_number.code == 0 and by_number.out == by_intent.out == mqk("why", first["decision_id"], "--db", url).out
    assert "SIZE-01" in by_number.out
    assert "INTENT_INVALID" in mqk("why", "claims", "--db", url).out
    assert mqk("why", "7", "--db", url).code == 2
    assert mqk("audit", "verify", "--db", url).code == 0
    with sqlite3.connect(tmp_path / "desk.db") as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("decisions", "outbox")]
    connection.close()
    assert counts == [12, 0]


def test_an_allow_takes_room_from_the_lines_after_it(decide):
    asked = [*restate(AT, reference_age=REFERENCE)]
    asked += [intent(f"i{n}", AT, f"s{n}", quantity=str(240 + n)) for n in range(12)]
    said = [verdict for _, verdict in verdicts(decide(asked))]
    assert said[0] == "allow" and "allow" not in said[-3:]


def test_a_hold_takes_room_until_nobody_came(decide, mqk, tmp_path):
    later = AT + 10 * MINUTE + 1
    asked = [*restate(AT, reference_age=REFERENCE), intent("held", AT, quantity="340")]
    asked += [*restate(later, reference_age=REFERENCE), intent("after", later)]
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    ended = decide(asked, "--db", url)
    held, after = map(json.loads, ended.out.splitlines())
    assert (held["verdict"], after["verdict"]) == ("hold", "allow") and held["hold_id"]
    with sqlite3.connect(tmp_path / "desk.db") as connection:
        rows = connection.execute("SELECT intent_id, state FROM reservations ORDER BY intent_id").fetchall()
    connection.close()
    assert rows == [("after", "WORKING"), ("held", "RELEASED")]


def test_a_fill_moves_the_position_that_proves_a_later_exit(decide):
    entry = [*restate(AT, reference_age=REFERENCE), intent("entry", AT)]
    before = decide([*entry, intent("exit", AT, side="SELL")])
    after = decide([*entry, fill("entry", AT, "1"), intent("exit", AT, side="SELL")])
    assert [v for _, v in verdicts(before)] == ["allow", "reject"]
    assert [v for _, v in verdicts(after)] == ["allow", "allow"]


def test_a_fill_told_twice_is_booked_once(decide):
    entry = [*restate(AT, reference_age=REFERENCE), intent("entry", AT, quantity="2")]
    twice = [fill("entry", AT, "1"), fill("entry", AT, "1")]
    ended = decide([*entry, *twice, intent("exit", AT, side="SELL", quantity="2")])
    assert verdicts(ended)[1] == ("exit", "reject")


@pytest.mark.parametrize(
    ("line", "code", "names"),
    [
        (b"not json", "J0", ""),
        (b'{"v": 1, "type": "fact"}', "C0", ""),
        (b'{"v": 1, "type": "order"}', "STREAM_TYPE", "/type"),
        (b'{"v": 1, "v": 1, "type": "fact"}', "J0", ""),
        (fact("market.asks", "1", AT), "C015", "/path"),
        ({**fact("market.ask", "1", AT), "path": "projected.cash", "key": "ACC-1"}, "C010", "/path"),
        ({**fact("market.ask", "1", AT), "key": ["a", "b"]}, "C016", "/key"),
        (fact("market.ask", "1", AT - 1), "STREAM_AT", "/at"),
        (fact("market.ask", "1", AT + 10**15), "STREAM_AT", "/at"),
        (fill("first", AT, "5"), "EVENT_IMPOSSIBLE", "/payload"),
        (event("ORDER_SUBMITTED", AT, {"intent_id": "nobody"}), "EVENT_UNKNOWN_ORDER", "/payload/intent_id"),
        (event("ORDER_SUBMITTED", AT, {"order": 1}), "C003", "/payload/intent_id"),
        (event("CORPORATE_ACTION", AT, {}, "MARKET"), "EVENT_UNUSABLE", "/event_type"),
        (event("ORDER_FILLED", AT, {}, "RISK"), "C017", "/topic"),
        (b"\xff\xfe", "J002", ""),
        (b"[" * 100_000, "J0", ""),
        (b'"' + b"x" * 70_000 + b'"', "J001", ""),
    ],
)
def test_a_line_that_cannot_stand_stops_the_stream_after_what_came_before(decide, line, code, names):
    start = [*restate(AT, reference_age=REFERENCE), intent("first", AT)]
    ended = decide([*start, line, intent("never", AT)])
    assert ended.code == 2
    assert verdicts(ended) == [("first", "allow")]
    assert f"error[{code}" in ended.err and names in ended.err
    assert ":21:" in ended.err and "Traceback" not in ended.err


def test_an_intent_from_the_past_is_refused_at_the_streams_own_clock(decide):
    ended = decide([*restate(AT, reference_age=REFERENCE), intent("late", AT - 1)])
    answer = json.loads(ended.out)
    assert (answer["verdict"], answer["at"]) == ("reject", format_timestamp(AT))
    assert "/at:" in answer["findings"][0]["because"]


def test_another_account_or_engine_is_refused_and_named(decide):
    start = [*restate(AT, reference_age=REFERENCE), intent("first", AT)]
    ended = decide([*start, intent("a", AT, account="ACC-2"), intent("b", AT, engine="EXP")])
    reasons = [json.loads(line)["findings"][0]["because"] for line in ended.out.splitlines()[1:]]
    assert "/intent/account" in reasons[0] and "/intent/engine" in reasons[1]


def test_an_id_asked_twice_is_refused_under_an_id_of_its_own(decide):
    start = [*restate(AT, reference_age=REFERENCE), intent("same", AT)]
    answers = verdicts(decide([*start, intent("same", AT, quantity="3")]))
    assert answers[0] == ("same", "allow") and answers[1][1] == "reject" and answers[1][0] != "same"


def test_an_unfit_value_is_warned_about_and_held_as_invalid(decide):
    start = list(restate(AT, reference_age=REFERENCE))
    ended = decide([*start, fact("market.ask", "-1", AT), intent("i", AT)])
    assert "warning[C0" in ended.err and ended.code == 1
    said = [each for f in json.loads(ended.out)["findings"] for each in f.get("facts", ())]
    assert {"fact": "market.ask[AAPL]", "code": "FACT_INVALID"} in said


def test_a_fact_of_the_current_bar_without_its_bar_length_is_warned_about_and_invalid(decide):
    start = list(restate(AT, reference_age=REFERENCE))
    ended = decide([*start, fact("market.ask", "100.01", AT + 1, timeframe=None), intent("i", AT + 1)])
    assert "warning[STREAM_TIMEFRAME]" in ended.err and "timeframe" in ended.err
    said = [each for f in json.loads(ended.out)["findings"] for each in f.get("facts", ())]
    assert {"fact": "market.ask[AAPL]", "code": "FACT_INVALID"} in said


def test_hostile_text_reaches_no_terminal(decide):
    start = list(restate(AT, reference_age=REFERENCE))
    ended = decide([*start, intent("i", AT, symbol="A\u001b[31m\u202e"), {"type": "\u001b]0;x\u0007"}])
    assert "\u001b" not in ended.out + ended.err and "\u202e" not in ended.out + ended.err


def test_standard_input_is_read_where_no_file_is_named(mqk, lists, monkeypatch):
    lines = [*restate(AT, reference_age=REFERENCE), intent("i", AT)]

    class Stdin:
        buffer = io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines))

    monkeypatch.setattr("sys.stdin", Stdin())
    ended = mqk("decide", "--lists", lists, "--dry-run")
    assert ended.code == 0 and verdicts(ended) == [("i", "allow")]


def test_an_empty_stream_is_fine(decide):
    ended = decide([])
    assert (ended.code, ended.out, ended.err) == (0, "", "")


@pytest.mark.parametrize("more", [(), ("--dry-run", "--db", "sqlite:///x.db")])
def test_exactly_one_of_database_and_dry_run_is_asked_for(mqk, tmp_path, more):
    ended = mqk("decide", written(tmp_path / "s", []), *more)
    assert ended.code == 2 and "error[USAGE]" in ended.err

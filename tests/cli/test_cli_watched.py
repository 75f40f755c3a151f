"""A stream is watched too: ten rejects of the broker stop a strategy, and the run says so afterwards."""

import json

import pytest

from engine.model.time import MINUTE, SECOND
from tests.cli.conftest import AT, REFERENCE
from tests.cli.stream_script import event, fill, intent, restate, rules_that_permit_short_sales


def storm(count: int) -> list[object]:
    """Return a stream whose broker rejects `count` orders of one strategy, then two more orders are asked for."""
    lines: list[object] = [*restate(AT, reference_age=REFERENCE)]
    for n in range(count):
        lines.append(intent(f"o{n}", AT + n, quantity=str(n + 1), limit_price=f"100.{n:02d}"))
        lines.append(event("ORDER_REJECTED", AT + n, {"intent_id": f"o{n}", "code": "HALTED_VENUE"}))
    later = AT + 20 * SECOND
    lines.append(intent("same", later, quantity="3"))
    lines.append(intent("other", later, strategy="quiet", quantity="4"))
    return lines


def decided(ended) -> dict[str, tuple[str, list[str]]]:
    said = map(json.loads, ended.out.splitlines())
    return {line["intent_id"]: (line["verdict"], [f["code"] for f in line["findings"]]) for line in said}


def run_storm(mqk, lists, tmp_path, url: str, count: int):
    stream = tmp_path / "storm.jsonl"
    stream.write_text("".join(json.dumps(line) + "\n" for line in storm(count)), "utf-8")
    return mqk("decide", stream, "--lists", lists, "--db", url)


def test_the_tenth_reject_halts_the_strategy_and_no_other(mqk, lists, tmp_path, database_url) -> None:
    verdicts = decided(run_storm(mqk, lists, tmp_path, database_url, 10))
    assert verdicts["same"][0] == "reject" and verdicts["same"][1][0] == "POSTURE_HALTED"
    assert "POSTURE_HALTED" not in verdicts["other"][1]

    status = mqk("switch", "status", "--db", database_url, "--format", "json")
    assert status.code == 1
    (tripped,) = (line for line in json.loads(status.out) if line["state"] == "tripped")
    assert (tripped["rule"], tripped["key"], tripped["posture"]) == ("KIL-05", "s", "halted")
    assert tripped["why"] == "REJECT_STORM" and tripped["reset"] == "by 1 risk_officer within 15 min"

    tasks = mqk("run", "tasks", "--db", database_url)
    assert tasks.code == 0 and "Find out why s was rejected" in tasks.out and "operator" in tasks.out
    log = mqk("run", "watched", "--db", database_url, "--format", "json")
    what = [(line["what"], line["rule"]) for line in json.loads(log.out)]
    assert ("fired", "ATF-05") in what and ("alert", "ATF-05") in what
    assert what[what.index(("tripped", "KIL-05")) :][:3] == [
        ("tripped", "KIL-05"), ("cancel_working", "KIL-05"), ("alert", "KIL-05"),
    ]  # fmt: skip


def test_nine_rejects_warn_and_stop_nothing(mqk, lists, tmp_path, database_url) -> None:
    verdicts = decided(run_storm(mqk, lists, tmp_path, database_url, 9))
    assert "POSTURE_HALTED" not in verdicts["same"][1]
    status = mqk("switch", "status", "--db", database_url)
    assert status.code == 0 and "KIL-05 Reject storm" in status.out and "tripped" not in status.out
    assert "MANY_REJECTS" in mqk("run", "watched", "--db", database_url).out


def turns(count: int) -> list[object]:
    """Return a stream that buys, then crosses to the other side `count` times, then asks for more of what it holds."""
    lines: list[object] = [*restate(AT, reference_age=REFERENCE)]
    sides = ("BUY", "SELL")
    for n in range(count + 1):
        side, quantity, at = sides[n % 2], "2" if n else "1", AT + n * 11 * SECOND
        lines.append(intent(f"o{n}", at, side=side, quantity=quantity, limit_price=f"100.{n:02d}"))
        lines.append(fill(f"o{n}", at, quantity, side=side))
    lines.append(intent("more", AT + MINUTE, side=sides[count % 2], quantity="3"))
    return lines


@pytest.mark.parametrize(("count", "code"), [(2, None), (3, "POSTURE_REDUCE_ONLY")])
def test_a_strategy_that_turns_three_times_in_ten_minutes_waits(
    mqk, lists, tmp_path, database_url, count, code
) -> None:
    stream = tmp_path / "turns.jsonl"
    stream.write_text("".join(json.dumps(line) + "\n" for line in turns(count)), "utf-8")
    rules = rules_that_permit_short_sales(tmp_path)
    ended = mqk("decide", stream, "--rules", rules, "--lists", lists, "--db", database_url)
    verdict, codes = decided(ended)["more"]
    assert (codes[0] if verdict == "reject" else None) == code, ended.out
    log = mqk("run", "watched", "--db", database_url)
    assert ("FLIP_FLOP" in log.out) == (code is not None)


def test_a_run_nobody_made_is_named(mqk, tmp_path) -> None:
    ended = mqk("switch", "status", "nobody", "--db", f"sqlite:///{tmp_path / 'none.db'}")
    assert ended.code == 2 and "DATABASE_NONE" in ended.err

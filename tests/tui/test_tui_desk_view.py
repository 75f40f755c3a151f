"""The read side of screens: what the store holds, counted once, bounded, in a fixed order."""

import hashlib

import pytest

from engine.decision.explain import WhyMismatch
from engine.service.explanations import Explainer, NotExplained
from tests.explain.judged_desk import RUN
from tests.tui.stored_run import StoredRun


def test_news_come_once_and_in_order(live: StoredRun) -> None:
    follower = live.follow()
    assert follower.poll().decisions == ()
    for symbol in ("ALFA", "CHRL"):
        live.desk.judge(live.desk.intent("BUY", 10, symbol, "18.20" if symbol == "CHRL" else "52.00"))
    live.file()
    news = follower.poll()
    assert [(line.seq, line.verdict, line.code) for line in news.decisions] == [
        (1, "allow", ""), (2, "reject", "RESTRICTED_SYMBOL")
    ]  # fmt: skip
    again = follower.poll()
    assert again.decisions == () and again.verdicts == {"allow": 1, "reject": 1}
    assert again.violations == news.violations and again.limits == news.limits


def test_violations_count_findings_by_rule_and_code(played: StoredRun) -> None:
    expected: dict[tuple[str, str], int] = {}
    for record in played.desk.records:
        for finding in record["findings"]:
            key = (finding["rule"], finding["code"])
            expected[key] = expected.get(key, 0) + 1
    lines = played.follow().poll().violations
    assert {(line.rule, line.code): line.count for line in lines} == expected
    assert [line.count for line in lines] == sorted((line.count for line in lines), reverse=True)


def test_every_limit_in_force_is_listed_unknown_first_then_worst(played: StoredRun) -> None:
    limits = played.follow().poll().limits
    assert {line.rule for line in limits} == {
        "EXP-01", "EXP-02", "EXP-03", "EXP-04", "EXP-05", "EXP-06", "EXP-07", "LOSS-01", "LOSS-02", "MAR-06",
        "RATE-01", "RATE-02", "SIZE-01", "SIZE-02",
    }  # fmt: skip
    first = limits[0]
    assert (first.rule, first.key, first.state, first.permille) == ("LOSS-01", "ACC1", "unknown", None)
    assert first.unknown == ("account.pnl_today FACT_MISSING",) and first.measure == ""
    shares = [line.permille for line in limits if line.permille is not None]
    crossed = [line.permille for line in limits if line.state == "crossed"]
    assert shares[: len(crossed)] == sorted(crossed, reverse=True)  # type: ignore[type-var]
    assert shares[len(crossed) :] == sorted(shares[len(crossed) :], reverse=True)
    brvo = next(line for line in limits if (line.rule, line.key) == ("EXP-01", "BRVO"))
    assert (brvo.permille, brvo.measure, brvo.state) == (999, "19_999.50 USD", "near")


def test_a_limit_no_decision_applied_is_not_measured_and_has_no_share(live: StoredRun) -> None:
    live.desk.judge(live.desk.intent("BUY", 1, "ALFA", "52.00"))
    live.file()
    limits = {line.rule: line for line in live.follow().poll().limits}
    assert (limits["EXP-06"].state, limits["EXP-06"].permille) == ("unmeasured", None)
    assert limits["EXP-05"].state == "ok"


def test_a_clipped_order_uses_what_it_was_granted(live: StoredRun) -> None:
    live.desk.judge(live.desk.intent("BUY", 400, "ALFA", "52.00"))
    live.file()
    limits = {(line.rule, line.key): line for line in live.follow().poll().limits}
    assert limits["EXP-01", "ALFA"].measure == "19_968.00 USD" and limits["EXP-01", "ALFA"].state == "near"


def test_open_holds_orders_and_fills_are_shown(played: StoredRun) -> None:
    follower = played.follow()
    holds, book = follower.poll().holds, follower.book()
    assert [(hold.rule, hold.symbol, hold.wanted) for hold in holds] == [("INT-01", "BRVO", "1 risk_officer")]
    assert [order.symbol for order in book.orders] == ["ALFA", "DLTA", "BRVO", "ALFA"]
    assert [fill.quantity for fill in book.fills] == ["142", "30", "50"]


def test_runs_are_listed_and_an_unknown_one_is_refused(played: StoredRun) -> None:
    assert [(run.run_key, run.mode, run.status) for run in played.view().runs()] == [(RUN, "PAPER", "STOPPED")]
    with pytest.raises(NotExplained) as caught:
        played.view().follow("run_other.1")
    assert caught.value.code == "RUN_UNKNOWN"


def test_a_long_run_is_read_batch_by_batch(live: StoredRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.service.desk_view.BATCH", 3)
    for count in range(1, 8):
        live.desk.judge(live.desk.intent("BUY", count, "ALFA", "52.00"))
    live.file()
    follower = live.follow()
    looks = [follower.poll() for _ in range(3)]
    assert [len(news.decisions) for news in looks] == [3, 3, 1]
    assert [news.is_behind for news in looks] == [True, True, False]


def test_a_stored_decision_explains_itself(played: StoredRun) -> None:
    explainer = Explainer(played.database, lambda raw: ())
    for record in played.desk.records:
        explained = explainer.explain(RUN, record["decision_id"])
        assert (explained.decision_id, explained.verdict) == (record["decision_id"], record["verdict"])


def test_a_decision_that_is_not_there_is_said(played: StoredRun) -> None:
    with pytest.raises(NotExplained) as caught:
        Explainer(played.database, lambda raw: ()).explain(RUN, "dec_none")
    assert caught.value.code == "DECISION_UNKNOWN" and caught.value.help


def test_a_forged_record_is_refused_even_when_its_hash_was_made_to_fit(live: StoredRun) -> None:
    record = live.desk.judge(live.desk.intent("BUY", 10, "CHRL", "18.20"))
    record["findings"], record["verdict"], record["quantity"] = [], "allow", "10"
    live.file()
    with pytest.raises(WhyMismatch):
        live.view().follow(RUN).explain(record["decision_id"], 80)


def test_a_record_whose_bytes_do_not_have_their_hash_is_refused(
    live: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = live.desk.judge(live.desk.intent("BUY", 10, "CHRL", "18.20"))
    monkeypatch.setattr("tests.tui.stored_run.hash_of", lambda raw: hashlib.sha256(raw + b" ").hexdigest())
    live.file()
    with pytest.raises(NotExplained) as caught:
        live.view().follow(RUN).explain(record["decision_id"], 80)
    assert caught.value.code == "RECORD_ALTERED"

"""A candidate says of every recorded decision what the interpreter would say; what is not on record is unknown."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import engine.backtest.replay as replaying
from dsl.program import Overlay
from engine.backtest.changes import Kind
from engine.backtest.parquet import ParquetJournal
from engine.backtest.parquet_writer import ParquetWriter
from engine.backtest.records import recorded_from, verdict_of
from engine.backtest.replay import Replayed
from engine.backtest.settings import Settings
from engine.decision.decide import refuse
from engine.marketdata.calendar import load_calendar
from engine.model.order import IntentKind
from tests.backtest.desk_journal import (
    CONFIGURED,
    DeskJournal,
    candidate,
    desk_of_every_verdict,
    expected_signatures,
    journal_of,
    number,
    replay,
    rule,
    schemas,
)
from tests.explain.judged_desk import LISTED, JudgedDesk

TIGHTER = ("always = 30_000 USD", "always = 4_000 USD")
REVIEW = "pre_trade.size.review_order_notional"


@pytest.fixture(scope="module")
def desk() -> JudgedDesk:
    return desk_of_every_verdict()


@pytest.fixture(scope="module")
def journal(desk: JudgedDesk) -> DeskJournal:
    return journal_of(desk)


def in_parquet(journal: DeskJournal, folder: Path) -> ParquetJournal:
    writer = ParquetWriter(folder / "desk.parquet", Settings(journal.documents, lambda raw: ()))
    writer.add([recorded_from(r["decision_id"], r) for r in journal.records], journal.documents.get)
    writer.close()
    return ParquetJournal(folder / "desk.parquet")


def reasons(replayed: Replayed) -> dict[str, str]:
    return dict(replayed.gaps.counts.keys())


def test_the_rules_that_decided_change_nothing(journal: DeskJournal, desk: JudgedDesk) -> None:
    replayed = replay(journal, desk.bundle)
    assert replayed.changes.decisions == len(desk.records)
    assert replayed.changes.changed == 0 and not replayed.changes.rules and not replayed.changes.examples
    assert not replayed.gaps.counts and not replayed.missing
    said = Counter(verdict_of(old) for old, _ in expected_signatures(desk.records, desk.bundle))
    assert said == Counter({then: count for (then, _), count in replayed.changes.verdicts.items()})
    assert set(said) == {"allow", "warn", "flag", "reject"}


@pytest.mark.parametrize(
    "change",
    [
        TIGHTER,
        ("above max_order_notional", "at or above 1_000 USD"),
        ("reject   when intent.symbol in restricted", "warn     when intent.symbol in restricted"),
    ],
)
def test_a_candidate_says_what_the_interpreter_says(
    journal: DeskJournal, desk: JudgedDesk, change: tuple[str, str]
) -> None:
    bundle = candidate(change)
    pairs = expected_signatures(desk.records, bundle)
    replayed = replay(journal, bundle)
    verdicts = Counter((verdict_of(old), verdict_of(new)) for old, new in pairs)
    assert replayed.changes.verdicts == verdicts
    assert replayed.changes.changed == sum(count for (old, new), count in verdicts.items() if old != new) > 0
    newly: Counter[str] = Counter()
    for old, new in pairs:
        newly.update({one[0] for one in new} - {one[0] for one in old})
    assert {rule: counts[Kind.NEWLY] for rule, counts in replayed.changes.rules.items() if counts[Kind.NEWLY]} == newly


def test_a_rule_that_speaks_no_longer_and_one_that_speaks_otherwise_are_told_apart(journal: DeskJournal) -> None:
    gone = replay(journal, candidate(("symbol in restricted", "symbol in restricted and intent.quantity < 1 share")))
    assert dict(gone.changes.rules) == {"REST-01": Counter({Kind.NO_LONGER: 1})}
    renamed = replay(journal, candidate(("as RESTRICTED_SYMBOL", "as ON_THE_LIST")))
    assert dict(renamed.changes.rules) == {"REST-01": Counter({Kind.OTHERWISE: 1})}
    assert renamed.changes.changed == 0


def test_an_example_shows_the_order_and_both_findings(journal: DeskJournal, desk: JudgedDesk) -> None:
    replayed = replay(journal, candidate(TIGHTER), examples=1)
    for (rule_id, kind), found in replayed.changes.examples.items():
        assert len(found) == 1 and found[0].rule == rule_id and found[0].kind is kind
    (shown,) = replayed.changes.examples["SIZE-01", Kind.NEWLY]
    record = next(r for r in desk.records if r["decision_id"] == shown.decision_id)
    assert (shown.run, shown.seq, shown.order) == (record["run"], record["seq"], "BUY 100 ALFA LIMIT at 52")
    assert (shown.old_verdict, shown.new_verdict, shown.old) == ("allow", "hold", ())
    assert [(told.effect, told.code) for told in shown.new] == [("hold", "ORDER_REVIEW"), ("warn", "SIZE_01")]
    assert number(shown.new[0].measure) > number(shown.new[0].threshold) == 4_000
    assert "review begins at 4_000.00 USD" in shown.new[0].because


def test_no_examples_are_kept_when_none_are_wanted(journal: DeskJournal) -> None:
    assert not any(replay(journal, candidate(TIGHTER), examples=0).changes.examples.values())


@pytest.mark.parametrize("rows", [1, 2, 3, 1_000])
def test_the_size_of_a_block_changes_nothing(journal: DeskJournal, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = replay(journal, candidate(TIGHTER))
    monkeypatch.setattr(replaying, "BLOCK", rows)
    assert replay(journal, candidate(TIGHTER)).changes == whole.changes


def test_the_numbers_of_a_stated_day_apply_to_every_decision(journal: DeskJournal) -> None:
    dated = candidate(("always     = 50_000 USD", "always     = 1_000 USD"))  # 40_000 USD from 2026-09-01 on
    assert replay(journal, dated).changes.changed == 0
    early = replay(journal, dated, date(2026, 8, 31))
    assert early.changes.changed > 0 and "SIZE-01" in early.changes.rules
    of_day = candidate(extra=rule("reject when law_date < 2026-09-01"))
    assert "X-01" not in replay(journal, of_day).changes.rules
    assert replay(journal, of_day, date(2026, 8, 31)).changes.rules["X-01"] == {Kind.NEWLY: journal.total()}


def test_the_tightenings_of_the_recorded_configuration_stay_in_force(journal: DeskJournal, desk: JudgedDesk) -> None:
    overlay = Overlay(REVIEW, (), number("4000"), "2026-01-01", "Profile", "engine")
    tightened = replay(journal, desk.bundle, overlays=(overlay,))
    pairs = expected_signatures(desk.records, desk.bundle, (overlay,))
    assert tightened.changes.verdicts == Counter((verdict_of(old), verdict_of(new)) for old, new in pairs)
    assert tightened.changes.changed > 0


# ------------------------------------------------------------------------------------------ what is not held
def test_a_fact_no_record_holds_is_unknown_and_listed(journal: DeskJournal) -> None:
    bundle = candidate(extra=rule("reject when account.cash < 0 USD"))
    replayed = replay(journal, bundle)
    assert reasons(replayed) == {"account.cash": "the record does not hold it"}
    assert replayed.readers == {"account.cash": ("X-01",)}
    assert replayed.changes.undecided["X-01"] == journal.total()
    assert {one.new[0].code for one in replayed.changes.examples["X-01", Kind.NEWLY]} == {"FACT_MISSING"}


@pytest.mark.parametrize(
    ("line", "speaks"),
    [
        ('reject when intent.strategy is "mean_reversion"', True),
        ("reject when intent.leaves >= 1 share", True),
        ("reject when intent.time_in_force is DAY", True),
        ('reject when intent.principal is "strategy:mean_reversion"', True),
        ("reject when known(intent.stop_price)", False),
        ("reject when intent.kind is NEW and intent.engine is \"MAIN\"", True),
        ("reject when now < 2026-11-05T15:00:00Z", False),
        ("reject when now >= 2026-11-05T15:00:00Z", True),
    ],
)  # fmt: skip
def test_what_the_recorded_intent_and_instant_say_is_known(journal: DeskJournal, line: str, speaks: bool) -> None:
    replayed = replay(journal, candidate(extra=rule(line)))
    assert not replayed.gaps.counts and not replayed.changes.undecided["X-01"]
    newly = replayed.changes.rules["X-01"][Kind.NEWLY] if "X-01" in replayed.changes.rules else 0
    assert newly == (journal.total() if speaks else 0)


def test_what_is_not_proven_to_reduce_increases_risk_though_no_record_says_so(desk: JudgedDesk) -> None:
    """As from rules that never asked: the records lack the fact, the proof they hold gives it."""
    told = [{**r, "facts": [f for f in r["facts"] if f["path"] != "intent.increases_risk"]} for r in desk.records]
    replayed = replay(DeskJournal(told, journal_of(desk).documents), desk.bundle)
    assert not replayed.changes.rules and not replayed.gaps.counts


def test_what_a_replaced_order_had_filled_is_not_guessed(desk: JudgedDesk) -> None:
    replaced = {**desk.records[0], "intent": {**desk.records[0]["intent"], "kind": "REPLACE", "target": "int_1"}}
    journal = DeskJournal([desk.records[1], replaced], journal_of(desk).documents)
    replayed = replay(journal, candidate(extra=rule("reject when intent.leaves > 1_000_000 shares")))
    assert replayed.gaps.counts == {("intent.leaves", "what a replaced order had filled is not recorded"): 1}
    assert replayed.changes.undecided["X-01"] == 1


def test_what_is_proven_to_reduce_has_the_purpose_of_an_exit(journal: DeskJournal, desk: JudgedDesk) -> None:
    reducing = sum(
        fact.get("value") is True for r in desk.records for fact in r["facts"] if fact["path"] == "intent.reduces_only"
    )
    replayed = replay(journal, candidate(extra=rule("warn when intent.purpose is EXIT")))
    assert replayed.changes.rules["X-01"] == {Kind.NEWLY: reducing} and 0 < reducing < journal.total()


@pytest.mark.parametrize(
    ("change", "path", "why"),
    [
        (("over 60 s per strategy", "over 61 s per strategy"), "window:pre_trade.rate.allowed_in_minute",
         "the window is defined otherwise"),
        (('from file "restricted.csv"', 'from file "other.csv"'), "list:pre_trade.restricted.restricted",
         "the list is another one"),
    ],
)  # fmt: skip
def test_a_window_or_list_that_means_something_else_is_not_taken_for_the_old_one(
    journal: DeskJournal, change: tuple[str, str], path: str, why: str
) -> None:
    replayed = replay(journal, candidate(change))
    assert reasons(replayed) == {path: why}
    assert replayed.gaps.counts[path, why] == journal.total()


def test_a_window_moved_a_line_down_is_the_same_window(journal: DeskJournal) -> None:
    replayed = replay(journal, candidate(("window allowed_in_minute", "# the same\nwindow allowed_in_minute")))
    assert not replayed.gaps.counts and not replayed.changes.rules


def test_a_fact_of_another_type_or_key_is_not_taken_for_the_old_one(journal: DeskJournal) -> None:
    changed = schemas()
    changed["compliance"]["properties"]["shortable"] = {"x-unit": "bool", "x-key": "account"}
    changed["compliance"].pop("x-key", None)
    replayed = replay(journal, candidate(contracts=changed))
    assert reasons(replayed) == {"compliance.shortable": "it was recorded for another key"}


def test_a_value_outside_the_candidates_contract_is_invalid(journal: DeskJournal) -> None:
    changed = schemas()
    changed["intent"]["properties"]["quantity"]["x-maximum"] = "100"
    shown = replay(journal, candidate(contracts=changed), examples=50).changes
    codes = {told.code for found in shown.examples.values() for one in found for told in one.new if told.unknown}
    assert "FACT_INVALID" in codes


@pytest.mark.parametrize(("bound", "late"), [("59 s", 6), ("60 s", 0), ("61 s", 0)])
def test_freshness_is_worked_out_from_as_of_and_instant(bound: str, late: int) -> None:
    """The list is as of a minute before the first decision."""
    desk = JudgedDesk()
    for size in range(1, 7):
        desk.judge(desk.intent("BUY", size, "ALFA", "52.00"))
    tighter = candidate(("needs    restricted fresh 1 session", f"needs    restricted fresh {bound}"))
    replayed = replay(journal_of(desk), tighter)
    assert not replayed.gaps.counts
    assert replayed.changes.undecided["REST-01"] == late
    contract = replay(journal_of(desk), candidate(("  fresh 1 session\n", f"  fresh {bound}\n")))
    assert contract.changes.undecided["REST-01"] == late
    codes = {t.code for found in contract.changes.examples.values() for one in found for t in one.new}
    assert codes == ({"FACT_STALE"} if late else set())


def test_a_freshness_bound_the_record_cannot_prove_is_not_taken_for_met(journal: DeskJournal) -> None:
    line = rule("reject when market.ask < 0.01 USD/share", "  needs market.ask fresh current bar\n")
    replayed = replay(journal, candidate(extra=line))
    assert reasons(replayed) == {"market.ask": "whether it is within current bar cannot be told"}
    assert replayed.changes.undecided["X-01"] == journal.total()


def test_a_fact_found_late_then_is_late_now(tmp_path: Path) -> None:
    """The list is a minute old: good for its contract, late for a rule that wants it fresher."""
    strict = candidate(("needs    restricted fresh 1 session", "needs    restricted fresh 59 s"))
    desk = JudgedDesk(strict)
    record = desk.judge(desk.intent("BUY", 1, "ALFA", "52.00"))
    assert record["late"] and not any("unknown" in fact for fact in record["facts"])
    journal = journal_of(desk)
    for again in (journal, in_parquet(journal, tmp_path)):
        replayed = replay(again, strict)
        assert replayed.changes.verdicts == {("reject", "reject"): 1}
        assert not replayed.changes.rules and not replayed.gaps.counts


def test_a_mode_on_record_is_told_from_another() -> None:
    trial = candidate(('rule REST-01 "Restricted symbol" {', 'rule REST-01 "Restricted symbol" {\n  mode     trial'))
    desk = JudgedDesk(trial)
    assert desk.judge(desk.intent("BUY", 1, "CHRL", "18.20"))["verdict"] == "allow"
    assert not replay(journal_of(desk), trial).changes.rules
    enforced = replay(journal_of(desk), candidate())
    assert enforced.changes.verdicts == {("allow", "reject"): 1}
    assert dict(enforced.changes.rules) == {"REST-01": Counter({Kind.OTHERWISE: 1})}


@pytest.mark.parametrize("change", [None, TIGHTER, ("over 60 s per strategy", "over 61 s per strategy")])
def test_records_say_the_same_in_parquet(
    desk: JudgedDesk, journal: DeskJournal, change: tuple[str, str] | None, tmp_path: Path
) -> None:
    """Absent prices, lists by hash, stale facts and late checks among them."""
    bundle = candidate(change) if change else desk.bundle
    told, expected = replay(in_parquet(journal, tmp_path), bundle), replay(journal, bundle)
    assert (told.changes, told.gaps, told.missing) == (expected.changes, expected.gaps, expected.missing)


def test_a_reason_on_record_is_kept(desk: JudgedDesk, journal: DeskJournal) -> None:
    unknown = [r for r in desk.records if any("unknown" in fact for fact in r["facts"])]
    assert len(unknown) >= 2
    spread = replay(journal, candidate(("as WIDE_SPREAD", "as TOO_WIDE")), examples=50)
    assert not spread.gaps.counts


# ------------------------------------------------------------------------------------------ what is not at hand
def test_a_list_whose_content_is_gone_is_unknown(desk: JudgedDesk) -> None:
    replayed = replay(journal_of(desk, list=False), desk.bundle)
    path = "list:pre_trade.restricted.restricted"
    assert reasons(replayed) == {path: "its content is not at hand or cannot be read"}
    assert list(replayed.missing) == [f"{path} {LISTED[:12]}"]
    assert replayed.changes.undecided["REST-01"] > len(desk.records) / 2  # an exit is excepted before it is looked up


def test_a_list_that_is_not_of_the_candidates_type_is_unknown(journal: DeskJournal) -> None:
    numbers = candidate(
        ("list restricted of symbol", "list restricted of quantity"),
        ("intent.symbol in restricted", "intent.quantity in restricted"),
    )
    replayed = replay(journal, numbers)
    path = "list:pre_trade.restricted.restricted"
    assert reasons(replayed) == {path: "its content is not at hand or cannot be read"}
    said = replayed.missing[f"{path} {LISTED[:12]}"]
    assert "is no quantity" in said and "correct the list, or the rulebook" in said


def test_without_the_recorded_rules_windows_and_lists_are_unknown(desk: JudgedDesk) -> None:
    replayed = replay(journal_of(desk, bundle=False), candidate(TIGHTER))
    lost = {path for path, why in reasons(replayed).items() if why == "the rules it was recorded under are not at hand"}
    assert lost == {path for path in reasons(replayed) if path.startswith(("window:", "list:"))} and len(lost) == 4
    assert f"bundle {desk.bundle.hash[:12]}" in replayed.missing


def test_a_configuration_that_is_gone_is_said(desk: JudgedDesk) -> None:
    replayed = replay(journal_of(desk, config=False), desk.bundle)
    assert list(replayed.missing) == [f"configuration {CONFIGURED[:12]}"]


def test_decisions_no_rule_was_asked_about_are_counted_apart() -> None:
    own = JudgedDesk()
    own.judge(own.intent("BUY", 1, "ALFA", "52.00"))
    own.judge(own.intent("SELL", 1, "ALFA", kind=IntentKind.CANCEL, target="int"))
    intent = own.intent("BUY", 1, "ALFA", "52.00")
    own.keep(refuse(intent.quantity, "CONTRACT", "no"), intent)
    replayed = replay(journal_of(own), own.bundle)
    assert replayed.changes.decisions == 1
    assert replayed.changes.unjudged == {"cancel": 1, "refusal": 1}


def test_progress_reaches_the_total(journal: DeskJournal, desk: JudgedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "BLOCK", 3)
    ticks: list[tuple[int, Any]] = []
    settings = replaying.Settings(journal.documents, lambda raw: ())
    replay_ = replaying.Replay(desk.bundle, settings, load_calendar(), None, 0)
    replay_.run(journal, lambda done, total: ticks.append((done, total)))
    assert ticks[-1] == (journal.total(), journal.total()) and len(ticks) > 2

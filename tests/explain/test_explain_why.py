"""Why: the stored record alone explains the decision, and a record that is not true is refused."""

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from dsl.explain import Branch
from dsl.program import Overlay
from engine.decision.decide import refuse
from engine.decision.explain import Explanation, WhyMismatch, why
from engine.decision.outcome import Approved
from engine.decision.words import show_duration
from engine.model.order import IntentKind
from engine.model.time import DAY, HOUR, MINUTE, SECOND
from tests.explain.judged_desk import LISTED, RESTRICTED, JudgedDesk, every_verdict

LISTS = {LISTED: RESTRICTED}


@pytest.fixture
def desk() -> JudgedDesk:
    return JudgedDesk()


def explain(desk: JudgedDesk, record: dict[str, Any]) -> Explanation:
    return why(json.loads(json.dumps(record)), desk.bundle, desk.overlays, LISTS)


def leaves(branch: Branch) -> Iterator[Branch]:
    if not branch.branches:
        yield branch
    for child in branch.branches:
        yield from leaves(child)


def test_every_verdict_explains_itself_from_its_record(desk: JudgedDesk) -> None:
    verdicts = set()
    for record in every_verdict(desk):
        explained = explain(desk, record)
        verdicts.add(explained.verdict)
        assert explained.witnesses == tuple(record["witnesses"]) and len(explained.witnesses) == 22
        assert [(s.rule, s.line, s.code) for s in explained.findings] == [
            (f["rule"], f["line"], f["code"]) for f in record["findings"]
        ]
        assert [s.because for s in explained.findings] == [f["because"] for f in record["findings"]]
    assert verdicts == {"allow", "warn", "reject"}


def test_a_finding_names_file_line_source_values_and_the_origin_of_its_number(desk: JudgedDesk) -> None:
    spoken = explain(desk, desk.judge(desk.intent("BUY", 600, "DLTA", "77.10"))).findings
    cap = next(s for s in spoken if s.code == "MAX_ORDER_NOTIONAL")
    number = int(cap.place.rpartition(":")[2])
    line = next(line for line in cap.source if line.number == number)
    assert line.speaks and "reject   above max_order_notional" in line.text
    label = line.labels[0]
    assert line.text[label.column - 1 :].startswith("max_order_notional") and label.text == "40_000.00 USD"
    measure, threshold = cap.parts
    assert (measure.name, measure.branch.value) == ("measure", "46_260.00 USD")
    assert (threshold.name, threshold.branch.value) == ("threshold", "40_000.00 USD")
    assert threshold.branch.origin == (
        'since 2026-09-01, cite "Risk Committee 2026-08-27", rules/pre_trade/size.rules:8:3'
    )
    multiplier = next(leaf for leaf in leaves(measure.branch) if leaf.text == "instrument.multiplier")
    assert multiplier.origin == "instruments.csv [DLTA], as of 2026-01-04T23:00:00Z, 304 d 16 h old"


def test_a_tightened_number_names_its_layer() -> None:
    layer = "config/risk_profiles/b.yaml:3"
    overlay = Overlay("pre_trade.size.max_order_notional", (), Fraction(1_000), "2026-01-01", "Mandate B", layer)
    desk = JudgedDesk(overlays=(overlay,))
    record = desk.judge(desk.intent("BUY", 30, "ALFA", "52.00"))
    threshold = explain(desk, record).findings[0].parts[-1].branch
    assert threshold.value == "1_000.00 USD"
    assert threshold.origin == (
        f'since 2026-01-01, cite "Mandate B", {layer}; tightens 40_000.00 USD of rules/pre_trade/size.rules:8:3'
    )


def test_without_the_tightening_the_record_cannot_have_been_so() -> None:
    overlay = Overlay("pre_trade.size.max_order_notional", (), Fraction(1_000), "2026-01-01", "Mandate B", "layer")
    desk = JudgedDesk(overlays=(overlay,))
    record = desk.judge(desk.intent("BUY", 30, "ALFA", "52.00"))
    with pytest.raises(
        WhyMismatch, match=r"WHY_MISMATCH: dec_\w+: the findings stored as SIZE-01:3 MAX_ORDER_NOTIONAL"
    ):
        why(record, desk.bundle, (), LISTS)


def test_the_largest_passing_size_passes_and_one_more_does_not(desk: JudgedDesk) -> None:
    record = desk.judge(desk.intent("BUY", 1_200, "DLTA", "77.10"))
    assert explain(desk, record).changes[0] == "the largest size that passes is 259 shares"
    assert desk.judge(desk.intent("BUY", 260, "DLTA", "77.10"))["verdict"] == "clip"
    fresh = JudgedDesk()
    assert fresh.judge(fresh.intent("BUY", 259, "DLTA", "77.10"))["verdict"] in ("allow", "warn")


@pytest.mark.parametrize(
    ("side", "limit", "rule", "price"),
    [
        ("BUY", "81.55", "COL-01", "79.42"),
        ("SELL", "70.00", "COL-01", "74.78"),
        ("BUY", "77.104", "COL-03", "77.10"),
        ("BUY", "77.106", "COL-03", "77.11"),
    ],
)
def test_the_nearest_passing_price_passes_and_the_tick_beyond_does_not(
    desk: JudgedDesk, side: str, limit: str, rule: str, price: str
) -> None:
    desk.hold_position("DLTA", 500)

    def rules(at: str) -> set[str]:
        return {f["rule"] for f in desk.judge(desk.intent(side, 10, "DLTA", at))["findings"]}

    record = desk.judge(desk.intent(side, 10, "DLTA", limit))
    assert f"{rule} passes with the limit at {price} USD/share" in explain(desk, record).changes
    assert rule not in rules(price)
    if rule == "COL-01":
        beyond = Fraction(price) + Fraction(1 if side == "BUY" else -1, 100)
        assert rule in rules(f"{beyond.numerator * 100 // beyond.denominator / 100:.2f}")


def test_a_cap_on_value_promises_no_price(desk: JudgedDesk) -> None:
    explained = explain(desk, desk.judge(desk.intent("BUY", 600, "DLTA", "77.10")))
    assert not any("passes with the limit" in change for change in explained.changes)


def test_a_clip_shows_both_sizes_and_what_is_left_at_the_granted_one(desk: JudgedDesk) -> None:
    record = desk.judge(desk.intent("BUY", 400, "ALFA", "52.00"))
    explained = explain(desk, record)
    assert record["verdict"] == "clip" and explained.final is not None
    assert explained.changes == ("400 shares asked, 384 shares is the largest size that passes",)
    assert [s.code for s in explained.findings] == ["POSITION_CAP", "EXP_01"]
    assert [s.code for s in explained.final] == ["EXP_01"]
    assert explained.final[0].parts[0].branch.value == "19_968.00 USD"


def test_a_hold_says_for_whom_it_waits_and_an_approved_one_up_to_what(desk: JudgedDesk) -> None:
    desk.account("400000", "400000", "0")
    intent = desk.intent("BUY", 600, "ALFA", "52.00")
    held = desk.judge(intent)
    assert held["verdict"] == "hold"
    assert (
        explain(desk, held).findings[0].hold
        == "waits for 1 risk_officer within 10 min, until 2026-11-05T15:10:00Z; then it is rejected"
    )
    approval = Approved("SIZE-01", 2, Fraction(31_200), "")
    released = desk.judge(intent, (approval,))
    assert released["verdict"] == "warn"
    assert explain(desk, released).findings[0].hold == "approved up to 31_200.00 USD"


def test_an_unknown_fact_says_what_was_last_heard_and_that_no_size_passes(desk: JudgedDesk) -> None:
    desk.wait(6 * MINUTE)
    for symbol in ("ALFA",):
        desk.feed(symbol, "CLEAN")
    desk.account("100000", "100000", "0")
    explained = explain(desk, desk.judge(desk.intent("BUY", 10, "ALFA", "52.00")))
    stale = [fact for spoken in explained.findings for fact in spoken.unknown]
    assert {(fact.path, fact.reason) for fact in stale} == {
        ("market.ask", "FACT_STALE"), ("market.bid", "FACT_STALE"), ("reconcile.state", "FACT_STALE")
    }  # fmt: skip
    heard = {fact.path: fact.heard for fact in stale}["market.ask"]
    assert heard == "bar_quote [ALFA], as of 2026-11-05T15:00:00Z, 6 min old; good for current bar"
    assert explained.changes[0] == "no size passes while market.ask, market.bid, reconcile.state are unknown"
    assert all(s.change == "" for s in explained.findings if s.unknown)


def test_a_fact_nobody_gave_says_so(desk: JudgedDesk) -> None:
    desk.forget("account.hwm", "ACC1")
    explained = explain(desk, desk.judge(desk.intent("BUY", 10, "ALFA", "52.00")))
    assert explained.findings[0].unknown[0].heard == "nobody said [ACC1]"


def test_a_reducing_order_with_an_unknown_fact_is_told_as_spared(desk: JudgedDesk) -> None:
    desk.hold_position("ALFA", 100)
    desk.wait(6 * MINUTE)
    desk.feed("ALFA", "CLEAN")
    record = desk.judge(desk.intent("SELL", 50, "ALFA", "52.00"))
    explained = explain(desk, record)
    assert explained.verdict == "flag"
    assert explained.findings and all(s.is_spared for s in explained.findings)


def test_a_refusal_before_any_rule_is_explained_by_its_own_words(desk: JudgedDesk) -> None:
    intent = desk.intent("BUY", 10, "ALFA", "52.00")
    refused = desk.keep(refuse(intent.quantity, "CONTRACT_INVALID", "quantity is missing"), intent)
    explained = explain(desk, refused)
    assert explained.refusal == ("CONTRACT_INVALID", "quantity is missing")
    assert explained.findings == () and explained.changes == ()


def test_a_cancel_says_that_nothing_may_block_it(desk: JudgedDesk) -> None:
    record = desk.judge(desk.intent("BUY", 10, "ALFA", "52.00", kind=IntentKind.CANCEL, target="int_x"))
    assert explain(desk, record).changes == ("a cancel is never blocked: no rule was asked",)


def _fact(record: dict[str, Any], path: str) -> dict[str, Any]:
    found: dict[str, Any] = next(fact for fact in record["facts"] if fact["path"] == path)
    return found


def _forge(name: str, record: dict[str, Any]) -> None:
    """Change a record in one way that a person who hides something might."""
    match name:
        case "verdict":
            record["verdict"] = "allow"
        case "findings":
            record["findings"] = []
        case "because":
            record["findings"][0]["because"] = "somebody else's fault"
        case "threshold":
            record["findings"][0]["threshold"] = "1"
        case "witnesses":
            record["witnesses"] = record["witnesses"][1:]
        case "value":
            _fact(record, "projected.sector_notional")["value"] = "1"
        case "slot":
            record["facts"] = record["facts"][1:]
        case "bundle":
            record["bundle"] = "0" * 64


@pytest.mark.parametrize(
    ("forged", "what"),
    [
        ("verdict", "the verdict"), ("findings", "the findings"), ("because", "the findings"),
        ("threshold", "the findings"), ("witnesses", "the witnesses"), ("value", "the findings"),
        ("slot", "the facts"), ("bundle", "the rules' hash"),
    ],
)  # fmt: skip
def test_a_record_that_was_changed_is_refused(desk: JudgedDesk, forged: str, what: str) -> None:
    record = copy.deepcopy(desk.judge(desk.intent("BUY", 1_200, "DLTA", "77.10")))
    _forge(forged, record)
    with pytest.raises(WhyMismatch) as caught:
        explain(desk, record)
    assert caught.value.what == what


def test_a_clip_whose_granted_facts_were_changed_is_refused(desk: JudgedDesk) -> None:
    record = copy.deepcopy(desk.judge(desk.intent("BUY", 400, "ALFA", "52.00")))
    changed = next(fact for fact in record["granted"] if fact["path"] == "projected.position_notional")
    changed["value"] = "25000"
    with pytest.raises(WhyMismatch) as caught:
        explain(desk, record)
    assert caught.value.what == "the findings at the size granted"


def test_a_list_that_is_not_there_is_a_missing_document(desk: JudgedDesk) -> None:
    record = desk.judge(desk.intent("BUY", 10, "ALFA", "52.00"))
    with pytest.raises(KeyError):
        why(record, desk.bundle, (), {})


def test_another_list_than_the_one_judged_is_noticed(desk: JudgedDesk) -> None:
    record = desk.judge(desk.intent("BUY", 10, "CHRL", "18.20"))
    with pytest.raises(WhyMismatch):
        why(record, desk.bundle, (), {LISTED: frozenset()})


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0 s"), (250_000, "250 ms"), (SECOND, "1 s"), (90 * SECOND, "1 min 30 s"),
        (HOUR + 59 * SECOND, "1 h 59 s"), (2 * DAY + HOUR + MINUTE, "2 d 1 h"),
    ],
)  # fmt: skip
def test_durations_in_two_units(micros: int, text: str) -> None:
    assert show_duration(micros) == text

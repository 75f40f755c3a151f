"""The text of an explanation: labels stand under their words, nothing is wider than asked."""

import pytest

from engine.decision.explain import why
from engine.decision.source_lines import Label
from engine.service.display import display_width
from engine.service.why_text import carets, hang, render_why, why_lines
from tests.explain.judged_desk import LISTED, RESTRICTED, JudgedDesk, every_verdict

LISTS = {LISTED: RESTRICTED}
SECTOR = """\
✖ REJECT  BUY 1200 DLTA LIMIT at 77.1
  mean_reversion · asked 1200, granted 0 · 22 rules judged
"""
SOURCE = """\
 40 │ limit EXP-02 "Sector concentration" {
  ⋮ │
 42 │   when     intent.increases_risk and instrument.sector is not BROAD_INDEX
    │            ^^^^^^^^^^^^^^^^^^^^^     ^^^^^^^^^^^^^^^^^
    │            ╰ true                    ╰ HEALTH_CARE
 43 │   measure  projected.sector_notional
    │            ^^^^^^^^^^^^^^^^^^^^^^^^^
    │            ╰ 92_520.00 USD
  ⋮ │
 45 │   reject   above max_sector_share * account.equity as SECTOR_CAP
    │                  ^^^^^^^^^^^^^^^^   ^^^^^^^^^^^^^^
    │                  ╰ 40%              ╰ 100_000.00 USD
  measured projected.sector_notional = 92_520.00 USD  (from the book)
  above max_sector_share * account.equity = 40_000.00 USD
  ├─ pre_trade.exposure.max_sector_share = 40%  (always, cite "Risk Policy 5.2",
  │     rules/pre_trade/exposure.rules:9:3)
  └─ account.equity = 100_000.00 USD  (ledger [ACC1], as of
        2026-11-05T15:00:00Z, 0 s old)
"""


@pytest.fixture
def reject() -> str:
    desk = JudgedDesk()
    return render_why(why(desk.judge(desk.intent("BUY", 1_200, "DLTA", "77.10")), desk.bundle, (), LISTS), 80)


def test_a_reject_reads_from_verdict_to_counterfactual(reject: str) -> None:
    assert reject.startswith(SECTOR)
    assert SOURCE in reject
    assert reject.endswith("→ the largest size that passes is 259 shares\n")


def test_lines_of_one_rule_below_the_strongest_are_told_in_short(reject: str) -> None:
    assert reject.count('limit SIZE-01 "Order notional" {') == 1
    assert "▲ WARN SIZE-01 SIZE_01 Order notional\n  above 80% of review_order_notional = 24_000.00 USD\n" in reject


@pytest.mark.parametrize("width", [40, 57, 80, 120])
def test_no_line_is_wider_than_asked(width: int) -> None:
    desk = JudgedDesk()
    records = list(every_verdict(desk))
    desk.forget("market.ask", "ALFA")
    records.append(desk.judge(desk.intent("BUY", 10, "ALFA", "52.00")))
    for record in records:
        for line in why_lines(why(record, desk.bundle, (), LISTS), width):
            assert display_width(line.text) <= width, line
            assert line.text == line.text.rstrip()


def test_without_a_width_source_lines_stay_whole() -> None:
    desk = JudgedDesk()
    text = render_why(why(desk.judge(desk.intent("BUY", 10, "DLTA", "90.00")), desk.bundle, (), LISTS))
    assert "intent.limit_price > market.ask * (100% + collar) as COLLAR_BUY" in text


def test_the_same_explanation_is_the_same_text() -> None:
    texts = set()
    for _ in range(2):
        desk = JudgedDesk()
        record = desk.judge(desk.intent("BUY", 1_200, "DLTA", "77.10"))
        texts.add(render_why(why(record, desk.bundle, (), LISTS), 80))
    assert len(texts) == 1


def test_an_allow_names_the_rules_that_were_asked() -> None:
    desk = JudgedDesk()
    text = render_why(why(desk.judge(desk.intent("BUY", 1, "ALFA", "52.00")), desk.bundle, (), LISTS), 80)
    assert "22 rules judged" in text and "no rule objects: COL-01, COL-02" in text


def test_one_unknown_fact_that_silences_two_lines_of_a_rule_is_told_once() -> None:
    desk = JudgedDesk()
    desk.forget("account.pnl_today", "ACC1")
    text = render_why(why(desk.judge(desk.intent("BUY", 1, "ALFA", "52.00")), desk.bundle, (), LISTS), 80)
    assert text.count("? account.pnl_today is unknown: FACT_MISSING; nobody said [ACC1]") == 1
    assert "the same keeps line 18 from being judged" in text


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ([(2, "a")], ["  ╰ a"]),
        ([(0, "a"), (5, "b")], ["╰ a  ╰ b"]),
        ([(0, "long value"), (5, "b")], ["│    ╰ b", "╰ long value"]),
        ([(0, "aa"), (4, "bbbb"), (8, "c")], ["│   │   ╰ c", "│   ╰ bbbb", "╰ aa"]),
        ([(18, "wide")], ["              ╰ wide"]),
        ([], []),
    ],
)
def test_labels_hang_under_their_columns(labels: list[tuple[int, str]], rows: list[str]) -> None:
    assert hang([Label(column, text) for column, text in labels], 20) == rows


@pytest.mark.parametrize(
    ("labels", "row"),
    [
        ([(2, 3)], "  ^^^"),
        ([(0, 2), (4, 9)], "^^  ^^^^"),
        ([(0, 8), (2, 3)], "--^^^---"),
    ],
)
def test_carets_mark_what_a_value_is_the_value_of(labels: list[tuple[int, int]], row: str) -> None:
    assert carets([Label(column, "", width) for column, width in labels], 8) == row


def test_hostile_words_in_a_refusal_reach_no_terminal() -> None:
    from engine.decision.decide import refuse

    desk = JudgedDesk()
    intent = desk.intent("BUY", 1, "ALFA", "52.00")
    record = desk.keep(refuse(intent.quantity, "ENGINE_FAULT", "bad \x1b[2J \u202e text"), intent)
    text = render_why(why(record, desk.bundle, (), LISTS), 80)
    assert "\x1b" not in text and "\u202e" not in text and "bad �[2J � text" in text

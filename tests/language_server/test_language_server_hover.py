"""What is shown where somebody points: types, units, the number in force and who decided it, over a real client."""

from pathlib import Path

import pytest
from lsprotocol import types as lsp

from tests.language_server.conftest import CAP, ORDERS, STORM, TODAY
from tests.language_server.editor import Editor, part


def hover(editor: Editor, name: str, mark: str, inside: int = 0) -> tuple[str, str]:
    """Return the stretch that is told of, and what is said."""
    document, position = editor.at(name, mark, inside)
    told = editor.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(document, position))
    assert isinstance(told, lsp.Hover) and told.range is not None and isinstance(told.contents, lsp.MarkupContent)
    assert told.contents.kind is lsp.MarkupKind.Markdown
    return part(editor.text(name), told.range), told.contents.value


def test_a_param_tells_type_range_number_in_force_what_comes_and_who_says_so(desk: Editor) -> None:
    word, said = hover(desk, ORDERS, "max_notional as MAX_NOTIONAL", 3)
    assert word == "max_notional"
    assert "param max_notional: money[USD] within 1_000 USD .. 500_000 USD tighter when lower" in said
    assert "What one order may be worth." in said
    assert f"**40_000.00 USD** on {TODAY}, since 2026-02-01 · Risk Committee 2026-01-15" in said
    assert "**30_000.00 USD** from 2026-12-01 · Risk Committee 2026-02-20" in said
    assert "50_000" not in said.replace("500_000", "")
    assert "decides in ORD-01" in said


def test_a_keyed_param_tells_each_key_its_own_number(desk: Editor) -> None:
    _, said = hover(desk, ORDERS, "max_share * account")
    assert "`AAPL` **20%**" in said and "Risk Policy 5.1" in said
    assert "`MSFT` **10%**" in said and "since 2026-01-02 · Risk Committee 2025-12-18" in said


@pytest.mark.parametrize(
    ("mark", "word", "parts"),
    [
        ("intent.quantity * worst", "intent.quantity", ["intent.quantity: quantity", "always positive", "`intent`"]),
        ("50_000 USD", "50_000 USD", ["money[USD]"]),
        ("80% of max", "80%", ["ratio"]),
        ("measure  notional", "measure", ["What a limit measures."]),
        ("SELL and short", "SELL", ["a value of `intent.side`", "BUY"]),
        ("in_minute >= 3", "in_minute", ["count of intent.allowed over 60 s per strategy", "type: count"]),
        ("KIL-01", "KIL-01", ['switch KIL-01 "Reject storm"', "owner desk", "FIA 2024 1.5"]),
        ("MAX_NOTIONAL", "MAX_NOTIONAL", ["reason code", "ORD-01"]),
        ("tick_size unless", "tick_size", ["price[USD]", "17 CFR 242.612"]),
        ("notional\n  warn", "notional", ["let notional    = intent.quantity * worst_price", "type: money[USD]"]),
    ],
)
def test_a_word_tells_what_it_is(desk: Editor, mark: str, word: str, parts: list[str]) -> None:
    shown, said = hover(desk, ORDERS, mark)
    assert shown == word
    assert [one for one in parts if one not in said] == []


def test_a_rule_tells_its_lines_with_their_codes_citation_owner_tests_and_cost(desk: Editor) -> None:
    _, said = hover(desk, ORDERS, "ORD-01")
    assert "`reject above max_notional as MAX_NOTIONAL`" in said and "code ORD_01" in said
    assert "17 CFR 240.15c3-5(c)(1)(ii) · owner equities_risk" in said
    assert "5 scenarios in 1 test; at most 69 steps" in said


def test_a_mistake_tells_the_page_of_its_code(editor: Editor) -> None:
    editor.open(STORM)
    typed = editor.text(STORM).replace("rejects >= max_rejects", "rejects >= max_reject")
    editor.type(STORM, typed)
    editor.until_codes(STORM, ["E305"])
    position = editor.told(STORM)[0].range.start
    told = editor.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(editor.document(STORM), position))
    assert "**E305: a name nobody declared**" in told.contents.value


def test_a_scenario_file_tells_of_the_rule_and_the_param_it_names(desk: Editor) -> None:
    word, said = hover(desk, CAP, "ORD-01")
    assert word == "ORD-01" and 'limit ORD-01 "Notional"' in said
    document, position = desk.at(CAP, "# A desk", 4)
    assert desk.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(document, position)) is None


def test_an_engine_that_tightens_a_param_is_named_with_its_number_and_citation() -> None:
    """The number a run of that engine would have is there without leaving the rules, and where it is written."""
    editor = Editor(Path(__file__).parents[2] / "rules", "--at", TODAY)
    name = "pre_trade/exposure.rules"
    editor.open(name)
    _, said = hover(editor, name, "max_position_share")
    assert "**10%** for engine experimental · Experimental mandate, tier B · `" in said
    assert "experimental_tier_B.yaml:5`" in said
    assert "for engine main" not in said
    assert editor.leave() == 0

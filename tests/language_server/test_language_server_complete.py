"""What is offered while somebody types: what the grammar takes there, and names that fit, over a real client."""

from pathlib import Path

from lsprotocol import types as lsp

from tests.language_server.conftest import ORDERS, REMARKS, STORM, TODAY
from tests.language_server.editor import Editor, applied, position_in


def offered(editor: Editor, name: str, before: str, after: str) -> list[lsp.CompletionItem]:
    """Type a stretch over the text behind `before`, and return what is offered at its end."""
    text = editor.text(name)
    at = text.index(before) + len(before)
    end = text.index("\n", at)
    typed = text[:at] + after + text[end:]
    editor.type(name, typed)
    params = lsp.CompletionParams(editor.document(name), position_in(typed, at + len(after)))
    found = editor.ask(lsp.TEXT_DOCUMENT_COMPLETION, params)
    return list(found.items) if found is not None else []


def labels(items: list[lsp.CompletionItem], start: str = "") -> list[str]:
    """Return what is offered, in the order an editor shows it."""
    return [item.label for item in sorted(items, key=lambda item: item.sort_text or "") if item.label.startswith(start)]


def test_params_lets_windows_and_facts_are_offered_with_their_types(editor: Editor) -> None:
    editor.open(ORDERS)
    items = {item.label: item for item in offered(editor, ORDERS, "  warn     above 80% of ", "max_")}
    assert items["max_notional"].detail == "param, money[USD]"
    assert items["notional"].detail == "let, money[USD]"
    assert items["in_minute"].detail == "window, count"
    assert str(items["intent.quantity"].detail).startswith("quantity · Total quantity asked")
    assert items["rounded"].kind == lsp.CompletionItemKind.Function


def test_an_offer_replaces_what_was_typed_of_it(editor: Editor) -> None:
    editor.open(ORDERS)
    items = offered(editor, ORDERS, "  measure  ", "projected.pos")
    (chosen,) = (item for item in items if item.label == "projected.position_notional")
    assert isinstance(chosen.text_edit, lsp.TextEdit)
    text = editor.text(ORDERS).replace("  measure  notional", "  measure  projected.pos", 1)
    assert "  measure  projected.position_notional\n" in applied(text, [chosen.text_edit])


def test_a_fact_of_a_contract_the_rulebook_does_not_use_brings_its_uses_along(editor: Editor) -> None:
    editor.open(ORDERS)
    items = {item.label: item for item in offered(editor, ORDERS, "  measure  ", "instrument.")}
    (edit,) = items["instrument.multiplier"].additional_text_edits or ()
    assert edit.new_text == ", instrument"
    assert applied(editor.text(ORDERS), [edit]).split("\n")[2].endswith("account, switches, instrument")
    assert items["intent.quantity"].additional_text_edits is None


def test_the_values_of_what_is_compared_come_first(editor: Editor) -> None:
    editor.open(ORDERS)
    assert labels(offered(editor, ORDERS, "  reject   when intent.side ", "is "))[:2] == ["BUY", "SELL"]
    found = labels(offered(editor, ORDERS, "intent.side = SELL, param short_sales = ", ""))
    assert found[:2] == ["FORBIDDEN", "PERMITTED"]


def test_only_switches_are_offered_to_trip_and_only_codes_of_the_rule_to_expect(editor: Editor) -> None:
    editor.open(ORDERS)
    before = "  reject   when in_minute >= 3 or bought > 90_000 USD as TOO_FAST and trips "
    assert labels(offered(editor, ORDERS, before, "")) == ["KIL-01"]
    before = '  given base with intent.symbol = "GME" expect reject '
    assert labels(offered(editor, ORDERS, before, ""))[:1] == ["RESTRICTED"]
    assert "MAX_NOTIONAL" not in labels(offered(editor, ORDERS, before, ""))


def test_an_expression_is_not_offered_rule_ids(editor: Editor) -> None:
    """UPPERCASE words with dashes are values too; what they are is told by what stands beside them."""
    editor.open(ORDERS)
    assert labels(offered(editor, ORDERS, "  reject   when intent.side ", "is "), "ORD-") == []


def test_a_line_of_a_limit_is_offered_what_the_limit_still_lacks(editor: Editor) -> None:
    editor.open(ORDERS)
    found = labels(offered(editor, ORDERS, "  when     intent.increases_risk\n", "  "))
    assert {"measure", "warn", "reject"} <= set(found)
    assert not {"owner", "cite", "because", "given", "unless"} & set(found)


def test_the_margin_is_offered_declarations_as_snippets_that_hold_every_clause(editor: Editor) -> None:
    editor.open(STORM)
    text = editor.text(STORM) + "\n"
    editor.type(STORM, text)
    params = lsp.CompletionParams(editor.document(STORM), position_in(text, len(text)))
    items = {item.label: item for item in editor.ask(lsp.TEXT_DOCUMENT_COMPLETION, params).items}
    assert {"param", "let", "limit", "rule", "switch", "test"} <= set(items)
    edit = items["limit"].text_edit
    assert items["limit"].insert_text_format is lsp.InsertTextFormat.Snippet and isinstance(edit, lsp.TextEdit)
    assert all(word in edit.new_text for word in ("measure", "reject", "cite", "owner", "because"))


def test_an_editor_without_snippets_gets_plain_text(folder: Path) -> None:
    editor = Editor(folder, "--at", TODAY, can_snip=False)
    editor.open(ORDERS)
    items = offered(editor, ORDERS, "  when     intent.increases_risk\n", "  ")
    assert {item.insert_text_format for item in items} == {lsp.InsertTextFormat.PlainText}
    assert not [item for item in items if isinstance(item.text_edit, lsp.TextEdit) and "$" in item.text_edit.new_text]
    assert editor.leave() == 0


def test_the_page_of_an_offer_comes_when_somebody_looks_at_it(editor: Editor) -> None:
    editor.open(ORDERS)
    items = {item.label: item for item in offered(editor, ORDERS, "  warn     above 80% of ", "max_")}
    assert items["max_notional"].documentation is None
    resolved = editor.ask(lsp.COMPLETION_ITEM_RESOLVE, items["max_notional"])
    assert "**40_000.00 USD**" in resolved.documentation.value


def test_a_comment_that_allows_is_offered_the_codes_it_can_allow_and_a_plain_one_nothing(editor: Editor) -> None:
    editor.open(STORM)
    assert offered(editor, STORM, "## Ten broker rejects", " # and ") == []
    found = labels(offered(editor, STORM, 'zone "America/New_York"\n', "# lint: allow W6"))
    assert "W608" in found and "E305" not in found


def test_facts_are_offered_inside_the_braces_of_a_reason(editor: Editor) -> None:
    editor.open(ORDERS)
    editor.until_codes(ORDERS, REMARKS)
    found = labels(offered(editor, ORDERS, '  because  "{intent.symbol} is restricted', " {intent."), "intent.")
    assert {"intent.symbol", "intent.quantity"} <= set(found)

"""Where a thing is declared and where it is used, across rule files, scenario files and contracts."""

from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from lsprotocol import types as lsp

from tests.language_server.conftest import CAP, ORDERS, STORM
from tests.language_server.editor import Editor


def definition(editor: Editor, name: str, mark: str) -> lsp.Location:
    found = editor.ask(lsp.TEXT_DOCUMENT_DEFINITION, lsp.DefinitionParams(*editor.at(name, mark)))
    assert isinstance(found, lsp.Location)
    return found


def references(editor: Editor, name: str, mark: str, with_declaration: bool) -> list[lsp.Location]:
    context = lsp.ReferenceContext(with_declaration)
    return list(editor.ask(lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(context, *editor.at(name, mark))))


@pytest.mark.parametrize(
    ("name", "mark", "file", "line"),
    [
        (ORDERS, "max_notional as", ORDERS, "param max_notional:"),
        (ORDERS, "notional\n  warn", ORDERS, "let notional "),
        (ORDERS, "KIL-01", STORM, "switch KIL-01 "),
        (STORM, "ARM-01", "arming/paper.rules", "checklist ARM-01 "),
        (ORDERS, "tick_size unless", ORDERS, "table tick_size "),
        (ORDERS, "base with", ORDERS, "fixture base "),
        (CAP, "ORD-01", ORDERS, "limit ORD-01 "),
        (CAP, "base", ORDERS, "fixture base "),
        (CAP, "pre_trade.orders", ORDERS, "rulebook pre_trade.orders"),
    ],
)
def test_a_name_leads_to_its_declaration(desk: Editor, name: str, mark: str, file: str, line: str) -> None:
    found = definition(desk, name, mark)
    assert found.uri == desk.uri(file)
    assert desk.text(file).split("\n")[found.range.start.line].startswith(line)


def test_a_fact_leads_to_its_line_in_the_contract(desk: Editor) -> None:
    found = definition(desk, ORDERS, "intent.symbol in")
    path = Path(unquote(urlparse(found.uri).path))
    assert path.name == "intent.schema.json"
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[found.range.start.line].lstrip().startswith('"symbol": {')


def test_a_word_of_the_language_leads_nowhere(desk: Editor) -> None:
    params = lsp.DefinitionParams(*desk.at(ORDERS, "measure"))
    assert desk.ask(lsp.TEXT_DOCUMENT_DEFINITION, params) is None


def test_every_use_is_found_in_rule_files_and_scenario_files(desk: Editor) -> None:
    found = [desk.found(place) for place in references(desk, ORDERS, "max_notional", True)]
    in_rules = desk.text(ORDERS).count("max_notional")
    assert found == [f"{ORDERS}: max_notional"] * in_rules + ["scenarios/cap_tightened.yaml: max_notional"]
    assert len(references(desk, ORDERS, "max_notional", False)) == in_rules


def test_a_rule_is_found_by_what_trips_it_and_by_the_text_that_names_it(desk: Editor) -> None:
    found = [desk.found(place) for place in references(desk, STORM, "KIL-01", True)]
    assert found == [f"{STORM}: KIL-01"] * 2 + [f"{ORDERS}: KIL-01"] * 3


def test_the_places_of_a_name_in_the_file_light_up(desk: Editor) -> None:
    params = lsp.DocumentHighlightParams(*desk.at(ORDERS, "max_share"))
    lit = desk.ask(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, params)
    assert len(lit) == desk.text(ORDERS).count("max_share")


def test_the_outline_names_every_declaration_with_what_is_inside(desk: Editor) -> None:
    found = desk.ask(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(desk.document(ORDERS)))
    by_name = {symbol.name: symbol for symbol in found}
    assert {"max_notional", "ORD-01", "base", "tick_size", "in_minute"} <= set(by_name)
    assert [part.name for part in by_name["ORD-01"].children] == ["warn", "hold", "reject"]
    for symbol in found:
        inner, outer = symbol.selection_range, symbol.range
        assert (outer.start.line, outer.start.character) <= (inner.start.line, inner.start.character)
        assert (inner.end.line, inner.end.character) <= (outer.end.line, outer.end.character)


def test_any_declaration_of_the_folder_is_found_by_a_part_of_its_name(desk: Editor) -> None:
    found = desk.ask(lsp.WORKSPACE_SYMBOL, lsp.WorkspaceSymbolParams("kil-"))
    assert [(one.name, one.location.uri) for one in found] == [
        ("KIL-01", desk.uri(STORM)),
        ("the tenth within a minute trips", desk.uri(STORM)),
    ]


def test_declarations_and_comments_fold(desk: Editor) -> None:
    found = desk.ask(lsp.TEXT_DOCUMENT_FOLDING_RANGE, lsp.FoldingRangeParams(desk.document(ORDERS)))
    lines = desk.text(ORDERS).split("\n")
    folded = {lines[one.start_line].split(" ")[0] for one in found if one.kind != lsp.FoldingRangeKind.Comment}
    assert {"param", "limit", "rule", "fixture", "test", "table", "list"} <= folded


def test_every_word_is_coloured_by_what_it_names(desk: Editor) -> None:
    found = desk.ask(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, lsp.SemanticTokensParams(desk.document(ORDERS)))
    legend = desk.server.capabilities.semantic_tokens_provider.legend.token_types
    words = dict(_words(list(found.data), desk.text(ORDERS).split("\n"), list(legend)))
    assert words["intent.quantity"] == "property"
    assert words["max_notional"] != words["notional"]


def _words(data: list[int], lines: list[str], types: list[str]) -> list[tuple[str, str]]:
    """Return each coloured word with its kind, from the protocol's numbers: each place is told from the one before."""
    line = start = 0
    out = []
    for down, right, length, kind, _ in zip(*(iter(data),) * 5, strict=True):
        line, start = line + down, right if down else start + right
        out.append((lines[line][start : start + length], types[kind]))
    return out

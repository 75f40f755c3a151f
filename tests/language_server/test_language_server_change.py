"""What the server changes: new names, layout and quick fixes, applied as an editor applies them."""

from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from dsl.format import format_text
from dsl.text import Source
from tests.language_server.conftest import CAP, ORDERS, REMARKS, STORM
from tests.language_server.editor import Editor, applied, part

OPTIONS = lsp.FormattingOptions(tab_size=2, insert_spaces=True)


def renamed(editor: Editor, name: str, mark: str, new: str) -> dict[str, str]:
    """Return the texts of the files a rename changes, by name."""
    document, position = editor.at(name, mark)
    edit = editor.ask(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameParams(document, position, new))
    return changed(editor, edit)


def changed(editor: Editor, edit: lsp.WorkspaceEdit) -> dict[str, str]:
    """Return the texts on disk after an edit, by name."""
    names = {uri: str(uri).removeprefix(f"{editor.uri('')}/") for uri in edit.changes or {}}
    return {names[uri]: applied(editor.text(names[uri]), edits) for uri, edits in (edit.changes or {}).items()}


def test_a_param_is_renamed_in_rules_tests_reasons_and_scenario_files(editor: Editor) -> None:
    texts = renamed(editor, ORDERS, "max_notional as", "order_cap")
    expected = {name: editor.text(name).replace("max_notional", "order_cap") for name in (ORDERS, CAP)}
    assert texts == expected


def test_a_rule_is_renamed_with_the_code_of_its_lines_that_name_none(editor: Editor) -> None:
    """What its warning reports changes with it, so the scenarios that expect it do as well."""
    texts = renamed(editor, ORDERS, "ORD-01", "CAP-01")
    expected = {
        name: editor.text(name).replace("ORD-01", "CAP-01").replace("ORD_01", "CAP_01")
        for name in (ORDERS, CAP, "scenarios/cap.yaml")
    }
    assert texts == expected


def test_renamed_files_have_nothing_new_wrong_with_them(editor: Editor) -> None:
    for name, text in renamed(editor, STORM, "KIL-01", "KIL-09").items():
        (editor.folder / name).write_text(text, encoding="utf-8")
        editor.changed_on_disk(name)
    editor.open(ORDERS)
    ran = editor.ask(lsp.WORKSPACE_EXECUTE_COMMAND, run(editor, STORM, "KIL-09"))
    assert (ran["ran"], ran["failed"]) == (2, 0)
    editor.until(lambda: editor.all_codes() == {ORDERS: REMARKS})


def run(editor: Editor, name: str, target: str) -> lsp.ExecuteCommandParams:
    return lsp.ExecuteCommandParams("mqk.runTests", [editor.uri(name), target])


@pytest.mark.parametrize(
    ("mark", "new", "why"),
    [
        ("max_notional as", "max_share", "declared in pre_trade.orders already"),
        ("max_notional as", "Cap", "is not a name"),
        ("max_notional as", "limit", "a word of the language"),
        ("max_notional as", "now", "a fact"),
        ("ORD-01", "ORD-02", "there is a rule `ORD-02` already"),
        ("ORD-01", "cap", "is not a rule id"),
        ("intent.symbol in", "other", "named by its contract"),
        ("MAX_NOTIONAL", "OTHER", "records and reports know a finding by"),
        ("measure", "other", "nothing is named here"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_reason(desk: Editor, mark: str, new: str, why: str) -> None:
    document, position = desk.at(ORDERS, mark)
    with pytest.raises(JsonRpcException, match=why) as refused:
        desk.ask(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameParams(document, position, new))
    assert refused.value.code == -32803


def test_nothing_is_renamed_while_there_are_errors(editor: Editor) -> None:
    editor.open(STORM)
    editor.type(STORM, editor.text(STORM).replace("posture  halted", "posture  halt"))
    with pytest.raises(JsonRpcException, match="the rules have errors"):
        renamed(editor, ORDERS, "max_notional as", "order_cap")


def test_the_stretch_to_rename_is_shown_before_anything_is_asked(desk: Editor) -> None:
    place = desk.ask(lsp.TEXT_DOCUMENT_PREPARE_RENAME, lsp.PrepareRenameParams(*desk.at(ORDERS, "max_notional as", 4)))
    assert part(desk.text(ORDERS), place) == "max_notional"
    with pytest.raises(JsonRpcException, match="named by its contract"):
        desk.ask(lsp.TEXT_DOCUMENT_PREPARE_RENAME, lsp.PrepareRenameParams(*desk.at(ORDERS, "intent.symbol in")))


# ------------------------------------------------------------------------------------------ layout


def test_a_file_is_laid_out_as_the_formatter_does(editor: Editor) -> None:
    laid, _ = format_text(Source(ORDERS, editor.text(ORDERS)))
    messy = (
        editor.text(ORDERS)
        .replace("  measure  notional", "measure     notional")
        .replace("limit ORD-03", "limit   ORD-03")
    )
    editor.open(ORDERS, messy)
    edits = editor.ask(lsp.TEXT_DOCUMENT_FORMATTING, lsp.DocumentFormattingParams(editor.document(ORDERS), OPTIONS))
    assert applied(messy, edits) == laid
    assert messy != laid


def test_only_the_lines_that_are_picked_are_laid_out(editor: Editor) -> None:
    messy = editor.text(STORM).replace("  posture  halted\n", " posture halted\n").replace("  cite     ", "     cite ")
    editor.open(STORM, messy)
    line = messy[: messy.index(" posture halted\n")].count("\n")
    stretch = lsp.Range(lsp.Position(line, 0), lsp.Position(line + 1, 0))
    params = lsp.DocumentRangeFormattingParams(editor.document(STORM), stretch, OPTIONS)
    edits = editor.ask(lsp.TEXT_DOCUMENT_RANGE_FORMATTING, params)
    assert applied(messy, edits) == messy.replace(" posture halted\n", "  posture  halted\n")


def test_a_file_with_a_syntax_error_is_left_as_it_is(editor: Editor) -> None:
    editor.open(ORDERS, editor.text(ORDERS).replace("  measure  notional", "measure  notional ="))
    params = lsp.DocumentFormattingParams(editor.document(ORDERS), OPTIONS)
    assert editor.ask(lsp.TEXT_DOCUMENT_FORMATTING, params) is None


# ------------------------------------------------------------------------------------------ quick fixes


def fixes(editor: Editor, name: str, found: lsp.Diagnostic, only: str | None = None) -> dict[str, lsp.CodeAction]:
    """Return the actions for a diagnostic by their titles."""
    context = lsp.CodeActionContext([found], only=[only] if only is not None else None)
    actions = editor.ask(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionParams(editor.document(name), found.range, context)
    )
    return {action.title: action for action in actions}


def mended(editor: Editor, name: str, text: str, action: lsp.CodeAction) -> None:
    """Type what an action makes of a text."""
    assert action.edit is not None and action.edit.changes is not None
    (edits,) = action.edit.changes.values()
    editor.type(name, applied(text, edits))


@pytest.mark.parametrize(
    ("right", "wrong", "code", "title"),
    [
        ("rejects >= max_rejects", "rejects >= max_reject", "E305", "write `max_rejects`"),
        ("posture  halted", "posture  halt", "E116", "write `halted`"),
        ("given live after", "given alive after", "E105", "write `live`"),
        ("  owner    desk\n", "", "E110", "add `owner"),
    ],
)
def test_a_fix_that_is_applied_leaves_nothing_wrong(
    editor: Editor, right: str, wrong: str, code: str, title: str
) -> None:
    typed = editor.text(STORM).replace(right, wrong, 1)
    editor.open(STORM, typed)
    editor.until(lambda: editor.codes(STORM)[:1] == [code])
    found = editor.told(STORM)[0]
    actions = fixes(editor, STORM, found)
    (chosen,) = (action for name, action in actions.items() if name.startswith(title))
    assert chosen.kind == lsp.CodeActionKind.QuickFix and list(chosen.diagnostics or ()) == [found]
    mended(editor, STORM, typed, chosen)
    editor.until_codes(STORM, [])


def test_a_warning_is_allowed_by_a_comment_above_its_declaration(editor: Editor) -> None:
    editor.open(ORDERS)
    editor.until_codes(ORDERS, REMARKS)
    found = next(one for one in editor.told(ORDERS) if one.code == "W635")
    mended(editor, ORDERS, editor.text(ORDERS), fixes(editor, ORDERS, found)["allow W635 here, and say why"])
    editor.until_codes(ORDERS, [code for code in REMARKS if code != "W635"])


def test_everything_that_mends_itself_is_mended_at_once_and_only_that(editor: Editor) -> None:
    editor.open(ORDERS)
    editor.until_codes(ORDERS, REMARKS)
    found = next(one for one in editor.told(ORDERS) if one.code == "W635")
    (action,) = fixes(editor, ORDERS, found, "source.fixAll").values()
    mended(editor, ORDERS, editor.text(ORDERS), action)
    editor.until_codes(ORDERS, [code for code in REMARKS if code != "W635"])
    expected = editor.text(ORDERS).replace(
        "FORBIDDEN and not intent.reduces_only", "FORBIDDEN and intent.increases_risk"
    )
    assert editor.typed(ORDERS) == expected


def test_only_the_kinds_of_actions_that_are_asked_for_come(editor: Editor) -> None:
    typed = editor.text(STORM).replace("rejects >= max_rejects", "rejects >= max_reject")
    editor.open(STORM, typed)
    editor.until_codes(STORM, ["E305"])
    found = editor.told(STORM)[0]
    assert fixes(editor, STORM, found, "refactor") == {}
    assert list(fixes(editor, STORM, found, "quickfix")) == ["write `max_rejects`"]


def test_the_files_of_a_rename_are_those_on_disk_and_nothing_is_written(editor: Editor) -> None:
    before = {path: path.read_bytes() for path in sorted(Path(editor.folder).rglob("*.*"))}
    renamed(editor, ORDERS, "max_notional as", "order_cap")
    assert {path: path.read_bytes() for path in sorted(Path(editor.folder).rglob("*.*"))} == before

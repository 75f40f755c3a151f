"""Tests run where they are written: what stands above them, and what running them tells."""

from lsprotocol import types as lsp

from tests.language_server.conftest import ORDERS, REMARKS, STORM
from tests.language_server.editor import Editor, part


def lenses(editor: Editor, name: str) -> dict[str, lsp.CodeLens]:
    """Return what stands above the declarations of a file, by the declaration's first words."""
    found = editor.ask(lsp.TEXT_DOCUMENT_CODE_LENS, lsp.CodeLensParams(editor.document(name)))
    lines = editor.text(name).split("\n")
    return {lines[lens.range.start.line].partition(" {")[0]: lens for lens in found}


def press(editor: Editor, lens: lsp.CodeLens) -> dict[str, object]:
    """Run what a lens runs, as an editor does when somebody presses it."""
    assert lens.command is not None
    params = lsp.ExecuteCommandParams(lens.command.command, lens.command.arguments)
    answer = editor.ask(lsp.WORKSPACE_EXECUTE_COMMAND, params)
    assert isinstance(answer, dict)
    return answer


def titles(editor: Editor, name: str) -> dict[str, str]:
    return {head: lens.command.title for head, lens in lenses(editor, name).items() if lens.command is not None}


def test_a_test_and_a_tested_rule_can_be_run_where_they_stand(desk: Editor) -> None:
    shown = titles(desk, STORM)
    assert shown['switch KIL-01 "Reject storm"'] == "run 2 scenarios"
    assert shown['test "the tenth within a minute trips" of KIL-01'] == "run test"
    assert titles(desk, ORDERS)['limit ORD-01 "Notional"'] == "run 7 scenarios"


def test_a_test_that_passes_says_so_above_itself_and_its_rule(editor: Editor) -> None:
    editor.open(STORM)
    told = editor.refreshes
    answer = press(editor, lenses(editor, STORM)['test "the tenth within a minute trips" of KIL-01'])
    assert answer == {"ran": 2, "failed": 0, "failures": []}
    assert editor.messages[-1].message == "the tenth within a minute trips: 2 of 2 scenarios passed"
    assert titles(editor, STORM)['switch KIL-01 "Reject storm"'] == "run 2 scenarios · ✔ 2 passed"
    assert editor.refreshes > told


def test_a_scenario_that_fails_is_told_at_its_place_with_what_was_said_instead(editor: Editor) -> None:
    typed = editor.text(STORM).replace("0 s .. 9 s every 1 s expect trip", "0 s .. 8 s every 1 s expect trip")
    editor.open(STORM, typed)
    answer = press(editor, lenses(editor, STORM)['switch KIL-01 "Reject storm"'])
    assert (answer["ran"], answer["failed"]) == (2, 1)
    editor.until_codes(STORM, ["E390"])
    (found,) = editor.told(STORM)
    assert part(typed, found.range).startswith("given live after order.rejected at 0 s .. 8 s every 1 s expect trip")
    assert "if the rules are right, write `" in found.message
    assert "✘ 1 of 2 failed: " in titles(editor, STORM)['switch KIL-01 "Reject storm"']
    assert editor.messages[-1].type == lsp.MessageType.Error


def test_a_scenario_file_counts_for_the_rule_it_names(editor: Editor) -> None:
    editor.open(ORDERS)
    editor.until_codes(ORDERS, REMARKS)
    assert press(editor, lenses(editor, ORDERS)['limit ORD-01 "Notional"'])["ran"] == 7
    path = editor.folder / "scenarios/cap.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("4_000.01", "4_000.00"), encoding="utf-8")
    editor.changed_on_disk("scenarios/cap.yaml")
    assert press(editor, lenses(editor, ORDERS)['limit ORD-01 "Notional"'])["failed"] == 1
    editor.until_codes("scenarios/cap.yaml", ["E390"])


def test_what_came_of_a_run_goes_with_the_next_edit(editor: Editor) -> None:
    editor.open(STORM)
    press(editor, lenses(editor, STORM)['switch KIL-01 "Reject storm"'])
    editor.type(STORM, editor.text(STORM) + "\n")
    assert titles(editor, STORM)['switch KIL-01 "Reject storm"'] == "run 2 scenarios"


def test_nothing_runs_on_rules_with_errors_and_the_editor_says_so(editor: Editor) -> None:
    editor.open(STORM, editor.text(STORM).replace("posture  halted", "posture  halt"))
    params = lsp.ExecuteCommandParams("mqk.runTests", [editor.uri(STORM), "KIL-01"])
    assert editor.ask(lsp.WORKSPACE_EXECUTE_COMMAND, params) == {"ran": 0, "failed": 0, "errors": True}
    assert editor.messages[-1].message == "the rules have errors; nothing ran"


def test_a_rule_no_test_names_says_so(editor: Editor) -> None:
    params = lsp.ExecuteCommandParams("mqk.runTests", [editor.uri(STORM), "KIL-99"])
    assert editor.ask(lsp.WORKSPACE_EXECUTE_COMMAND, params)["ran"] == 0
    assert editor.messages[-1].message == "KIL-99: no test names it"


def test_the_page_of_a_code_is_there_for_the_asking(desk: Editor) -> None:
    params = lsp.ExecuteCommandParams("mqk.explain", ["E305"])
    assert str(desk.ask(lsp.WORKSPACE_EXECUTE_COMMAND, params)).startswith("# E305: a name nobody declared\n")
    assert desk.ask(lsp.WORKSPACE_EXECUTE_COMMAND, lsp.ExecuteCommandParams("mqk.explain", ["E999"])) is None

"""What an editor is told while somebody types: errors at once, everything else when it is quiet, across files."""

import shutil
from pathlib import Path

from lsprotocol import types as lsp

from tests.language_server.conftest import CAP, ORDERS, REMARKS, STORM, TODAY
from tests.language_server.editor import Editor, part


def test_warnings_of_the_linter_are_told_of_every_file_without_opening_any(folder: Path) -> None:
    editor = Editor(folder, "--at", TODAY)
    editor.until_codes(ORDERS, REMARKS)
    assert editor.codes(STORM) == []
    assert editor.leave() == 0


def test_a_mistake_is_told_at_its_place_with_code_severity_and_remedy(editor: Editor) -> None:
    editor.open(ORDERS)
    editor.until_codes(ORDERS, REMARKS)
    typed = editor.text(ORDERS).replace("80% of max_notional", "80% of max_notinal")
    editor.type(ORDERS, typed)
    editor.until(lambda: "E305" in editor.codes(ORDERS))
    (found,) = (one for one in editor.told(ORDERS) if one.code == "E305")
    assert part(typed, found.range) == "max_notinal"
    assert (found.severity, found.source) == (lsp.DiagnosticSeverity.Error, "mqk")
    assert found.message == "nothing is called `max_notinal`\ndid you mean `max_notional`?"


def test_a_mistake_in_one_file_is_told_of_the_other_it_breaks(editor: Editor) -> None:
    editor.open(STORM)
    editor.until_codes(ORDERS, REMARKS)
    editor.type(STORM, editor.text(STORM).replace("KIL-01", "KIL-02"))
    editor.until(lambda: "E105" in editor.codes(ORDERS))
    (found,) = (one for one in editor.told(ORDERS) if one.code == "E105")
    assert found.message.startswith("there is no switch `KIL-01`")
    assert part(editor.text(ORDERS), found.range) == "KIL-01"
    editor.type(STORM, editor.text(STORM))
    editor.until_codes(ORDERS, REMARKS)


def test_a_clash_points_at_the_other_declaration(editor: Editor) -> None:
    editor.open(STORM)
    editor.type(STORM, editor.text(STORM).replace("switch KIL-01", "switch ORD-01").replace("of KIL-01", "of ORD-01"))
    editor.until(lambda: "E103" in editor.codes(ORDERS) + editor.codes(STORM))
    (found,) = (one for name in (ORDERS, STORM) for one in editor.told(name) if one.code == "E103")
    (other,) = found.related_information or ()
    assert {str(other.location.uri)} <= {editor.uri(ORDERS), editor.uri(STORM)}
    assert other.message == "declared here first"


def test_a_declaration_that_is_wrong_as_a_whole_is_marked_on_its_first_line(editor: Editor) -> None:
    editor.open(ORDERS)
    because = '  because  "{intent.symbol}'
    typed = editor.text(ORDERS).replace(f"  owner    compliance\n{because}", because)
    editor.type(ORDERS, typed)
    editor.until(lambda: "E110" in editor.codes(ORDERS))
    (found,) = (one for one in editor.told(ORDERS) if one.code == "E110")
    assert part(typed, found.range) == 'rule ORD-02 "Restricted"'


def test_a_test_that_names_what_is_not_there_is_told_when_it_is_quiet(editor: Editor) -> None:
    editor.open(STORM)
    editor.type(STORM, editor.text(STORM).replace("given live after", "given alive after", 1))
    editor.until_codes(STORM, ["E105"])
    assert "there is no fixture `alive`" in editor.told(STORM)[0].message


def test_a_scenario_file_is_read_and_what_is_wrong_in_it_is_told_there(editor: Editor) -> None:
    editor.until_codes(ORDERS, REMARKS)
    path = editor.folder / CAP
    path.write_text(path.read_text(encoding="utf-8").replace("fixture: base", "fixture: bas"), encoding="utf-8")
    editor.changed_on_disk(CAP)
    editor.until_codes(CAP, ["E105"])
    assert "there is no fixture `bas`" in editor.told(CAP)[0].message
    path.unlink()
    editor.changed_on_disk(CAP, lsp.FileChangeType.Deleted)
    editor.until_codes(CAP, [])


def test_a_file_closed_without_saving_counts_as_it_is_on_disk(editor: Editor) -> None:
    editor.open(STORM)
    editor.type(STORM, "rulebook kill.storm")
    editor.until(lambda: editor.codes(STORM)[:1] == ["E007"])
    editor.close(STORM)
    editor.until_codes(STORM, [])
    editor.until_codes(ORDERS, REMARKS)


def test_warnings_of_other_files_stay_while_one_file_is_broken(editor: Editor) -> None:
    editor.open(STORM)
    editor.until_codes(ORDERS, REMARKS)
    editor.type(STORM, editor.text(STORM).replace("posture  halted", "posture  halt"))
    editor.until(lambda: editor.codes(STORM) == ["E116"])
    assert editor.codes(ORDERS) == REMARKS


def test_what_a_comment_allows_is_not_told_not_even_for_a_moment(editor: Editor) -> None:
    editor.open(ORDERS)
    comment = "# lint: allow W608, W635 because the desk is an example\nrule ORD-05"
    editor.type(ORDERS, editor.text(ORDERS).replace("rule ORD-05", comment))
    editor.until_codes(ORDERS, ["W631", "W608"])


def test_a_new_file_is_found_when_the_editor_says_so(editor: Editor) -> None:
    editor.until_codes(ORDERS, REMARKS)
    shutil.copy(editor.folder / STORM, editor.folder / "kill" / "again.rules")
    editor.changed_on_disk("kill/again.rules", lsp.FileChangeType.Created)
    editor.until(lambda: "E103" in editor.codes(STORM) + editor.codes("kill/again.rules"))
    (editor.folder / "kill" / "again.rules").unlink()
    editor.changed_on_disk("kill/again.rules", lsp.FileChangeType.Deleted)
    editor.until(lambda: "E103" not in editor.codes(STORM) + editor.codes("kill/again.rules"))


def test_a_rulebook_that_lies_in_no_stage_folder_is_judged_by_itself(editor: Editor) -> None:
    """Two drafts beside each other may say the same; the rules folder never hears of them."""
    for name in ("draft.rules", "other.rules"):
        shutil.copy(editor.folder / STORM, editor.folder.parent / name)
        editor.open(f"../{name}")
    editor.until(lambda: editor.codes("../draft.rules") == ["E105"] == editor.codes("../other.rules"))
    assert "there is no checklist or gate `ARM-01`" in editor.told("../draft.rules")[0].message


def test_the_rules_folder_can_be_named(tmp_path: Path) -> None:
    """A flat folder is one bundle when it is said so."""
    (tmp_path / "rules").mkdir()
    for name in ("kill/storm.rules", "arming/paper.rules"):
        source = Path(__file__).parent / "desk" / name
        shutil.copy(source, tmp_path / "rules" / name.replace("/", "_"))
    editor = Editor(tmp_path, str(tmp_path / "rules"))
    editor.open("rules/kill_storm.rules")
    editor.open("rules/arming_paper.rules", "")
    editor.until_codes("rules/arming_paper.rules", ["E101"])
    editor.until(lambda: "E105" in editor.codes("rules/kill_storm.rules"))
    editor.type("rules/arming_paper.rules", editor.text("rules/arming_paper.rules"))
    editor.until_codes("rules/kill_storm.rules", [])
    assert editor.leave() == 0

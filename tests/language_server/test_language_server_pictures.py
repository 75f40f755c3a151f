"""The pictures of docs/editors are what the server answers: drawn anew here, and compared with the files."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from lsprotocol import types as lsp

from tests.language_server.conftest import ORDERS, REMARKS, STORM
from tests.language_server.editor import Editor, position_in
from tests.language_server.picture import AMBER, FAINT, GREEN, INK, RED, Picture, coloured, in_words

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
UPDATE = "MQK_UPDATE_SNAPSHOTS"


def lines_of(text: str, first: str, last: str) -> range:
    """Return the lines from one that begins so to the next that does."""
    lines = text.split("\n")
    start = next(at for at, line in enumerate(lines) if line.startswith(first))
    return range(start, next(at for at in range(start, len(lines)) if lines[at].startswith(last)) + 1)


def write(picture: Picture, editor: Editor, name: str, rows: range, below: Callable[[int], None] | None = None) -> None:
    """Add lines of a file as the server colours them, each followed by what stands below it."""
    text = editor.typed(name)
    marks = coloured(editor, name, text)
    for at in rows:
        picture.code(at + 1, text.split("\n")[at], marks[at])
        if below is not None:
            below(at)


def mistake(editor: Editor) -> str:
    """Somebody misspells a param: where, what, and the fix that is offered."""
    typed = editor.text(ORDERS).replace("80% of max_notional", "80% of max_notinal")
    editor.open(ORDERS, typed)
    editor.until(lambda: "E305" in editor.codes(ORDERS))
    picture = Picture(f"{ORDERS}, while somebody types")
    wrong = [one for one in editor.told(ORDERS) if one.severity == lsp.DiagnosticSeverity.Error]

    def below(at: int) -> None:
        for found in (one for one in wrong if one.range.start.line == at):
            picture.wave(found.range.start.character, found.range.end.character, is_error=True)
            column = found.range.start.character
            picture.note(column, f"{found.code}: " + found.message.replace("\n", " · "), RED)
            context = lsp.CodeActionContext([found])
            params = lsp.CodeActionParams(editor.document(ORDERS), found.range, context)
            for action in editor.ask(lsp.TEXT_DOCUMENT_CODE_ACTION, params):
                picture.note(column, f"quick fix: {action.title}", GREEN)

    write(picture, editor, ORDERS, lines_of(typed, "limit ORD-01", "}"), below)
    return picture.draw()


def pointing(editor: Editor) -> str:
    """Somebody points at a param: its type, the number in force, the next one, and who decided each."""
    editor.open(ORDERS)
    text = editor.text(ORDERS)
    place = position_in(text, text.index("max_notional for 1"))
    told = editor.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(editor.document(ORDERS), place))
    picture = Picture(f"{ORDERS}, pointing at a param")

    def below(line: int) -> None:
        if line == place.line:
            picture.card(told.range.start.character, list(in_words(told.contents.value)))

    write(picture, editor, ORDERS, lines_of(text, "limit ORD-01", "}"), below)
    return picture.draw()


def offering(editor: Editor) -> str:
    """Somebody has typed the beginning of a fact."""
    typed = editor.text(ORDERS).replace("  measure  notional\n", "  measure  intent.\n", 1)
    editor.open(ORDERS, typed)
    place = position_in(typed, typed.index("  measure  intent.\n") + len("  measure  intent."))
    found = editor.ask(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionParams(editor.document(ORDERS), place))
    shown = [item for item in found.items if str(item.filter_text).startswith("intent.")][:9]
    picture = Picture(f"{ORDERS}, asking what may stand here")

    def below(line: int) -> None:
        if line == place.line:
            rows = [(f"{item.label:26.26} {item.detail or ''}"[:88], INK, False) for item in shown]
            picture.card(place.character - len("intent."), rows)

    write(picture, editor, ORDERS, lines_of(typed, "limit ORD-01", "  warn"), below)
    return picture.draw()


def running(editor: Editor) -> str:
    """Somebody has run the tests of a switch from the line above it, and one scenario came out otherwise."""
    typed = editor.text(STORM).replace("0 s .. 9 s every 1 s expect trip", "0 s .. 8 s every 1 s expect trip")
    editor.open(STORM, typed)
    params = lsp.ExecuteCommandParams("mqk.runTests", [editor.uri(STORM), "KIL-01"])
    editor.ask(lsp.WORKSPACE_EXECUTE_COMMAND, params)
    editor.until_codes(STORM, ["E390"])
    lenses = editor.ask(lsp.TEXT_DOCUMENT_CODE_LENS, lsp.CodeLensParams(editor.document(STORM)))
    above = {lens.range.start.line: lens.command.title for lens in lenses}
    picture = Picture(f"{STORM}, after a run of its tests")
    marks = coloured(editor, STORM, typed)
    shown = (*lines_of(typed, "switch", "  trips    when"), *lines_of(typed, 'test "the tenth', "}"))
    for before, line in zip((shown[0] - 1, *shown), shown, strict=False):
        if line != before + 1:
            picture.note(-2, "⋮", FAINT)
        if line in above:
            picture.note(0, above[line], FAINT if "✘" not in above[line] else AMBER)
        picture.code(line + 1, typed.split("\n")[line], marks[line])
        for found in (one for one in editor.told(STORM) if one.range.start.line == line):
            picture.wave(found.range.start.character, found.range.end.character, is_error=True)
            for part in found.message.split("\n"):
                picture.note(found.range.start.character, part, RED)
    return picture.draw()


DRAWN: dict[str, Callable[[Editor], str]] = {
    "editor-mistake": mistake, "editor-hover": pointing, "editor-completion": offering, "editor-tests": running,
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_shows_what_the_server_answers(editor: Editor, name: str) -> None:
    editor.until(lambda: editor.all_codes() == {ORDERS: REMARKS})
    drawn, path = DRAWN[name](editor), PICTURES / f"{name}.svg"
    if os.environ.get(UPDATE):
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8"), "what an editor shows has changed: run `make pictures` and look"


def test_every_picture_is_shown_on_the_page() -> None:
    page = (PICTURES.parent / "editors" / "README.md").read_text(encoding="utf-8")
    assert [name for name in DRAWN if f"](../pictures/{name}.svg)" not in page] == []

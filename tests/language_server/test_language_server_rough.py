"""What goes wrong between an editor and the server: broken files, broken requests, broken bytes; it goes on serving."""

import json
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from tests.language_server.conftest import ORDERS, REMARKS, STORM, TODAY
from tests.language_server.desk_files import texts
from tests.language_server.editor import COMMAND, PATIENCE, Editor, position_in
from tests.language_server.typist import sessions


def test_a_syntax_error_midway_leaves_the_rest_of_the_file_at_work(editor: Editor) -> None:
    """The limit is broken off; what stands before and behind it is still told of, found, outlined and coloured."""
    broken = editor.text(ORDERS).replace("  warn     above 80% of max_notional\n", "  warn     above 80% of \n", 1)
    editor.open(ORDERS, broken)
    editor.until(lambda: "E007" in editor.codes(ORDERS))
    document = editor.document(ORDERS)
    behind = position_in(broken, broken.index("most_shares unless") + 2)
    said = editor.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(document, behind)).contents.value
    assert "param most_shares: quantity" in said
    place = editor.ask(lsp.TEXT_DOCUMENT_DEFINITION, lsp.DefinitionParams(document, behind))
    assert broken.split("\n")[place.range.start.line].startswith("param most_shares")
    outline = editor.ask(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(document))
    assert {"max_notional", "ORD-02", "ORD-05", "base"} <= {symbol.name for symbol in outline}
    assert editor.ask(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, lsp.SemanticTokensParams(document)).data
    at_the_gap = position_in(broken, broken.index("80% of \n") + 7)
    offered = editor.ask(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionParams(document, at_the_gap))
    assert "max_notional" in {item.label for item in offered.items}
    editor.type(ORDERS, editor.text(ORDERS))
    editor.until_codes(ORDERS, REMARKS)


def everything(editor: Editor, name: str, text: str, at: int) -> None:
    """Ask every question there is about a place; what is not understood may be refused, but not otherwise."""
    document, position = editor.document(name), position_in(text, at)
    whole = lsp.Range(lsp.Position(0, 0), position)
    options = lsp.FormattingOptions(2, True)
    for method, params in (
        (lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(document, position)),
        (lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionParams(document, position)),
        (lsp.TEXT_DOCUMENT_DEFINITION, lsp.DefinitionParams(document, position)),
        (lsp.TEXT_DOCUMENT_REFERENCES, lsp.ReferenceParams(lsp.ReferenceContext(True), document, position)),
        (lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, lsp.DocumentHighlightParams(document, position)),
        (lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lsp.DocumentSymbolParams(document)),
        (lsp.TEXT_DOCUMENT_FOLDING_RANGE, lsp.FoldingRangeParams(document)),
        (lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, lsp.SemanticTokensParams(document)),
        (lsp.TEXT_DOCUMENT_CODE_LENS, lsp.CodeLensParams(document)),
        (lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionParams(document, whole, lsp.CodeActionContext([]))),
        (lsp.TEXT_DOCUMENT_FORMATTING, lsp.DocumentFormattingParams(document, options)),
        (lsp.TEXT_DOCUMENT_RANGE_FORMATTING, lsp.DocumentRangeFormattingParams(document, whole, options)),
        (lsp.WORKSPACE_SYMBOL, lsp.WorkspaceSymbolParams("o")),
        (lsp.WORKSPACE_EXECUTE_COMMAND, lsp.ExecuteCommandParams("mqk.runTests", [editor.uri(name), "ORD-01"])),
    ):
        editor.ask(method, params)
    for method, params in (
        (lsp.TEXT_DOCUMENT_PREPARE_RENAME, lsp.PrepareRenameParams(document, position)),
        (lsp.TEXT_DOCUMENT_RENAME, lsp.RenameParams(document, position, "other_name")),
    ):
        try:
            editor.ask(method, params)
        except JsonRpcException as refused:
            assert refused.code == -32803, (refused, text)


@pytest.mark.parametrize("seed", range(3))
def test_every_question_has_an_answer_whatever_somebody_has_typed(editor: Editor, seed: int) -> None:
    """The typist leaves braces open, types what is no text at all, and the questions come between the keystrokes."""
    chance = random.Random(seed)
    before = texts()
    for name in before:
        editor.open(name)
    for now in sessions(texts(), seed, 12):
        for name in (name for name in now if now[name] != before[name]):
            # An editor sends Unicode: what no encoding knows never reaches the wire.
            text = now[name].encode("utf-8", "replace").decode("utf-8")
            editor.type(name, text)
            everything(editor, name, text.replace("\u2028", " "), chance.randrange(len(text) + 1))
        before = now
    for name, text in texts().items():
        editor.type(name, text)
    editor.until(lambda: editor.all_codes() == {ORDERS: REMARKS})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_places_are_told_in_the_units_the_editor_counts_in(folder: Path, encoding: str) -> None:
    """In front of what is wrong stand a letter of two bytes and a sign of two UTF-16 units."""
    editor = Editor(folder, "--at", TODAY, encoding=encoding)
    assert editor.server.capabilities.position_encoding == encoding
    wrong = 'when intent.strategy is "é𝄞" or intent.symbol in restrictd'
    editor.open(ORDERS, editor.text(ORDERS).replace("when intent.symbol in restricted", wrong))
    editor.until(lambda: "E305" in editor.codes(ORDERS))
    found = next(one for one in editor.told(ORDERS) if one.code == "E305")
    line = next(line for line in editor.typed(ORDERS).split("\n") if "restrictd" in line)
    before = line[: line.index("restrictd")]
    width = {"utf-8": len(before.encode()), "utf-16": len(before.encode("utf-16-le")) // 2, "utf-32": len(before)}
    assert (found.range.start.character, found.range.end.character) == (width[encoding], width[encoding] + 9)
    position = lsp.Position(found.range.start.line, width[encoding] - 1 + len("restrictd"))
    offered = editor.ask(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionParams(editor.document(ORDERS), position))
    chosen = next(item for item in offered.items if item.label == "restricted")
    assert chosen.text_edit.range.start == found.range.start
    assert editor.leave() == 0


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "file:///nowhere/at/all.txt", "git:/x.rules?%7B%7D", "", "::"])
def test_a_document_that_is_nothing_of_ours_has_no_answer(desk: Editor, uri: str) -> None:
    position = lsp.Position(10**6, 10**6)
    params = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), position)
    assert desk.ask(lsp.TEXT_DOCUMENT_HOVER, params) is None
    assert desk.ask(lsp.TEXT_DOCUMENT_HOVER, lsp.HoverParams(desk.document(ORDERS), position)) is None


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("mqk.nothing", []), ("mqk.runTests", []), ("mqk.runTests", [1, 2]), ("mqk.explain", [{"code": "E305"}]),
        ("mqk.explain", ["../E305"]),
    ],
)  # fmt: skip
def test_a_command_with_wrong_arguments_is_refused_and_the_next_one_runs(
    desk: Editor, command: str, arguments: list[object]
) -> None:
    try:
        answer = desk.ask(lsp.WORKSPACE_EXECUTE_COMMAND, lsp.ExecuteCommandParams(command, arguments))  # type: ignore[arg-type]
        assert answer is None or answer["ran"] == 0
    except JsonRpcException as refused:
        assert refused.code < 0
    assert desk.ask(lsp.WORKSPACE_EXECUTE_COMMAND, lsp.ExecuteCommandParams("mqk.explain", ["E305"]))


# ------------------------------------------------------------------------------------------ bytes


class Wire:
    """The server's standard streams, with whatever bytes one likes."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-c", COMMAND, "lsp", "--at", TODAY]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._watch = threading.Timer(PATIENCE, self.process.kill)
        self._watch.start()
        self.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": initialize(folder)})
        assert "capabilities" in self.answer(0)["result"]
        self.send({"jsonrpc": "2.0", "method": "initialized", "params": {}})

    def send(self, message: object) -> None:
        self.raw(json.dumps(message).encode())

    def raw(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def answer(self, wanted: int | None) -> dict[str, dict[str, object]]:
        """Return the next answer with an id, passing over what the server tells of itself."""
        assert self.process.stdout is not None
        while True:
            length = 0
            while (line := self.process.stdout.readline()) != b"\r\n":
                assert line, "the server has ended"
                length = int(line.partition(b":")[2]) if line.startswith(b"Content-Length") else length
            message = json.loads(self.process.stdout.read(length))
            if "method" not in message and message.get("id") == wanted:
                return dict(message)

    def leave(self) -> int:
        """Take leave and return how the process ended."""
        self.send({"jsonrpc": "2.0", "id": 99, "method": "shutdown"})
        self.answer(99)
        self.send({"jsonrpc": "2.0", "method": "exit"})
        return self.end()

    def end(self) -> int:
        """Close the streams and return how the process ended; what it wrote beside them is kept."""
        self.said = self.process.communicate(timeout=PATIENCE)[1].decode()
        self._watch.cancel()
        return self.process.returncode


def initialize(folder: Path) -> dict[str, object]:
    root = {"uri": folder.as_uri(), "name": "desk"}
    return {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}, "workspaceFolders": [root]}


def test_requests_of_the_wrong_shape_are_refused_one_by_one_and_the_server_goes_on(folder: Path) -> None:
    wire = Wire(folder)
    document = {"uri": (folder / STORM).as_uri()}
    for number, (method, params) in enumerate(
        [
            ("textDocument/hover", {"textDocument": 5}),
            ("textDocument/hover", {}),
            ("textDocument/hover", {"textDocument": document, "position": {"line": "x", "character": 0}}),
            ("textDocument/completion", [1, 2, 3]),
            ("textDocument/rename", {"textDocument": document, "position": {"line": 0, "character": 0}}),
            ("textDocument/nothing", {}),
            ("workspace/executeCommand", {"command": 7}),
        ],
        start=1,
    ):
        wire.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        assert "error" in wire.answer(number), method
    wire.raw(b"{ this is no JSON")
    wire.raw(b"\xff\xfe")
    wire.send({"jsonrpc": "2.0", "id": 500, "result": None})
    wire.send({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {}})
    opened = {**document, "languageId": "mqk-rules", "version": 1, "text": texts()[STORM]}
    wire.send({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": opened}})
    params = {"textDocument": document, "position": {"line": 0, "character": 10}}
    wire.send({"jsonrpc": "2.0", "id": 50, "method": "textDocument/hover", "params": params})
    assert "rulebook kill.storm" in str(wire.answer(50)["result"]["contents"])
    assert wire.leave() == 0
    assert "Unable to deserialize message" in wire.said and "Traceback" not in wire.said


def test_a_server_that_is_left_without_a_word_ends_and_says_so_by_its_exit_code(folder: Path) -> None:
    wire = Wire(folder)
    assert wire.end() == 1

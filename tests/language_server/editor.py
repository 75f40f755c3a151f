"""An editor for tests: the client of pygls over the standard streams of `mqk lsp`, with waits for what it is told."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path

PATIENCE = 60
"""Seconds an answer may take before a test fails; nothing waits for them to pass."""
COMMAND = "from engine.cli.main import run; raise SystemExit(run())"
_T = TypeVar("_T")


class Editor:
    """One editor with one server, driven step by step: every call returns when its answer is there."""

    def __init__(self, folder: Path, *arguments: str, encoding: str = "utf-16", can_snip: bool = True) -> None:
        self.folder = folder
        self._loop = asyncio.new_event_loop()
        self._client = LanguageClient("editor", "1")
        self._told: dict[str, list[lsp.Diagnostic]] = {}
        self._news = asyncio.Event()
        self.messages: list[lsp.ShowMessageParams] = []
        self.refreshes = 0
        self.registered: list[str] = []
        self._versions: dict[str, int] = {}
        self._typed: dict[str, str] = {}
        self._listen()
        self._do(self._start(arguments, encoding, can_snip))

    # ---------------------------------------------------------------------------------- talking
    def _do(self, call: Coroutine[Any, Any, _T]) -> _T:
        async def bounded() -> _T:
            async with asyncio.timeout(PATIENCE):
                return await call

        return self._loop.run_until_complete(bounded())

    def _listen(self) -> None:
        @self._client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def told(params: lsp.PublishDiagnosticsParams) -> None:
            self._told[params.uri] = list(params.diagnostics)
            self._news.set()

        @self._client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def said(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params)

        @self._client.feature(lsp.WINDOW_LOG_MESSAGE)
        def logged(params: lsp.LogMessageParams) -> None:
            pass

        @self._client.feature(lsp.WORKSPACE_CODE_LENS_REFRESH)
        def refresh(*_: object) -> None:
            self.refreshes += 1
            self._news.set()

        @self._client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def register(params: lsp.RegistrationParams) -> None:
            self.registered += [one.method for one in params.registrations]

    async def _start(self, arguments: tuple[str, ...], encoding: str, can_snip: bool) -> None:
        await self._client.start_io(sys.executable, "-c", COMMAND, "lsp", "--stdio", *arguments)
        capabilities = lsp.ClientCapabilities(
            general=lsp.GeneralClientCapabilities(position_encodings=[lsp.PositionEncodingKind(encoding)]),
            workspace=lsp.WorkspaceClientCapabilities(
                code_lens=lsp.CodeLensWorkspaceClientCapabilities(refresh_support=True)
            ),
            text_document=lsp.TextDocumentClientCapabilities(
                completion=lsp.CompletionClientCapabilities(
                    completion_item=lsp.ClientCompletionItemOptions(snippet_support=can_snip)
                )
            ),
        )
        uri = from_fs_path(str(self.folder))
        folders = [lsp.WorkspaceFolder(str(uri), self.folder.name)]
        params = lsp.InitializeParams(capabilities=capabilities, workspace_folders=folders, root_uri=uri)
        self.server = await self._client.initialize_async(params)
        self._client.initialized(lsp.InitializedParams())

    def leave(self) -> int:
        """Take leave of the server and return how its process ended."""

        async def end() -> int:
            await self._client.shutdown_async(None)
            self._client.exit(None)
            process = self._client._server
            return await process.wait() if isinstance(process, asyncio.subprocess.Process) else -1

        code = self._do(end())
        self._do(self._client.stop())
        self._loop.close()
        return code

    # ---------------------------------------------------------------------------------- documents
    def uri(self, name: str) -> str:
        return str(from_fs_path(str(self.folder / name)))

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def open(self, name: str, text: str | None = None) -> None:
        """Open a file, with another text than the one on disk where one is given."""
        self._versions[name] = 1
        shown = self.text(name) if text is None else text
        self._typed[name] = shown
        document = lsp.TextDocumentItem(self.uri(name), "mqk-rules", 1, shown)
        self._client.text_document_did_open(lsp.DidOpenTextDocumentParams(document))

    def type(self, name: str, text: str) -> None:
        """Change an open file to another text."""
        self._versions[name] += 1
        document = lsp.VersionedTextDocumentIdentifier(uri=self.uri(name), version=self._versions[name])
        self._typed[name] = text
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        self._client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [change]))

    def typed(self, name: str) -> str:
        """Return what an open file shows."""
        return self._typed[name]

    def close(self, name: str) -> None:
        document = lsp.TextDocumentIdentifier(self.uri(name))
        self._client.text_document_did_close(lsp.DidCloseTextDocumentParams(document))
        del self._versions[name]

    def put_back(self, source: Path) -> None:
        """Close every file and make the folder what another is, telling the server what changes on disk."""
        files = {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("*.*")}
        there = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.*")} | set(self._versions)
        for name in sorted(there | set(files)):
            path = self.folder / name
            if name in files:
                path.write_bytes(files[name])
            else:
                path.unlink(missing_ok=True)
            if name in self._versions:
                self.close(name)
            self.changed_on_disk(name, lsp.FileChangeType.Changed if name in files else lsp.FileChangeType.Deleted)
        self.messages.clear()

    def changed_on_disk(self, name: str, kind: lsp.FileChangeType = lsp.FileChangeType.Changed) -> None:
        change = lsp.FileEvent(self.uri(name), kind)
        self._client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([change]))

    # ---------------------------------------------------------------------------------- waiting
    def until(self, fits: Callable[[], bool]) -> None:
        """Wait until something holds of what the server has told."""

        async def wait() -> None:
            while not fits():
                self._news.clear()
                await self._news.wait()

        self._do(wait())

    def codes(self, name: str) -> list[str]:
        """Return the codes of what was told of a file last, in order."""
        return [str(one.code) for one in self._told.get(self.uri(name), [])]

    def all_codes(self) -> dict[str, list[str]]:
        """Return the codes of every file anything is told of."""
        files = {
            str(uri).removeprefix(f"{self.uri('')}/"): [str(one.code) for one in told]
            for uri, told in self._told.items()
        }
        return {name: codes for name, codes in files.items() if codes}

    def told(self, name: str) -> list[lsp.Diagnostic]:
        return self._told.get(self.uri(name), [])

    def until_codes(self, name: str, codes: list[str]) -> None:
        """Wait until exactly these codes are told of a file."""
        self.until(lambda: self.codes(name) == codes)

    # ---------------------------------------------------------------------------------- asking
    def ask(self, method: str, params: object) -> Any:
        """Send a request and return its result. Raises what the server answers as an error."""

        async def send() -> Any:
            return await self._client.protocol.send_request_async(method, params)

        return self._do(send())

    def at(
        self, name: str, mark: str, inside: int = 0, number: int = 0
    ) -> tuple[lsp.TextDocumentIdentifier, lsp.Position]:
        """Return a position in a file on disk: where a stretch of text is found, so many characters further."""
        text, at = self.text(name), -1
        for _ in range(number + 1):
            at = text.index(mark, at + 1)
        return self.document(name), position_in(text, at + inside)

    def document(self, name: str) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri(name))

    def found(self, location: lsp.Location) -> str:
        """Return the file a location is in, and the text it covers."""
        name = str(location.uri).removeprefix(f"{self.uri('')}/").removeprefix(self.uri(""))
        return f"{name}: {part(self.text(name), location.range)}"


def position_in(text: str, at: int) -> lsp.Position:
    """Return the position of an offset of a text that is all ASCII."""
    return lsp.Position(text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1)


def offset_in(text: str, position: lsp.Position) -> int:
    """Return the offset of a position, as an editor finds it."""
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: position.line]) + position.character


def part(text: str, stretch: lsp.Range) -> str:
    """Return a stretch of a text, as an editor shows it."""
    return text[offset_in(text, stretch.start) : offset_in(text, stretch.end)]


def applied(text: str, edits: Sequence[lsp.TextEdit]) -> str:
    """Return a text after edits, as an editor makes them: from the last to the first."""
    for edit in sorted(edits, key=lambda edit: offset_in(text, edit.range.start), reverse=True):
        start, end = offset_in(text, edit.range.start), offset_in(text, edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text

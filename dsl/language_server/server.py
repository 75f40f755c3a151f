"""The server: it keeps the workspace as the editor has it, decides when to look, and tells what it found."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from dsl.language_server.answering import AnsweringProtocol
from dsl.language_server.folder import RULES, SCENARIO
from dsl.language_server.trials import merged, run_tests
from dsl.language_server.wire import Wire, uri_of_path
from dsl.language_server.workspace import Bundle, File, Workspace

QUIET, PATIENCE = 60, 400
"""Milliseconds nobody must have typed before errors are told, and the most they are put off while somebody types on."""
IDLE, BREATH = 350, 1
"""Milliseconds of quiet before everything is looked through, and between two steps of that."""
NAME = "mqk"


class RulesServer(LanguageServer):
    """One editor's rules folders. What a handler raises is told to the editor; the server goes on."""

    def __init__(self, workspace: Workspace, today: Callable[[], date], version: str) -> None:
        super().__init__(
            NAME, version, text_document_sync_kind=lsp.TextDocumentSyncKind.Full, protocol_cls=AnsweringProtocol
        )
        self.rules, self.today = workspace, today
        self.is_stopped = False
        self._uris: dict[Path, str] = {}
        self._told: dict[str, tuple[lsp.Diagnostic, ...]] = {}
        self._first_change: float | None = None  # sim-ok: when somebody began to type, by the event loop's own clock
        self._timer: asyncio.TimerHandle | None = None
        self._work: Iterator[None] | None = None
        self._watch_documents()

    # ---------------------------------------------------------------------------------- files
    def file_of(self, uri: str) -> File | None:
        """Return the file of an address, None where it is nothing of ours."""
        return self.rules.file(_path_of(uri))

    def wire(self, bundle: Bundle) -> Wire:
        """Return what puts places of a folder into this editor's units."""
        encoding = self.workspace.position_encoding or lsp.PositionEncodingKind.Utf16
        return Wire(bundle, self._uri_of, str(getattr(encoding, "value", encoding)))

    def _uri_of(self, bundle: Bundle, name: str) -> str:
        path = bundle.path(name)
        return self._uris.get(path) or uri_of_path(str(path))

    def _watch_documents(self) -> None:
        @self.feature(lsp.INITIALIZED)
        def initialized(ls: "RulesServer", params: lsp.InitializedParams) -> None:
            ls.rules.look(_folders(ls))
            ls.client_register_capability(lsp.RegistrationParams([_watchers()]))
            ls.look_soon()

        @self.feature(lsp.SHUTDOWN)
        def shutdown(ls: "RulesServer", *_: object) -> None:
            ls.is_stopped = True

        @self.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
        def opened(ls: "RulesServer", params: lsp.DidOpenTextDocumentParams) -> None:
            path = _path_of(params.text_document.uri)
            ls._uris[path] = params.text_document.uri
            if ls.rules.opened(path, params.text_document.text) is not None:
                ls.look_soon()

        @self.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
        def changed(ls: "RulesServer", params: lsp.DidChangeTextDocumentParams) -> None:
            text = ls.workspace.get_text_document(params.text_document.uri).source
            if ls.rules.opened(_path_of(params.text_document.uri), text) is not None:
                ls.look_soon()

        @self.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
        def closed(ls: "RulesServer", params: lsp.DidCloseTextDocumentParams) -> None:
            if ls.rules.closed(_path_of(params.text_document.uri)) is not None:
                ls.look_soon()

        @self.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
        def watched(ls: "RulesServer", params: lsp.DidChangeWatchedFilesParams) -> None:
            for change in params.changes:
                ls.rules.changed_on_disk(_path_of(change.uri))
            ls.look_soon()

        @self.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
        def folders(ls: "RulesServer", params: lsp.DidChangeWorkspaceFoldersParams) -> None:
            ls.rules.look([_path_of(folder.uri) for folder in params.event.added])
            ls.look_soon()

    # ---------------------------------------------------------------------------------- when to look
    def look_soon(self) -> None:
        """Tell what is wrong once nobody has typed for a moment, and soon enough while somebody types on."""
        loop = asyncio.get_running_loop()
        self._work = None
        if self._first_change is None:
            self._first_change = loop.time()
        if self._timer is not None:
            self._timer.cancel()
        passed = (loop.time() - self._first_change) * 1000
        self._timer = loop.call_later(max(min(QUIET, PATIENCE - passed), 0) / 1000, self._tell_errors)

    def _tell_errors(self) -> None:
        self._first_change = self._timer = None
        for bundle in self.rules.bundles:
            self._publish(bundle)
        self._work = self._look_through()
        is_new = any(bundle.waiting for bundle in self.rules.bundles)
        asyncio.get_running_loop().call_later((BREATH if is_new else IDLE) / 1000, self._step, self._work)

    def _step(self, work: Iterator[None]) -> None:
        """Do a little of the work, unless something has changed since; requests are answered in between."""
        if work is not self._work:
            return
        if next(work, self) is None:
            asyncio.get_running_loop().call_later(BREATH / 1000, self._step, work)
        else:
            self._work = None

    def _look_through(self) -> Iterator[None]:
        for _ in self.rules.read():
            yield
        for bundle in self.rules.bundles:
            self._publish(bundle)
            yield from bundle.folder.look_through(self.today())
            self._publish(bundle)
            yield
        self.refresh_lenses()

    def refresh_lenses(self) -> None:
        """Ask the editor to ask for the lenses again, if it can be asked."""
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    # ---------------------------------------------------------------------------------- what is told
    def _publish(self, bundle: Bundle) -> None:
        """Tell what there is to say of each file, where it is not what was said last; nothing before all are read."""
        if bundle.waiting:
            return
        wire = self.wire(bundle)
        found = {name: list(said) for name, said in bundle.folder.diagnostics().items()}
        if bundle.results.version == bundle.folder.version:
            for ran in bundle.results.ran:
                if not ran.passed:
                    found.setdefault(ran.span.file, []).append(ran.diagnostic())
        told = {wire.uri(name): tuple(wire.diagnostic(one) for one in said) for name, said in found.items()}
        for uri in [known for known in self._told if known not in told and self._belongs(known, bundle)]:
            told[uri] = ()
        for uri, diagnostics in told.items():
            if self._told.get(uri, ()) != diagnostics:
                self._told[uri] = diagnostics
                self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, list(diagnostics)))

    def _belongs(self, uri: str, bundle: Bundle) -> bool:
        file = self.file_of(uri)
        return file is not None and file.bundle is bundle

    def run_tests(self, file: File, target: str) -> dict[str, object]:
        """Run a test, or the tests of a rule, and report: lenses, diagnostics, a message, and what is returned."""
        ran = run_tests(file.bundle.folder, file.name, target)
        if ran is None:
            self.window_show_message(
                lsp.ShowMessageParams(lsp.MessageType.Warning, "the rules have errors; nothing ran")
            )
            return {"ran": 0, "failed": 0, "errors": True}
        file.bundle.results = merged(file.bundle.results, file.bundle.folder.version, ran)
        failed = [one for one in ran if not one.passed]
        text = f"{target}: {len(ran) - len(failed)} of {len(ran)} scenarios passed"
        kind = lsp.MessageType.Error if failed else lsp.MessageType.Info
        self._say(kind, text if ran else f"{target}: no test names it")
        self._publish(file.bundle)
        self.refresh_lenses()
        return {
            "ran": len(ran),
            "failed": len(failed),
            "failures": [{"place": str(one.span), "problem": one.problem, "actual": one.actual} for one in failed],
        }

    def _say(self, kind: lsp.MessageType, text: str) -> None:
        self.window_show_message(lsp.ShowMessageParams(kind, text))


def _path_of(uri: str) -> Path:
    """Return the path of an address; a text that is on no disk gets one of its own."""
    scheme, _, rest = uri.partition(":")
    if scheme == "file":
        return Path(to_fs_path(uri) or rest)
    path = Path("/", scheme, rest.lstrip("/"))
    return path.with_suffix(SCENARIO if rest.endswith(SCENARIO) else RULES) if path.name else Path(f"/_{RULES}")


def _folders(server: RulesServer) -> list[Path]:
    workspace = server.workspace
    folders = [Path(path) for folder in workspace.folders.values() if (path := to_fs_path(folder.uri)) is not None]
    root = to_fs_path(workspace.root_uri) if workspace.root_uri else None
    return folders or ([Path(root)] if root is not None else [])


def _watchers() -> lsp.Registration:
    patterns = [lsp.FileSystemWatcher(f"**/*{suffix}") for suffix in (RULES, SCENARIO)]
    options = lsp.DidChangeWatchedFilesRegistrationOptions(patterns)
    return lsp.Registration("rule-files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)

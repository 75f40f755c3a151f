"""The requests of an editor, each answered by the module that knows."""

from collections.abc import Sequence
from typing import Any, Protocol

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from dsl.codes import page
from dsl.language_server import colours, folds, navigate
from dsl.language_server.complete import complete
from dsl.language_server.describe import describe
from dsl.language_server.environment import Place
from dsl.language_server.hover import hover
from dsl.language_server.layouts import layout
from dsl.language_server.mends import mend_all, mends, use_edit
from dsl.language_server.rename import Refused, prepare, rename
from dsl.language_server.server import RulesServer
from dsl.language_server.trials import lenses
from dsl.language_server.wire import folding, markdown, uri_of_path
from dsl.language_server.workspace import File
from dsl.naming.meaning import Kind, Thing

RUN_TESTS, EXPLAIN = "mqk.runTests", "mqk.explain"
REQUEST_FAILED = -32803
"""The protocol's code for a request that is understood and cannot be fulfilled."""
FIX_ALL = "source.fixAll.mqk"


def register(server: RulesServer) -> None:
    """Register every request the server answers."""
    _register_reading(server)
    _register_finding(server)
    _register_changing(server)
    _register_looking(server)
    _register_commands(server)


class _Positioned(Protocol):
    """What every request at a place has."""

    @property
    def text_document(self) -> lsp.TextDocumentIdentifier: ...

    @property
    def position(self) -> lsp.Position: ...


def _at(server: RulesServer, params: _Positioned) -> tuple[File, int, int] | None:
    """Return the file of a position, and its line and column from 1."""
    file = server.file_of(params.text_document.uri)
    if file is None:
        return None
    return file, *server.wire(file.bundle).place(file.name, params.position)


def _register_reading(server: RulesServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def on_hover(ls: RulesServer, params: lsp.HoverParams) -> lsp.Hover | None:
        at = _at(ls, params)
        if at is None:
            return None
        file, line, column = at
        told = hover(file.bundle.folder, file.bundle.index, file.name, line, column, ls.today())
        return lsp.Hover(markdown(told.text), ls.wire(file.bundle).range(told.span)) if told is not None else None

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", "[", "{"], resolve_provider=True)
    )
    def on_completion(ls: RulesServer, params: lsp.CompletionParams) -> lsp.CompletionList | None:
        at = _at(ls, params)
        offered = complete(at[0].bundle.folder, at[0].bundle.index, at[0].name, *at[1:]) if at is not None else None
        if at is None or offered is None:
            return None
        file, wire = at[0], ls.wire(at[0].bundle)
        can_snip = _can_snip(ls)
        items = []
        for number, offer in enumerate(offered.offers):
            uses = use_edit(file.bundle.folder, file.name, offer.uses) if offer.uses else None
            thing = offer.thing
            data = [params.text_document.uri, thing.kind.value, thing.name] if thing is not None else None
            items.append(wire.item(offer, offered.span, number, can_snip, uses, data))
        return lsp.CompletionList(is_incomplete=False, items=items)

    @server.feature(lsp.COMPLETION_ITEM_RESOLVE)
    def on_resolve(ls: RulesServer, item: lsp.CompletionItem) -> lsp.CompletionItem:
        data: Any = item.data
        file = ls.file_of(str(data[0])) if isinstance(data, Sequence) and len(data) == 3 else None
        if file is not None:
            text = describe(file.bundle.folder, Thing(Kind(data[1]), str(data[2])), ls.today())
            item.documentation = markdown(text) if text else None
        return item


def _can_snip(server: RulesServer) -> bool:
    document = server.client_capabilities.text_document
    item = document.completion.completion_item if document is not None and document.completion is not None else None
    return bool(item is not None and item.snippet_support)


def _register_finding(server: RulesServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def on_definition(ls: RulesServer, params: lsp.DefinitionParams) -> lsp.Location | None:
        at = _at(ls, params)
        if at is None:
            return None
        file, line, column = at
        place = navigate.definition(file.bundle.folder, file.bundle.index, file.name, line, column)
        if isinstance(place, Place):
            position = lsp.Position(place.line - 1, place.column - 1)
            return lsp.Location(uri_of_path(place.path), lsp.Range(position, position))
        return ls.wire(file.bundle).location(place) if place is not None else None

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def on_references(ls: RulesServer, params: lsp.ReferenceParams) -> list[lsp.Location] | None:
        at = _at(ls, params)
        if at is None:
            return None
        file, line, column = at
        with_declaration = params.context.include_declaration
        places = navigate.references(file.bundle.index, file.name, line, column, with_declaration)
        return [ls.wire(file.bundle).location(place) for place in places]

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def on_highlight(ls: RulesServer, params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight] | None:
        at = _at(ls, params)
        if at is None:
            return None
        file, line, column = at
        wire = ls.wire(file.bundle)
        places = navigate.highlights(file.bundle.index, file.name, line, column)
        return [lsp.DocumentHighlight(wire.range(place)) for place in places]

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def on_symbols(ls: RulesServer, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol] | None:
        file = ls.file_of(params.text_document.uri)
        if file is None:
            return None
        found = navigate.outline(file.bundle.folder, file.bundle.index, file.name)
        return [ls.wire(file.bundle).symbol(symbol) for symbol in found]

    @server.feature(lsp.WORKSPACE_SYMBOL)
    def on_workspace_symbols(ls: RulesServer, params: lsp.WorkspaceSymbolParams) -> list[lsp.WorkspaceSymbol]:
        return [
            ls.wire(bundle).workspace_symbol(symbol)
            for bundle in ls.rules.bundles
            for symbol in navigate.symbols(bundle.folder, bundle.index, params.query)
        ]


def _register_changing(server: RulesServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def on_prepare(ls: RulesServer, params: lsp.PrepareRenameParams) -> lsp.Range | None:
        at = _at(ls, params)
        if at is None:
            return None
        file, line, column = at
        place = prepare(file.bundle.index, file.name, line, column)
        if isinstance(place, Refused):
            raise JsonRpcException(place.reason, REQUEST_FAILED)
        return ls.wire(file.bundle).range(place)

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    def on_rename(ls: RulesServer, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        file = ls.file_of(params.text_document.uri)
        if file is None:
            return None
        line, column = ls.wire(file.bundle).place(file.name, params.position)
        edits = rename(file.bundle.folder, file.bundle.index, file.name, line, column, params.new_name)
        if isinstance(edits, Refused):
            raise JsonRpcException(edits.reason, REQUEST_FAILED)
        return ls.wire(file.bundle).workspace_edit(edits)

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def on_formatting(ls: RulesServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        file = ls.file_of(params.text_document.uri)
        return _laid(ls, file, 1, None) if file is not None else None

    @server.feature(lsp.TEXT_DOCUMENT_RANGE_FORMATTING)
    def on_range(ls: RulesServer, params: lsp.DocumentRangeFormattingParams) -> list[lsp.TextEdit] | None:
        file = ls.file_of(params.text_document.uri)
        last = params.range.end.line + (params.range.end.character > 0)
        return _laid(ls, file, params.range.start.line + 1, last) if file is not None else None

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.SourceFixAll]),
    )
    def on_action(ls: RulesServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
        file = ls.file_of(params.text_document.uri)
        if file is None or file.name not in file.bundle.folder.compiled.files:
            return None
        wire, wanted = ls.wire(file.bundle), params.context.only
        first, last = params.range.start.line + 1, params.range.end.line + 1
        actions = []
        if _wants(wanted, lsp.CodeActionKind.QuickFix):
            found = mends(file.bundle.folder, file.name, first, last)
            actions += [wire.action(mend, list(params.context.diagnostics)) for mend in found]
        if _wants(wanted, FIX_ALL) and (edits := mend_all(file.bundle.folder, file.name)):
            edit = wire.workspace_edit(edits)
            actions.append(lsp.CodeAction("mend what mends itself", kind=FIX_ALL, edit=edit))
        return actions


def _laid(server: RulesServer, file: File, first: int, last: int | None) -> list[lsp.TextEdit] | None:
    if file.name not in file.bundle.folder.compiled.files:
        return None
    edits = layout(file.name, file.bundle.folder.text(file.name), first, last)
    return server.wire(file.bundle).edits(edits) if edits is not None else None


def _wants(wanted: Sequence[str] | None, kind: str) -> bool:
    """Return whether an editor that asks for these kinds of actions, or for all, wants one of a kind."""
    return wanted is None or any(kind == one or kind.startswith(f"{one}.") for one in wanted)


def _register_looking(server: RulesServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    def on_folding(ls: RulesServer, params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange] | None:
        file = ls.file_of(params.text_document.uri)
        if file is None or file.name not in file.bundle.folder.compiled.files:
            return None
        return [folding(fold) for fold in folds.folds(file.bundle.folder.text(file.name))]

    @server.feature(
        lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        lsp.SemanticTokensLegend(list(colours.TYPES), list(colours.MODIFIERS)),
    )
    def on_tokens(ls: RulesServer, params: lsp.SemanticTokensParams) -> lsp.SemanticTokens | None:
        file = ls.file_of(params.text_document.uri)
        if file is None or file.name not in file.bundle.folder.compiled.files:
            return None
        tokens = colours.colours(file.bundle.folder, file.bundle.index, file.name)
        return lsp.SemanticTokens(colours.encoded(ls.wire(file.bundle).tokens(file.name, tokens)))

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    def on_lens(ls: RulesServer, params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
        file = ls.file_of(params.text_document.uri)
        if file is None:
            return None
        uri, wire = params.text_document.uri, ls.wire(file.bundle)
        return [
            lsp.CodeLens(wire.first_line(lens.span), lsp.Command(lens.title, RUN_TESTS, None, [uri, lens.target]))
            for lens in lenses(file.bundle.folder, file.name, file.bundle.results)
        ]


def _register_commands(server: RulesServer) -> None:
    @server.command(RUN_TESTS)
    def on_run(ls: RulesServer, uri: str, target: str) -> dict[str, object] | None:
        """Run one test of a file, by its title, or the tests of a rule, by its id."""
        file = ls.file_of(uri)
        return ls.run_tests(file, target) if file is not None else None

    @server.command(EXPLAIN)
    def on_explain(ls: RulesServer, code: str) -> str | None:
        """Return the page of a diagnostic code, as Markdown."""
        found = page(code)
        return found.text if found is not None else None

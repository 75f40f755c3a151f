"""Answers in the words of the protocol: places, diagnostics, offers, symbols and edits as an editor reads them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from lsprotocol import types as lsp
from pygls.uris import from_fs_path

from dsl.diagnostics import Diagnostic, Edit, Severity
from dsl.language_server.colours import Coloured
from dsl.language_server.folds import Fold
from dsl.language_server.mends import Mend
from dsl.language_server.navigate import Symbol
from dsl.language_server.offers import Offer
from dsl.language_server.units import column_of, units_of
from dsl.language_server.workspace import Bundle
from dsl.text import Span

SOURCE = "mqk"
_IDLE = ("W602", "W603", "W606")
"""Warnings of what nobody needs: editors fade it."""
_PLACES = re.compile(r"\$\{\d+:([^}]*)\}|\$\d+")
_KINDS = {
    "keyword": lsp.CompletionItemKind.Keyword, "enum": lsp.CompletionItemKind.EnumMember,
    "type": lsp.CompletionItemKind.TypeParameter, "param": lsp.CompletionItemKind.Constant,
    "let": lsp.CompletionItemKind.Variable, "window": lsp.CompletionItemKind.Event,
    "list": lsp.CompletionItemKind.Struct, "table": lsp.CompletionItemKind.Struct,
    "fact": lsp.CompletionItemKind.Property, "function": lsp.CompletionItemKind.Function,
    "event": lsp.CompletionItemKind.Event, "field": lsp.CompletionItemKind.Field, "rule": lsp.CompletionItemKind.Class,
    "namespace": lsp.CompletionItemKind.Module, "fixture": lsp.CompletionItemKind.Reference,
    "unit": lsp.CompletionItemKind.Unit, "value": lsp.CompletionItemKind.Value,
}  # fmt: skip
_SYMBOLS = {
    "rulebook": lsp.SymbolKind.Module, "param": lsp.SymbolKind.Constant, "let": lsp.SymbolKind.Variable,
    "list": lsp.SymbolKind.Array, "table": lsp.SymbolKind.Struct, "window": lsp.SymbolKind.Event,
    "limit": lsp.SymbolKind.Class, "rule": lsp.SymbolKind.Class, "switch": lsp.SymbolKind.Class,
    "checklist": lsp.SymbolKind.Class, "gate": lsp.SymbolKind.Class, "fixture": lsp.SymbolKind.Object,
    "test": lsp.SymbolKind.Method, "row": lsp.SymbolKind.Number, "line": lsp.SymbolKind.Field,
    "scenario": lsp.SymbolKind.Boolean,
}  # fmt: skip
UriOf = Callable[[Bundle, str], str]


class Wire:
    """Puts places of one folder into the units of one editor, and back."""

    def __init__(self, bundle: Bundle, uri_of: UriOf, encoding: str) -> None:
        self._bundle, self._uri_of, self._encoding = bundle, uri_of, encoding
        self._lines: dict[str, list[str]] = {}

    def uri(self, name: str) -> str:
        """Return what an editor calls a file."""
        return self._uri_of(self._bundle, name)

    def _line(self, name: str, line: int) -> str:
        lines = self._lines.get(name)
        if lines is None:
            self._lines[name] = lines = self._bundle.folder.text(name).split("\n")
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def place(self, name: str, position: lsp.Position) -> tuple[int, int]:
        """Return line and column, from 1, of an editor's position."""
        line = position.line + 1
        return line, column_of(self._line(name, line), position.character, self._encoding)

    def position(self, name: str, line: int, column: int) -> lsp.Position:
        """Return an editor's position of a line and column, both from 1."""
        return lsp.Position(max(line - 1, 0), units_of(self._line(name, line), column, self._encoding))

    def range(self, span: Span) -> lsp.Range:
        """Return the stretch of a place."""
        start = self.position(span.file, span.line, span.column)
        return lsp.Range(start, self.position(span.file, span.end_line, span.end_column))

    def location(self, span: Span) -> lsp.Location:
        """Return a place with its file."""
        return lsp.Location(self.uri(span.file), self.range(span))

    def edits(self, edits: Iterable[Edit]) -> list[lsp.TextEdit]:
        """Return edits of one file."""
        return [lsp.TextEdit(self.range(edit.span), edit.text) for edit in edits]

    def workspace_edit(self, edits: Iterable[Edit]) -> lsp.WorkspaceEdit:
        """Return edits of several files."""
        by_file: dict[str, list[Edit]] = {}
        for edit in edits:
            by_file.setdefault(edit.span.file, []).append(edit)
        return lsp.WorkspaceEdit(changes={self.uri(name): self.edits(own) for name, own in by_file.items()})

    # ---------------------------------------------------------------------------------- diagnostics
    def diagnostic(self, found: Diagnostic) -> lsp.Diagnostic:
        """Return a diagnostic; one of a whole declaration is shown on its first line."""
        return lsp.Diagnostic(
            self.range(self._shown(found.span)),
            found.message + (f"\n{found.help}" if found.help else ""),
            lsp.DiagnosticSeverity.Error if found.severity is Severity.ERROR else lsp.DiagnosticSeverity.Warning,
            found.code,
            source=SOURCE,
            tags=[lsp.DiagnosticTag.Unnecessary] if found.code in _IDLE else None,
            related_information=[
                lsp.DiagnosticRelatedInformation(self.location(span), note) for span, note in found.notes
            ]
            or None,
        )

    def _shown(self, span: Span) -> Span:
        line = self._line(span.file, span.line)
        end = span.end_column
        if span.end_line != span.line:
            shown = line.split(" #")[0].rstrip().removesuffix("{").rstrip()
            end = max(len(shown) + 1, span.column + 1)
        return Span(span.file, span.line, span.column, span.line, end)

    def first_line(self, span: Span) -> lsp.Range:
        """Return the first line of a declaration."""
        return self.range(self._shown(span))

    def tokens(self, name: str, tokens: Iterable[Coloured]) -> tuple[Coloured, ...]:
        """Return tokens with their columns in the editor's units."""
        if self._bundle.folder.text(name).isascii():
            return tuple(tokens)
        return tuple(self._token(name, token) for token in tokens)

    def _token(self, name: str, token: Coloured) -> Coloured:
        line = self._line(name, token.line + 1)
        start = units_of(line, token.start + 1, self._encoding)
        end = units_of(line, token.start + token.length + 1, self._encoding)
        return replace(token, start=start, length=end - start)

    # ---------------------------------------------------------------------------------- completion
    def item(
        self, offer: Offer, span: Span, at: int, can_snip: bool, uses: Edit | None, data: object
    ) -> lsp.CompletionItem:
        """Return an offer; `at` is its rank among those made together."""
        is_snippet = can_snip and _PLACES.search(offer.insert) is not None
        text = offer.insert if is_snippet else _PLACES.sub(lambda match: match[1] or "", offer.insert)
        return lsp.CompletionItem(
            offer.label,
            kind=_KINDS.get(offer.kind, lsp.CompletionItemKind.Text),
            detail=offer.detail or None,
            sort_text=f"{at:04}",
            filter_text=offer.label,
            insert_text_format=lsp.InsertTextFormat.Snippet if is_snippet else lsp.InsertTextFormat.PlainText,
            text_edit=lsp.TextEdit(self.range(span), text),
            additional_text_edits=self.edits((uses,)) if uses is not None else None,
            data=data,
        )

    # ---------------------------------------------------------------------------------- outlines
    def symbol(self, symbol: Symbol) -> lsp.DocumentSymbol:
        """Return a declaration of an outline with what is inside."""
        return lsp.DocumentSymbol(
            symbol.name,
            _SYMBOLS[symbol.kind],
            self.range(symbol.whole),
            self.range(symbol.name_span),
            detail=symbol.detail or None,
            children=[self.symbol(part) for part in symbol.parts] or None,
        )

    def workspace_symbol(self, symbol: Symbol) -> lsp.WorkspaceSymbol:
        """Return a declaration of any file."""
        return lsp.WorkspaceSymbol(self.location(symbol.name_span), symbol.name, _SYMBOLS[symbol.kind])

    def action(self, mend: Mend, shown: list[lsp.Diagnostic]) -> lsp.CodeAction:
        """Return a quick fix, with the editor's own copy of the diagnostic it mends."""
        own = self.diagnostic(mend.found)
        return lsp.CodeAction(
            mend.title,
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[one for one in shown if one.code == own.code and one.range == own.range] or [own],
            is_preferred=mend.is_sure or None,
            edit=self.workspace_edit(mend.edits),
        )


def folding(fold: Fold) -> lsp.FoldingRange:
    """Return what can be folded away."""
    kind = lsp.FoldingRangeKind.Comment if fold.is_comment else lsp.FoldingRangeKind.Region
    return lsp.FoldingRange(fold.first, fold.last, kind=kind)


def uri_of_path(path: str) -> str:
    """Return the address of a file on disk."""
    return str(from_fs_path(path))


def markdown(text: str) -> lsp.MarkupContent:
    """Return text as Markdown."""
    return lsp.MarkupContent(lsp.MarkupKind.Markdown, text)

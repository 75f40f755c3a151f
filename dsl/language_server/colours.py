"""What kind of thing each word of a file is, for editors that colour by meaning."""

from dataclasses import dataclass

from dsl.highlight.scan import scan
from dsl.language_server.folder import Folder
from dsl.language_server.index import Index
from dsl.naming.meaning import Kind, Meanings
from dsl.naming.occurrence import Occurrence, Use

TYPES = (
    "namespace", "type", "class", "enumMember", "function", "variable", "parameter", "property", "event", "keyword",
    "modifier", "string", "number", "operator", "comment", "macro",
)  # fmt: skip
"""The types of tokens, in the order the protocol numbers them by."""
MODIFIERS = ("declaration", "readonly", "documentation", "defaultLibrary")
_BY_LOOK = {
    "doc": ("comment", ("documentation",)), "comment": ("comment", ()), "string": ("string", ()),
    "moment": ("number", ()), "number": ("number", ()), "rule_id": ("class", ()), "code": ("enumMember", ()),
    "declaration": ("keyword", ()), "function": ("function", ("defaultLibrary",)), "effect": ("modifier", ()),
    "clause": ("keyword", ()), "connective": ("keyword", ()), "constant": ("keyword", ()), "phrase": ("keyword", ()),
    "window_function": ("function", ("defaultLibrary",)), "type": ("type", ()), "vocabulary": ("enumMember", ()),
    "fact": ("property", ("readonly",)), "name": ("variable", ()), "operator": ("operator", ()),
}  # fmt: skip
_BY_USE = {
    Use.RULEBOOK: "namespace", Use.NAMESPACE: "namespace", Use.RULE: "class", Use.REASON: "enumMember",
    Use.FIXTURE: "macro", Use.EVENT: "event", Use.EVENT_FIELD: "property", Use.FIELD: "property",
    Use.COLUMN: "property", Use.FUNCTION: "function", Use.WINDOW_FUNCTION: "function", Use.TYPE: "type",
    Use.CURRENCY: "type", Use.VARIABLE: "parameter", Use.OWNER: "string", Use.KEY: "property", Use.FACT: "property",
}  # fmt: skip
_BY_KIND = {
    Kind.PARAM: ("parameter", ("readonly",)), Kind.LET: ("variable", ()), Kind.TABLE: ("variable", ()),
    Kind.WINDOW: ("event", ()), Kind.LIST: ("type", ()), Kind.FACT: ("property", ("readonly",)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coloured:
    """A token: its line and columns from 0, its type and modifiers as the protocol numbers them."""

    line: int
    start: int
    length: int
    type: int
    modifiers: int


def colours(folder: Folder, index: Index, name: str) -> tuple[Coloured, ...]:
    """Return the tokens of a file in order: by what they mean, and by their looks where that is not known."""
    meanings = index.meanings(name)
    named = {(span.line - 1, span.column - 1): one for span, one in index.names(name)}
    out = []
    for mark in scan(folder.text(name)):
        one = named.get((mark.line, mark.start))
        kind, modifiers = _BY_LOOK.get(mark.kind, ("", ()))
        length = mark.end - mark.start
        if one is not None and mark.kind != "string":
            kind, modifiers = _meant(one, meanings) or (kind, modifiers)
            length = len(one.word)
        if kind:
            bits = sum(1 << MODIFIERS.index(word) for word in modifiers)
            out.append(Coloured(mark.line, mark.start, length, TYPES.index(kind), bits))
    return tuple(out)


def _meant(one: Occurrence, meanings: Meanings | None) -> tuple[str, tuple[str, ...]] | None:
    thing = meanings.of(one) if meanings is not None else None
    kind, modifiers = _BY_KIND.get(thing.kind, ("", ())) if thing is not None else ("", ())
    kind = kind or _BY_USE.get(one.use, "")
    if not kind:
        return None
    return kind, (*modifiers, "declaration") if one.is_definition else modifiers


def encoded(tokens: tuple[Coloured, ...]) -> list[int]:
    """Return tokens as the protocol sends them: five numbers each, places counted from the token before."""
    out: list[int] = []
    line = start = 0
    for token in tokens:
        start = 0 if token.line != line else start
        out += [token.line - line, token.start - start, token.length, token.type, token.modifiers]
        line, start = token.line, token.start
    return out

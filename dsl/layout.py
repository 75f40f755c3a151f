"""Tokens, comments and items of a rule file, as the formatter lays them out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token, Tree

from dsl.parse import cut, grammar
from dsl.text import Source

ITEMS_OF = {
    "limit": 2, "rule": 2, "switch": 2, "checklist": 2, "gate": 2, "table": 2, "list_decl": 3, "test": 1, "fixture": 1,
    "param": 5,
}  # fmt: skip
"""Where the items of a body begin among the children of its node."""
_CODE_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#.*)')


@dataclass(frozen=True, slots=True)
class Atom:
    """A token or a comment at its line of the file (0-based); `starts_item` begins a clause, row or scenario."""

    text: str
    kind: str
    line: int
    column: int
    starts_item: bool = False

    @property
    def is_dated(self) -> bool:
        """Return whether the atom is a date, as the versions of a table begin with."""
        return self.kind == "DATE"

    @property
    def is_comment(self) -> bool:
        return self.kind == "COMMENT"


@dataclass(frozen=True, slots=True)
class Block:
    """One declaration, or one comment outside of all: `word` is its first word, empty for a comment."""

    word: str
    atoms: tuple[Atom, ...]

    @property
    def first_line(self) -> int:
        return self.atoms[0].line

    @property
    def last_line(self) -> int:
        return self.atoms[-1].line


def blocks(source: Source) -> list[Block]:
    """Return a file without syntax errors as blocks in order; every token and comment is in exactly one."""
    comments = list(_comments(source.text))
    out: list[Block] = []
    for piece in cut(source):
        tokens = list(_tokens(piece.text, piece.first_line))
        first, last = tokens[0].line, tokens[-1].line
        inside = [c for c in comments if (first, tokens[0].column) < (c.line, c.column) and c.line <= last]
        out += [Block("", (comment,)) for comment in comments if comment.line < first]
        comments = [c for c in comments if c.line > last]
        atoms = sorted([*tokens, *inside], key=lambda atom: (atom.line, atom.column))
        out.append(Block(piece.word, tuple(atoms)))
    return out + [Block("", (comment,)) for comment in comments]


def _comments(text: str) -> Iterator[Atom]:
    for number, line in enumerate(text.split("\n")):
        for match in _CODE_OR_COMMENT.finditer(line):
            if match[1]:
                yield Atom(match[1].rstrip(), "COMMENT", number, match.start(1))
                break


def _tokens(text: str, first_line: int) -> Iterator[Atom]:
    tree = grammar().parse(text, start="declaration")
    starts = set(_item_starts(tree))
    parser = grammar().parse_interactive(text, start="declaration")
    for token in parser.iter_parse():
        is_start = token.start_pos in starts
        yield Atom(str(token), token.type, (token.line or 1) - 1 + first_line, (token.column or 1) - 1, is_start)


def _item_starts(tree: Tree[Token]) -> Iterator[int]:
    node = tree.children[0]
    if isinstance(node, Tree) and str(node.data) in ITEMS_OF:
        for child in node.children[ITEMS_OF[str(node.data)] :]:
            if isinstance(child, Tree):
                yield child.meta.start_pos
                yield from _row_starts(child)


def _row_starts(node: Tree[Token]) -> Iterator[int]:
    """Yield where the rows of a table's version begin, and the steps of a scenario."""
    for child in node.children:
        if isinstance(child, Tree) and str(child.data) in ("table_row", "later", "restarted"):
            yield child.meta.start_pos

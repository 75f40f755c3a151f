"""Parts of rules in the words they are written in."""

from collections.abc import Mapping

from dsl import ir
from dsl.edits import part_of
from dsl.text import Span

_SIGNS = {"==": "is", "!=": "is not"}


class Wording:
    """Quotes the files of a bundle."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def text(self, span: Span) -> str:
        """Return what is written at a place, on one line."""
        return " ".join(part_of(self._sources.get(span.file, ""), span).split())

    def of(self, node: ir.Expr) -> str:
        """Return an expression as it is written, a comparison by its sides."""
        match node:
            case ir.Compare() | ir.RealCompare():
                return f"{self.of(node.left)} {_SIGNS.get(node.operator, node.operator)} {self.of(node.right)}"
            case ir.Member():
                return f"{self.of(node.item)} in {self.of(node.container)}"
            case ir.Widen():
                return self.of(node.operand)
            case ir.FactRef():
                return name_of(node.path)
            case ir.Known():
                return f"known({self.of(node.fact)})"
            case _:
                return self.text(node.span)


def name_of(path: str) -> str:
    """Return how a rule names a fact, one of its windows or lists."""
    kind, _, name = path.partition(":")
    return name.rpartition(".")[2] if kind in ("window", "list") else path

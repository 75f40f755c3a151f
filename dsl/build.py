"""Parse tree to syntax tree: one method per grammar rule (build_*.py), nothing decided here."""

from typing import Any

from lark import v_args

from dsl.build_places import BuildFault
from dsl.build_proofs import ProofBuilder

__all__ = ["BuildFault", "Builder"]


@v_args(meta=True)
class Builder(ProofBuilder):
    """Builds the nodes of one piece that starts at `first_line` of the file."""

    def declaration(self, meta: Any, c: list[Any]) -> Any:
        return c[0]

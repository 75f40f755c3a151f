"""Everything a bundle can judge with."""

from dataclasses import dataclass, field

from dsl.ir.declarations import ListUse, Param, Table, Window
from dsl.ir.expressions import Expr
from dsl.ir.proofs import Proof
from dsl.ir.rules import Rule


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Everything a bundle can judge with, in a fixed order."""

    rules: tuple[Rule, ...]
    params: dict[str, Param]
    lets: dict[str, Expr]
    windows: dict[str, Window]
    lists: dict[str, ListUse]
    zone: str
    tables: dict[str, Table] = field(default_factory=dict)
    proofs: tuple[Proof, ...] = ()

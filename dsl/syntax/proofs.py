"""Proofs: what is promised of every order."""

from dataclasses import dataclass

from dsl.syntax.declarations import Declaration
from dsl.syntax.expressions import Expr, Name


@dataclass(frozen=True, slots=True)
class Prove(Declaration):
    """A promise about every order: of a rule, or of all rules of the stage under a title.

    `claim` is never_looser, never_allow (with `condition`), tighter_as (with `fact` and its `direction`) or
    some_passes.
    """

    rule: str | None
    title: str
    claim: str
    fact: Name | None = None
    direction: str = ""
    condition: Expr | None = None

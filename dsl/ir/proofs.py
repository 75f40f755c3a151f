"""Proofs ready to be judged."""

from dataclasses import dataclass
from dataclasses import field as attribute

from dsl.ir.expressions import Expr, FactRef
from dsl.text import Span


@dataclass(frozen=True, slots=True)
class Proof:
    """A promise about every order, kept by one rule, or by all rules of a stage under a title.

    `claim` is never_looser, never_allow (with `condition`), tighter_as (with `fact`, which `rises` or falls) or
    some_passes.
    """

    claim: str
    rule: str | None
    title: str
    rulebook: str
    stage: str
    fact: FactRef | None
    rises: bool
    condition: Expr | None
    doc: str
    span: Span = attribute(compare=False)

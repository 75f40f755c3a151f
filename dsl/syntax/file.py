"""One parsed rule file."""

from dataclasses import dataclass, fields, is_dataclass

from dsl.syntax.declarations import Declaration
from dsl.syntax.expressions import Expr
from dsl.text import Span


@dataclass(frozen=True, slots=True)
class File:
    """One parsed rule file: every declaration that could be read, in order.

    `damaged` names those that were read only in part, or not at all, and `unread` the kinds of those
    not read at all, so that later stages blame nobody else for it.
    """

    name: str
    declarations: tuple[Declaration, ...]
    damaged: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


def depth_of(node: object) -> int:
    """Return how many expressions nest inside one another at most; walks without recursion."""
    deepest = 0
    waiting: list[tuple[object, int]] = [(node, 0)]
    while waiting:
        at, depth = waiting.pop()
        if isinstance(at, tuple):
            waiting += [(item, depth) for item in at]
        elif is_dataclass(at) and not isinstance(at, Span):
            depth += isinstance(at, Expr)
            deepest = max(deepest, depth)
            waiting += [(getattr(at, field.name), depth) for field in fields(at)]
    return deepest

"""What an expression comes down to once every `let` is opened."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dsl import ir
from dsl.reads import rule_expressions

_NO_REASON = ir.Because(())


def unfold(exprs: Iterable[ir.Expr], lets: Mapping[str, ir.Expr]) -> Iterator[ir.Expr]:
    """Yield every part of the expressions, outermost first, the body of each `let` once."""
    opened: set[str] = set()
    waiting = list(exprs)
    while waiting:
        for part in ir.walk(waiting.pop(0)):
            yield part
            if isinstance(part, ir.LetRef) and part.name not in opened and part.name in lets:
                opened.add(part.name)
                waiting.append(lets[part.name])


def params_in(exprs: Iterable[ir.Expr], lets: Mapping[str, ir.Expr]) -> list[str]:
    """Return the names of the params the expressions come down to, in order, each once."""
    return list(dict.fromkeys(part.name for part in unfold(exprs, lets) if isinstance(part, ir.ParamRef | ir.Lookup)))


def deciding(rule: ir.Rule) -> list[ir.Expr]:
    """Return every expression of a rule that decides something: all but those of its reason."""
    return rule_expressions(replace(rule, because=_NO_REASON))


def told(rule: ir.Rule) -> list[ir.Expr]:
    """Return the expressions a rule's reason shows."""
    return [piece for piece in rule.because.pieces if isinstance(piece, ir.Expr)]

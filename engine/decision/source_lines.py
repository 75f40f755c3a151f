"""A rule's text with the values of this decision hung under the words they belong to."""

from collections.abc import Callable
from dataclasses import dataclass

from dsl import ir
from dsl.bundle import Bundle
from dsl.interpret import Interpreter, Unknown
from dsl.text import Span
from dsl.types import show


@dataclass(frozen=True, slots=True)
class Label:
    """A value that belongs under a column (from 1) of its source line, and how many columns it is the value of."""

    column: int
    text: str
    width: int = 1


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a rule file; `speaks` marks those that led to the finding."""

    number: int
    text: str
    labels: tuple[Label, ...] = ()
    speaks: bool = False


def annotate(bundle: Bundle, rule: ir.Rule, line: int, interpreter: Interpreter) -> tuple[SourceLine, ...]:
    """Return the rule's lines, values under the guard, the measure and the effect line that spoke.

    `line` counts effect lines from 1; 0 is the guard alone.
    """
    spoken = _expressions(rule, line)
    texts = bundle.sources[rule.span.file].split("\n")
    labels: dict[int, dict[int, Label]] = {}
    for expr in spoken:
        for span, text in _values(expr, interpreter):
            end = span.end_column if span.end_line == span.line else len(texts[span.line - 1].rstrip()) + 1
            label = Label(span.column, text, max(1, end - span.column))
            labels.setdefault(span.line, {}).setdefault(span.column, label)
    shown = {rule.span.line}
    for span in [expr.span for expr in spoken] + ([rule.lines[line - 1].span] if line else []):
        shown.update(range(span.line, span.end_line + 1))
    return tuple(
        SourceLine(
            number,
            texts[number - 1].rstrip(),
            tuple(label for _, label in sorted(labels.get(number, {}).items())),
            number in shown,
        )
        for number in range(rule.span.line, rule.span.end_line + 1)
    )


def _expressions(rule: ir.Rule, line: int) -> list[ir.Expr]:
    """Return what was looked at, as written: guard, needs, measure, bounds or condition, exception."""
    found: list[ir.Expr] = [rule.when] if rule.when is not None else []
    if not line:
        return found
    found += [need.fact for need in rule.needs]
    spoken = rule.lines[line - 1]
    if rule.measure is not None and spoken.relation is not None:
        found += [rule.measure, *spoken.bounds]
    else:
        found.append(spoken.condition)
    if spoken.unless is not None:
        found.append(spoken.unless)
    return found


def _values(expr: ir.Expr, interpreter: Interpreter) -> list[tuple[Span, str]]:
    """Return a value per named part, and the whole of a calculation where it begins with a literal."""
    found: list[tuple[Span, str]] = []
    _visit(expr, interpreter, lambda part: found.append((part.span, _shown(part, interpreter))))
    is_whole_new = expr.type.is_number and all(span.column != expr.span.column for span, _ in found)
    if is_whole_new and not isinstance(expr, ir.Const | ir.Negate):
        whole = interpreter.evaluate(expr)
        if not isinstance(whole, Unknown):
            found.append((expr.span, f"= {show(whole, expr.type)}"))
    return found


def _visit(expr: ir.Expr, interpreter: Interpreter, take: Callable[[ir.Expr], None]) -> None:
    """Walk the branches that were needed; a name inside an aggregate belongs to its rows."""
    match expr:
        case ir.FactRef() | ir.ParamRef() | ir.Lookup() | ir.LetRef() | ir.Aggregate():
            take(expr)
        case ir.Known():
            take(expr.fact)
        case ir.If():
            _visit(expr.condition, interpreter, take)
            decided = interpreter.evaluate(expr.condition)
            if not isinstance(decided, Unknown):
                _visit(expr.then if decided else expr.otherwise, interpreter, take)
        case _:
            for child in ir.children(expr):
                _visit(child, interpreter, take)


def _shown(expr: ir.Expr, interpreter: Interpreter) -> str:
    value = interpreter.evaluate(expr)
    if isinstance(value, Unknown):
        return "unknown: " + ", ".join(sorted({reason for _, reason in value.facts}))
    return show(value, expr.type)

"""W615: a param whose direction is not the one its rules use it in."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.intervals import Bounds
from dsl.lint.pull import pull
from dsl.lint.subject import Subject
from dsl.text import Span

_DIRECTION = {1: "higher", -1: "lower"}


def wrong_directions(subject: Subject) -> Iterator[Diagnostic]:
    """Report params that refuse more when moved the way they call looser: a layer could then loosen them."""
    bounds = subject.bounds()
    for declared in subject.numbers():
        name = declared.param.name
        found = [use for judged in subject.readers(name) for use in _uses(judged.rule, name, bounds)]
        signs = {sign for sign, _ in found}
        if len(signs) != 1 or None in signs:
            continue
        sign, place = found[0]
        direction = _DIRECTION.get(sign or 0)
        if direction is not None and direction != declared.param.direction:
            yield Diagnostic(
                "W615",
                f"`{declared.text.name}` is tighter when {direction}, and says the opposite",
                declared.text.span,
                help=f"write `tighter when {direction}`, or turn the comparison round",
                notes=((place, f"this line refuses more when it is {direction}"),),
            )


def _uses(rule: ir.Rule, name: str, bounds: Bounds) -> Iterator[tuple[int | None, Span]]:
    """Yield how a param pulls each line of a rule, its exception and the guard, where it occurs."""

    def is_it(part: ir.Expr) -> bool:
        return isinstance(part, ir.ParamRef | ir.Lookup) and part.name == name

    for line in rule.lines:
        if (sign := pull(line.condition, is_it, bounds)) != 0:
            yield sign, line.span
        if line.unless is not None and (sign := pull(line.unless, is_it, bounds)) != 0:
            yield None if sign is None else -sign, line.span
    if rule.when is not None and (sign := pull(rule.when, is_it, bounds)) != 0:
        yield sign, rule.span

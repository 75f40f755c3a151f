"""W610: two params that are one number."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Declared, Subject


def twin_params(subject: Subject) -> Iterator[Diagnostic]:
    """Report params alike in unit, range, dates, values and citations: one will be changed and the other forgotten."""
    first: dict[tuple[object, ...], Declared] = {}
    for declared in subject.numbers():
        twin = first.setdefault(_content(declared.param), declared)
        if twin is not declared:
            yield Diagnostic(
                "W610",
                f"`{declared.text.name}` is the same number as `{twin.text.name}`",
                declared.text.span,
                help=f"read `{twin.text.name}` in both places, or cite what makes them two",
                notes=((twin.text.span, "declared here first"),),
            )


def _content(param: ir.Param) -> tuple[object, ...]:
    rows = tuple((row.key, row.since, row.value, row.cite) for row in param.rows)
    return param.type, param.low, param.high, param.direction, param.per, rows

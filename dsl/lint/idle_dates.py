"""W614: a dated line that changes nothing."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Subject
from dsl.types import show


def idle_dates(subject: Subject) -> Iterator[Diagnostic]:
    """Report lines with the value of the line before: somebody decided a change, and the number stayed."""
    for declared in subject.params():
        last: dict[tuple[str, ...], ir.ParamRow] = {}
        for row in declared.param.rows:
            before = last.get(row.key)
            last[row.key] = row
            if before is not None and before.value == row.value:
                yield Diagnostic(
                    "W614",
                    f"from {row.since} on `{declared.text.name}` is {show(row.value, declared.param.type)}, as before",
                    row.span,
                    help="write the number that was decided, or remove the line",
                    notes=((before.span, "in force before"),),
                )

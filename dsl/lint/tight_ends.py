"""W613: a number at the tight end of its range, that no configuration layer can tighten."""

from collections.abc import Iterator

from dsl.diagnostics import Diagnostic
from dsl.lint.subject import Declared, Subject


def tight_ends(subject: Subject) -> Iterator[Diagnostic]:
    """Report the last value of a key where it is the tightest its range allows, and not zero or the only one."""
    for declared in subject.numbers():
        param = declared.param
        tight = param.low if param.direction == "lower" else param.high
        if param.low == param.high or not tight:
            continue
        last = {row.key: row for row in param.rows}
        for row in last.values():
            if row.value == tight:
                yield Diagnostic(
                    "W613",
                    f"`{declared.text.name}` stands at the tight end of its range",
                    row.span,
                    help=_remedy(declared),
                )


def _remedy(declared: Declared) -> str:
    side = "below" if declared.param.direction == "lower" else "above"
    return f"let the range reach {side} it: a layer may only tighten inside the range, and here it can do nothing"

"""W609: symbols written into a rule instead of kept in a list."""

from collections.abc import Iterator

from dsl import ir
from dsl.diagnostics import Diagnostic
from dsl.lint.reach import deciding, unfold
from dsl.lint.subject import Subject
from dsl.text import Span
from dsl.types import Kind


def written_names(subject: Subject) -> Iterator[Diagnostic]:
    """Report symbols that rules compare with: nobody renews them, owns them or sees them change."""
    seen: set[tuple[Span, ir.Value]] = set()
    for judged in subject.rules():
        for part in unfold(deciding(judged.rule), subject.lets):
            if not isinstance(part, ir.Const) or not part.value or not _holds_symbols(part):
                continue
            place = (part.span, part.value)
            if place not in seen:
                seen.add(place)
                yield Diagnostic(
                    "W609",
                    f"{judged.rule.id} names symbols in its text",
                    part.span,
                    help="keep them in a `list … of symbol` with an owner and a freshness, and write `in` its name",
                )


def _holds_symbols(constant: ir.Const) -> bool:
    element = constant.type.element if constant.type.kind is Kind.SET else constant.type
    return element is not None and element.kind is Kind.SYMBOL

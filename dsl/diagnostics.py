"""What is wrong with a rule file, as values: code, place, fact, reason and remedy."""

from dataclasses import dataclass, field
from enum import StrEnum

from dsl.text import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the text that mends a problem by itself and leaves every judgement as it was."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem. `message` is a one-line fact, `help` a remedy that can be pasted, `edit` one a tool can apply."""

    code: str
    message: str
    span: Span
    label: str = ""
    help: str = ""
    notes: tuple[tuple[Span, str], ...] = field(default=())
    edit: Edit | None = None

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.code.startswith(("W", "A70")) else Severity.ERROR


def has_errors(diagnostics: "list[Diagnostic] | tuple[Diagnostic, ...]") -> bool:
    """Return whether any diagnostic is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order(diagnostics: "list[Diagnostic]") -> list[Diagnostic]:
    """Return the diagnostics by file and place, duplicates removed."""
    return sorted(dict.fromkeys(diagnostics), key=lambda d: (d.span, d.code, d.message))

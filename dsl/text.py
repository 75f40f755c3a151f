"""Source text and the places in it that diagnostics point at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file: 1-based lines and columns, the end column exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def through(self, other: "Span") -> "Span":
        """Return the stretch from the start of this span to the end of `other`."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column)


NOWHERE = Span("", 1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Source:
    """One rule file: the name shown to people (relative, forward slashes) and its text."""

    name: str
    text: str

"""Diagnostics for people and machines: text with the place underlined, plain data, annotations."""

import unicodedata
from collections.abc import Iterable, Mapping

from dsl.diagnostics import Diagnostic, Severity
from dsl.text import Span

_PLAIN = str.maketrans({"→": "->", "…": "...", "–": "-", "—": "-", "·": "*", "≤": "<=", "≥": ">="})


def render(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str]) -> str:
    """Return every diagnostic with its excerpt, a blank line between, and a count at the end."""
    listed = list(diagnostics)
    parts = [render_one(diagnostic, texts) for diagnostic in listed]
    errors = sum(d.severity is Severity.ERROR for d in listed)
    if listed:
        parts.append(", ".join(filter(None, (_count(errors, "error"), _count(len(listed) - errors, "warning")))) + "\n")
    return "\n".join(parts)


def render_one(diagnostic: Diagnostic, texts: Mapping[str, str]) -> str:
    """Return one diagnostic: fact, place, underlined excerpt, help, and the places it refers to."""
    notes = [(span, note) for span, note in diagnostic.notes]
    gutter = max(len(str(span.line)) for span in (diagnostic.span, *(span for span, _ in notes)))
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    lines += _excerpt(diagnostic.span, diagnostic.label, "^", gutter, texts)
    if diagnostic.help:
        first, *more = diagnostic.help.split("\n")
        lines += [f"{' ' * gutter} = help: {first}", *(f"  {line}".rstrip() for line in more)]
    for span, note in notes:
        lines.append(f"{' ' * gutter} = note: {note}")
        lines += _excerpt(span, "", "-", gutter, texts)
    return "\n".join(_ascii(line) for line in lines) + "\n"


def concise(diagnostic: Diagnostic) -> str:
    """Return one line: place, severity, code and fact."""
    return _ascii(f"{diagnostic.span}: {diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}")


def as_data(diagnostic: Diagnostic) -> dict[str, object]:
    """Return a diagnostic as JSON-able data with sorted, stable keys."""
    return {
        "code": diagnostic.code,
        "edit": {"span": _span_data(edit.span), "text": edit.text} if (edit := diagnostic.edit) else None,
        "help": diagnostic.help,
        "label": diagnostic.label,
        "message": diagnostic.message,
        "notes": [{"message": note, "span": _span_data(span)} for span, note in diagnostic.notes],
        "severity": diagnostic.severity.value,
        "span": _span_data(diagnostic.span),
    }


def annotation(diagnostic: Diagnostic) -> str:
    """Return a workflow command that makes GitHub mark the line in a review.

    Source: docs.github.com, "Workflow commands for GitHub Actions", setting an error message.
    """
    span = diagnostic.span
    ends = f",endLine={span.end_line}" + (f",endColumn={span.end_column}" if span.end_line == span.line else "")
    place = f"file={_property(span.file)},line={span.line},col={span.column}{ends}"
    text = diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")
    title = _property(f"{diagnostic.code}")
    return f"::{diagnostic.severity} {place},title={title}::{_escape(text)}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}" if number else ""


def _excerpt(span: Span, label: str, mark: str, gutter: int, texts: Mapping[str, str]) -> list[str]:
    empty = " " * gutter
    out = [f"{empty}--> {span}"]
    lines = texts.get(span.file, "").split("\n")
    if not 1 <= span.line <= len(lines) or span.file not in texts:
        return out
    line = lines[span.line - 1].rstrip("\r")
    end = span.end_column if span.end_line == span.line else len(line) + 1
    before, under = line[: span.column - 1], line[span.column - 1 : end - 1]
    if span.end_line != span.line:
        under = under.split(" #")[0].rstrip() or under
    width = max(_width(under), 1)
    out.append(f"{empty} |")
    out.append(f"{span.line:>{gutter}} | {_visible(line)}".rstrip())
    out.append(f"{empty} | {' ' * _width(before)}{mark * width}{f' {label}' if label else ''}")
    return out


def _visible(line: str) -> str:
    """Return a source line as it is, but tabs and control characters as one space so that carets stay under it."""
    return "".join(char if char.isprintable() else " " for char in line)


def _width(text: str) -> int:
    """Return the columns a terminal gives a text (Unicode annex 11)."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)


def _ascii(line: str) -> str:
    return line.translate(_PLAIN)


def _span_data(span: Span) -> dict[str, object]:
    return {
        "column": span.column,
        "end_column": span.end_column,
        "end_line": span.end_line,
        "file": span.file,
        "line": span.line,
    }


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")

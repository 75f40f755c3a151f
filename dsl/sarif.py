"""Diagnostics as SARIF 2.1.0, the form code hosts read findings in.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0; columns are counted in UTF-16 code units there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dsl.codes import page
from dsl.diagnostics import Diagnostic, Severity
from dsl.text import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"


def sarif(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return a SARIF log of one run: every code once as a rule, every diagnostic as a result."""
    listed = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in listed})
    driver = {"name": "mqk rules", "rules": [_rule(code) for code in codes]}
    results = [_result(diagnostic, codes.index(diagnostic.code), texts) for diagnostic in listed]
    run = {"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": results}
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    shown = page(code)
    rule: dict[str, Any] = {"id": code}
    if shown is not None:
        rule["shortDescription"] = {"text": shown.title}
        rule["fullDescription"] = {"text": shown.why}
        rule["help"] = {"text": shown.remedy}
    return rule


def _result(diagnostic: Diagnostic, index: int, texts: Mapping[str, str]) -> dict[str, Any]:
    level = "error" if diagnostic.severity is Severity.ERROR else "warning"
    text = diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")
    result: dict[str, Any] = {
        "ruleId": diagnostic.code, "ruleIndex": index, "level": level, "message": {"text": text},
        "locations": [_location(diagnostic.span, texts)],
    }  # fmt: skip
    if diagnostic.notes:
        result["relatedLocations"] = [
            {**_location(span, texts), "id": number, "message": {"text": note}}
            for number, (span, note) in enumerate(diagnostic.notes, 1)
        ]
    return result


def _location(span: Span, texts: Mapping[str, str]) -> dict[str, Any]:
    lines = texts.get(span.file, "").split("\n")
    region = {
        "startLine": span.line, "startColumn": _column(lines, span.line, span.column),
        "endLine": span.end_line, "endColumn": _column(lines, span.end_line, span.end_column),
    }  # fmt: skip
    return {"physicalLocation": {"artifactLocation": {"uri": span.file}, "region": region}}


def _column(lines: list[str], line: int, column: int) -> int:
    """Return a column counted in UTF-16 code units, from 1."""
    before = lines[line - 1][: column - 1] if 0 < line <= len(lines) else ""
    return column + sum(ord(char) > 0xFFFF for char in before)

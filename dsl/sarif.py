"""Diagnostics as a SARIF log, for tools that gather what many checkers say.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0, sections 3.13 to 3.57.
"""

from collections.abc import Iterable

from dsl.codes import page
from dsl.diagnostics import Diagnostic
from dsl.text import Span

VERSION = "2.1.0"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def as_sarif(diagnostics: Iterable[Diagnostic], tool: str, version: str) -> dict[str, object]:
    """Return a log of one run: every code that occurs with its page, every diagnostic with its edit."""
    listed = list(diagnostics)
    occurring = sorted({diagnostic.code for diagnostic in listed})
    index = {code: at for at, code in enumerate(occurring)}
    driver = {"name": tool, "version": version, "rules": [_rule(code) for code in occurring]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, index[diagnostic.code]) for diagnostic in listed],
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rule(code: str) -> dict[str, object]:
    known = page(code)
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.why},
        "help": {"text": known.remedy, "markdown": known.text},
    }


def _result(diagnostic: Diagnostic, at: int) -> dict[str, object]:
    said = diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": at,
        "level": diagnostic.severity.value,
        "message": {"text": said},
        "locations": [{"physicalLocation": _place(diagnostic.span)}],
    }
    if diagnostic.notes:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": note}, "physicalLocation": _place(span)}
            for number, (span, note) in enumerate(diagnostic.notes, 1)
        ]
    if diagnostic.edit is not None:
        change = {"deletedRegion": _region(diagnostic.edit.span), "insertedContent": {"text": diagnostic.edit.text}}
        artifact = {"artifactLocation": _artifact(diagnostic.edit.span), "replacements": [change]}
        result["fixes"] = [{"description": {"text": diagnostic.help or "mend it"}, "artifactChanges": [artifact]}]
    return result


def _place(span: Span) -> dict[str, object]:
    return {"artifactLocation": _artifact(span), "region": _region(span)}


def _artifact(span: Span) -> dict[str, object]:
    """Return a file's name as a URI reference; a name that is not UTF-8 keeps its bytes."""
    coded = span.file.encode("utf-8", "surrogateescape")
    return {"uri": "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in coded)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }

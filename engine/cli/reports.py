"""Diagnostics of rule files on standard output, in every form a person or a tool reads them."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.output import Format, say, say_block, say_json, say_rows

if TYPE_CHECKING:
    from dsl.diagnostics import Diagnostic


class ReportFormat(StrEnum):
    """How diagnostics are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"


ReportOption = Annotated[ReportFormat, typer.Option("--format", help="How the result is written.", show_default=True)]


def say_report(found: "Iterable[Diagnostic]", texts: Mapping[str, str], form: ReportFormat, command: str) -> None:
    """Write diagnostics in any form but JSON, whose document is the command's own."""
    listed = list(found)
    if form is ReportFormat.JSONL:
        say_rows(as_rows(listed), Format.JSONL)
    elif form is ReportFormat.SARIF:
        from dsl.sarif import as_sarif
        from engine.cli.version import release

        say_json(as_sarif(listed, command, release()))
    elif form is ReportFormat.JUNIT:
        from dsl.junit import as_junit

        say_block(as_junit(listed, texts, command))
    elif listed:
        from dsl.render import annotation, render

        if form is ReportFormat.GITHUB:
            for diagnostic in listed:
                say(annotation(diagnostic))
        else:
            say_block(render(listed, texts))


def as_rows(found: "Iterable[Diagnostic]") -> list[dict[str, object]]:
    """Return diagnostics as rows of data."""
    from dsl.render import as_data

    return [as_data(diagnostic) for diagnostic in found]

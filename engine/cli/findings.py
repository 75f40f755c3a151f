"""Diagnostics of rule files in every form a command offers."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from engine.cli.output import Format, say, say_block, say_json, say_rows

if TYPE_CHECKING:
    from dsl.diagnostics import Diagnostic


def say_diagnostics(found: "Iterable[Diagnostic]", texts: "Mapping[str, str]", form: Format) -> None:
    """Write diagnostics as text, as rows, as marks of a review or as SARIF; not as `json`, which is a whole report."""
    listed = list(found)
    if form is Format.SARIF:
        from dsl.sarif import sarif

        say_json(sarif(listed, texts))
        return
    if form is Format.JSONL:
        say_rows(data_of(listed), form)
    if not listed or form is Format.JSONL:
        return
    from dsl.render import annotation, render

    if form is Format.GITHUB:
        for diagnostic in listed:
            say(annotation(diagnostic))
    else:
        say_block(render(listed, texts))


def data_of(found: "Iterable[Diagnostic]") -> "list[dict[str, object]]":
    """Return diagnostics as JSON-able data."""
    from dsl.render import as_data

    return [as_data(diagnostic) for diagnostic in found]

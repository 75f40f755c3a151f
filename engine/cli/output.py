"""Standard output carries data and nothing else; everything for people beside it goes to standard error."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer


class Format(StrEnum):
    """How a command's result is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    GITHUB = "github"


FormatOption = Annotated[Format, typer.Option("--format", help="How the result is written.", show_default=True)]


def say(text: str = "") -> None:
    """Write one line of result."""
    sys.stdout.write(text + "\n")


def say_block(text: str) -> None:
    """Write text that ends its own lines."""
    sys.stdout.write(text if not text or text.endswith("\n") else text + "\n")


def say_json(value: Any) -> None:
    """Write a value as one JSON document with sorted keys."""
    import json

    say(json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, default=str))


def say_line(value: Mapping[str, Any]) -> None:
    """Write a value as one line of JSON with sorted keys."""
    import json

    say(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str))


def say_ordered(value: Mapping[str, Any]) -> None:
    """Write a value as one line of JSON, keys in the order they have."""
    import json

    say(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def say_rows(rows: list[dict[str, Any]], form: Format) -> None:
    """Write rows for machines: one document, or one line each."""
    if form is Format.JSONL:
        for row in rows:
            say_line(row)
    else:
        say_json(rows)


def say_table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Write aligned columns; the last one is not padded."""
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        say("  ".join([*cells, row[-1]]).rstrip())


def flush() -> None:
    """Hand everything written to the reader. Raises BrokenPipeError when nobody reads any more."""
    sys.stdout.flush()

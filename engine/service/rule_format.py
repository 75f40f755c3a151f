"""Lay rule files out in the one look every rule file has."""

from dataclasses import dataclass
from pathlib import Path

from dsl.format import format_text
from dsl.text import Source
from engine.service.refusal import RulesRefused
from engine.service.rule_files import read_rule_files


@dataclass(frozen=True, slots=True)
class Laid:
    """One file: what it is called, whether its text was another, and the text it should have."""

    name: str
    path: Path
    is_changed: bool
    text: str


def format_rules(path: Path | None = None) -> tuple[Laid, ...]:
    """Return every rule file laid out; nothing is written. Raises Refused, and RulesRefused for syntax errors."""
    files = read_rule_files(path)
    laid, wrong = [], []
    for source in files.sources:
        text, found = format_text(Source(source.name, source.text))
        wrong += [files.placed(diagnostic) for diagnostic in found]
        if text is not None:
            laid.append(Laid(files.shown + source.name, files.root / source.name, text != source.text, text))
    if wrong:
        raise RulesRefused(tuple(wrong), files.texts)
    return tuple(laid)


def write_laid(laid: Laid) -> None:
    """Replace a file by its laid-out text, whole or not at all."""
    partial = laid.path.with_name(f".{laid.path.name}.partial")
    try:
        partial.write_bytes(laid.text.encode())
        partial.chmod(laid.path.stat().st_mode & 0o777)
        partial.replace(laid.path)
    finally:
        partial.unlink(missing_ok=True)

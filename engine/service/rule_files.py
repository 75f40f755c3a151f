"""Rule files on disk: which there are, how they are named, and the bundle they make."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.diagnostics import Diagnostic, has_errors
from dsl.text import Source, Span
from engine.service.refusal import Refused, RulesRefused
from engine.shipped import shipped

if TYPE_CHECKING:
    from dsl.bundle import Bundle

RULES, SCENARIOS = "*.rules", "*.yaml"
MAX_FILES = 2_000


@dataclass(frozen=True)
class RuleFiles:
    """Rule files and scenario files below one folder, or one rule file alone.

    Sources are named relative to `root`, so that a bundle has the same hash wherever the folder lies;
    `shown` is what people see in front of those names.
    """

    root: Path
    sources: tuple[Source, ...]
    scenarios: tuple[Path, ...]
    shown: str

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of every file by the name people see."""
        return {self.shown + source.name: source.text for source in self.sources}

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return a diagnostic with the names people see."""
        notes = tuple((self._seen(span), note) for span, note in diagnostic.notes)
        edit = diagnostic.edit and replace(diagnostic.edit, span=self._seen(diagnostic.edit.span))
        return replace(diagnostic, span=self._seen(diagnostic.span), notes=notes, edit=edit)

    def _seen(self, span: Span) -> Span:
        return replace(span, file=self.shown + span.file) if span.file else span


def read_rule_files(path: Path | None = None) -> RuleFiles:
    """Return the rule files of a folder (or one file; None: the shipped ones). Raises Refused."""
    given = shipped("rules") if path is None else path
    if not given.exists():
        raise Refused("RULES_NONE", f"there is no {given}", "name a folder of .rules files, or one of them")
    root = given if given.is_dir() else given.parent
    files = sorted(given.rglob(RULES)) if given.is_dir() else [given]
    scenarios = sorted(given.rglob(SCENARIOS)) if given.is_dir() else []
    if not files:
        raise Refused("RULES_NONE", f"{given} holds no .rules file", "name the folder the rulebooks are in")
    if len(files) + len(scenarios) > MAX_FILES:
        raise Refused("RULES_MANY", f"{given} holds more than {MAX_FILES} files", "name the rules folder itself")
    shown = "" if root == Path(".") else root.as_posix().rstrip("/") + "/"
    sources = tuple(Source(file.relative_to(root).as_posix(), _read(file)) for file in files)
    return RuleFiles(root, sources, tuple(scenarios), shown)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as fault:
        what = f"{path} is not UTF-8: byte {fault.start} cannot be read"
        raise Refused("RULES_ENCODING", what, "save the file as UTF-8") from None


def read_schemas() -> dict[str, Mapping[str, Any]]:
    """Return the shipped contracts by name, as the language reads them."""
    return {
        path.name.removesuffix(".schema.json"): json.loads(path.read_bytes())
        for path in sorted(shipped("specs").glob("*.schema.json"))
    }


def compile_files(files: RuleFiles) -> tuple["Bundle | None", list[Diagnostic]]:
    """Return the bundle of rule files under the shipped contracts, or None, and every diagnostic found."""
    from dsl.pipeline import compile_rules

    bundle, found = compile_rules(files.sources, read_schemas())
    return bundle, [files.placed(diagnostic) for diagnostic in found]


def load_bundle(path: Path | None = None) -> "Bundle":
    """Return the bundle of a rules folder (None: the shipped one). Raises Refused and RulesRefused."""
    files = read_rule_files(path)
    bundle, found = compile_files(files)
    if bundle is None or has_errors(found):
        raise RulesRefused(tuple(found), files.texts)
    return bundle


def digest_of(parts: Iterable[tuple[str, bytes]]) -> str:
    """Return the SHA-256 of named contents, in order."""
    state = hashlib.sha256()
    for name, content in parts:
        for raw in (name.encode(), content):
            state.update(len(raw).to_bytes(8, "big") + raw)
    return state.hexdigest()

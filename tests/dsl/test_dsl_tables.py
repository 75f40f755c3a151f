"""The stored parser is the one the grammar describes."""

import json
from pathlib import Path

import pytest

from dsl import parse, tables
from dsl.text import Source

RULES = sorted(Path(__file__).parents[2].glob("rules/**/*.rules"))


def test_stored_tables_are_of_the_grammar_as_it_stands() -> None:
    stored = json.loads(tables.PATH.read_text(encoding="ascii"))
    assert stored["key"] == tables.key_of(parse.grammar_text()), "run `make tables`"


def test_tables_of_another_grammar_are_not_used() -> None:
    assert tables.load_tables(parse.grammar_text() + "\n") is None


def test_unreadable_tables_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "tables.json"
    broken.write_text("{", encoding="ascii")
    monkeypatch.setattr(tables, "PATH", broken)
    assert tables.load_tables(parse.grammar_text()) is None


def test_stored_and_built_parser_read_the_shipped_rules_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RULES
    sources = [Source(path.name, path.read_text(encoding="utf-8")) for path in RULES]
    stored = [parse.parse(source) for source in sources]
    built = parse.build_grammar()
    monkeypatch.setattr(parse, "grammar", lambda: built)
    assert [parse.parse(source) for source in sources] == stored

"""Colours: every word of the grammar has one, whatever reads them, and no text is without."""

import json
import random
import re

import pytest
from pygments.lexers import find_lexer_class_by_name, guess_lexer
from pygments.token import Error, Keyword, Text

from dsl import keywords as k
from dsl.highlight.patterns import PATTERNS
from dsl.highlight.pygments_lexer import TOKENS, RulesLexer
from dsl.highlight.scan import scan
from dsl.parse import grammar
from scripts import make_editor_files
from tests.dsl.checkout import ROOT
from tests.language_server.desk_files import texts
from tests.language_server.typist import typed

_WORD = re.compile(r"[a-z]+")
_REGEXES = ("MULTIPLE", "IS_NOT", "NOT_IN", "BUSINESS_DAYS", "EFFECT")
"""Terminals of several words, or of one of several."""
ALL_WORDS = {*k.DECLARATIONS, *k.CLAUSES, *k.OUTCOMES, *k.CONNECTIVES, *k.CONSTANTS, *k.PHRASES}


def words_of_the_grammar() -> set[str]:
    """Return every word a rule file may hold that is not a name."""
    found: set[str] = set()
    for terminal in grammar().terminals:
        pattern = terminal.pattern.value.replace(r"(?![\w.])", "").replace(r"[ \t]+", " ").replace("days?", "days day")
        if terminal.name in _REGEXES or pattern.isalpha():
            found |= set(_WORD.findall(pattern))
    return found


def test_the_tables_hold_every_word_of_the_grammar_and_no_other() -> None:
    assert words_of_the_grammar() == ALL_WORDS


def test_every_reserved_word_is_a_word_of_the_tables() -> None:
    assert set(k.RESERVED) <= ALL_WORDS


@pytest.mark.parametrize("word", sorted(ALL_WORDS))
def test_every_word_is_coloured_as_one(word: str) -> None:
    (mark,) = scan(word)
    assert mark.kind in ("declaration", "clause", "effect", "connective", "constant", "phrase")


def test_a_dotted_name_is_no_word_whatever_is_in_it() -> None:
    assert [(mark.kind, mark.end) for mark in scan("order.limit when.x")] == [("fact", 11), ("fact", 18)]


def test_what_is_in_the_braces_of_a_text_is_coloured_as_what_it_is() -> None:
    line = r'because "at \{most\} {intent.quantity * 2}, \"{cap}\""'
    kinds = [(mark.kind, line[mark.start : mark.end]) for mark in scan(line)]
    assert [part for part in kinds if part[0] != "string"] == [
        ("clause", "because"), ("fact", "intent.quantity"), ("operator", "*"), ("number", "2"), ("name", "cap"),
    ]  # fmt: skip


def test_the_entry_point_finds_the_lexer() -> None:
    assert find_lexer_class_by_name("mqk-rules") is RulesLexer
    assert isinstance(guess_lexer(texts()["pre_trade/orders.rules"]), RulesLexer)


@pytest.mark.parametrize("name", sorted(texts()))
def test_the_lexer_gives_back_the_text_and_marks_no_error(name: str) -> None:
    tokens = list(RulesLexer().get_tokens_unprocessed(texts()[name]))
    assert "".join(text for _, _, text in tokens) == texts()[name]
    assert Error not in {kind for _, kind, _ in tokens}
    assert all(not text.strip() for _, kind, text in tokens if kind is Text)


@pytest.mark.parametrize("seed", range(40))
def test_any_text_keeps_every_character_in_colour(seed: int) -> None:
    chance = random.Random(seed)
    text = texts()["pre_trade/orders.rules"]
    for _ in range(8):
        text = typed(text, chance)
        tokens = list(RulesLexer().get_tokens_unprocessed(text))
        assert "".join(part for _, _, part in tokens) == text
        assert [at for at, _, _ in tokens] == sorted(at for at, _, _ in tokens)


def test_every_kind_has_a_colour_everywhere() -> None:
    kinds = {kind for kind, _ in PATTERNS}
    assert kinds == TOKENS.keys() == make_editor_files.SCOPES.keys()
    assert TOKENS["declaration"] is Keyword.Declaration


def test_the_editor_files_are_generated_from_the_tables_as_they_are() -> None:
    assert make_editor_files.main(["--check"]) == 0


def test_a_stale_editor_file_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(make_editor_files, "PATTERNS", PATTERNS[:-1])
    assert make_editor_files.main(["--check"]) == 1
    assert "mqk-rules.tmLanguage.json" in capsys.readouterr().out


def test_the_textmate_grammar_colours_as_the_scanner_does() -> None:
    """A small reading of the format: first pattern that matches here, texts by begin and end."""
    tm = json.loads(make_editor_files.TEXTMATE.read_text(encoding="utf-8"))
    order = [include["include"].removeprefix("#") for include in tm["patterns"]]
    assert order == [kind for kind, _ in PATTERNS]
    plain = {kind: re.compile(tm["repository"][kind]["match"]) for kind in order if kind != "string"}
    for line in texts()["pre_trade/orders.rules"].split("\n"):
        if '"' in line:
            continue
        at, found = 0, []
        while at < len(line):
            hits = [(kind, hit) for kind in plain for hit in (plain[kind].match(line, at),) if hit and hit.end() > at]
            if hits:
                kind, hit = hits[0]
                found.append((kind, hit.start(), hit.end()))
            at = hits[0][1].end() if hits else at + 1
        assert found == [(mark.kind, mark.start, mark.end) for mark in scan(line)]


def test_the_checkout_has_the_file() -> None:
    assert make_editor_files.TEXTMATE.is_relative_to(ROOT / "docs" / "editors")

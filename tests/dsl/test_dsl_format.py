"""The formatter changes how a file looks, never what it says, and has nothing to do twice."""

import dataclasses
import random
import re
from typing import Any

import pytest

from dsl.format import format_text
from dsl.layout import blocks
from dsl.parse import parse
from dsl.text import Source, Span
from tests.dsl.checkout import HERE, shipped_sources

SHIPPED = {source.name: source.text for source in shipped_sources()}
UGLY = (HERE / "ugly.rules").read_text(encoding="utf-8")
TIDY = (HERE / "tidy.rules").read_text(encoding="utf-8")


def formatted(text: str) -> str:
    """Return the text laid out."""
    out, found = format_text(Source("x.rules", text))
    assert out is not None, found
    return out


def meaning(node: Any) -> Any:
    """Return a syntax tree without places and without the crowding the formatter removes."""
    if isinstance(node, Span):
        return None
    if dataclasses.is_dataclass(node):
        named = [f.name for f in dataclasses.fields(node) if f.name != "crowded"]
        return (type(node).__name__, *(meaning(getattr(node, name)) for name in named))
    if isinstance(node, tuple | list):
        return tuple(meaning(part) for part in node)
    return node


def parsed(text: str) -> Any:
    """Return what a text says."""
    file, found = parse(Source("x.rules", text))
    assert not found, found
    return meaning(file)


def comments(text: str) -> list[str]:
    """Return the comments of a text in order."""
    return [a.text for block in blocks(Source("x.rules", text)) for a in block.atoms if a.is_comment]


def shaken(text: str, seed: int) -> str:
    """Return the text with spaces, line breaks and comments put between its tokens at random."""
    chance = random.Random(seed)
    out: list[str] = []
    for block in blocks(Source("x.rules", text)):
        for number, atom in enumerate(block.atoms):
            before = "\n" if number == 0 else "\n  " if atom.is_comment else _blank(chance)
            out.append(before + atom.text + ("\n  " if atom.is_comment and block.word else ""))
    return "".join(out) + "\n"


def _blank(chance: random.Random) -> str:
    kind = chance.randrange(40)
    if kind == 0:
        return f"  # note {chance.randrange(100)}\n  "
    return "\n  " if kind < 4 else " " * chance.randint(1, 4)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_shipped_rules_are_formatted(name: str) -> None:
    assert formatted(SHIPPED[name]) == SHIPPED[name]


def test_an_ugly_file_becomes_the_tidy_one() -> None:
    assert formatted(UGLY) == TIDY


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shaken_file_keeps_its_meaning_and_comments_and_settles_at_once(name: str, seed: int) -> None:
    head = (
        re.split(r"(?m)^fixture ", SHIPPED[name])[0] if seed else SHIPPED[name][:4000].rpartition("\n}\n")[0] + "\n}\n"
    )
    text = shaken(head, seed)
    once = formatted(text)
    assert parsed(once) == parsed(text)
    assert comments(once) == comments(text)
    assert formatted(once) == once


def test_a_file_with_a_syntax_error_is_left_alone() -> None:
    out, found = format_text(Source("x.rules", TIDY.replace("reject   above", "rejct   above")))
    assert out is None and [d.code for d in found] == ["E001"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\r\n# a\r\n"])
def test_a_file_of_nothing_but_comments_keeps_them(text: str) -> None:
    once = formatted(text)
    assert once.split() == text.split() and formatted(once) == once

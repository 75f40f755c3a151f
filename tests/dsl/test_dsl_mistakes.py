"""Mistakes people make: each is found where it is, said once, and blames nothing else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dsl.checkout import HERE, diagnose

_FILE: dict[str, Any] = yaml.safe_load((HERE / "mistakes.yaml").read_text(encoding="utf-8"))
SOUND: str = _FILE["sound"]
MISTAKES: list[dict[str, Any]] = _FILE["mistakes"]
FIVE = (Path(__file__).with_name("five_mistakes.rules")).read_text(encoding="utf-8")


def said(text: str) -> list[str]:
    """Return each diagnostic as the data file writes it."""
    return [f"{d.code} {d.span.line}:{d.span.column} {d.message} | {d.help}" for d in diagnose(text)]


def test_the_file_the_mistakes_are_made_in_is_sound() -> None:
    assert diagnose(SOUND) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=[m["name"] for m in MISTAKES])
def test_a_mistake_is_reported_at_its_place_with_its_remedy(mistake: dict[str, Any]) -> None:
    assert SOUND.count(mistake["replace"]) >= 1
    assert said(SOUND.replace(mistake["replace"], mistake["by"], 1)) == mistake["expect"]


def test_five_mistakes_of_five_kinds_come_out_of_one_run_and_nothing_else() -> None:
    found = diagnose(FIVE)
    assert [d.code for d in found] == ["E216", "E201", "E301", "E110", "E001"]
    assert all(d.help for d in found)


def test_ten_mistakes_come_out_in_order() -> None:
    rule = """
rule EX-{n:02} "Example" {{
  on       pre_trade
  reject   whne intent.quantity > 100 shares
  cite     "House"
  owner    risk
  because  "refused"
}}
"""
    text = 'rulebook pre_trade.example "Example"\nuses intent\n' + "".join(rule.format(n=n) for n in range(10))
    assert [(d.code, d.span.line) for d in diagnose(text)] == [("E001", 6 + 8 * n) for n in range(10)]


@pytest.mark.parametrize("keep", range(39))
def test_a_file_cut_short_anywhere_is_a_diagnostic_never_a_fault(keep: int) -> None:
    lines = SOUND.split("\n")
    for text in ("\n".join(lines[:keep]), "\n".join(lines[keep:]), "\n".join(lines[:keep] + lines[keep + 1 :])):
        for found in diagnose(text):
            assert found.message and found.span.line >= 1

"""Drawn rulebooks: the linter always answers, the same twice, and what it mends judges as before."""

from random import Random

import pytest

from dsl.edits import apply_edits
from dsl.interpret import judge
from dsl.lint.linter import lint
from dsl.lint.mending import judges_alike, with_edits
from dsl.lint.subject import Subject
from dsl.pipeline import compile_rules
from dsl.program import in_force
from dsl.text import Source
from tests.dsl.checkout import TODAY
from tests.laws.fuzz_rulebook import NAME, draw_bundle
from tests.laws.fuzz_snapshots import Deck

SEEDS = range(30)
SNAPSHOTS = 25
ROUNDS = 12


def test_a_drawn_rulebook_is_linted_and_mended_without_another_judgement() -> None:
    mended = set()
    for seed in SEEDS:
        random = Random(seed)
        drawing = draw_bundle(random)
        text = drawing.text
        before = last = None
        for _ in range(ROUNDS):
            bundle, warned = compile_rules([Source(NAME, text)], drawing.schemas)
            assert bundle is not None, (seed, warned)
            before, last = before or bundle, bundle
            subject = Subject(bundle, (), frozenset(), TODAY)
            found = lint(subject, with_edits(warned, bundle))
            assert found == lint(subject, with_edits(warned, bundle))
            edits = [one.edit for one in found if one.edit is not None]
            mended.update(one.code for one in found if one.edit is not None)
            text = apply_edits(text, edits)
            if not edits:
                break
        assert not edits, seed
        assert before is not None and last is not None and judges_alike(before, last), seed
        program, after = (in_force(one, "pre_trade", TODAY) for one in (before, last))
        deck = Deck(program, random)
        for _ in range(SNAPSHOTS):
            snapshot = deck.draw()
            assert judge(program, snapshot) == judge(after, snapshot), seed
    assert mended >= {"W603", "W635"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_warning_of_a_drawn_rulebook_points_into_it_and_says_what_to_do(seed: int) -> None:
    drawing = draw_bundle(Random(seed))
    bundle, warned = compile_rules([Source(NAME, drawing.text)], drawing.schemas)
    assert bundle is not None
    lines = drawing.text.split("\n")
    found = lint(Subject(bundle, (), frozenset(), TODAY), warned)
    assert len({one.code for one in found}) > 4
    for one in found:
        assert one.message and one.help and one.span.file == NAME
        assert 1 <= one.span.line <= one.span.end_line <= len(lines)
        assert 1 <= one.span.column <= len(lines[one.span.line - 1])

"""Whatever is written, the language answers: with a bundle, or with diagnostics that point into the text."""

import pytest

from dsl.text import Source
from tests.laws import fuzz_text
from tests.laws.fuzz_text import KINDS, Reading, hold, read_seed

TEXTS, SEEDS = 50, 12


@pytest.fixture(scope="module")
def reading() -> Reading:
    out = Reading()
    for seed in range(SEEDS):
        out.add(read_seed(seed, TEXTS))
    return out


def test_every_text_is_answered(reading: Reading) -> None:
    assert reading.broken[:3] == []
    assert set(reading.texts) == set(KINDS) and reading.texts.total() == SEEDS * TEXTS


def test_some_texts_of_most_kinds_read_and_some_compile(reading: Reading) -> None:
    assert reading.parsed["whole"] > 30 and len(reading.parsed) > 4
    assert reading.compiled > 5 and len(reading.codes) > 20


@pytest.mark.parametrize(
    ("planted", "problem"),
    [
        ("parse", "TypeError: broken"),
        ("format_text", "formatting changed what it says"),
        ("compile_rules", "refused without a word"),
    ],
)
def test_a_planted_fault_is_seen(planted: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise TypeError("broken")

    faults = {
        "parse": broken, "format_text": lambda _: ("let other = 1\n", []), "compile_rules": lambda *_: (None, []),
    }  # fmt: skip
    monkeypatch.setattr(fuzz_text, planted, faults[planted])
    seen = read_seed(3, 60).broken
    assert problem in {what for what, _ in seen}


def test_a_text_that_takes_for_ever_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_: Source) -> object:
        while True:
            pass

    monkeypatch.setattr(fuzz_text, "parse", endless)
    monkeypatch.setattr(fuzz_text, "SECONDS", 0.01)
    assert read_seed(1, 1).broken[0][0].startswith("took longer")


def test_a_known_text_keeps_the_laws() -> None:
    text = 'rulebook pre_trade.x "X"\nuses intent\n\nlet a = intent.quantity\n'
    assert hold(text, "whole", Reading(), True) == ""

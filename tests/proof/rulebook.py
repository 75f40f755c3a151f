"""A rulebook of every kind of clause whose scenarios show all of it, and versions of it with one thing changed."""

from functools import cache
from pathlib import Path

from dsl.bundle import Bundle
from dsl.cases import Case
from dsl.pipeline import compile_rules
from dsl.scenarios import collect, run_case
from dsl.text import Source
from tests.dsl.checkout import schemas

HERE = Path(__file__).resolve().parent
PROVEN = (HERE / "proven.rules").read_text(encoding="utf-8")


@cache
def compiled(text: str = PROVEN) -> tuple[Bundle, tuple[Case, ...]]:
    """Return a rulebook with its scenarios; every mistake, and every scenario that fails, is a failure."""
    bundle, found = compile_rules([Source("pre_trade/proven.rules", text)], schemas())
    assert bundle is not None and not found, [str(one) for one in found]
    cases, wrong = collect(bundle)
    assert not wrong and all(run_case(bundle, case).passed for case in cases), wrong
    return bundle, tuple(cases)


def without(*lines: str) -> str:
    """Return the rulebook without lines that hold these words; each must be there once."""
    kept = PROVEN.split("\n")
    for words in lines:
        named = [line for line in kept if words in line]
        assert len(named) == 1, (words, named)
        kept.remove(named[0])
    return "\n".join(kept)

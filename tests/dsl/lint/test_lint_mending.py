"""An edit mends its warning, leaves the rest alone, and changes no judgement; a change that does is seen."""

import re
from itertools import product
from random import Random

import pytest

from dsl.bundle import Bundle
from dsl.codes import page
from dsl.diagnostics import Edit
from dsl.edits import apply_edits, part_of
from dsl.lint.mending import judges_alike
from dsl.pipeline import compile_rules
from dsl.scenarios import collect, run_case
from dsl.text import Source, Span
from tests.dsl.checkout import linted, schemas, sources_of
from tests.dsl.lint.test_lint_cases import BAD, CLEAN, changed, together

MENDING = ("W601", "W603", "W604", "W606", "W635", "W638")
TEXTS = [
    *(shown.avoid for code in MENDING if (shown := page(code))),
    *(changed(case) for case in BAD if any(" | edit `" in line for line in case["expect"])),
]


def compiled(text: str) -> Bundle:
    """Return the bundle of a text that compiles."""
    bundle, found = compile_rules(sources_of(text), schemas())
    assert bundle is not None, found
    return bundle


def mended(text: str) -> str:
    """Return a text after every edit there is, however many rounds it takes."""
    while edits := [found.edit for found in linted(text) if found.edit]:
        text = edited(text, edits)
    return text


def edited(text: str, edits: list[Edit]) -> str:
    """Return an example with edits applied, each in its own file."""
    sources = sources_of(text)
    return together(
        [Source(s.name, apply_edits(s.text, [edit for edit in edits if edit.span.file == s.name])) for s in sources]
    )


@pytest.mark.parametrize("text", TEXTS)
def test_an_edit_mends_its_warning_and_changes_no_judgement(text: str) -> None:
    before = linted(text)
    edits = [found.edit for found in before if found.edit is not None]
    after = edited(text, edits)
    assert edits
    assert [found.code for found in linted(after)] == [found.code for found in before if found.edit is None]
    assert judges_alike(compiled(text), compiled(after))
    assert linted(mended(text)) == linted(after)


@pytest.mark.parametrize("code", ["W603", "W606", "W635"])
def test_where_the_edit_is_the_whole_remedy_it_makes_the_better_example_of_the_page(code: str) -> None:
    shown = page(code)
    assert shown is not None
    assert mended(re.sub(r"(?m)^# expect .*\n", "", shown.avoid)) == shown.prefer


DOC = "## Spare.\n"
SPARE = "fixture spare { intent.quantity = 1 share }\n"


@pytest.mark.parametrize(
    "text",
    [
        CLEAN.replace('\ntest "forty', f'\n{DOC}{SPARE}\ntest "forty'),
        CLEAN.replace("\nfixture base", f"\n{SPARE}fixture base"),
        CLEAN + "\n" + DOC + SPARE,
        CLEAN + SPARE,
        CLEAN + SPARE.rstrip(),
        SPARE + "\n" + CLEAN,
    ],
    ids=["between", "before another", "last", "last without a gap", "last without an end of line", "first"],
)
def test_a_declaration_is_taken_out_with_its_comment_and_without_leaving_a_gap(text: str) -> None:
    assert mended(text) == CLEAN


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("uses market, intent", "uses intent"),
        ("uses intent, market", "uses intent"),
        ("uses intent, market, instrument, account", "uses intent"),
        ("uses market,\n  intent", "uses intent"),
        ("uses intent\nuses market", "uses intent"),
    ],
)
def test_what_is_not_read_comes_off_its_line(written: str, left: str) -> None:
    shown = page("W603")
    assert shown is not None and "uses intent\n" in shown.prefer
    assert mended(shown.prefer.replace("uses intent\n", f"{written}\n")) == shown.prefer.replace("uses intent", left)


CHANGES = [
    ("max_spread as", "(max_spread + 0%) as"),
    ("above max_notional as", "at or above max_notional as"),
    (" unless intent.reduces_only as", " as"),
    ("always = 1% cite", "always = 1.01% cite"),
    ("2026-02-01 = 40_000", "2026-02-02 = 40_000"),
    ("over 60 s", "over 61 s"),
    ("when     intent.increases_risk\n  measure  notional", "when     intent.reduces_only\n  measure  notional"),
    ("fresh 5 s", "fresh 4 s"),
    ("intent.symbol in restricted", "intent.symbol not in restricted"),
    ("intent.quantity * market.ask", "intent.quantity * market.bid"),
    ("reject   above", "flag     above"),
    ("fresh 1 session", "fresh 2 sessions"),
    ("{notional} asked", "{market.ask} asked"),
    ("tighter when higher", "tighter when lower"),
]


@pytest.mark.parametrize(("written", "instead"), CHANGES)
def test_a_change_of_the_judgement_is_not_taken_for_an_edit(written: str, instead: str) -> None:
    assert written in CLEAN
    assert not judges_alike(compiled(CLEAN), compiled(CLEAN.replace(written, instead, 1)))


def test_a_judgement_said_in_other_words_is_the_same() -> None:
    other = CLEAN.replace("when     intent.increases_risk", "when     not not not intent.reduces_only")
    other = re.sub(r"(?m)^## .*\n", "", other)
    assert other != CLEAN
    text = other.replace("test ", "# a remark\ntest ")
    before, after = compiled(CLEAN), compiled(text)
    assert [rule.doc for rule in before.ruleset.rules] != [rule.doc for rule in after.ruleset.rules]
    assert judges_alike(compiled(other), after)
    assert judges_alike(compiled(mended(text)), after)


# ------------------------------------------------------------------------------------------ negations

LEAVES = (
    "intent.side is BUY",
    "intent.side is not BUY",
    "intent.symbol in restricted",
    "intent.symbol not in restricted",
    "(intent.side) is not (BUY)",
    "(intent.symbol) not in (restricted)",
    "intent.reduces_only",
    "intent.increases_risk",
)


def condition(random: Random, depth: int) -> str:
    """Return a random condition full of negations, with brackets, blanks and line breaks where they may be."""
    kind = random.randrange(5) if depth else 4
    if kind < 3:
        inner = condition(random, depth - 1)
        gap = random.choice((" ", "  ", "\n    "))
        return f"not{gap}{inner}" if inner.startswith("not") or random.random() < 0.3 else f"not{gap}({inner})"
    if kind == 3:
        word = random.choice((" and ", " or "))
        return "(" + word.join(condition(random, depth - 1) for _ in range(2)) + ")"
    leaf = random.choice(LEAVES)
    return f"({leaf})" if random.random() < 0.3 else leaf


@pytest.mark.parametrize("seed", range(40))
def test_a_condition_said_straight_holds_of_the_same_orders(seed: int) -> None:
    written = condition(Random(seed), 4)
    text = CLEAN.replace("intent.symbol in restricted unless intent.reduces_only as", f"{written} as")
    test = re.search(r'test "a restricted name.*?\n}\n', text, re.S)
    assert test is not None
    scenarios = "".join(
        f'  given base with intent.symbol = "{symbol}", intent.side = {side}, intent.reduces_only = {out} expect flag\n'
        for symbol, side, out in product(("GME", "AAPL"), ("BUY", "SELL"), ("true", "false"))
    )
    text = text.replace(test[0], f'test "all of them" of ORD-03 {{\n{scenarios}}}\n')
    after = mended(text)
    assert not any(found.code == "W635" for found in linted(after))
    assert verdicts(compiled(text)) == verdicts(compiled(after))


def verdicts(bundle: Bundle) -> list[str]:
    """Return what ORD-03 says of each scenario that asks about it."""
    cases = [case for case in collect(bundle)[0] if case.rules == ("ORD-03",)]
    assert len(cases) == 8
    return [run_case(bundle, case).judgement.verdict for case in cases]


# ------------------------------------------------------------------------------------------ edits of a text


def at(line: int, column: int, end_line: int, end_column: int) -> Span:
    return Span("x", line, column, end_line, end_column)


def test_of_edits_that_overlap_the_first_is_applied() -> None:
    text = "one two\nthree"
    edits = [Edit(at(1, 5, 2, 3), "2"), Edit(at(1, 1, 1, 4), "1"), Edit(at(1, 1, 1, 6), "no")]
    assert apply_edits(text, edits) == "1 2ree"


def test_an_edit_may_reach_the_end_of_the_text_and_insert_nothing() -> None:
    assert apply_edits("a\nb", [Edit(at(2, 1, 3, 1), "")]) == "a\n"
    assert apply_edits("a\nb", []) == "a\nb"
    assert part_of("a\nbc", at(2, 2, 2, 3)) == "c"

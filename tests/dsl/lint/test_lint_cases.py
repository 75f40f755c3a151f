"""What each lint says of a change of a clean rulebook, and what it leaves alone."""

from typing import Any

import pytest
import yaml

from dsl.diagnostics import Diagnostic
from dsl.lint.catalogue import ALLOWABLE, CHECKED, CODES, LINTS
from dsl.lint.subject import Subject
from dsl.parse import cut
from dsl.pipeline import compile_rules
from dsl.scenarios import collect, run_case
from dsl.text import Source
from tests.dsl.checkout import HERE, TODAY, linted, schemas, shipped_sources, sources_of

CLEAN = (HERE / "lint" / "clean.rules").read_text(encoding="utf-8")
WATCHED = (HERE / "lint" / "watched.rules").read_text(encoding="utf-8")
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "lint" / "cases.yaml").read_text(encoding="utf-8"))
NAMES = [f"{case['code']} {case['name']}" for case in CASES]
BAD = [case for case in CASES if case["expect"]]


def changed(case: dict[str, Any]) -> str:
    """Return the clean rules with the changes of a case, each at its first place."""
    text = {"clean": CLEAN, "watched": WATCHED}[case["of"]]
    for change in case["changes"]:
        assert change["replace"] in text, change["replace"]
        text = text.replace(change["replace"], change["by"], 1)
    return text


def together(sources: list[Source]) -> str:
    """Return rule files as one example."""
    first, *others = sources
    return first.text + "".join(f"# file {source.name}\n{source.text}" for source in others)


def line_of(found: Diagnostic) -> str:
    """Return a warning as the data file writes it."""
    notes = ", ".join(f"{span.line}:{span.column} {note}" for span, note in found.notes)
    said = f"{found.code} {found.span.line}:{found.span.column} {found.message}"
    return said + (f" | note {notes}" if notes else "") + (f" | edit `{found.edit.text}`" if found.edit else "")


@pytest.mark.parametrize("text", [CLEAN, WATCHED], ids=["clean", "watched"])
def test_the_rules_that_are_changed_are_clean_and_their_tests_pass(text: str) -> None:
    assert linted(text) == []
    bundle, _ = compile_rules(sources_of(text), schemas())
    assert bundle is not None
    assert [o.problem for case in collect(bundle)[0] if not (o := run_case(bundle, case)).passed] == []


def test_the_shipped_rules_are_clean() -> None:
    assert linted(together(list(shipped_sources()))) == []


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_change_is_told_at_its_place_or_left_alone(case: dict[str, Any]) -> None:
    assert [line_of(found) for found in linted(changed(case))] == case["expect"]


@pytest.mark.parametrize("code", [code for code in CODES if code not in CHECKED])
def test_a_lint_has_a_case_it_finds_and_one_it_leaves_alone(code: str) -> None:
    own = [case["expect"] for case in CASES if case["code"] == code]
    assert any(any(line.startswith(code) for line in expect) for expect in own)
    assert any(not any(line.startswith(code) for line in expect) for expect in own)


def test_a_lint_says_its_own_code_alone() -> None:
    for case in BAD:
        bundle, _ = compile_rules(sources_of(changed(case)), schemas())
        assert bundle is not None
        subject = Subject(bundle, tuple(collect(bundle)[0]), frozenset(), TODAY)
        for code, run in LINTS.items():
            assert {found.code for found in run(subject)} <= {code}


@pytest.mark.parametrize("case", BAD, ids=[f"{case['code']} {case['name']}" for case in BAD])
def test_a_comment_above_its_declaration_allows_a_warning_and_nothing_else(case: dict[str, Any]) -> None:
    before = linted(changed(case))
    files = {source.name: source for source in sources_of(changed(case))}
    wanted = {(_declaration(files[one.span.file], one), one.span.file, one.code) for one in before}
    for line, name, code in sorted(one for one in wanted if one[2] in ALLOWABLE)[::-1]:
        lines = files[name].text.split("\n")
        lines.insert(line, f"# lint: allow {code} because this test says so")
        files[name] = Source(name, "\n".join(lines))
    text = together(list(files.values()))
    assert [one.code for one in linted(text)] == [one.code for one in before if one.code not in ALLOWABLE]


def _declaration(source: Source, found: Diagnostic) -> int:
    """Return the line, from 0, on which the declaration of a warning begins."""
    return max(piece.first_line for piece in cut(source) if piece.first_line < found.span.line)


def test_only_the_codes_asked_for_are_looked_for() -> None:
    text = changed(next(case for case in BAD if len({line[:4] for line in case["expect"]}) > 1))
    codes = sorted({found.code for found in linted(text)})
    assert {found.code for found in linted(text, codes[:1])} == {codes[0]}
    assert linted(text, ()) == []


def test_an_allowance_of_a_code_that_did_not_run_is_not_called_unused() -> None:
    text = CLEAN.replace("## What one", "# lint: allow W614 because it is confirmed\n## What one", 1)
    assert [found.code for found in linted(text)] == ["W638"]
    assert linted(text, ("W612", "W638")) == []

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
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "lint" / "cases.yaml").read_text(encoding="utf-8"))
NAMES = [f"{case['code']} {case['name']}" for case in CASES]
BAD = [case for case in CASES if case["expect"]]


def changed(case: dict[str, Any]) -> str:
    """Return the clean rulebook with the changes of a case, each at its first place."""
    text = CLEAN
    for change in case["changes"]:
        assert change["replace"] in text, change["replace"]
        text = text.replace(change["replace"], change["by"], 1)
    return text


def line_of(found: Diagnostic) -> str:
    """Return a warning as the data file writes it."""
    notes = ", ".join(f"{span.line}:{span.column} {note}" for span, note in found.notes)
    said = f"{found.code} {found.span.line}:{found.span.column} {found.message}"
    return said + (f" | note {notes}" if notes else "") + (" | mends itself" if found.edit else "")


def test_the_rulebook_that_is_changed_is_clean_and_its_tests_pass() -> None:
    assert linted(CLEAN) == []
    bundle, _ = compile_rules(sources_of(CLEAN), schemas())
    assert bundle is not None
    assert [o.problem for case in collect(bundle)[0] if not (o := run_case(bundle, case)).passed] == []


def test_the_shipped_rules_are_clean() -> None:
    together = "".join(f"# file {source.name}\n{source.text}" for source in shipped_sources())
    assert linted(together.partition("\n")[2]) == []


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
def test_a_comment_above_its_declaration_allows_a_finding_and_nothing_else(case: dict[str, Any]) -> None:
    text = changed(case)
    found = [one for one in linted(text) if one.code in ALLOWABLE]
    for one in sorted({(_declaration(text, one), one.code) for one in found}, reverse=True):
        line, code = one
        lines = text.split("\n")
        lines.insert(line, f"# lint: allow {code} because this test says so")
        text = "\n".join(lines)
    assert [one.code for one in linted(text)] == [
        one.code for one in linted(changed(case)) if one.code not in ALLOWABLE
    ]


def _declaration(text: str, found: Diagnostic) -> int:
    """Return the line, from 0, on which the declaration of a warning begins."""
    return max(piece.first_line for piece in cut(Source("x", text)) if piece.first_line < found.span.line)


def test_only_the_codes_asked_for_are_looked_for() -> None:
    text = changed(next(case for case in BAD if len({line[:4] for line in case["expect"]}) > 1))
    codes = sorted({found.code for found in linted(text)})
    assert {found.code for found in linted(text, codes[:1])} == {codes[0]}
    assert linted(text, ()) == []


def test_an_allowance_of_a_code_that_did_not_run_is_not_called_unused() -> None:
    text = CLEAN.replace("## What one", "# lint: allow W614 because it is confirmed\n## What one", 1)
    assert [found.code for found in linted(text)] == ["W638"]
    assert linted(text, ("W612", "W638")) == []

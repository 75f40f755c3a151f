"""The pages about the language: every example does what the page says, and the index is complete."""

import re

import pytest
import yaml

from dsl.codes import codes, page
from dsl.keywords import CLAUSES, DECLARATIONS, EFFECTS
from dsl.lint.catalogue import CODES as LINTED
from dsl.pipeline import compile_rules
from dsl.scenario_file import read_scenarios
from dsl.scenarios import collect, run_case, skeleton
from tests.dsl.checkout import ROOT, diagnose, expected, linted, places, schemas, shipped, sources_of

PAGES = sorted((ROOT / "docs" / "language").glob("*.md"))
EXAMPLES = [
    pytest.param(text, id=f"{path.stem}-{number}")
    for path in PAGES
    for number, text in enumerate(re.findall(r"```rules\n(.*?)```", path.read_text(encoding="utf-8"), re.S), 1)
]
INDEX = (ROOT / "docs" / "language" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_reports_what_its_page_says_and_its_tests_pass(example: str) -> None:
    assert places(diagnose(example)) == expected(example)
    bundle, _ = compile_rules(sources_of(example), schemas())
    for case in collect(bundle)[0] if bundle else ():
        outcome = run_case(bundle, case) if bundle else None
        assert outcome is not None and outcome.passed, f"{case.span} {outcome.problem}; {skeleton(outcome)}"


def test_there_is_a_page_for_every_construct_of_this_version() -> None:
    together = {"calendar": "rulebook", "uses": "rulebook", "fixture": "test"}
    for word in DECLARATIONS:
        assert ROOT / "docs" / "language" / f"{together.get(word, word)}.md" in PAGES, word


def test_the_index_links_every_page() -> None:
    for path in PAGES:
        assert path.name == "README.md" or f"]({path.name})" in INDEX, path.name


def test_every_clause_and_effect_is_explained_somewhere() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    for word in (*CLAUSES, *EFFECTS):
        assert re.search(rf"\b{word}\b", text), word


def test_the_page_of_codes_lists_them_all_with_their_titles() -> None:
    text = (ROOT / "docs" / "language" / "codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| \[([EWA]\d{3})\]\(\.\./\.\./dsl/pages/([EWA]\d{3})\.md\) \| (.+) \|", text)
    shown = [(code, link, title) for code, link, title in rows]
    assert shown == [(code, code, found.title) for code in codes() if (found := page(code))]


def test_the_page_of_the_linter_lists_every_warning_and_which_of_them_mend_themselves() -> None:
    text = (ROOT / "docs" / "language" / "lint.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| \[(W\d{3})\]\(\.\./\.\./dsl/pages/(W\d{3})\.md\) \| (.+) \| (yes)? ?\|", text)
    shown = {code: found for code in LINTED if (found := page(code))}
    assert sorted((code, link, title) for code, link, title, _ in rows) == [
        (code, code, shown[code].title) for code in LINTED
    ]
    mending = {code for code, _, _, yes in rows if yes}
    assert mending == {
        code for code in LINTED if any(one.edit for one in linted(shown[code].avoid) if one.code == code)
    }


def test_an_example_of_the_linters_page_is_clean() -> None:
    text = (ROOT / "docs" / "language" / "lint.md").read_text(encoding="utf-8")
    assert [linted(example) for example in re.findall(r"```rules\n(.*?)```", text, re.S)] == [[]]


def test_the_scenario_file_on_the_page_passes() -> None:
    text = (ROOT / "docs" / "language" / "test.md").read_text(encoding="utf-8")
    for example in re.findall(r"```yaml\n(.*?)```", text, re.S):
        cases, found = read_scenarios(yaml.safe_load(example), "x.yaml", shipped())
        assert cases and all(run_case(shipped(), case).passed for case in cases), found

"""Every diagnostic code has a page, every page a code, and its examples are what they say."""

import ast
import re

import pytest

from dsl.codes import codes, page
from dsl.diagnostics import Diagnostic
from dsl.lint.catalogue import CHECKED
from dsl.lint.catalogue import CODES as LINTED
from dsl.overlays import read_overlay
from dsl.scenarios import FAILED, failed, skeleton
from tests.dsl.checkout import (
    ROOT,
    analysed,
    diagnose,
    expected,
    linted,
    outcomes,
    places,
    shipped,
    unnoticed,
    unshown,
)  # fmt: skip

_CODE = re.compile(r"[EWA]\d{3}")
WITHOUT_EXAMPLE = ("A725", "A726", "A727", "E003", "E312", "E601", "E602")
"""What no small rule file can show: another version, a layout, the size of a file, scenario files, layers."""
PROVEN = {"A721": unshown, "A722": unnoticed, "A723": unshown, "A724": unshown}
"""Said by no check: by coverage and by mutation."""
UNTESTED = "W627"
"""Said of every example that leaves its tests out, to be short; the page of that code has them."""


def raised_codes() -> set[str]:
    """Return the codes that appear as constants anywhere in the language."""
    found = set()
    for path in sorted((ROOT / "dsl").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def reported(code: str, example: str) -> list[Diagnostic]:
    """Return what its tests, the linter, the solver or a check say of an example, whichever reports the code."""
    if code == FAILED:
        return [failed(o.case.title, o.case.span, o.problem, skeleton(o)) for o in outcomes(example) if not o.passed]
    if code in PROVEN:
        return PROVEN[code](example)
    if code.startswith("A"):
        return analysed(example)
    if code not in LINTED:
        return diagnose(example)
    return [found for found in linted(example) if found.code != UNTESTED or code == UNTESTED]


def test_every_code_that_is_raised_has_a_page_and_every_page_a_code() -> None:
    assert set(codes()) == raised_codes()


def test_only_what_no_rule_file_can_show_has_no_example() -> None:
    bare = {code for code in codes() if not (found := page(code)) or not found.avoid or not found.prefer}
    assert bare == set(WITHOUT_EXAMPLE)


@pytest.mark.parametrize("code", [code for code in codes() if code not in WITHOUT_EXAMPLE])
def test_the_example_to_avoid_yields_its_code_alone_and_the_other_nothing(code: str) -> None:
    shown = page(code)
    assert shown is not None
    announced = expected(shown.avoid)
    assert [announced_code for announced_code, _, _ in announced] == [code]
    assert places(reported(code, shown.avoid)) == announced
    assert reported(code, shown.prefer) == []
    assert not code.startswith("A") or diagnose(shown.prefer) == []


@pytest.mark.parametrize("code", CHECKED)
def test_a_warning_of_a_check_is_the_linters_too(code: str) -> None:
    shown = page(code)
    assert shown is not None
    assert places(diagnose(shown.avoid)) == expected(shown.avoid)


@pytest.mark.parametrize("code", codes())
def test_a_page_says_what_why_and_how(code: str) -> None:
    shown = page(code)
    assert shown is not None
    assert shown.title and len(shown.why) > 40 and len(shown.remedy) > 10


def test_every_diagnostic_says_how_to_mend_it() -> None:
    silent = [
        code
        for code in codes()
        if (shown := page(code)) and shown.avoid and not all(found.help for found in reported(code, shown.avoid))
    ]
    assert silent == []


def test_an_unknown_code_has_no_page() -> None:
    assert page("E999") is None and page("../E001") is None


def test_a_file_above_one_megabyte_is_refused_before_it_is_read() -> None:
    text = "# " + "x" * 1_000_000
    assert [found.code for found in diagnose(text)] == ["E003"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("pre_trade.size.max_order_notionl", "30_000 USD", "E601"),
        ("pre_trade.size.max_order_notional", "60_000 USD", "E602"),
        ("pre_trade.size.max_order_notional", "900 USD", "E602"),
    ],
)
def test_a_configuration_layer_only_tightens_what_exists(name: str, value: str, code: str) -> None:
    overlay, found = read_overlay(shipped(), name, (), value, "2026-01-01", "Desk", "config/engine.yaml")
    assert overlay is None
    assert [problem.code for problem in found] == [code]

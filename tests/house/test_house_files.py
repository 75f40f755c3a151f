"""Files stay small, are named for what they hold, and say nothing of work that is not done."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.house.source import CHECKOUT, CODE_ROOTS, Module, modules, rules

ALL_ROOTS = (*CODE_ROOTS, "tests")
SKIPS = re.compile(r"pytest\.(skip|xfail|importorskip)\b|pytest\.mark\.(skip|skipif|xfail)\b|unittest\.skip")


def overlong(lines: int) -> bool:
    return lines > int(rules()["size"]["hard"])


def unfinished_words(module: Module) -> list[str]:
    """Return `line: word` for each word of `rules.toml` that stands beside unfinished work."""
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in rules()["words"]["banned"]), re.IGNORECASE)
    return [
        f"{module.name}:{number} {found[0]}"
        for number, line in enumerate(module.text.splitlines(), 1)
        if (found := pattern.search(line))
    ]


def test_no_file_is_longer_than_the_limit() -> None:
    sizes = {module.name: module.text.count("\n") for module in modules(*ALL_ROOTS)}
    for name, lines in sorted(sizes.items(), key=lambda item: -item[1]):
        if lines > rules()["size"]["look"]:
            print(f"a hard look at {name}: {lines} lines")
    assert [name for name, lines in sizes.items() if overlong(lines)] == []


def test_a_file_of_one_line_too_many_is_overlong() -> None:
    assert overlong(601)
    assert not overlong(600)


def test_no_module_has_a_name_that_says_nothing() -> None:
    banned = set(rules()["names"]["banned"])
    assert [module.name for module in modules(*ALL_ROOTS) if banned & set(module.name.split("."))] == []


def test_no_source_speaks_of_unfinished_work() -> None:
    assert [found for module in modules(*CODE_ROOTS) for found in unfinished_words(module)] == []


@pytest.mark.parametrize("line", ["# TODO later", "raise NotImplementedError", "x = 1  # for now", "a stub of it"])
def test_words_of_unfinished_work_are_found(line: str) -> None:
    assert unfinished_words(Module("planted", Path("planted.py"), line)) != []


def test_every_module_says_what_it_is() -> None:
    silent = [
        module.name for module in modules(*CODE_ROOTS) if module.text.strip() and not ast.get_docstring(module.tree())
    ]
    assert silent == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    me = Path(__file__)
    found = [module.name for module in modules("tests") if module.path != me and SKIPS.search(module.text)]
    assert found == []


def test_every_test_file_has_a_name_of_its_own() -> None:
    counted = Counter(path.name for path in (CHECKOUT / "tests").rglob("test_*.py"))
    assert [name for name, times in counted.items() if times > 1] == []


def test_contracts_rules_and_settings_are_data() -> None:
    assert [str(path) for root in ("specs", "rules", "config") for path in (CHECKOUT / root).rglob("*.py")] == []

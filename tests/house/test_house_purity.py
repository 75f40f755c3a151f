"""The core reads no clock, rolls no dice and keeps no hidden order; nothing turns data into code."""

from pathlib import Path

import pytest

from tests.house.purity import impurities, unsafe_constructs
from tests.house.source import Module, Violation, modules, rules

PLANTED = Path(__file__).parent / "planted"


def _exempt(found: list[Violation], exemptions: list[dict[str, str]]) -> list[Violation]:
    """Leave out what an exemption of this module or of its package covers."""
    return [
        violation
        for violation in found
        if not any(
            violation.rule == one["rule"] and f"{violation.module}.".startswith(f"{one['module']}.")
            for one in exemptions
        )
    ]


def _core() -> list[Module]:
    return [
        module
        for module in modules("dsl", "engine")
        if any(module.is_within(package) for package in rules()["core"]["modules"])
    ]


def test_the_core_is_pure() -> None:
    found = [violation for module in _core() for violation in impurities(module)]
    assert [str(violation) for violation in _exempt(found, rules()["core"]["exempt"])] == []


def test_nothing_turns_data_into_code() -> None:
    found = [violation for module in modules(*rules()["unsafe"]["roots"]) for violation in unsafe_constructs(module)]
    assert [str(violation) for violation in _exempt(found, rules()["unsafe"]["exempt"])] == []


def test_every_exemption_has_a_reason() -> None:
    exemptions = [*rules()["core"]["exempt"], *rules()["unsafe"]["exempt"]]
    assert all(len(one["reason"].split()) >= 4 for one in exemptions)


def _planted_cases() -> list[tuple[str, str, str]]:
    """Return (rule or "clean", line of code, its file) of each line of the planted files."""
    cases = []
    for path in sorted(PLANTED.glob("*.txt")):
        for line in path.read_text().splitlines():
            if line and not line.startswith("##"):
                code, _, expected = line.partition(" => ")
                cases.append((expected, code.replace("\\n", "\n"), path.stem))
    return cases


@pytest.mark.parametrize(("expected", "code", "kind"), _planted_cases())
def test_a_planted_impurity_is_found_and_clean_code_is_not(expected: str, code: str, kind: str) -> None:
    lint = {"impure": impurities, "unsafe": unsafe_constructs}[kind]
    module = Module("planted", PLANTED / "planted.py", code)
    found = sorted({violation.rule for violation in lint(module)})
    assert found == ([] if expected == "clean" else [expected])

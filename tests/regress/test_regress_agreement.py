"""Every case on which two back ends ever parted, cut down to the rules it takes; one file each."""

from pathlib import Path

import pytest

from dsl.columnar.judge import ColumnJudge
from dsl.interpret import judge as interpret
from dsl.scalar.judge import Judge
from tests.golden.case_files import canonical, case_files, read_cases

CASES = case_files(Path(__file__).parent / "agreement")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_that_once_parted_them_is_agreed_on(path: Path) -> None:
    for case in read_cases(path):
        expected = interpret(case.program, case.snapshot)
        assert Judge(case.program).judge(case.snapshot) == expected
        columns = ColumnJudge(case.program)
        assert columns.judge(columns.layout.block([case.snapshot])).judgement(0) == expected
        assert case.expected in (None, canonical(expected))


def test_there_are_cases() -> None:
    assert CASES

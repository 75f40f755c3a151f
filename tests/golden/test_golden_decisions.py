"""Frozen cases give the same judgement, byte for byte, by both back ends and in every environment.

Needs only what the language needs, so that it runs on every Python the project supports.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.interpret import judge as interpret
from dsl.scalar.judge import Judge
from tests.golden.case_files import canonical, case_files, digest, read_cases
from tests.golden.digest import judgements

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = {
    "hash seed 1, -O, Turkish, Kolkata": (
        ["-O"], {"PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kolkata"}, [],
    ),
    "hash seed 4242, -OO, New York, mappings reversed": (
        ["-OO"], {"PYTHONHASHSEED": "4242", "LC_ALL": "C.UTF-8", "TZ": "America/New_York"}, ["reversed"],
    ),
    "hash seed 0, no UTF-8 mode, Apia": (
        ["-X", "utf8=0"], {"PYTHONHASHSEED": "0", "LC_ALL": "POSIX", "TZ": "Pacific/Apia"}, ["reversed"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("path", case_files(), ids=lambda path: path.stem)
def test_a_frozen_case_gives_its_judgement(path: Path) -> None:
    judges: dict[str, Judge] = {}
    for case in read_cases(path):
        day = case.program.law_date.isoformat()
        judge = judges[day] = judges.get(day) or Judge(case.program)
        assert canonical(interpret(case.program, case.snapshot)) == case.expected, case.title
        assert canonical(judge.judge(case.snapshot)) == case.expected, case.title


def test_the_frozen_cases_are_many_and_of_every_verdict() -> None:
    verdicts = [case.expected["verdict"] for path in case_files() for case in read_cases(path) if case.expected]
    assert len(verdicts) >= 500
    assert set(verdicts) == {"allow", "note", "warn", "flag", "clip", "hold", "reject"}


@pytest.fixture(scope="module")
def own_digest() -> str:
    return digest(judgements())


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_another_environment_gives_the_same_bytes(name: str, own_digest: str) -> None:
    flags, variables, arguments = ENVIRONMENTS[name]
    command = [sys.executable, *flags, "-m", "tests.golden.digest", *arguments]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHON"))}
    done = subprocess.run(
        command, cwd=CHECKOUT, env={**kept, **variables}, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == own_digest

"""The leg on other Pythons takes only an interpreter that answers, and of the version it was asked for."""

import sys
from pathlib import Path

import pytest

from scripts import other_pythons
from scripts.other_pythons import Interpreter, find_interpreters, identify, supported_minors


def _executable(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH, home and pyenv are one empty folder."""
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", f"{tmp_path}/pyenv")
    return tmp_path


def test_the_minors_are_those_the_project_supports() -> None:
    assert supported_minors({"requires-python": ">=3.11,<3.14"}) == ["3.11", "3.12", "3.13"]


def test_bounds_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        supported_minors({"requires-python": "~=3.11"})


def test_this_interpreter_is_identified() -> None:
    found = identify(sys.executable)
    assert found is not None and found.minor == ".".join(map(str, sys.version_info[:2]))


def test_a_shim_without_a_version_behind_it_is_no_interpreter(bare: Path) -> None:
    shim = _executable(bare / "bin" / "python3.98", "echo 'pyenv: python3.98: command not found' >&2; exit 127")
    assert identify(shim) is None
    assert find_interpreters(["3.98"]) == []


def test_behind_a_dead_shim_the_version_that_pyenv_holds_is_found(bare: Path) -> None:
    _executable(bare / "bin" / "python3.98", "exit 127")
    held = _executable(bare / "pyenv/versions/3.98.4/bin/python3.98", f"echo 3.98.4; echo {bare}/held")
    assert find_interpreters(["3.98"]) == [Interpreter("3.98.4", f"{bare}/held")]
    assert identify(held) is not None


def test_an_interpreter_of_another_version_is_not_taken(bare: Path) -> None:
    _executable(bare / "bin" / "python3.98", "echo 3.97.1; echo elsewhere")
    assert find_interpreters(["3.98"]) == []


def test_a_python_on_which_a_golden_fails_fails_the_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Interpreter("3.98.4", "python3.98")
    monkeypatch.setattr(other_pythons, "find_interpreters", lambda minors: [other])
    monkeypatch.setattr(other_pythons, "run_goldens", lambda interpreter: "pytest ended with status 1")
    assert other_pythons.main() == 1


def test_a_leg_without_another_python_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(other_pythons, "find_interpreters", lambda minors: [])
    assert other_pythons.main() == 0
    assert "none found" in capsys.readouterr().out

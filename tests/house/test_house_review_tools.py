"""What others run on their pull requests and commits: the action, its script and the hooks."""

import os
import re
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.process import run
from tests.house.source import CHECKOUT

ACTION = CHECKOUT / ".github" / "actions" / "rules"
HOOKS = CHECKOUT / ".pre-commit-hooks.yaml"
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")


def _action() -> dict[str, Any]:
    loaded = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def _hooks() -> list[dict[str, Any]]:
    loaded = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    assert isinstance(loaded, list)
    return loaded


def test_the_action_is_composite_and_every_step_says_its_shell_or_is_pinned() -> None:
    action = _action()
    assert {"name", "description", "inputs", "runs"} <= action.keys() and action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert ("run" in step and step["shell"] == "bash") or PINNED.fullmatch(step["uses"]), step
    assert all(one["description"] for one in action["inputs"].values())


def test_no_input_reaches_a_shell_but_through_its_environment() -> None:
    """What somebody names a branch must never become a command."""
    action = _action()
    text = (ACTION / "action.yml").read_text(encoding="utf-8")
    assert [step["run"] for step in action["runs"]["steps"] if "${{" in step.get("run", "")] == []
    named = set(re.findall(r"inputs\.([\w-]+)", text))
    assert named == set(action["inputs"])


def test_a_hook_says_what_it_runs_on_which_files() -> None:
    for hook in _hooks():
        assert {"id", "name", "entry", "language", "files", "args"} <= hook.keys()
        assert hook["language"] == "python" and hook["pass_filenames"] is False
        assert re.search(hook["files"], "rules/pre_trade/size.rules")
        assert not re.search(hook["files"], "engine/model/bar.py")


def test_every_command_that_is_named_is_one_of_mqk() -> None:
    text = HOOKS.read_text(encoding="utf-8") + (ACTION / "prove.sh").read_text(encoding="utf-8")
    named = {tuple(words.split()) for words in re.findall(r"^(?:  entry: )?mqk ([a-z]+ [a-z]+)", text, re.MULTILINE)}
    assert named >= {("rules", "check"), ("rules", "fmt"), ("rules", "ci"), ("rules", "diff")}
    for words in sorted(named):
        answer = run([sys.executable, "-c", "from engine.cli.main import run; run()", *words, "--help"])
        assert answer.returncode == 0, words


def _prove(tmp_path: Path, compared: int, proven: int, base: str = "HEAD") -> tuple[int, str, str, str]:
    """Run the script in a checkout of its own over an `mqk` that ends so; return its end, report, calls and words."""
    git = shutil.which("git")
    assert git is not None
    work, tools = tmp_path / "checkout", tmp_path / "bin"
    work.mkdir()
    tools.mkdir()
    mqk = tools / "mqk"
    calls = tmp_path / "calls"
    mqk.write_text(
        f'#!/usr/bin/env bash\necho "$@" >> {calls}\n'
        f'if [[ $2 == diff ]]; then echo "SIZE-01 looser"; exit {compared}; fi\n'
        f'echo "::error file=x::not proven"; exit {proven}\n',
        encoding="utf-8",
    )
    mqk.chmod(mqk.stat().st_mode | stat.S_IXUSR)
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "-m", "Begin"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        assert run([git, "-C", str(work), *identity, *command]).returncode == 0
    named = {"RULES": "rules", "BASE": base, "RUNNER_TEMP": tmp_path}
    files = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {**os.environ, **{name: str(value) for name, value in (named | files).items()}}
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    answer = run(["bash", str(ACTION / "prove.sh")], work, environment)
    shown = files["GITHUB_STEP_SUMMARY"].read_text() if files["GITHUB_STEP_SUMMARY"].exists() else ""
    return answer.returncode, shown, calls.read_text() if calls.exists() else "", answer.stdout


@pytest.mark.parametrize(
    ("compared", "proven", "ends", "headline"),
    [
        (0, 0, 0, "nothing became looser"), (1, 0, 0, "something became looser"), (1, 1, 1, "something became looser"),
        (0, 4, 4, "nothing became looser"), (2, 0, 2, "could not be compared"),
    ],
)  # fmt: skip
def test_the_script_reports_the_diff_and_ends_as_the_proof_does(
    tmp_path: Path, compared: int, proven: int, ends: int, headline: str
) -> None:
    code, summary, calls, said = _prove(tmp_path, compared, proven)
    assert code == ends
    assert "### Rules: " in summary and headline in summary and "SIZE-01 looser" in summary
    assert ("Every proof holds." in summary) == (proven == 0)
    assert calls == "rules diff HEAD:rules rules\nrules ci rules --base HEAD --format github\n"
    assert "::error file=x::not proven" in said
    assert (tmp_path / "github_output").read_text() == f"report={tmp_path / 'rules-diff.md'}\n"


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_without_a_base_nothing_is_claimed(tmp_path: Path, base: str) -> None:
    code, summary, calls, said = _prove(tmp_path, 0, 0, base)
    assert (code, summary, calls) == (2, "", "")
    assert said.startswith("::error::")

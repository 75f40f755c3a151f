"""The commands a newcomer types exist, run the tools that they promise and need nothing of this machine."""

import hashlib
import re
import shutil
import stat
from pathlib import Path

import pytest
import yaml

from tests.house.process import run
from tests.house.source import CHECKOUT

MACHINE_PATHS = re.compile(r"(?<![\w.~}])/(usr/(?!bin/env bash)|opt/|root/|home/|work/)")
BUILD_FILES = (
    ".github/actions/rules/action.yml",
    ".github/actions/rules/prove.sh",
    ".pre-commit-hooks.yaml",
    ".ci/run",
    ".pre-commit-config.yaml",
    "Makefile",
    "scripts/bootstrap.sh",
    "scripts/other_pythons.py",
)
INPUTS = ("pyproject.toml", "uv.lock", "requirements.txt", "scripts/bootstrap.sh")


def _dry_run(*targets: str) -> list[str]:
    """Return the commands that make would run for these targets, each line of a recipe by itself."""
    make = shutil.which("make")
    assert make is not None
    answer = run([make, "--dry-run", *targets])
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench", "fmt", "lock", "campaign-fuzz"])
def test_a_promised_target_sets_up_the_environment_first(target: str) -> None:
    assert _dry_run(target)[0] == "bash scripts/bootstrap.sh"


def test_the_suite_runs_after_every_cheaper_gate_and_ends_the_run() -> None:
    wanted = [
        "ruff format --check",
        "ruff check",
        "mypy",
        "lint-imports",
        "mqk rules ci rules/",
        "other_pythons.py",
        "pytest -n 2",
    ]
    commands = _dry_run("test")[1:]
    assert len(commands) == len(wanted)
    assert all(tool in command for tool, command in zip(wanted, commands, strict=True)), commands


def test_a_campaign_is_the_module_of_its_name() -> None:
    assert _dry_run("campaign-kill-matrix")[-1] == ".venv/bin/python -m tests.campaigns.kill_matrix"


def test_ci_runs_what_a_person_runs() -> None:
    script = CHECKOUT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text().splitlines()[-1] == "make test"
    assert "set -euo pipefail" in script.read_text()


@pytest.mark.parametrize("name", BUILD_FILES)
def test_a_build_file_names_no_path_of_one_machine(name: str) -> None:
    assert MACHINE_PATHS.findall((CHECKOUT / name).read_text()) == []


def test_a_path_of_one_machine_is_seen() -> None:
    assert MACHINE_PATHS.findall("python=/usr/bin/python3 /root/.pyenv") != []
    assert MACHINE_PATHS.findall("#!/usr/bin/env bash") == []


@pytest.mark.parametrize("name", [".ci/run", ".github/actions/rules/prove.sh", "scripts/bootstrap.sh"])
def test_a_shell_script_parses(name: str) -> None:
    assert run(["bash", "-n", name]).returncode == 0


def _copy_inputs(folder: Path) -> None:
    (folder / "scripts").mkdir()
    for name in INPUTS:
        shutil.copy(CHECKOUT / name, folder / name)


def _without_python(folder: Path) -> dict[str, str]:
    """Return an environment whose PATH has the tools of a bare system and no Python."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for tool in ("bash", "cat", "cut", "dirname", "rm", "sha256sum"):
        where = shutil.which(tool)
        assert where is not None
        if not (tools / tool).exists():
            (tools / tool).symlink_to(where)
    return {"PATH": str(tools), "HOME": str(folder), "PYENV_ROOT": str(folder)}


def test_setup_refuses_with_help_where_there_is_no_python(tmp_path: Path) -> None:
    _copy_inputs(tmp_path)
    answer = run(["bash", "scripts/bootstrap.sh"], tmp_path, _without_python(tmp_path))
    assert answer.returncode == 2
    assert "help: install python3.11" in answer.stderr
    assert not (tmp_path / ".venv").exists()


def test_setup_does_nothing_until_its_inputs_change(tmp_path: Path) -> None:
    _copy_inputs(tmp_path)
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name in ("python", "mqk"):
        (binaries / name).touch(mode=0o755)
    inputs = [f"{tmp_path.resolve()}\n".encode(), *((tmp_path / name).read_bytes() for name in INPUTS)]
    stamp = tmp_path / ".venv" / ".built-from"
    stamp.write_text(hashlib.sha256(b"".join(inputs)).hexdigest() + "\n")
    answer = run(["bash", "scripts/bootstrap.sh"], tmp_path, _without_python(tmp_path))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    (tmp_path / "requirements.txt").write_text("another==1\n")
    assert run(["bash", "scripts/bootstrap.sh"], tmp_path, _without_python(tmp_path)).returncode == 2


@pytest.mark.parametrize("name", [".github/workflows/ci.yml", ".pre-commit-config.yaml", "compose.yaml"])
def test_a_yaml_file_of_the_house_parses(name: str) -> None:
    assert isinstance(yaml.safe_load((CHECKOUT / name).read_text()), dict)


def test_every_action_of_the_workflow_is_pinned_to_a_commit() -> None:
    uses = re.findall(r"uses:\s*(\S+)", (CHECKOUT / ".github" / "workflows" / "ci.yml").read_text())
    assert uses and all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in uses)


def test_the_image_copies_only_what_exists_and_runs_as_nobody_special() -> None:
    text = (CHECKOUT / "Dockerfile").read_text()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert [name for name in sources.split() if not (CHECKOUT / name).exists()] == []
    assert re.search(r"^USER (?!root|0)", text, re.MULTILINE)

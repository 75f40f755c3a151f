"""The import contracts hold, and each breaks when an import that it forbids is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.process import run
from tests.house.source import CHECKOUT

ROOTS = ("dsl", "engine", "tui")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def _lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [argument for contract in contracts for argument in ("--contract", contract)]
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo", "--config", ".importlinter", *chosen]
    return run(command, folder)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages to plant violations in; each test restores the file it changed."""
    folder = tmp_path_factory.mktemp("contracts")
    for root in ROOTS:
        shutil.copytree(CHECKOUT / root, folder / root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / ".importlinter", folder)
    return folder


def test_the_contracts_hold(copy: Path) -> None:
    answer = _lint(copy)
    assert answer.returncode == 0, answer.stdout + answer.stderr


PLANTED = [
    ("roots", "dsl/planted.py", "import engine.model"),
    ("roots", "engine/service/planted.py", "import tui"),
    ("spine", "engine/model/planted.py", "from engine.store import planted"),
    ("spine", "engine/decision/planted.py", "def late() -> None:\n    import engine.runtime"),
    ("spine", "engine/new_package/__init__.py", "import engine.model"),
    ("pure", "engine/portfolio/planted.py", "import sqlalchemy"),
    ("pure", "engine/decision/planted.py", "from time import time"),
    ("pure", "dsl/planted.py", "import numpy"),
    ("pure", "dsl/scalar/planted.py", "from numpy import int64"),
    ("columns", "dsl/scalar/planted.py", "import dsl.columnar.judge"),
    ("columns", "engine/decision/planted.py", "def late() -> None:\n    from dsl.columnar import judge"),
    ("pure", "engine/facts/planted.py", "import logging"),
    ("pure-execution", "engine/execution/planted.py", "import random"),
]


@pytest.mark.parametrize(("contract", "path", "code"), PLANTED)
def test_a_planted_import_breaks_its_contract(copy: Path, contract: str, path: str, code: str) -> None:
    planted = copy / path
    is_new_folder = not planted.parent.exists()
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(code + "\n")
    try:
        answer = _lint(copy, contract)
    finally:
        planted.unlink()
        if is_new_folder:
            planted.parent.rmdir()
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "BROKEN" in answer.stdout or "new_package" in answer.stdout

"""A folder of rules on disk, and an editor on it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.language_server.desk_files import DESK
from tests.language_server.editor import Editor

TODAY = "2026-03-02"
ORDERS, STORM, CAP = "pre_trade/orders.rules", "kill/storm.rules", "scenarios/cap_tightened.yaml"
REMARKS = ["W631", "W608", "W608", "W608", "W608", "W635"]
"""What there is to say of the largest file of the desk."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the test desk, to be changed."""
    shutil.copytree(DESK, tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture(scope="session")
def _lent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    path = tmp_path_factory.mktemp("lent") / "desk"
    shutil.copytree(DESK, path)
    editor = Editor(path, "--at", TODAY)
    editor.until_codes(ORDERS, REMARKS)
    yield editor
    assert editor.leave() == 0


@pytest.fixture
def editor(_lent: Editor) -> Iterator[Editor]:
    """An editor on a copy of the desk, to be changed; nothing of it is left to the next test."""
    yield _lent
    _lent.put_back(DESK)
    _lent.until(lambda: _lent.all_codes() == {ORDERS: REMARKS})


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor on the test desk, open on its largest file, for tests that change nothing."""
    path = tmp_path_factory.mktemp("workspace") / "desk"
    shutil.copytree(DESK, path)
    editor = Editor(path, "--at", TODAY)
    editor.open(ORDERS)
    editor.until_codes(ORDERS, REMARKS)
    yield editor
    assert editor.leave() == 0

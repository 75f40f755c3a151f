"""A stored run for every screen test, and pictures compared with those in tests/tui/snapshots."""

import asyncio
import inspect
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.explain.judged_desk import shipped_bundle
from tests.tui.stored_run import StoredRun
from tui.app import DeskApp

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "MQK_UPDATE_SNAPSHOTS"


@pytest.fixture(autouse=True)
def in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw alike wherever the tests run."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that are coroutines; the terminal is one."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}))
    return True


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[StoredRun]:
    """A finished morning; tests only read it."""
    run = StoredRun(tmp_path_factory.mktemp("played"), sqlite_template).play()
    yield run
    run.database.close()


@pytest.fixture
def live(tmp_path: Path, sqlite_template: Path) -> Iterator[StoredRun]:
    """A run that has decided nothing yet and may be played further."""
    run = StoredRun(tmp_path, sqlite_template)
    yield run
    run.database.close()


def picture(app: DeskApp) -> str:
    """Return the screen as SVG in which nothing depends on the process that drew it."""
    return re.sub(r"terminal-\d+", "terminal", app.export_screenshot(title="mqk tui")) + "\n"


def without_hash(drawn: str) -> str:
    """Return a picture without the hash of the rules: another comment in a rule file is no other screen."""
    name = shipped_bundle().hash
    return drawn.replace(name[:12], "0" * 12).replace(name[:8], "0" * 8)


@pytest.fixture
def matches() -> Callable[[DeskApp, str], None]:
    """Compare a screen with its committed picture; with MQK_UPDATE_SNAPSHOTS set, take a new one."""

    def compare(app: DeskApp, name: str) -> None:
        path, drawn = SNAPSHOTS / f"{name}.svg", without_hash(picture(app))
        if os.environ.get(UPDATE):
            SNAPSHOTS.mkdir(exist_ok=True)
            path.write_text(drawn, encoding="utf-8")
        assert drawn == path.read_text(encoding="utf-8"), f"the screen differs from {path.name}; look, then {UPDATE}=1"

    return compare

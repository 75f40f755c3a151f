"""The demonstration, as `make demo` runs it: every verdict seen, the record intact, the picture of the README."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.service.demonstration import demo_request, highlights
from engine.service.desk_view import DeskView
from engine.service.overlays import reopen_overlays
from engine.service.running import RunResult, start
from engine.store.database import open_database
from tests.tui.readme_picture import draw_terminal

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "terminal.svg"
UPDATE = "MQK_UPDATE_SNAPSHOTS"


@dataclass(frozen=True, slots=True)
class Shown:
    first: RunResult
    second: RunResult


def _run(folder: Path) -> RunResult:
    running = start(demo_request(folder), {})
    for _ in running.progress():
        pass
    return running.finish()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("demo")
    yield Shown(_run(folder), _run(folder))


def test_every_verdict_is_seen(shown: Shown) -> None:
    labels = {shown_one.label for shown_one in highlights(shown.first.database, shown.first.run_key)}
    assert {"allow", "warn", "clip", "hold, approved", "hold, expired", "reject"} <= labels


def test_second_run_is_another_attempt_with_the_same_content(shown: Shown) -> None:
    assert (shown.first.run_id, shown.first.content_hash) == (shown.second.run_id, shown.second.content_hash)
    assert shown.first.run_key != shown.second.run_key


def test_audit_chain_of_both_runs_is_intact(shown: Shown) -> None:
    assert shown.first.audit.is_intact and shown.second.audit.is_intact
    assert shown.second.audit.count > shown.first.audit.count


async def test_picture_of_the_readme_is_the_terminal_over_this_run(shown: Shown) -> None:
    database = open_database(shown.first.database)
    try:
        drawn = await draw_terminal(DeskView(database, reopen_overlays).follow(shown.first.run_key))
    finally:
        database.close()
    if os.environ.get(UPDATE):
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_text(drawn, encoding="utf-8")
    assert drawn == PICTURE.read_text(encoding="utf-8"), f"the screen changed; look at it and set {UPDATE}=1"

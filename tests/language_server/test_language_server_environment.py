"""What `mqk` writes for the server is what the server reads: contracts, where they lie, calendars, tightenings."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dsl.language_server.environment import EnvironmentFault, read_environment
from engine.marketdata.calendar import load_calendar
from engine.service.editor import write_environment
from engine.service.refusal import Refused


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("written") / "environment.json"
    write_environment(path, "windows-dev")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def test_what_is_written_is_read(document: dict[str, Any]) -> None:
    known = read_environment(document)
    sessions = load_calendar("XNYS").sessions
    at = next(number for number, session in enumerate(sessions) if session.day == date(2026, 3, 2))
    day, after = (sessions[number].day.toordinal() for number in (at, at + 10))
    assert known.calendars["XNYS"].shift(day, 10) == after
    assert {one.engine for one in known.tightenings if one.param == "pre_trade.exposure.max_position_share"} == {
        "experimental"
    }


def test_every_fact_has_the_line_its_contract_declares_it_in(document: dict[str, Any]) -> None:
    known = read_environment(document)
    declared = [path for path in known.contracts.facts if not path.startswith("now") and path in known.places]
    assert len(declared) > 100
    for path in declared:
        place = known.places[path]
        line = Path(place.path).read_text(encoding="utf-8").split("\n")[place.line - 1]
        assert f'"{path.partition(".")[2]}":' in line


def test_a_document_of_another_version_or_form_is_no_environment(document: dict[str, Any]) -> None:
    with pytest.raises(EnvironmentFault, match="version 1, not 2"):
        read_environment({**document, "v": 2})
    with pytest.raises(EnvironmentFault, match="another form"):
        read_environment({**document, "calendars": {"XNYS": {}}})


def test_a_folder_without_engines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no engines"):
        write_environment(tmp_path / "environment.json", "windows-dev", tmp_path)

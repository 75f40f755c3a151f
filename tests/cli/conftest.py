"""The command line in this process: arguments in; exit code, standard output and standard error out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from engine.cli.main import run
from engine.marketdata.calendar import load_calendar
from engine.model.time import MINUTE
from tests.cli.stream_script import event, fact, fill, intent, restate


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Mqk = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("MQK_DATABASE", raising=False)
    monkeypatch.delenv("MQK_DEBUG", raising=False)


@pytest.fixture
def mqk(capsys: pytest.CaptureFixture[str]) -> Mqk:
    """Run one command and return how it ended."""

    def call(*arguments: object) -> Ended:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(int(code), said.out, said.err)

    return call


SESSION = load_calendar().session_on(date(2026, 3, 2))
AT = SESSION.open + 10 * MINUTE
REFERENCE = load_calendar().sessions[load_calendar().sessions.index(SESSION) - 300].close


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A folder with a restricted list of one other name, fresh on the day of the streams."""
    folder = tmp_path / "lists"
    folder.mkdir()
    heads = ("list restricted v1", "as_of 2026-03-02T14:30:00Z", "owner t", "source t", "rows 1")
    text = "".join(f"#! {head}\n" for head in heads) + "symbol,reason\nZULU,t\n"
    (folder / "restricted.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def lines() -> list[object]:
    """A stream with an allow, a reject by rule, a reject by contract, a fill, an exit and a cancel."""
    return [
        *restate(AT, reference_age=REFERENCE),
        intent("entry", AT),
        intent("huge", AT, quantity="900000"),
        intent("claims", AT, purpose="EXIT"),
        fill("entry", AT + 1, "1"),
        intent("exit", AT + 1, side="SELL"),
        intent("cancel", AT + 1, kind="CANCEL", target="exit"),
        event("ORDER_CANCELED", AT + 2, {"intent_id": "exit"}),
        fact("market.ask", None, AT + 2),
        intent("blind", AT + 2),
    ]

"""Who may start a run with what in the environment, and what the doctor says of it: names, never values."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from engine.runtime.halt import RunRefused
from engine.service.demonstration import demo_request
from engine.service.running import start
from engine.shipped import shipped

PARTIES = ("ALPACA_API_KEY_PAPER_MAIN", "ALPACA_API_SECRET_PAPER_MAIN", "TWELVEDATA_API_KEY", "ALPACA_PAPER_BASE_URL")
"""What PAPER on a real broker and provider needs, in the order it is checked."""
VALUE = "hunter2-hunter2"
EXTERNAL = ("--environment", "linux-prod")


class Watched(Mapping[str, str]):
    """An environment that holds a value for every name and remembers which were asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return VALUE

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("nobody may list the environment")

    def __len__(self) -> int:
        raise AssertionError("nobody may count the environment")


@pytest.fixture
def attempt(mqk, tmp_path, monkeypatch):
    """Try to start a run with some variables set; return how it ended. A refused start leaves nothing behind."""
    demo = shipped("demo")
    for name in PARTIES:
        monkeypatch.delenv(name, raising=False)

    def call(*options, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        ended = mqk("run", "start", "--bars", demo, "--instruments", demo / "instruments.csv", "--lists", demo,
                    "--db", f"sqlite:///{tmp_path / 'desk.db'}", "--out", tmp_path / "out", *options)  # fmt: skip
        assert list(tmp_path.iterdir()) == []
        assert VALUE not in ended.out + ended.err
        return ended

    return call


def named(text: str) -> list[str]:
    """Return the variables a text names, in its order."""
    return sorted((name for name in PARTIES if name in text), key=text.index)


def test_a_run_on_a_real_broker_is_refused_naming_every_missing_variable_in_order(attempt):
    ended = attempt(*EXTERNAL)
    assert ended.code == 2 and "error[SECRETS_MISSING]" in ended.err
    assert named(ended.err) == list(PARTIES)


@pytest.mark.parametrize("absent", PARTIES)
def test_one_missing_variable_is_enough_and_the_others_stay_unsaid(attempt, absent):
    ended = attempt(*EXTERNAL, **{name: VALUE for name in PARTIES if name != absent})
    assert ended.code == 2 and "SECRETS_MISSING" in ended.err
    assert named(ended.err) == [absent]


def test_a_blank_variable_is_a_missing_one(attempt):
    ended = attempt(*EXTERNAL, **dict.fromkeys(PARTIES, " \t"))
    assert ended.code == 2 and named(ended.err) == list(PARTIES)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), "RUN_BROKER_UNAVAILABLE"),
        (("--set", "broker.adapter=paper"), "RUN_PROVIDER_UNAVAILABLE"),
        (("--set", "broker.adapter=paper", "--set", "data.provider=parquet"), "RUN_PROVIDER_UNAVAILABLE"),
    ],
)
def test_with_every_variable_set_a_run_never_trades_on_another_broker_or_feed_than_it_says(attempt, options, code):
    ended = attempt(*EXTERNAL, *options, **dict.fromkeys(PARTIES, VALUE))
    assert ended.code == 2 and f"error[{code}]" in ended.err


@pytest.mark.parametrize("mode", ["LIVE-SHADOW", "LIVE-CAPITAL"])
@pytest.mark.parametrize("value", ["", VALUE])
def test_a_live_mode_is_refused_as_such_whatever_the_environment_holds(attempt, mode, value):
    live = {name.replace("PAPER", "LIVE"): value for name in PARTIES}
    ended = attempt(*EXTERNAL, "--mode", mode, **live)
    assert ended.code == 2 and "error[RUN_LIVE_UNAVAILABLE]" in ended.err and "SECRETS" not in ended.err


@pytest.mark.parametrize("mode", ["BACKTEST", "LIVE-CAPITAL"])
def test_a_mode_set_behind_the_runs_back_starts_nothing(attempt, mode):
    ended = attempt(*EXTERNAL, "--mode", "PAPER", "--set", f"engine.mode={mode}")
    assert ended.code == 2 and "CFG_DUPLICATE_VALUE" in ended.err


def begin(request, environ) -> None:
    running = start(request, environ)
    running.close()


def test_a_backtest_asks_the_environment_for_nothing(tmp_path):
    watched = Watched()
    begin(replace(demo_request(tmp_path), mode="BACKTEST"), watched)
    assert watched.asked == set()


def test_a_paper_run_on_the_built_in_broker_asks_for_no_credential(tmp_path):
    watched = Watched()
    begin(replace(demo_request(tmp_path), engine="main", overrides=OVER_DEMO_BARS), watched)
    assert watched.asked == {f"DISCORD_WEBHOOK_{name}" for name in ("ALERTS", "C2", "HEARTBEAT", "PAPER")}


OVER_DEMO_BARS = (
    "strategies.swing_trend_v1.timeframe=1D",
    "strategies.swing_trend_v1.symbols=[ALFA]",
)


def test_what_the_environment_holds_is_no_part_of_a_runs_identity(tmp_path):
    runs = []
    for environ in ({}, {"DISCORD_WEBHOOK_ALERTS": VALUE}):
        running = start(demo_request(tmp_path), environ)
        running.close()
        runs.append(running.inputs)
    assert runs[0].identity == runs[1].identity and VALUE not in repr(runs[1].config)


def test_a_start_that_is_refused_reads_no_bars(tmp_path):
    request = replace(demo_request(tmp_path), bars=tmp_path / "nowhere", environment="linux-prod", engine="main")
    with pytest.raises(RunRefused, match="SECRETS_MISSING"):
        start(request, {})


def variables(ended) -> dict[str, dict[str, object]]:
    """Return the doctor's rows on variables, by the variable's name."""
    rows = {row["name"]: row for row in json.loads(ended.out)}
    return {name.removeprefix("variable "): row for name, row in rows.items() if name.startswith("variable ")}


def test_the_doctor_tells_which_variables_are_missing_and_which_are_set(mqk, monkeypatch):
    for name in PARTIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(PARTIES[0], VALUE)
    monkeypatch.setenv(PARTIES[1], " ")
    ended = mqk("doctor", *EXTERNAL, "--format", "json")
    found = variables(ended)
    assert ended.code == 3 and VALUE not in ended.out + ended.err
    assert list(found)[:4] == list(PARTIES)
    assert [found[name]["is_well"] for name in PARTIES] == [True, False, False, False]
    assert str(found[PARTIES[0]]["found"]).startswith("set; broker key") and found[PARTIES[1]]["remedy"]


def test_the_doctor_finds_nothing_missing_where_nothing_is_needed(mqk, monkeypatch):
    monkeypatch.delenv("DISCORD_WEBHOOK_ALERTS", raising=False)
    monkeypatch.setenv(PARTIES[0], VALUE)
    ended = mqk("doctor", "--format", "json")
    assert ended.code == 0 and VALUE not in ended.out
    assert {row["is_well"] for row in variables(ended).values()} == {True}
    assert str(variables(ended)["DISCORD_WEBHOOK_ALERTS"]["found"]).startswith("not set; channel alerts, not needed")
    backtest = mqk("doctor", "--set", "engine.mode=BACKTEST", "--format", "json")
    assert backtest.code == 0 and variables(backtest) == {}


def test_the_doctor_says_of_a_configuration_that_does_not_load_that_it_cannot_tell(mqk):
    ended = mqk("doctor", "--engine", "nobody")
    assert ended.code == 3 and "problem  variables" in ended.out and "CFG_UNKNOWN_LAYER" in ended.out

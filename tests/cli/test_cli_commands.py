"""The other commands: what they say, and how they end."""

import json
import sqlite3
from pathlib import Path

import pytest

from engine.audit.verify import Anchor
from engine.shipped import shipped
from engine.store.database import open_database
from engine.store.runs import Mode, Run, RunStatus

BARS = Path(__file__).parents[1] / "fixtures" / "bars"


@pytest.fixture
def url(mqk, tmp_path):
    address = f"sqlite:///{tmp_path / 'desk.db'}"
    assert mqk("db", "migrate", "--db", address).code == 0
    return address


def begin_live_run(url: str) -> None:
    with open_database(url) as database, database.write("r.1") as unit:
        unit.runs.create(
            Run("r.1", "r", 1, "MAIN", Mode.LIVE_SHADOW, RunStatus.CREATED, "0" * 64, "0" * 64, None, b"{}", "b", 1)
        )
        unit.runs.move("r.1", RunStatus.CREATED, RunStatus.ARMED, 2, by="olivia", record=b"{}")


def test_migrating_twice_changes_nothing_and_status_says_so(mqk, url):
    assert mqk("db", "migrate", "--db", url).out == mqk("db", "status", "--db", url).out
    assert mqk("db", "status", "--db", url).code == 0


def test_an_old_schema_is_a_finding(mqk, tmp_path):
    (tmp_path / "empty.db").touch()
    ended = mqk("db", "status", "--db", f"sqlite:///{tmp_path / 'empty.db'}")
    assert ended.code == 1 and "empty" in ended.out


def test_migrate_refuses_over_an_active_live_run_unless_told(mqk, url):
    begin_live_run(url)
    ended = mqk("db", "migrate", "--db", url)
    assert ended.code == 2 and "MIGRATE_LIVE_RUN" in ended.err and "r.1" in ended.err
    assert mqk("db", "migrate", "--db", url, "--yes").code == 0


@pytest.mark.parametrize("command", [("db", "status"), ("audit", "verify"), ("run", "status"), ("why", "1"), ("tui",)])
def test_a_database_that_is_not_there_is_never_made_by_looking(mqk, tmp_path, command):
    ended = mqk(*command, "--db", f"sqlite:///{tmp_path / 'none.db'}")
    assert ended.code == 2 and "DATABASE_NONE" in ended.err
    assert not (tmp_path / "none.db").exists()


def test_a_database_of_another_kind_is_a_usage_error_and_shows_no_password(mqk):
    ended = mqk("db", "status", "--db", "mysql://me:hunter2@host/x")
    assert ended.code == 2 and "hunter2" not in ended.err + ended.out


def test_a_file_that_is_no_database_is_unavailable(mqk, tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database, whatever it is called" * 100)
    assert mqk("db", "status", "--db", f"sqlite:///{tmp_path / 'x.db'}").code == 3


def test_audit_verify_says_what_it_cannot_prove(mqk, url, tmp_path):
    plain = mqk("audit", "verify", "--db", url)
    assert plain.code == 0 and "not truncation-evident" in plain.out
    required = mqk("audit", "verify", "--db", url, "--require-anchor")
    assert required.code == 4 and "UNVERIFIABLE" in required.out
    with open_database(url) as database, database.read() as unit:
        head = unit.audit.head()
    (tmp_path / "anchors").write_text(str(Anchor(head.log_id, head.seq, head.hash.hex())) + "\n", "utf-8")
    proven = mqk("audit", "verify", "--db", url, "--require-anchor", "--anchor", tmp_path / "anchors")
    assert proven.code == 0 and proven.out == "intact: 1 records\n"


def test_an_altered_record_is_found(mqk, url, tmp_path):
    path = tmp_path / "desk.db"
    with sqlite3.connect(path) as connection:
        triggers = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            connection.execute(f'DROP TRIGGER "{trigger}"')
        connection.execute("UPDATE audit SET at = at + 1")
    connection.close()
    ended = mqk("audit", "verify", "--db", url, "--format", "json")
    assert ended.code == 4 and json.loads(ended.out)["finding"] is not None


def test_a_log_that_is_no_log_is_malformed(mqk, tmp_path):
    (tmp_path / "log").write_text("nothing\n", "utf-8")
    ended = mqk("audit", "verify", "--log", tmp_path / "log")
    assert ended.code == 4 and "MALFORMED" in ended.err


def test_config_shows_each_value_with_its_origin(mqk):
    rows = json.loads(mqk("config", "show", "--origins", "--format", "json").out)
    origins = {row["setting"]: row["origin"] for row in rows}
    assert origins["/runtime/max_decision_age"].startswith("defaults/base.yaml:")
    assert [name for name in origins if not origins[name]] == ["/params"]


def test_the_config_hash_moves_with_every_value(mqk):
    plain = mqk("config", "hash")
    other = mqk("config", "hash", "--set", "runtime.max_decision_age=29 s")
    assert plain.code == other.code == 0 and plain.out != other.out and len(plain.out) == 65


def test_the_shipped_configuration_lints_clean(mqk):
    assert mqk("config", "lint").code == 0


def test_an_unknown_layer_is_refused_with_those_there_are(mqk):
    ended = mqk("config", "show", "--engine", "nobody")
    assert ended.code == 2 and "CFG_UNKNOWN_LAYER" in ended.err and "main" in ended.err


def test_ingest_writes_bars_that_ingest_to_the_same_bars(mqk, tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    assert mqk("md", "ingest", shipped("demo") / "ALFA.csv", "--out", first).code == 0
    assert mqk("md", "ingest", first / "ALFA.csv", "--out", second).code == 0
    assert (first / "ALFA.csv").read_bytes() == (second / "ALFA.csv").read_bytes()
    report = json.loads((first / "data_quality.json").read_text("utf-8"))
    assert report["files"][0]["rows_ok"] == 90 and report["files"][0]["is_clean"]


def test_a_file_with_gaps_is_kept_and_is_a_finding(mqk):
    ended = mqk("md", "quality", BARS / "missing_bar_gap.csv", "--symbol", "SPY", "--timeframe", "1H")
    assert ended.code == 1 and "GAP" in ended.out


def test_a_refused_file_is_not_written(mqk, tmp_path):
    bad = tmp_path / "BAD.csv"
    bad.write_text("symbol,timeframe,end_ts,open,high,low,close,volume,is_complete\nX,1D,now,1,1,1,1,1,true\n", "utf-8")
    ended = mqk("md", "ingest", bad, "--out", tmp_path / "out")
    assert ended.code == 1 and "MD_TIME_FORM" in ended.out
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["data_quality.json"]


def test_a_missing_bar_file_is_told_with_its_remedy(mqk, tmp_path):
    ended = mqk("md", "quality", tmp_path / "none.csv")
    assert ended.code in (1, 2) and "none.csv" in ended.err and "help" in ended.err


def test_doctor_finds_this_machine_well_and_a_missing_database_not(mqk, url, tmp_path):
    well = mqk("doctor", "--db", url)
    assert well.code == 0 and "problem" not in well.out
    ill = mqk("doctor", "--db", f"sqlite:///{tmp_path / 'none.db'}", "--format", "json")
    assert ill.code == 3
    found = {row["name"]: row for row in json.loads(ill.out)}
    assert not found["database"]["is_well"] and found["database"]["remedy"] and found["rules"]["is_well"]


def test_the_terminal_is_not_opened_in_a_pipe(mqk, url):
    begin_live_run(url)
    ended = mqk("tui", "--db", url)
    assert ended.code == 2 and "error[SCREEN" in ended.err


def test_a_live_run_is_refused_with_a_stable_code(mqk, tmp_path):
    demo = shipped("demo")
    ended = mqk("run", "start", "--mode", "LIVE-SHADOW", "--environment", "linux-prod", "--bars", demo,
                "--instruments", demo / "instruments.csv", "--lists", demo, "--db", f"sqlite:///{tmp_path / 'd.db'}",
                "--out", tmp_path / "out", "--law-date", "2026-01-05")  # fmt: skip
    assert ended.code == 2 and "RUN_LIVE_UNAVAILABLE" in ended.err


def test_why_without_a_run_says_how_to_get_one(mqk, url):
    ended = mqk("why", "1", "--db", url)
    assert ended.code == 2 and "RUN_NONE" in ended.err

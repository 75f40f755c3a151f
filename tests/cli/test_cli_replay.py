"""`mqk rules replay` and `mqk run export`: what they say, and how they end."""

import json
import shutil
import sqlite3
import sys
from pathlib import Path

import duckdb
import pytest

from engine.model.time import MINUTE
from engine.shipped import shipped
from tests.cli.conftest import AT, REFERENCE
from tests.cli.stream_script import intent, restate


@pytest.fixture
def journal(mqk, tmp_path, lines, lists):
    """A database that a decision stream was recorded in."""
    stream = tmp_path / "stream.jsonl"
    stream.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    ended = mqk("decide", stream, "--db", f"sqlite:///{tmp_path / 'desk.db'}", "--lists", lists)
    assert ended.code == 1, ended.err
    return tmp_path / "desk.db"


@pytest.fixture
def looser(tmp_path):
    """The shipped rules with a larger order size."""
    folder = tmp_path / "candidate"
    shutil.copytree(shipped("rules"), folder)
    size = folder / "pre_trade" / "size.rules"
    text = size.read_text("utf-8")
    size.write_text(text.replace("always = 5_000 shares", "always = 950_000 shares"), "utf-8")
    assert text != size.read_text("utf-8")
    return folder


def test_the_rules_in_force_then_change_nothing(mqk, journal):
    ended = mqk("rules", "replay", "--against", journal)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("4 decisions judged again by bundle ")
    assert "1 cancel, 1 refusal: no rule was asked then, and none now" in ended.out
    assert "(the same)" in ended.out and "newly" not in ended.out and ended.err == ""


def test_a_candidate_that_differs_is_a_finding_with_examples(mqk, journal, looser):
    ended = mqk("rules", "replay", looser, "--against", journal)
    assert ended.code == 0 and "SIZE-02" in ended.out  # other rules still reject the huge order
    assert "SIZE-02 no longer: BUY 900000" in ended.out
    assert "then reject MAX_ORDER_QUANTITY: 900_000 shares asked" in ended.out and "now  silent" in ended.out
    tight = looser / "pre_trade" / "size.rules"
    text = tight.read_text("utf-8").replace("= 950_000 shares", "= 1 share")
    tight.write_text(text.replace("above max_order_quantity", "at or above max_order_quantity"), "utf-8")
    ended = mqk("rules", "replay", looser, "--against", f"sqlite:///{journal}")
    assert ended.code == 1
    assert [line.split() for line in ended.out.splitlines() if line.startswith("allow")] == [["allow", "reject", "2"]]


def test_the_json_holds_what_the_text_says(mqk, journal, looser):
    ended = mqk("rules", "replay", looser, "--against", journal, "--format", "json", "--examples", "1")
    told = json.loads(ended.out)
    assert told["decisions"] == 4 and told["changed"] == 0 and told["unjudged"] == {"cancel": 1, "refusal": 1}
    assert sum(row["decisions"] for row in told["verdicts"]) == 4
    (rule,) = told["rules"]
    assert (rule["rule"], rule["no_longer"], rule["newly"]) == ("SIZE-02", 1, 0)
    (example,) = told["examples"]
    assert example["kind"] == "no longer" and example["old"][0]["measure"] == "900000" and example["at"].endswith("Z")


def test_a_limit_and_no_examples(mqk, journal, looser):
    ended = mqk("rules", "replay", looser, "--against", journal, "--limit", "1", "--examples", "0", "--format", "json")
    told = json.loads(ended.out)
    assert told["decisions"] == 1 and told["examples"] == []


def test_the_oldest_run_comes_first(mqk, journal, tmp_path, lists):
    later = [*restate(AT + 9 * MINUTE, reference_age=REFERENCE), intent("later", AT + 9 * MINUTE, quantity="7")]
    (tmp_path / "later.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in later), encoding="utf-8")
    ended = mqk("decide", tmp_path / "later.jsonl", "--db", f"sqlite:///{journal}", "--lists", lists, "--cash", "90000")
    assert ended.code == 0, ended.err
    assert mqk("run", "export", "--db", f"sqlite:///{journal}", "--out", tmp_path / "both.parquet").code == 0
    asked = duckdb.sql(f"select asked, run from read_parquet('{tmp_path / 'both.parquet'}')").fetchall()
    assert len(asked) == 7 and asked[-1][0] == 7_000_000 and len({run for _, run in asked}) == 2
    newest = asked[-1][1]
    one = mqk("rules", "replay", "--against", journal, "--run", newest, "--format", "json")
    assert json.loads(one.out)["decisions"] == 1


def test_a_law_date_judges_by_its_numbers(mqk, journal):
    ended = mqk("rules", "replay", "--against", journal, "--law-date", "2026-09-02", "--format", "json")
    assert ended.code == 0 and json.loads(ended.out)["decisions"] == 4


def test_an_exported_journal_says_what_the_database_says(mqk, journal, looser, tmp_path):
    file = tmp_path / "journal.parquet"
    ended = mqk("run", "export", "--db", f"sqlite:///{journal}", "--out", file)
    assert ended.code == 0 and ended.out.startswith("6 decisions, ")
    assert mqk("run", "export", "--db", f"sqlite:///{journal}", "--out", file).code == 2
    both = [mqk("rules", "replay", looser, "--against", source) for source in (journal, file)]
    assert both[0].out == both[1].out and both[0].code == both[1].code


def test_an_export_can_be_told_as_json(mqk, journal, tmp_path):
    ended = mqk("run", "export", "--db", f"sqlite:///{journal}", "--out", tmp_path / "j.parquet", "--format", "json")
    told = json.loads(ended.out)
    assert told["decisions"] == 6 and told["bytes"] == (tmp_path / "j.parquet").stat().st_size


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--against", "nothing.db"), 2, "JOURNAL_NONE"),
        (("--against", "sqlite:///nothing.db"), 2, "DATABASE_NONE"),
        (("--run", "nobody"), 2, "RUN_UNKNOWN"),
        (("--limit", "0"), 2, "USAGE"),
        (("--law-date", "yesterday"), 2, "USAGE"),
    ],
)
def test_what_cannot_be_replayed_is_refused(mqk, journal, arguments, code, says):
    against = () if "--against" in arguments else ("--against", journal)
    ended = mqk("rules", "replay", *against, *arguments)
    assert ended.code == code and says in ended.err and "Traceback" not in ended.err


def test_candidate_rules_that_do_not_compile_are_findings(mqk, journal, tmp_path):
    (tmp_path / "bad.rules").write_text("rulebook", "utf-8")
    ended = mqk("rules", "replay", tmp_path / "bad.rules", "--against", journal)
    assert ended.code == 1 and "error[" in ended.err


def test_a_text_file_that_is_no_journal_is_refused_with_its_line(mqk, tmp_path):
    (tmp_path / "notes.txt").write_text("hello\n", "utf-8")
    ended = mqk("rules", "replay", "--against", tmp_path / "notes.txt")
    assert ended.code == 2 and "JOURNAL_MALFORMED" in ended.err and "line 1" in ended.err


def test_a_runs_folder_that_was_changed_is_an_integrity_failure(mqk, tmp_path):
    folder = tmp_path / "run_x"
    folder.mkdir()
    (folder / "decisions.jsonl").write_text("", "utf-8")
    ended = mqk("rules", "replay", "--against", folder)
    assert ended.code == 4 and "ARTIFACT_MISSING" in ended.err


def test_a_record_that_was_altered_is_an_integrity_failure(mqk, journal):
    with sqlite3.connect(journal) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')
        (record,) = connection.execute("SELECT record FROM decisions WHERE seq = 1").fetchone()
        forged = record.replace(b'"BUY"', b'"SELL"')
        connection.execute("UPDATE decisions SET record = ? WHERE seq = 1", (forged,))
    connection.close()
    assert forged != record
    ended = mqk("rules", "replay", "--against", journal)
    assert ended.code == 4 and "RECORD_ALTERED" in ended.err and "mqk audit verify" in ended.err


def test_run_belongs_to_a_database(mqk, tmp_path):
    (tmp_path / "d.jsonl").write_text("", "utf-8")
    ended = mqk("rules", "replay", "--against", tmp_path / "d.jsonl", "--run", "r")
    assert ended.code == 2 and "RUN_OPTION" in ended.err


def test_without_the_extra_the_command_ends_as_unavailable(mqk, journal, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    ended = mqk("run", "export", "--db", f"sqlite:///{journal}", "--out", tmp_path / "j.parquet")
    assert ended.code == 3 and "WAREHOUSE_MISSING" in ended.err and "miniquantdesk[warehouse]" in ended.err
    assert [path.name for path in Path(tmp_path).iterdir() if "parquet" in path.name] == []

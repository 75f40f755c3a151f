"""A run says the same from its database, from its folder and from Parquet, and a damaged journal is refused."""

import json
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.program import in_force
from dsl.text import Source
from engine.backtest import parquet as reading
from engine.backtest.changes import Kind
from engine.backtest.faults import ReplayRefused
from engine.backtest.journal import DatabaseJournal, Journal, LineJournal
from engine.backtest.parquet import ParquetJournal
from engine.backtest.parquet_writer import export
from engine.backtest.records import verdict_of
from engine.backtest.replay import Replay, Replayed
from engine.backtest.settings import Documents, Settings
from engine.decision.record import snapshot_from
from engine.marketdata.calendar import load_calendar
from engine.model.time import from_datetime, parse_date, parse_timestamp
from engine.service.overlays import reopen_overlays
from engine.service.rule_files import read_schemas
from tests.backtest.conftest import Ran

TIGHTER = ("always = 100 shares", "always = 3 shares")


def candidate(ran: Ran, *changes: tuple[str, str]) -> Bundle:
    """Return the run's rules with texts replaced."""
    texts = {path.relative_to(ran.rules).as_posix(): path.read_text("utf-8") for path in ran.rules.rglob("*.rules")}
    for old, new in changes:
        assert any(old in text for text in texts.values()), old
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    bundle, found = compile_rules([Source(*file) for file in sorted(texts.items())], read_schemas())
    assert bundle is not None, found
    return bundle


def replay(journal: Journal, documents: Documents, bundle: Bundle) -> Replayed:
    settings = Settings(documents, reopen_overlays)
    return Replay(bundle, settings, load_calendar(), None, 2).run(journal, lambda done, total: None)


def records(ran: Ran) -> list[dict[str, Any]]:
    with ran.database.read(ran.run_key) as unit:
        return [json.loads(row.record) for row in unit.decisions.list(ran.run_key)]


def test_the_rules_of_a_run_change_nothing_of_it(ran: Ran) -> None:
    journal = DatabaseJournal(ran.database)
    replayed = replay(journal, journal, ran.bundle)
    assert replayed.changes.changed == 0 and not replayed.changes.rules and not replayed.gaps.counts
    assert replayed.changes.decisions + sum(replayed.changes.unjudged.values()) == journal.total() == len(records(ran))
    verdicts = {then for then, _ in replayed.changes.verdicts}
    assert verdicts == {"allow", "warn", "clip", "hold", "reject"}
    assert set(replayed.changes.unjudged) == {"cancel"}


@pytest.mark.parametrize("changes", [(), (TIGHTER,), (TIGHTER, ("over 48 h", "over 24 h"))])
def test_database_folder_and_parquet_say_the_same(
    ran: Ran, parquet: Path, changes: tuple[tuple[str, str], ...]
) -> None:
    bundle = candidate(ran, *changes)
    database = DatabaseJournal(ran.database)
    expected = replay(database, database, bundle)
    assert bool(expected.changes.changed) == bool(changes)
    columns = ParquetJournal(parquet)
    from_parquet = replay(columns, columns.documents, bundle)
    assert (from_parquet.changes, from_parquet.gaps) == (expected.changes, expected.gaps)
    lines = replay(LineJournal(ran.artifacts / "decisions.jsonl"), database, bundle)
    assert (lines.changes.verdicts, lines.changes.rules) == (expected.changes.verdicts, expected.changes.rules)
    assert lines.gaps == expected.gaps


def test_a_rule_in_force_from_a_day_speaks_from_that_day(ran: Ran) -> None:
    journal = DatabaseJournal(ran.database)
    never = candidate(ran, ("effective from 2026-01-20", "effective from 2026-02-20"))
    gone = replay(journal, journal, never).changes
    spoken = [r for r in records(ran) if any(f["rule"] == "PRF-03" for f in r["findings"])]
    assert gone.rules["PRF-03"] == {Kind.NO_LONGER: len(spoken)} and spoken
    assert all(record["law_date"] >= "2026-01-20" for record in spoken)


def test_a_limit_reads_the_first_decisions_alone(ran: Ran, parquet: Path) -> None:
    columns, lines = ParquetJournal(parquet, 7), LineJournal(ran.artifacts / "decisions.jsonl", 7)
    for journal in (DatabaseJournal(ran.database, None, 7), columns, lines):
        stretches = list(journal.stretches(4))
        assert sum(s.size + sum(s.unjudged.values()) for s in stretches) == 7
        assert max(s.size for s in stretches) <= 4
        assert journal.total() in (7, None)


def test_one_run_can_be_named_and_an_unknown_one_is_refused(ran: Ran) -> None:
    assert DatabaseJournal(ran.database, ran.run_key).total() == len(records(ran))
    with pytest.raises(ReplayRefused, match="RUN_UNKNOWN"):
        DatabaseJournal(ran.database, "nobody")


# ------------------------------------------------------------------------------------------ Parquet
def test_every_fact_of_every_record_is_in_the_file(ran: Ran, parquet: Path) -> None:
    """Column by column against the records themselves, decoded by the interpreter's own way in."""
    table = duckdb.connect()
    names = [row[0] for row in table.execute(f"describe select * from read_parquet('{parquet}')").fetchall()]
    rows = table.execute(f"select * from read_parquet('{parquet}')").fetchall()
    kept = records(ran)
    assert len(rows) == len(kept)
    seen = 0
    for record, row in zip(kept, (dict(zip(names, row, strict=True)) for row in rows), strict=True):
        assert (row["run"], row["seq"], row["verdict"]) == (ran.run_key, record["seq"], record["verdict"])
        assert json.loads(row["intent"]) == record["intent"] and json.loads(row["findings"]) == record["findings"]
        assert row["at"].isoformat() + "Z" == record["at"] and row["law_date"].isoformat() == record["law_date"]
        held = {fact["path"]: fact for fact in record.get("facts", ())}
        program = in_force(ran.bundle, "pre_trade", parse_date(record["law_date"]), ())
        snapshot = snapshot_from(record, program, {}) if held else None
        for path in (name.removesuffix(".reason") for name in names if name.endswith(".reason")):
            if path not in held:
                assert (row[path], row[f"{path}.reason"], row[f"{path}.as_of"]) == (None, "NOT_HELD", None)
                continue
            assert snapshot is not None
            seen += 1
            assert row[path] == snapshot.values[program.index[path]]
            assert row[f"{path}.reason"] == held[path].get("unknown")
            as_of, told = row[f"{path}.as_of"], held[path].get("as_of")
            assert (as_of and from_datetime(as_of.replace(tzinfo=UTC))) == (told and parse_timestamp(told))
    assert seen > 5 * len(kept)


def test_a_warehouse_reads_the_file_without_us(parquet: Path) -> None:
    """Amounts are exact integers there: a sum of them is the sum, not one of roundings."""
    told = duckdb.sql(
        f"select verdict, count(*), sum(asked), sum(\"intent.quantity\") from read_parquet('{parquet}') "
        "where unjudged is null group by 1 order by 1"
    ).fetchall()
    assert [row[0] for row in told] == ["allow", "clip", "hold", "reject", "warn"]
    assert all(row[2] == row[3] for row in told)


def test_the_same_journal_gives_the_same_rows(ran: Ran, parquet: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.parquet"
    journal = DatabaseJournal(ran.database)
    export(journal, again, Settings(journal, reopen_overlays), lambda done, total: None)
    both = [duckdb.sql(f"select * from read_parquet('{path}')").fetchall() for path in (parquet, again)]
    assert both[0] == both[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.parquet"]


def test_an_export_that_breaks_off_leaves_nothing(ran: Ran, tmp_path: Path) -> None:
    journal = DatabaseJournal(ran.database)

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(journal, tmp_path / "x.parquet", Settings(journal, reopen_overlays), stop)
    assert list(tmp_path.iterdir()) == []


def test_words_beyond_the_number_that_is_coded_are_read_one_by_one(
    ran: Ran, parquet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = candidate(ran, TIGHTER)
    coded = ParquetJournal(parquet)
    expected = replay(coded, coded.documents, bundle)
    monkeypatch.setattr(reading, "MAX_WORDS", 1)
    plain = ParquetJournal(parquet)
    assert len(plain.words) < len(coded.words)
    assert replay(plain, plain.documents, bundle).changes == expected.changes


# ------------------------------------------------------------------------------------------ damage
@pytest.mark.parametrize("line", ["", "{}", "[]", "no json", '{"run": 1, "seq": 2}'])
def test_a_line_that_is_no_record_is_refused_with_its_number(ran: Ran, tmp_path: Path, line: str) -> None:
    path = tmp_path / "decisions.jsonl"
    first = (ran.artifacts / "decisions.jsonl").read_text("utf-8").splitlines()[0]
    path.write_text(f"{first}\n{line}\n", "utf-8")
    with pytest.raises(ReplayRefused, match=r"JOURNAL_MALFORMED: decisions\.jsonl line 2"):
        list(LineJournal(path).stretches(10))


def copied(parquet: Path, to: Path, columns: str, metadata: str) -> Path:
    duckdb.sql(f"copy (select {columns} from read_parquet('{parquet}')) to '{to}' (format parquet{metadata})")
    return to


def test_a_parquet_file_of_somebody_else_is_refused(parquet: Path, tmp_path: Path) -> None:
    other = copied(parquet, tmp_path / "other.parquet", "*", "")
    with pytest.raises(ReplayRefused, match="JOURNAL_VERSION"):
        ParquetJournal(other)
    newer = copied(parquet, tmp_path / "newer.parquet", "*", ", kv_metadata {'mqk.journal': '2'}")
    with pytest.raises(ReplayRefused, match="JOURNAL_VERSION"):
        ParquetJournal(newer)
    less = copied(parquet, tmp_path / "less.parquet", "* exclude (said)", ", kv_metadata {'mqk.journal': '1'}")
    with pytest.raises(ReplayRefused, match=r"JOURNAL_MALFORMED: less\.parquet has no column said"):
        ParquetJournal(less)
    (tmp_path / "torn.parquet").write_bytes(parquet.read_bytes()[:5_000])
    with pytest.raises(ReplayRefused, match="JOURNAL_MALFORMED"):
        ParquetJournal(tmp_path / "torn.parquet")


def test_a_document_in_the_file_that_was_changed_is_refused(ran: Ran, parquet: Path, tmp_path: Path) -> None:
    documents = {
        bytes(key).decode(): bytes(value).decode()
        for key, value in duckdb.sql(f"select key, value from parquet_kv_metadata('{parquet}')").fetchall()
    }
    named = f"mqk.document:{ran.bundle.hash}"
    documents[named] = documents[named].replace("always = 100 shares", "always = 900 shares")
    listed = ", ".join(f"'{key}': '{value.replace(chr(39), chr(39) * 2)}'" for key, value in documents.items())
    forged = copied(parquet, tmp_path / "forged.parquet", "*", f", kv_metadata {{{listed}}}")
    journal = ParquetJournal(forged)
    with pytest.raises(ReplayRefused, match="DOCUMENT_ALTERED"):
        replay(journal, journal.documents, candidate(ran, TIGHTER))


def test_without_the_extra_a_parquet_journal_says_what_to_install(
    parquet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ReplayRefused, match="WAREHOUSE_MISSING") as refused:
        ParquetJournal(parquet)
    assert refused.value.kind == "UNAVAILABLE" and "miniquantdesk[warehouse]" in refused.value.help


def test_a_verdict_is_the_strongest_of_what_counts() -> None:
    trial, advisory = ("A", 1, "reject", "X", "trial"), ("B", 1, "reject", "X", "advisory")
    assert verdict_of(()) == "allow"
    assert verdict_of((trial,)) == "allow"
    assert verdict_of((trial, advisory)) == "warn"
    assert verdict_of((advisory, ("C", 1, "hold", "X", "enforced"))) == "hold"

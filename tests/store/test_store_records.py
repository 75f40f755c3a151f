"""Documents, intents and decisions: written once, in order, never changed."""

import hashlib
from typing import Any

import pytest

from engine.store import ConstraintViolated, ContentMismatch, Database
from engine.store.decisions import FindingRow
from engine.store.documents import Document

SHA = hashlib.sha256(b"rules").hexdigest()


def test_a_document_is_filed_once_under_its_hash(database: Database) -> None:
    with database.write("run.1") as work:
        assert work.documents.put("bundle", SHA, b"rules")
        assert not work.documents.put("bundle", SHA, b"rules")
    with database.read("run.1") as work:
        assert work.documents.get(SHA) == Document(SHA, "bundle", b"rules")
        assert work.documents.get("0" * 64) is None


def test_other_bytes_under_a_hash_are_refused(database: Database) -> None:
    with pytest.raises(ContentMismatch), database.write("run.1") as work:
        work.documents.put("bundle", SHA, b"other rules")
    with pytest.raises(ConstraintViolated, match="ck_documents_kind"), database.write("run.1") as work:
        work.documents.put("novel", SHA, b"rules")


def test_intents_read_back_and_are_put_once(desk: Database, rows: Any) -> None:
    with desk.write("run.1") as work:
        assert work.intents.put(rows.intent(4))
        assert not work.intents.put(rows.intent(4))
        assert work.intents.get(rows.intent(4).intent_id) == rows.intent(4)
        assert work.intents.get("int_none") is None
        assert [row.seq for row in work.intents.list("run.1")] == [1, 2, 3, 4]


def test_an_id_or_place_taken_by_another_intent_is_an_error_and_not_a_repeat(desk: Database, rows: Any) -> None:
    with pytest.raises(ConstraintViolated, match="pk_intents"), desk.write("run.1") as work:
        work.intents.put(rows.intent(1, payload=b"other"))
    with pytest.raises(ConstraintViolated, match="uq_intents_run_key_seq"), desk.write("run.1") as work:
        work.intents.put(rows.intent(1, intent_id="int_other"))


def findings(decision_id: str) -> tuple[FindingRow, ...]:
    return (
        FindingRow(decision_id, 0, "size.cap", 4, "reject", "MAX_ORDER_SIZE", "enforce"),
        FindingRow(decision_id, 1, "hours", None, "warn", "OUTSIDE_HOURS", "trial"),
    )


def test_a_decision_reads_back_with_its_findings(desk: Database, rows: Any) -> None:
    with desk.write("run.1") as work:
        work.intents.put(rows.intent(4))
        work.decisions.put(rows.decision(4, verdict="reject"), findings("dec_run.1_4"))
        assert work.decisions.get("dec_run.1_4") == rows.decision(4, verdict="reject")
        assert work.decisions.findings("dec_run.1_4") == findings("dec_run.1_4")
        assert work.decisions.findings("dec_run.1_1") == ()
        assert work.decisions.get("dec_none") is None
        numbers = {
            "all": work.decisions.list("run.1"),
            "reject": work.decisions.list("run.1", verdict="reject"),
            "rule": work.decisions.list("run.1", rule="hours"),
            "no rule": work.decisions.list("run.1", rule="size"),
            "page": work.decisions.list("run.1", after_seq=1, limit=2),
        }
        assert {name: [row.seq for row in found] for name, found in numbers.items()} == {
            "all": [1, 2, 3, 4],
            "reject": [4],
            "rule": [4],
            "no rule": [],
            "page": [2, 3],
        }
        assert work.decisions.count_by_verdict("run.1") == {"allow": 3, "reject": 1}
        assert work.decisions.count_by_code("run.1") == {"MAX_ORDER_SIZE": 1, "OUTSIDE_HOURS": 1}


def test_an_intent_is_decided_once_and_a_decision_superseded_once(desk: Database, rows: Any) -> None:
    again = rows.decision(4, intent_id="int_run.1_1")
    with pytest.raises(ConstraintViolated, match="uq_decisions_first"), desk.write("run.1") as work:
        work.decisions.put(again)
    after = rows.decision(4, intent_id="int_run.1_1", supersedes="dec_run.1_1")
    with desk.write("run.1") as work:
        work.decisions.put(after)
        assert [row.seq for row in work.decisions.by_intent("int_run.1_1")] == [1, 4]
    twice = rows.decision(5, intent_id="int_run.1_1", supersedes="dec_run.1_1")
    with pytest.raises(ConstraintViolated, match="uq_decisions_run_key_supersedes"), desk.write("run.1") as work:
        work.decisions.put(twice)


def test_a_decision_about_nothing_is_refused(desk: Database, rows: Any) -> None:
    with pytest.raises(ConstraintViolated) as caught, desk.write("run.1") as work:
        work.decisions.put(rows.decision(9))
    assert caught.value.kind == "foreign_key"
    assert "fk_decisions_run_key_intent_id" in caught.value.name

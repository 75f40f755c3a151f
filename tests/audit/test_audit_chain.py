"""The audit chain under attack: every edit of a 64-record log has its code (RELIABILITY P4)."""

import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.audit import verify as verifier
from engine.audit.canonical import canonical
from engine.audit.chain import AuditEntry, begin, content_line, link, seal
from engine.audit.verify import (
    Anchor,
    Entry,
    Finding,
    MalformedText,
    read_anchors,
    read_entries,
    verify,
    write_entry,
)

LOG_ID = hashlib.sha256(b"one").hexdigest()[:32]
OTHER = hashlib.sha256(b"two").hexdigest()[:32]
LENGTH = 64


def build(log_id: str = LOG_ID, length: int = LENGTH, price: int = 7) -> list[AuditEntry]:
    records = [begin(log_id, 1_000)]
    for seq in range(1, length):
        body = {"n": seq, "px": str(price), "ü": [True, None]}
        records.append(
            seal(
                log_id,
                seq,
                records[-1].hash,
                wall=2_000 + seq,
                run=f"run.{seq % 2}",
                kind="ORDER_ACKED",
                at=10 * seq,
                body=body,
            )
        )
    return records


RECORDS = build()
LOG = [record.entry for record in RECORDS]
HEAD = RECORDS[-1].anchor


def finding(log: list[Entry], *anchors: Anchor) -> Finding | None:
    return verify(log, anchors).finding


def changed(position: int, **fields: object) -> list[Entry]:
    return [*LOG[:position], dataclasses.replace(LOG[position], **fields), *LOG[position + 1 :]]  # type: ignore[arg-type]


def rehashed(position: int, record: bytes) -> list[Entry]:
    """Replace one record and recompute every hash after it, as a thief with the database would."""
    log, previous = [], bytes(32)
    for entry in LOG:
        raw = record if entry.seq == position else entry.record
        previous = link(entry.log_id, entry.seq, previous, raw)
        log.append(dataclasses.replace(entry, record=raw, hash=previous, index=None))
    return log


def test_an_untouched_log_is_intact_and_says_how_far_that_reaches() -> None:
    bare, anchored = verify(LOG), verify(LOG, [HEAD])
    assert (bare.is_intact, bare.is_truncation_evident, bare.count) == (True, False, LENGTH)
    assert "not truncation-evident" in str(bare)
    assert (anchored.is_intact, anchored.is_truncation_evident) == (True, True)
    assert str(anchored) == "intact: 64 records"


def test_honest_logs_of_every_length_are_intact() -> None:
    for length in range(1, LENGTH + 1):
        assert verify(LOG[:length], [record.anchor for record in RECORDS[:length:5]]).is_truncation_evident


def after(seq: int) -> Anchor | None:
    """The anchor to verify record `seq` and later from, so that an exhaustive sweep stays quick."""
    return RECORDS[seq - 1].anchor if seq else None


def test_verifying_since_a_record_says_what_verifying_everything_says() -> None:
    for start in range(LENGTH):
        assert verify(LOG[start:], [HEAD], after(start)) == verify(LOG, [HEAD])
        for fault in (start, LENGTH - 1):
            log = changed(fault, record=LOG[fault].record + b" ")
            assert verify(log[start:], [HEAD], after(start)) == verify(log, [HEAD])
    assert verify(LOG[5:], [], after(4)).finding is Finding.ALTERED
    assert verify(LOG[5:], [Anchor(LOG_ID, 4, "0" * 64)], after(5)).finding is Finding.FORK


def test_every_flipped_bit_of_every_record_and_hash_is_altered() -> None:
    flips = 0
    for seq, entry in enumerate(LOG):
        since = after(seq)
        for name, stored in (("record", entry.record), ("hash", entry.hash)):
            for bit in range(8 * len(stored)):
                raw = bytearray(stored)
                raw[bit // 8] ^= 1 << (bit % 8)
                verdict = verify([dataclasses.replace(entry, **{name: bytes(raw)})], (), since)
                assert (verdict.finding, verdict.seq, verdict.count) == (Finding.ALTERED, seq, seq)
                flips += 1
        assert finding(changed(seq, record=bytes(raw))) is Finding.ALTERED
    assert flips > 80_000


def test_a_changed_place_log_or_index_is_altered() -> None:
    for seq in range(LENGTH):
        assert finding(changed(seq, seq=seq + 1)) is Finding.ALTERED
        assert finding(changed(seq, log_id=OTHER)) is Finding.ALTERED
        assert finding(changed(seq, log_id="\ud800")) is Finding.ALTERED
        assert finding(changed(seq, index=("run.9", "ORDER_ACKED", 0))) is Finding.ALTERED
        assert finding(changed(seq, index=None)) is None


def test_a_record_kept_as_another_kind_of_value_is_altered() -> None:
    for seq in (0, 1, LENGTH - 1):
        for kept in (LOG[seq].record.decode(), 7, None):
            assert finding(changed(seq, record=kept)) is Finding.ALTERED
        assert finding(changed(seq, hash=LOG[seq].hash.hex()[:32])) is Finding.ALTERED


def test_a_deleted_record_is_altered_and_a_dropped_tail_truncated() -> None:
    for seq in range(LENGTH - 1):
        assert finding([*LOG[:seq], *LOG[seq + 1 :]]) is Finding.ALTERED
        assert finding([*LOG[:seq], *LOG[seq + 1 :]], HEAD) is Finding.ALTERED
    for kept in range(LENGTH):
        assert finding(LOG[:kept], HEAD) is Finding.TRUNCATED
        assert finding(LOG[:kept]) is (None if kept else Finding.UNVERIFIABLE)


def test_inserted_duplicated_and_swapped_records_are_altered() -> None:
    for seq in range(LENGTH):
        assert finding([*LOG[: seq + 1], LOG[seq], *LOG[seq + 1 :]]) is Finding.ALTERED
        for previous in (bytes(32), LOG[seq].hash):
            forged = seal(LOG_ID, seq + 1, previous, wall=1, run=None, kind="ARMED", at=0, body={}).entry
            assert finding([*LOG[: seq + 1], forged, *LOG[seq + 1 :], LOG[0]]) is Finding.ALTERED
        for other in range(seq + 1, LENGTH):
            log = list(LOG)
            log[seq], log[other] = log[other], log[seq]
            assert finding(log) is Finding.ALTERED


def test_an_empty_log_is_never_intact() -> None:
    assert finding([]) is Finding.UNVERIFIABLE
    assert finding([], RECORDS[0].anchor) is Finding.TRUNCATED


def test_a_rewritten_past_is_a_fork_for_every_later_anchor() -> None:
    for seq in range(1, LENGTH):
        raw = seal(LOG_ID, seq, bytes(32), wall=1, run="run.1", kind="ORDER_ACKED", at=1, body={"n": -1}).record
        log = rehashed(seq, raw)
        assert finding(log) is None
        assert finding(log, RECORDS[seq - 1].anchor) is None
        assert finding(log, HEAD) is Finding.FORK
        assert verify(log, [RECORDS[seq].anchor]).seq == seq


def test_two_anchors_of_one_place_prove_a_fork_without_the_log() -> None:
    twin = build(price=8)
    assert finding(LOG, HEAD, twin[-1].anchor) is Finding.FORK
    assert finding([record.entry for record in twin], HEAD) is Finding.FORK


def test_another_installs_log_is_not_taken_for_this_one() -> None:
    other = [record.entry for record in build(OTHER)]
    assert finding(other) is None
    assert finding(other, HEAD) is Finding.ALTERED
    assert finding([*LOG[:9], *other[9:]]) is Finding.ALTERED
    assert finding(LOG, HEAD, Anchor(OTHER, 3, "0" * 64)) is Finding.UNVERIFIABLE


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw.replace(b'"at":', b'"at": '),
        lambda raw: raw.replace(b'"at":', b'"zz":1,"at":'),
        lambda raw: raw.replace(b'"v":1', b'"v":2'),
        lambda raw: raw.replace(b'"v":1', b'"v":1.0'),
        lambda raw: raw.replace(b'"seq":5', b'"seq":6'),
        lambda raw: raw.replace(LOG_ID.encode(), OTHER.encode()),
        lambda raw: raw.replace(b"ORDER_ACKED", b"GENESIS"),
        lambda raw: raw.replace(b"{", b"[", 1),
        lambda raw: b"[" * 100_000,
        lambda raw: b"null",
        lambda raw: raw.replace(b'"n":5', b'"n":' + b"[" * 15 + b"]" * 15),
        lambda raw: raw.replace(b'"n":5', '"n":5,"\ue000":1,"\U00010000":2'.encode()),
        lambda raw: raw.replace(b'"n":5', b'"n":9007199254740992'),
    ],
)
def test_a_well_hashed_record_that_is_no_envelope_is_malformed(spoil: Callable[[bytes], bytes]) -> None:
    raw = spoil(LOG[5].record)
    assert raw != LOG[5].record
    verdict = verify(rehashed(5, raw))
    assert (verdict.finding, verdict.seq) == (Finding.MALFORMED, 5)


def test_a_hash_of_the_wrong_length_and_an_unreadable_anchor_are_malformed() -> None:
    assert finding(changed(3, hash=b"short")) is Finding.MALFORMED
    assert finding(LOG, Anchor(LOG_ID, 3, "zz")) is Finding.MALFORMED
    for text in ("x", f"{LOG_ID} -1 {'0' * 64}", f"{LOG_ID} ١ {'0' * 64}", f"{LOG_ID} 1 {'0' * 63}"):
        with pytest.raises(MalformedText, match="line 2"):
            read_anchors(f"# anchors\n{text}\n")


def test_anchor_lines_and_export_lines_read_back() -> None:
    assert read_anchors(f"# kept by compliance\n\n{HEAD}\n") == (HEAD,)
    lines = [write_entry(entry) for entry in LOG]
    assert [dataclasses.replace(entry, index=None) for entry in LOG] == list(read_entries(lines))
    for line in (
        "",
        "{}",
        "[]",
        lines[0].replace('"seq":0', '"seq":"0"'),
        lines[0].replace("GEN", "\\ud800"),
    ):
        with pytest.raises(MalformedText):
            list(read_entries([line]))


def test_the_verifier_runs_without_the_desk_or_any_third_party_package(tmp_path: Path) -> None:
    log, anchors = tmp_path / "log.jsonl", tmp_path / "anchors"
    log.write_text("".join(write_entry(entry) for entry in LOG), encoding="utf-8", newline="\n")
    anchors.write_text(f"{HEAD}\n")
    copy = tmp_path / "verify.py"
    copy.write_bytes(Path(verifier.__file__).read_bytes())

    def run(*paths: Path) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-I", "-S", copy, *paths], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout

    assert run(log, anchors) == (0, "intact: 64 records\n")
    log.write_text("".join(write_entry(entry) for entry in LOG[:-1]), encoding="utf-8", newline="\n")
    status, said = run(log, anchors)
    assert status == 4
    assert said.startswith("TRUNCATED")


def test_the_writer_and_the_verifier_compute_one_chain() -> None:
    """The domain and layout are fixed: this digest was computed by hand from the definition."""
    expected = hashlib.sha256(
        b"desk-audit/v1\x00" + LOG_ID.encode() + b"\x00" * 7 + b"\x01" + LOG[0].hash + LOG[1].record
    ).digest()
    assert LOG[1].hash == expected


def test_content_does_not_depend_on_log_wall_time_or_chain() -> None:
    here = seal(LOG_ID, 9, bytes(32), wall=1, run="r.1", kind="ARMED", at=5, body={"b": 1, "a": "x"})
    there = seal(OTHER, 44, b"1" * 32, wall=2, run="r.2", kind="ARMED", at=5, body={"a": "x", "b": 1})
    assert content_line(3, here) == content_line(3, there)
    assert content_line(3, here) == canonical({"seq": 3, "at": 5, "kind": "ARMED", "body": {"a": "x", "b": 1}})

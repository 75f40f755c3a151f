"""The writer's side of the audit chain: envelope, link and what of it counts as content.

The chain is per database and belongs to the envelope: two identical runs have identical content
and different chains.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from engine.audit.canonical import canonical, parse_canonical
from engine.audit.verify import Anchor, Entry

DOMAIN = b"desk-audit/v1\0"
GENESIS = "GENESIS"
NO_HASH = bytes(32)
"""What stands before the first record."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A record as it was appended; `run_key` is None for what concerns the whole database."""

    log_id: str
    seq: int
    hash: bytes
    record: bytes
    run_key: str | None
    kind: str
    at: int

    @property
    def anchor(self) -> Anchor:
        """The position to note elsewhere, so that a missing tail can be seen."""
        return Anchor(self.log_id, self.seq, self.hash.hex())

    @property
    def entry(self) -> Entry:
        """The form the verifier reads."""
        return Entry(self.log_id, self.seq, self.hash, self.record, (self.run_key, self.kind, self.at))

    @property
    def body(self) -> Any:
        return parse_canonical(self.record)["body"]

    @property
    def wall(self) -> int:
        """The machine's clock when the record was written, in microseconds."""
        wall: int = parse_canonical(self.record)["wall"]
        return wall


def link(log_id: str, seq: int, previous: bytes, record: bytes) -> bytes:
    """Return h_i = SHA256(domain, log_id, u64 seq, h_{i-1}, record); `previous` has 32 bytes."""
    return hashlib.sha256(DOMAIN + log_id.encode() + seq.to_bytes(8, "big") + previous + record).digest()


def seal(
    log_id: str, seq: int, previous: bytes, *, wall: int, run: str | None, kind: str, at: int, body: Any
) -> AuditEntry:
    """Return the record that follows the one whose hash is `previous`.

    `at` is event time, `wall` the machine's clock, both in microseconds; `body` is canonical JSON
    data. Raises NotCanonical.
    """
    record = canonical(
        {
            "v": 1,
            "log_id": log_id,
            "seq": seq,
            "wall": wall,
            "run": run,
            "kind": kind,
            "at": at,
            "body": body,
        }
    )
    return AuditEntry(log_id, seq, link(log_id, seq, previous, record), record, run, kind, at)


def begin(log_id: str, wall: int) -> AuditEntry:
    """Return the genesis record of a log whose identity was just drawn."""
    body = {"chain": DOMAIN.decode().rstrip("\0"), "log_id": log_id}
    return seal(log_id, 0, NO_HASH, wall=wall, run=None, kind=GENESIS, at=wall, body=body)


def content_line(run_seq: int, entry: AuditEntry) -> bytes:
    """Return what of a record is content: run-relative place (from 1), event time, kind and body.

    Log id, hashes and wall time are left out, so equal runs give equal bytes.
    """
    return canonical({"seq": run_seq, "at": entry.at, "kind": entry.kind, "body": entry.body})

"""Stand-alone verifier of the audit chain: standard library only, usable without the desk.

An auditor may copy this one file elsewhere: `python verify.py LOG.jsonl [ANCHORS]`. The chain is
computed here a second time on purpose, so that the writer's code cannot vouch for itself.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Any

_DOMAIN = b"desk-audit/v1\0"
_FIELDS = {"v", "log_id", "seq", "wall", "run", "kind", "at", "body"}
_LINE_FIELDS = {"hash", "log_id", "record", "seq"}
_MAX_INTEGER = 2**53 - 1
_MAX_DEPTH = 16
_MAX_BYTES = 65_536
_HEX = frozenset("0123456789abcdef")


class Finding(StrEnum):
    """What can be wrong with a log (RELIABILITY 4)."""

    ALTERED = "ALTERED"
    TRUNCATED = "TRUNCATED"
    FORK = "FORK"
    UNVERIFIABLE = "UNVERIFIABLE"
    MALFORMED = "MALFORMED"


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored record: the exact bytes, the hash stored beside them and their place.

    `index` holds what the store indexes the record by (run, kind, at), when it comes from there;
    it must repeat the record, or a query could hide what the chain still shows.
    """

    log_id: str
    seq: int
    hash: bytes
    record: bytes
    index: tuple[str | None, str, int] | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A position of a log somebody noted elsewhere: from then on its past is fixed."""

    log_id: str
    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.log_id} {self.seq} {self.hash}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome: `finding` is None when intact; `seq` is where the fault shows; `count` is how
    many records were proven before it."""

    finding: Finding | None
    seq: int | None
    count: int
    reason: str
    is_anchored: bool

    @property
    def is_intact(self) -> bool:
        return self.finding is None

    @property
    def is_truncation_evident(self) -> bool:
        return self.finding is None and self.is_anchored

    def __str__(self) -> str:
        if self.finding is not None:
            where = "" if self.seq is None else f" at record {self.seq}"
            return f"{self.finding}{where}: {self.reason} ({self.count} records verified before it)"
        tail = "" if self.is_anchored else ", not truncation-evident (no anchor given)"
        return f"intact: {self.count} records{tail}"


class MalformedText(ValueError):
    """A line of an exported log or of an anchor file that cannot be read."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line, self.reason = line, reason

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(slots=True)
class _Walk:
    """What is known after some records."""

    anchors: Sequence[Anchor]
    log_id: str | None = None
    hash: bytes = bytes(32)
    count: int = 0
    wanted: dict[int, str] = field(default_factory=dict)

    def fault(self, finding: Finding, seq: int | None, reason: str) -> Verdict:
        return Verdict(finding, seq, self.count, reason, bool(self.anchors))


def verify(entries: Iterable[Entry], anchors: Sequence[Anchor] = (), since: Anchor | None = None) -> Verdict:
    """Return whether `entries` are the whole, unaltered log as far as the anchors reach.

    Reads the entries once, in stored order, and stops at the first fault. A rewritten past with
    recomputed hashes, and a missing tail, can only be seen with an anchor that was kept elsewhere.
    `since` names a record proven before; the entries then start right after it and `count` includes
    what it vouches for.
    """
    walk = _Walk(anchors)
    if (fault := _collect(anchors if since is None else [since, *anchors], walk)) is not None:
        return fault
    if since is not None:
        walk.log_id, walk.hash, walk.count = since.log_id, bytes.fromhex(since.hash), since.seq + 1
    for entry in entries:
        if (fault := _check(entry, walk)) is not None:
            return fault
    if not walk.count:
        if anchors:
            return walk.fault(Finding.TRUNCATED, None, "the log is empty but an anchor says it was not")
        return walk.fault(Finding.UNVERIFIABLE, None, "the log is empty and no anchor was given")
    missing = [seq for seq in walk.wanted if seq >= walk.count]
    if missing:
        reason = f"an anchor notes record {max(missing)}, the log ends at {walk.count - 1}"
        return walk.fault(Finding.TRUNCATED, walk.count, reason)
    return Verdict(None, None, walk.count, "", bool(anchors))


def _collect(anchors: Sequence[Anchor], walk: _Walk) -> Verdict | None:
    for anchor in anchors:
        if not (_is_hex(anchor.hash, 64) and anchor.log_id and anchor.seq >= 0):
            return walk.fault(Finding.MALFORMED, None, f"anchor {str(anchor)[:120]!r} cannot be read")
        if anchor.log_id != anchors[0].log_id:
            return walk.fault(Finding.UNVERIFIABLE, None, "the anchors belong to different logs")
        if walk.wanted.setdefault(anchor.seq, anchor.hash) != anchor.hash:
            return walk.fault(Finding.FORK, anchor.seq, "two anchors note different pasts of one log")
    return None


def _check(entry: Entry, walk: _Walk) -> Verdict | None:
    seq = walk.count
    # A column keeps what was written into it: somebody who writes text where bytes belong has altered it.
    if not all(isinstance(each, bytes) for each in (entry.hash, entry.record)):
        return walk.fault(Finding.ALTERED, seq, "the record is not stored as the bytes it was")
    if len(entry.hash) != 32:
        return walk.fault(Finding.MALFORMED, seq, "the stored hash is not 32 bytes")
    if entry.seq != seq:
        return walk.fault(Finding.ALTERED, seq, f"record {seq} is missing, record {entry.seq} stands there")
    if entry.log_id != (walk.log_id or entry.log_id):
        return walk.fault(Finding.ALTERED, seq, "the record belongs to another log")
    if _link(entry.log_id, seq, walk.hash, entry.record) != entry.hash:
        return walk.fault(Finding.ALTERED, seq, "the record does not match its hash")
    if (reason := _misshape(entry)) is not None:
        return walk.fault(Finding.MALFORMED, seq, reason)
    if walk.anchors and entry.log_id != walk.anchors[0].log_id:
        return walk.fault(Finding.ALTERED, seq, "this is another log than the anchored one")
    if walk.wanted.get(seq, entry.hash.hex()) != entry.hash.hex():
        return walk.fault(Finding.FORK, seq, "an anchor notes a different past for this record")
    if (reason := _misindexed(entry)) is not None:
        return walk.fault(Finding.ALTERED, seq, reason)
    walk.log_id, walk.hash, walk.count = entry.log_id, entry.hash, seq + 1
    return None


def _link(log_id: str, seq: int, previous: bytes, record: bytes) -> bytes:
    name = log_id.encode("utf-8", "surrogatepass")
    return hashlib.sha256(_DOMAIN + name + seq.to_bytes(8, "big") + previous + record).digest()


def _misshape(entry: Entry) -> str | None:
    """Return why the record is not a canonical envelope, or None."""
    if len(entry.record) > _MAX_BYTES:
        return f"the record is larger than {_MAX_BYTES} bytes"
    try:
        value = json.loads(entry.record, parse_float=_refuse, parse_constant=_refuse, parse_int=_exact)
        if _rewrite(value, entry.record) != entry.record:
            return "the record is not in canonical form"
    except (ValueError, RecursionError):
        return "the record is not canonical JSON"
    if not isinstance(value, dict) or set(value) != _FIELDS:
        return "the record does not have the envelope's fields"
    if value["v"] != 1 or value["log_id"] != entry.log_id or value["seq"] != entry.seq:
        return "the record does not name its own version, log and place"
    if not _is_hex(entry.log_id, 32):
        return "the log's identity is not 32 hex digits"
    if (entry.seq == 0) != (value["kind"] == "GENESIS"):
        return "a genesis record is the first one and no other"
    return None


def _misindexed(entry: Entry) -> str | None:
    if entry.index is None:
        return None
    value = json.loads(entry.record)
    stated = (value["run"], value["kind"], value["at"])
    return None if stated == entry.index else "the index columns do not repeat the record"


def _rewrite(value: Any, record: bytes) -> bytes:
    """Return the canonical bytes of `value`, which was read from `record`.

    The C writer sorts by code points, which is the canonical order below U+10000 (no byte from 0xF0
    on), and does not count depth, which is proven when there are few brackets.
    """
    if max(record) < 0xF0 and record.count(b"[") + record.count(b"{") <= _MAX_DEPTH:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    return _canonical(value, 0)


def _canonical(value: Any, depth: int) -> bytes:
    """Return canonical bytes (RFC 8785 for text, integers, booleans, null, lists and maps)."""
    if isinstance(value, dict | list) and depth >= _MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return b"{" + b",".join(_text(key) + b":" + _canonical(value[key], depth + 1) for key in keys) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(_canonical(item, depth + 1) for item in value) + b"]"
    if isinstance(value, str):
        return _text(value)
    return json.dumps(value).encode()


def _text(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def _exact(text: str) -> int:
    if len(text) > 17 or abs(value := int(text)) > _MAX_INTEGER:
        raise ValueError("integer beyond 2^53-1")
    return value


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not in the canonical subset")


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and set(text) <= _HEX


def read_anchors(text: str) -> tuple[Anchor, ...]:
    """Return the anchors of an anchor file: one `LOG_ID SEQ HASH` a line, blank lines and # skipped.

    Raises MalformedText.
    """
    anchors = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match line.split():
            case [log_id, seq, digest] if seq.isascii() and seq.isdigit() and len(seq) < 19 and _is_hex(digest, 64):
                anchors.append(Anchor(log_id, int(seq), digest))
            case _:
                raise MalformedText(number, "is not an anchor (LOG_ID SEQ HASH)")
    return tuple(anchors)


def write_entry(entry: Entry) -> str:
    """Return the export line of an entry: one JSON object, the record kept as its exact text."""
    line = {
        "hash": entry.hash.hex(),
        "log_id": entry.log_id,
        "record": entry.record.decode(),
        "seq": entry.seq,
    }
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of an exported log. Raises MalformedText at the first unreadable line."""
    for number, line in enumerate(lines, 1):
        try:
            value = json.loads(line)
            if set(value) != _LINE_FIELDS or type(value["seq"]) is not int:
                raise ValueError("wrong fields")
            yield Entry(value["log_id"], value["seq"], bytes.fromhex(value["hash"]), value["record"].encode())
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise MalformedText(number, "is not an exported audit record") from None


def main(arguments: Sequence[str]) -> int:
    """Verify an exported log, with the anchor files that follow it; return 0 if intact, else 4."""
    if not arguments:
        sys.stderr.write("usage: verify.py LOG.jsonl [ANCHORS ...]\n")
        return 2
    try:
        anchors = chain.from_iterable(read_anchors(Path(path).read_text("utf-8")) for path in arguments[1:])
        with Path(arguments[0]).open(encoding="utf-8", newline="\n") as lines:
            verdict = verify(read_entries(lines), tuple(anchors))
    except OSError as error:
        sys.stderr.write(f"cannot read {error.filename}: {error.strerror}\n")
        return 2
    except (MalformedText, UnicodeDecodeError) as error:
        sys.stdout.write(f"{Finding.MALFORMED}: {error}\n")
        return 4
    sys.stdout.write(f"{verdict}\n")
    return 0 if verdict.is_intact else 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

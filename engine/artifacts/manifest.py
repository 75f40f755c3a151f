"""`manifest.json`: what the run was (content, hashed) and where and when it ran (envelope, not)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.artifacts.content import CONTENT_FILES, RunContent, pretty
from engine.artifacts.faults import ArtifactFault, ArtifactRefused, FaultCode
from engine.audit.canonical import NotCanonical, canonical
from engine.model.time import TimeFault, Timestamp, format_timestamp, parse_date, parse_timestamp

MANIFEST = "manifest.json"
MAX_MANIFEST = 4_000_000

_HASH = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,79}\Z", re.ASCII)
_TOP = {"v", "content", "content_hash", "envelope"}
_CONTENT = {"run_id", "inputs", "bundle_hash", "bundle_approved", "config_hash", "law_date", "files"}
_ENVELOPE = {"host", "build", "attempt", "started_at", "finished_at"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where, by which build and when (wall time) the run took place; compared with nothing."""

    host: str
    build: str
    attempt: int
    started_at: Timestamp
    finished_at: Timestamp


@dataclass(frozen=True, slots=True)
class FileSeal:
    """The SHA-256 (hex) and size of one content file."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read: `content` is the hashed JSON value, `files` its seals by name."""

    content: Mapping[str, Any]
    content_hash: str
    files: Mapping[str, FileSeal]
    envelope: Envelope

    @property
    def run_id(self) -> str:
        return str(self.content["run_id"])


def is_run_id(text: str) -> bool:
    """Return whether `text` may name a run and hence a folder."""
    return bool(_RUN_ID.match(text))


def content_value(content: RunContent, files: Mapping[str, FileSeal]) -> dict[str, Any]:
    """Return the hashed part of a manifest."""
    return {
        "run_id": content.run_id,
        "inputs": dict(content.inputs),
        "bundle_hash": content.bundle_hash,
        "bundle_approved": content.is_bundle_approved,
        "config_hash": content.config_hash,
        "law_date": None if content.law_date is None else content.law_date.isoformat(),
        "files": {name: {"sha256": seal.sha256, "bytes": seal.bytes} for name, seal in files.items()},
    }


def hash_content(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of the canonical form of a manifest's content."""
    return hashlib.sha256(canonical(dict(value), None)).hexdigest()


def write_manifest(value: Mapping[str, Any], envelope: Envelope) -> bytes:
    """Return the bytes of `manifest.json`. Raises NotCanonical."""
    return pretty(
        {
            "v": 1,
            "content": dict(value),
            "content_hash": hash_content(value),
            "envelope": {
                "host": envelope.host,
                "build": envelope.build,
                "attempt": envelope.attempt,
                "started_at": format_timestamp(envelope.started_at),
                "finished_at": format_timestamp(envelope.finished_at),
            },
        }
    )


def parse_manifest(raw: bytes) -> Manifest:
    """Return the manifest in `raw`; anything missing, unknown, repeated or ill-typed is refused.

    The content hash is recomputed. Raises ArtifactRefused.
    """
    if len(raw) > MAX_MANIFEST:
        raise _refused("size", f"{len(raw)} bytes")
    try:
        value = json.loads(raw, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise _refused("json", str(error)) from None
    _check_keys("manifest", value, _TOP)
    content, envelope = value["content"], value["envelope"]
    _check_keys("content", content, _CONTENT)
    _check_keys("envelope", envelope, _ENVELOPE)
    if type(value["v"]) is not int or value["v"] != 1:
        raise _refused("v", repr(value["v"]))
    files = _read_files(content)
    _check_content(content)
    try:
        expected = hash_content(content)
    except NotCanonical as error:
        raise _refused("content", str(error)) from None
    if value["content_hash"] != expected:
        raise _refused("content_hash", f"{value['content_hash']!r}, content hashes to {expected}")
    return Manifest(content, expected, files, _read_envelope(envelope))


def _check_content(content: Mapping[str, Any]) -> None:
    run_id = content["run_id"]
    if not isinstance(run_id, str) or not is_run_id(run_id):
        raise _refused("content.run_id", repr(run_id))
    if not isinstance(content["inputs"], dict):
        raise _refused("content.inputs", "not a map")
    if not isinstance(content["bundle_approved"], bool):
        raise _refused("content.bundle_approved", repr(content["bundle_approved"]))
    for name in ("bundle_hash", "config_hash"):
        if not isinstance(content[name], str) or not content[name].strip():
            raise _refused(f"content.{name}", repr(content[name]))
    law_date = content["law_date"]
    if law_date is not None:
        try:
            parse_date(law_date)
        except (TimeFault, TypeError) as error:
            raise _refused("content.law_date", str(error)) from None


def _read_files(content: Mapping[str, Any]) -> dict[str, FileSeal]:
    files = content["files"]
    _check_keys("content.files", files, set(CONTENT_FILES))
    found: dict[str, FileSeal] = {}
    for name in CONTENT_FILES:
        seal = files[name]
        _check_keys(f"content.files.{name}", seal, {"sha256", "bytes"})
        sha256, size = seal["sha256"], seal["bytes"]
        if not isinstance(sha256, str) or not _HASH.match(sha256) or type(size) is not int or size < 0:
            raise _refused(f"content.files.{name}", json.dumps(seal)[:200])
        found[name] = FileSeal(sha256, size)
    return found


def _read_envelope(value: Mapping[str, Any]) -> Envelope:
    host, build, attempt = value["host"], value["build"], value["attempt"]
    if not isinstance(host, str) or not isinstance(build, str) or type(attempt) is not int:
        raise _refused("envelope", json.dumps(value)[:200])
    try:
        started, finished = parse_timestamp(value["started_at"]), parse_timestamp(value["finished_at"])
    except (TimeFault, TypeError) as error:
        raise _refused("envelope", str(error)) from None
    return Envelope(host, build, attempt, started, finished)


def _check_keys(where: str, value: Any, keys: set[str]) -> None:
    if not isinstance(value, dict):
        raise _refused(where, "not a map")
    if value.keys() != keys:
        missing, unknown = sorted(keys - value.keys()), sorted(value.keys() - keys)
        raise _refused(where, f"missing {missing}, unknown {unknown}")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _refused(where: str, found: str) -> ArtifactRefused:
    return ArtifactRefused(ArtifactFault(FaultCode.MANIFEST, f"{MANIFEST} {where}", found))

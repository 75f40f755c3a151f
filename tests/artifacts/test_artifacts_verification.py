"""Nothing in a run's folder can change unseen."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.artifacts.content import CONTENT_FILES
from engine.artifacts.faults import FaultCode
from engine.artifacts.folder import write_artifacts
from engine.artifacts.manifest import MANIFEST, hash_content
from engine.artifacts.verification import verify_artifacts
from engine.model.time import parse_timestamp
from tests.artifacts.artifact_samples import envelope, sample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_artifacts(tmp_path, sample(), envelope()).path


def codes(folder: Path) -> list[tuple[FaultCode, str]]:
    return [(each.code, each.what) for each in verify_artifacts(folder).faults]


def test_an_untouched_folder_is_intact_and_says_what_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = verify_artifacts(folder)
    assert seen.is_intact
    assert seen.manifest is not None
    assert (seen.manifest.run_id, seen.manifest.envelope) == ("run_1", envelope())
    assert seen.manifest.content["law_date"] == "2026-01-05"
    assert seen.manifest.content["bundle_approved"] is False
    monkeypatch.chdir(folder)
    assert verify_artifacts(Path(".")).is_intact


@pytest.mark.parametrize("name", CONTENT_FILES)
def test_one_changed_bit_in_any_file_is_seen(folder: Path, name: str) -> None:
    path = folder / name
    raw = bytearray(path.read_bytes())
    for place in (0, len(raw) // 2, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert codes(folder) == [(FaultCode.ALTERED, name)]
    path.write_bytes(raw[:-1])
    assert codes(folder) == [(FaultCode.ALTERED, name)]
    path.write_bytes(raw + b"\n")
    assert codes(folder) == [(FaultCode.ALTERED, name)]
    path.unlink()
    assert codes(folder) == [(FaultCode.MISSING, name)]
    path.mkdir()
    assert codes(folder) == [(FaultCode.MISSING, name)]


def test_a_link_to_equal_bytes_is_not_the_file(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    (folder / "fills.csv").rename(elsewhere)
    (folder / "fills.csv").symlink_to(elsewhere)
    assert codes(folder) == [(FaultCode.UNEXPECTED, "fills.csv")]


def test_a_file_too_many_is_seen(folder: Path) -> None:
    (folder / "notes.txt").write_text("")
    assert codes(folder) == [(FaultCode.UNEXPECTED, "notes.txt")]


def test_every_fault_is_reported_at_once(folder: Path) -> None:
    (folder / "fills.csv").unlink()
    (folder / "orders.csv").write_text("")
    (folder / "z").mkdir()
    assert [code for code, _ in codes(folder)] == [
        FaultCode.MISSING,
        FaultCode.ALTERED,
        FaultCode.UNEXPECTED,
    ]


def test_a_folder_under_another_runs_name_is_seen(folder: Path) -> None:
    other = folder.rename(folder.with_name("run_9"))
    assert codes(other) == [(FaultCode.MANIFEST, "folder run_9")]


def test_no_folder_and_no_manifest_are_findings(folder: Path, tmp_path: Path) -> None:
    (folder / MANIFEST).unlink()
    assert codes(folder) == [(FaultCode.MISSING, MANIFEST)]
    assert [code for code, _ in codes(tmp_path / "nowhere")] == [FaultCode.UNREADABLE]
    assert not verify_artifacts(tmp_path / "nowhere").is_intact


def edit(folder: Path, path: tuple[str, ...], value: Any, *, rehash: bool) -> None:
    whole = json.loads((folder / MANIFEST).read_text())
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    if rehash:
        whole["content_hash"] = hash_content(whole["content"])
    (folder / MANIFEST).write_text(json.dumps(whole))


@pytest.mark.parametrize("name", ["run_id", "bundle_hash", "config_hash", "law_date", "bundle_approved"])
def test_an_edited_content_no_longer_has_its_hash(folder: Path, name: str) -> None:
    edit(folder, ("content", name), "2026-01-06" if name == "law_date" else True, rehash=False)
    seen = verify_artifacts(folder)
    assert seen.manifest is None
    assert [each.code for each in seen.faults] == [FaultCode.MANIFEST]


def test_an_edited_file_hash_no_longer_has_the_content_hash(folder: Path) -> None:
    edit(folder, ("content", "files", "fills.csv", "sha256"), "0" * 64, rehash=False)
    assert "content_hash" in codes(folder)[0][1]
    edit(folder, ("content", "files", "fills.csv", "sha256"), "0" * 64, rehash=True)
    assert codes(folder) == [(FaultCode.ALTERED, "fills.csv")]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("v",), 2),
        (("v",), True),
        (("v",), ...),
        (("extra",), 1),
        (("content", "extra"), 1),
        (("content", "config_hash"), " "),
        (("content", "bundle_hash"), None),
        (("content", "run_id"), "../x"),
        (("content", "inputs"), []),
        (("content", "law_date"), "2026-02-30"),
        (("content", "law_date"), 20260105),
        (("content", "bundle_approved"), "yes"),
        (("content", "files", "../../etc/passwd"), {"sha256": "0" * 64, "bytes": 0}),
        (("content", "files", "fills.csv"), ...),
        (("content", "files", "fills.csv", "bytes"), -1),
        (("content", "files", "fills.csv", "bytes"), True),
        (("content", "files", "fills.csv", "sha256"), "A" * 64),
        (("envelope", "attempt"), "1"),
        (("envelope", "started_at"), "yesterday"),
        (("envelope", "host"), ...),
        (("envelope",), []),
    ],
)
def test_a_manifest_of_another_shape_is_refused(folder: Path, path: tuple[str, ...], value: Any) -> None:
    edit(folder, path, value, rehash=True)
    assert [code for code, _ in codes(folder)] == [FaultCode.MANIFEST]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"v": 1, "v": 1}',
        b'{"v": NaN}',
        b"[" * 100_000,
        b" " * 4_000_001,
        b"1" * 5_000,
    ],
)
def test_bytes_that_are_no_manifest_are_a_finding_and_never_a_traceback(folder: Path, raw: bytes) -> None:
    (folder / MANIFEST).write_bytes(raw)
    assert [code for code, _ in codes(folder)] == [FaultCode.MANIFEST]


def test_a_key_that_stands_twice_is_refused_even_with_equal_values(folder: Path) -> None:
    raw = (folder / MANIFEST).read_text()
    for once in ('  "v": 1', '    "attempt": 1', '    "bundle_approved": false'):
        assert raw.count(f"\n{once}") == 1
        (folder / MANIFEST).write_text(raw.replace(f"\n{once}", f"\n{once},\n{once}"))
        assert [code for code, _ in codes(folder)] == [FaultCode.MANIFEST]


def test_a_size_that_is_not_the_files_is_seen_although_the_hash_is_right(folder: Path) -> None:
    edit(folder, ("content", "files", "fills.csv", "bytes"), 1, rehash=True)
    assert codes(folder) == [(FaultCode.ALTERED, "fills.csv")]


def test_the_envelope_is_not_hashed(folder: Path) -> None:
    edit(folder, ("envelope", "host"), "elsewhere", rehash=False)
    seen = verify_artifacts(folder)
    assert seen.is_intact
    assert seen.manifest is not None
    assert seen.manifest.envelope.started_at != parse_timestamp("2026-01-05T14:30:00Z")

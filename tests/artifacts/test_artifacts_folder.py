"""A run's folder: whole or not at all, equal for equal runs, never overwritten."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.artifacts.content import CONTENT_FILES
from engine.artifacts.faults import ArtifactRefused, FaultCode
from engine.artifacts.folder import Written, write_artifacts
from engine.artifacts.manifest import MANIFEST
from engine.artifacts.tables import EquityRow
from engine.artifacts.verification import verify_artifacts
from engine.model.numbers import Money
from engine.model.time import Timestamp
from tests.artifacts.artifact_samples import audit, envelope, sample

GOLDEN = "8e91fcaaa14a3a9f0fb2494db9578af827594b0636ac775b7bf82222bb36c444"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in sorted(folder.iterdir())}


def test_equal_runs_leave_equal_content_wherever_and_whenever_they_ran(tmp_path: Path) -> None:
    first = write_artifacts(tmp_path / "a", sample(), envelope(1))
    other_log = sample(audit=audit(log_id="log-2", wall=99))
    second = write_artifacts(tmp_path / "b", other_log, envelope(2))
    one, two = snapshot(first.path), snapshot(second.path)
    assert one.pop(MANIFEST) != two.pop(MANIFEST)
    assert one == two
    assert tuple(one) == CONTENT_FILES
    assert first.content_hash == second.content_hash


def test_the_content_of_the_sample_run_has_not_changed_since_it_was_recorded(tmp_path: Path) -> None:
    written = write_artifacts(tmp_path, sample(), envelope())
    assert written.content_hash == GOLDEN


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {}},
        {"decisions": []},
        {"audit": []},
        {"orders": []},
        {"fills": []},
        {"equity": []},
        {"execution": []},
        {"law_date": None},
        {"config_hash": "d" * 64},
        {"bundle_hash": "d" * 64},
        {"is_bundle_approved": True},
        {"inputs": {}},
        {"run_id": "run_2"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_the_content_moves_the_content_hash(tmp_path: Path, change: dict[str, Any]) -> None:
    base = write_artifacts(tmp_path / "a", sample(), envelope())
    other = write_artifacts(tmp_path / "b", sample(**change), envelope())
    assert base.content_hash != other.content_hash


def test_writing_equal_content_again_changes_nothing_on_disk(tmp_path: Path) -> None:
    first = write_artifacts(tmp_path, sample(), envelope(1))
    before = {each: each.stat().st_mtime_ns for each in first.path.iterdir()}
    bytes_before = snapshot(first.path)
    again = write_artifacts(tmp_path, sample(), envelope(2))
    assert (again.path, again.content_hash, again.is_new) == (first.path, first.content_hash, False)
    assert first.is_new
    assert {each: each.stat().st_mtime_ns for each in first.path.iterdir()} == before
    assert snapshot(first.path) == bytes_before
    assert [each.name for each in tmp_path.iterdir()] == ["run_1"]


def test_other_content_under_the_same_run_id_is_refused_and_the_first_kept(tmp_path: Path) -> None:
    first = write_artifacts(tmp_path, sample(), envelope())
    before = snapshot(first.path)
    with pytest.raises(ArtifactRefused) as caught:
        write_artifacts(tmp_path, sample(metrics={"total_return": "1"}), envelope())
    assert caught.value.fault.code is FaultCode.CONFLICT
    assert first.content_hash in caught.value.fault.found
    assert snapshot(first.path) == before
    assert [each.name for each in tmp_path.iterdir()] == ["run_1"]


@pytest.mark.parametrize("kind", ["altered", "empty", "file", "link"])
def test_a_damaged_or_foreign_target_is_never_written_over(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "run_1"
    if kind == "altered":
        write_artifacts(tmp_path, sample(), envelope())
        (target / "fills.csv").write_text("x")
    elif kind == "empty":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine")
    else:
        (tmp_path / "elsewhere").mkdir()
        target.symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ArtifactRefused) as caught:
        write_artifacts(tmp_path, sample(), envelope())
    assert caught.value.fault.code is FaultCode.CONFLICT
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("run_id", ["", "..", "../x", "a/b", ".hidden", "a\x00b", "a" * 81, "run 1", "run\n"])
def test_a_run_id_cannot_lead_out_of_the_root(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(ArtifactRefused) as caught:
        write_artifacts(tmp_path / "root", sample(run_id=run_id), envelope())
    assert caught.value.fault.code is FaultCode.RUN_ID
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"sharpe": 1.5}},
        {"inputs": {"at": object()}},
        {"decisions": [b'{"b":1,"a":2}']},
        {"decisions": [b"{}\n{}"]},
        {"decisions": [b"not json"]},
        {"metrics": {"name": "\ud800"}},
    ],
)
def test_data_without_a_canonical_form_is_refused_and_leaves_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(ArtifactRefused) as caught:
        write_artifacts(tmp_path, sample(**change), envelope())
    assert caught.value.fault.code is FaultCode.INPUT
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_breaks_half_way_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"{}"
        raise RuntimeError("source")

    with pytest.raises(RuntimeError, match="source"):
        write_artifacts(tmp_path, sample(decisions=broken()), envelope())
    assert list(tmp_path.iterdir()) == []


class Faulty:
    """Lets the first calls through and fails the n-th of the operations that reach the disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
        self.calls = 0
        self.fail_at = fail_at
        for owner, name in ((os, "fsync"), (os, "rename"), (Path, "open"), (Path, "mkdir"), (Path, "rename")):
            monkeypatch.setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self.fail_at:
                raise OSError(28, "No space left on device")
            return real(*given, **named)

        return call


def test_a_disk_that_fails_at_any_operation_leaves_nothing_or_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0
    for fail_at in range(1, 100):
        root = tmp_path / str(fail_at)
        with monkeypatch.context() as patched:
            faulty = Faulty(patched, fail_at)
            try:
                write_artifacts(root, sample(), envelope())
            except ArtifactRefused as refused:
                assert refused.fault.code is FaultCode.UNWRITABLE
                assert refused.fault.found == "No space left on device"
                failures += 1
            if faulty.calls < fail_at:
                break
        assert not root.exists() or {each.name for each in root.iterdir()} <= {"run_1"}
        if (root / "run_1").exists():
            assert verify_artifacts(root / "run_1").is_intact
        assert verify_artifacts(write_artifacts(root, sample(), envelope()).path).is_intact
    assert failures >= 2 * len(CONTENT_FILES)


def test_every_file_is_on_disk_before_the_folder_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    late: list[str] = []
    sync, rename = os.fsync, Path.rename

    def spy_sync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        sync(handle)

    def spy_rename(path: Path, target: Path) -> Path:
        late.extend(each.name for each in (path, *path.iterdir()) if each.stat().st_ino not in synced)
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", spy_sync)
    monkeypatch.setattr(Path, "rename", spy_rename)
    write_artifacts(tmp_path, sample(), envelope())
    assert late == []
    assert synced[-1] == tmp_path.stat().st_ino


@pytest.mark.parametrize("is_equal", [True, False])
def test_a_writer_that_loses_the_race_at_the_last_moment_compares_and_never_overwrites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_equal: bool
) -> None:
    rename = Path.rename
    winner = sample() if is_equal else sample(metrics={})

    def overtaken(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        write_artifacts(tmp_path, winner, envelope(1))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", overtaken)
    if is_equal:
        assert not write_artifacts(tmp_path, sample(), envelope(2)).is_new
    else:
        with pytest.raises(ArtifactRefused) as caught:
            write_artifacts(tmp_path, sample(), envelope(2))
        assert caught.value.fault.code is FaultCode.CONFLICT
    kept = verify_artifacts(tmp_path / "run_1").manifest
    assert kept is not None
    assert kept.envelope == envelope(1)
    assert [each.name for each in tmp_path.iterdir()] == ["run_1"]


def test_writers_racing_for_one_run_agree_on_one_folder(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)
    written: list[Written] = []

    def work(attempt: int) -> None:
        barrier.wait()
        written.append(write_artifacts(tmp_path, sample(), envelope(attempt)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.is_new for each in written].count(True) == 1
    assert len(written) == 4
    assert [each.name for each in tmp_path.iterdir()] == ["run_1"]
    assert verify_artifacts(tmp_path / "run_1").is_intact


def test_a_long_run_reaches_the_disk_while_its_source_still_runs(tmp_path: Path) -> None:
    on_disk: list[int] = []

    def curve() -> Iterator[EquityRow]:
        for number in range(20_000):
            if number == 10_000:
                (partial,) = tmp_path.glob(".*/equity_curve.csv")
                on_disk.append(partial.stat().st_size)
            yield EquityRow(Timestamp(number), Money(number))

    written = write_artifacts(tmp_path, sample(equity=curve()), envelope())
    raw = (written.path / "equity_curve.csv").read_bytes()
    assert raw.count(b"\n") == 20_001
    assert len(raw) // 4 < on_disk[0] < len(raw)

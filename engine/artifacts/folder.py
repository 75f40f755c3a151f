"""Writes a run's folder whole or not at all, and never over another.

All files go into a hidden folder beside the target, each flushed to disk, and one rename makes the
record appear. A crash at any statement leaves either nothing or the whole of it; what is left of an
unfinished attempt begins with a dot and is never read.
"""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.artifacts.content import RunContent, file_lines
from engine.artifacts.faults import ArtifactFault, ArtifactRefused, FaultCode
from engine.artifacts.manifest import (
    MANIFEST,
    Envelope,
    FileSeal,
    content_value,
    hash_content,
    is_run_id,
    write_manifest,
)
from engine.artifacts.verification import verify_artifacts
from engine.audit.canonical import NotCanonical


@dataclass(frozen=True, slots=True)
class Written:
    """A run's folder on disk; `is_new` is False when the same content was there already."""

    path: Path
    content_hash: str
    is_new: bool


def write_artifacts(root: Path, content: RunContent, envelope: Envelope) -> Written:
    """Write `root/<run_id>/` and return it; the same content again changes nothing.

    Memory does not grow with the run. Raises ArtifactRefused: bad run id, data without canonical
    form, an unwritable disk, or a folder of that name with other content or damage.
    """
    if not is_run_id(content.run_id):
        raise ArtifactRefused(ArtifactFault(FaultCode.RUN_ID, "run id", repr(content.run_id)[:100]))
    target = root / content.run_id
    partial = root / f".{content.run_id}.{secrets.token_hex(8)}.partial"
    try:
        root.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        try:
            content_hash = _fill(partial, content, envelope)
            is_new = _publish(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        if not is_new:
            _require_equal(target, content_hash)
        _sync_folder(root)
    except OSError as error:
        where = str(error.filename or target)
        raise ArtifactRefused(ArtifactFault(FaultCode.UNWRITABLE, where, error.strerror or str(error))) from error
    except (NotCanonical, UnicodeEncodeError) as error:
        raise ArtifactRefused(ArtifactFault(FaultCode.INPUT, content.run_id, str(error))) from error
    return Written(target, content_hash, is_new)


def _fill(folder: Path, content: RunContent, envelope: Envelope) -> str:
    seals = {name: _write(folder / name, lines()) for name, lines in file_lines(content)}
    value = content_value(content, seals)
    _write(folder / MANIFEST, (write_manifest(value, envelope),))
    _sync_folder(folder)
    return hash_content(value)


def _write(path: Path, lines: Iterable[bytes]) -> FileSeal:
    state, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for line in lines:
            file.write(line)
            state.update(line)
            size += len(line)
        file.flush()
        os.fsync(file.fileno())
    return FileSeal(state.hexdigest(), size)


def _publish(partial: Path, target: Path) -> bool:
    """Make the folder appear under its name; False when that name is taken."""
    if target.is_symlink() or target.exists():
        return False
    try:
        partial.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True


def _require_equal(target: Path, content_hash: str) -> None:
    found = verify_artifacts(target)
    if found.manifest is None or found.faults:
        raise ArtifactRefused(
            ArtifactFault(FaultCode.CONFLICT, str(target), "; ".join(str(each) for each in found.faults))
        )
    if found.manifest.content_hash != content_hash:
        raise ArtifactRefused(
            ArtifactFault(
                FaultCode.CONFLICT,
                str(target),
                f"holds content {found.manifest.content_hash}, this run made {content_hash}",
            )
        )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

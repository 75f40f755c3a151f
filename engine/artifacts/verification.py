"""Proves that a run's folder is the one its manifest was written for."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from engine.artifacts.faults import ArtifactFault, ArtifactRefused, FaultCode
from engine.artifacts.manifest import MANIFEST, MAX_MANIFEST, FileSeal, Manifest, parse_manifest

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Verification:
    """The manifest, when it could be read, and everything that disagrees with it."""

    manifest: Manifest | None
    faults: tuple[ArtifactFault, ...]

    @property
    def is_intact(self) -> bool:
        return self.manifest is not None and not self.faults


def verify_artifacts(path: Path) -> Verification:
    """Return whether every listed file is there with its bytes, and nothing else is.

    Symbolic links are refused: their bytes may change without the folder. The content hash shows
    damage; whoever can rewrite the folder can rewrite the hash, so compare it with one kept elsewhere.
    """
    try:
        return _verify(path)
    except OSError as error:
        where = str(error.filename or path)
        fault = ArtifactFault(FaultCode.UNREADABLE, where, error.strerror or str(error))
        return Verification(None, (fault,))


def _verify(path: Path) -> Verification:
    names = sorted(each.name for each in path.iterdir())
    manifest_path = path / MANIFEST
    if manifest_path.is_symlink() or not manifest_path.is_file():
        return Verification(None, (ArtifactFault(FaultCode.MISSING, MANIFEST, "no such file"),))
    try:
        with manifest_path.open("rb") as file:
            manifest = parse_manifest(file.read(MAX_MANIFEST + 1))
    except ArtifactRefused as refused:
        return Verification(None, (refused.fault,))
    faults: list[ArtifactFault] = []
    name = Path(os.path.abspath(path)).name
    if name != manifest.run_id:
        faults.append(ArtifactFault(FaultCode.MANIFEST, f"folder {name}", f"holds run {manifest.run_id}"))
    for name, seal in sorted(manifest.files.items()):
        fault = _check_file(path / name, seal)
        if fault is not None:
            faults.append(fault)
    for name in names:
        if name != MANIFEST and name not in manifest.files:
            faults.append(ArtifactFault(FaultCode.UNEXPECTED, name, "not in the manifest"))
    return Verification(manifest, tuple(faults))


def _check_file(path: Path, seal: FileSeal) -> ArtifactFault | None:
    if path.is_symlink():
        return ArtifactFault(FaultCode.UNEXPECTED, path.name, "is a symbolic link")
    if not path.is_file():
        return ArtifactFault(FaultCode.MISSING, path.name, "no such file")
    size = path.stat().st_size
    if size != seal.bytes:
        return ArtifactFault(FaultCode.ALTERED, path.name, f"{size} bytes instead of {seal.bytes}")
    state = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    if state.hexdigest() != seal.sha256:
        return ArtifactFault(FaultCode.ALTERED, path.name, f"hashes to {state.hexdigest()}")
    return None

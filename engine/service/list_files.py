"""Maintained lists as files of a folder: found by the name in their header, written whole or not at all."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.marketdata.faults import DataRefused
from engine.marketdata.lists import MAX_BYTES, NamedList, read_list
from engine.service.refusal import Refused


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list as it lies in a folder: where, its exact bytes, and what they say."""

    path: Path
    raw: bytes
    read: NamedList

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


def list_files(folder: Path) -> Iterator[ListFile]:
    """Yield every list of a folder by file name; other CSV files are passed over. Raises DataRefused."""
    for path in sorted(folder.glob("*.csv")):
        raw = path.read_bytes()[: MAX_BYTES + 1]
        if raw.startswith((b"#! ", b"\xef\xbb\xbf#! ")):
            yield ListFile(path, raw, read_list(path))


def find_list(folder: Path, name: str) -> ListFile | None:
    """Return the list of that name in a folder. Raises Refused (LIST_TWICE) and DataRefused.

    A file of another list that is damaged does not stand in the way.
    """
    found = []
    for path in sorted(folder.glob("*.csv")):
        try:
            read = read_list(path)
        except DataRefused:
            if path.stem == name:
                raise
            continue
        if read.name == name:
            found.append(ListFile(path, path.read_bytes(), read))
    if len(found) > 1:
        what = f"{found[0].path} and {found[1].path} both are list {name}"
        raise Refused("LIST_TWICE", what, "keep one of them")
    return found[0] if found else None


def write_whole(path: Path, raw: bytes) -> None:
    """Replace a file by other bytes in one step; a reader sees the old or the new one. Raises OSError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            partial.chmod(path.stat().st_mode & 0o777)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

"""Text files at the edge: bytes to text with a hash, text to numbered CSV rows."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.marketdata.faults import DataRefused, Fault, FaultCode, Place

MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a file with the name a person knows it by and the SHA-256 of its bytes."""

    name: str
    text: str
    sha256: str


def read_text(path: Path, limit: int = MAX_BYTES) -> SourceText:
    """Read a UTF-8 file (a leading byte-order mark is allowed). Raises DataRefused."""
    return decode(read_raw(path, limit), str(path))


def read_raw(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file of at most `limit`. Raises DataRefused."""
    name = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a usable path"
        raise DataRefused((_fault(FaultCode.FILE_UNREADABLE, f"cannot read it: {reason}", name),)) from None
    if len(raw) > limit:
        raise DataRefused((_fault(FaultCode.FILE_SIZE, f"it is larger than {limit} bytes", name),))
    return raw


def decode(raw: bytes, name: str) -> SourceText:
    """Return bytes as text with their hash. Raises DataRefused where they are not UTF-8."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise DataRefused((_fault(FaultCode.FILE_ENCODING, what, name, line),)) from None
    return SourceText(name, text, hashlib.sha256(raw).hexdigest())


def split_rows(text: str, name: str) -> Iterator[tuple[int, list[str]] | Fault]:
    """Yield (line, cells) of each row that is not blank; a broken quote yields a Fault and ends it."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _fault(FaultCode.CSV_FORM, f"the CSV breaks off: {error}", name, rows.line_num)
            return
        if cells:
            yield rows.line_num, cells


def _fault(code: FaultCode, what: str, name: str, line: int = 0) -> Fault:
    return Fault(code, what, Place(name, line))

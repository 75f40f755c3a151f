"""Snapshots only move forward: one without a time, or older than the last, is not compared."""

from dataclasses import dataclass
from enum import StrEnum

from engine.model.time import Timestamp


class RefusalCode(StrEnum):
    NO_TIMESTAMP = "NO_TIMESTAMP"
    STALE = "STALE"
    FUTURE = "FUTURE"


@dataclass(frozen=True, slots=True)
class SnapshotRefusal:
    """Why a snapshot was not compared; `got` is its time, `bound` the one it had to respect."""

    code: RefusalCode
    got: Timestamp | None
    bound: Timestamp | None


@dataclass(frozen=True, slots=True)
class Watermark:
    """The time of the newest snapshot accepted so far; None before the first."""

    at: Timestamp | None = None


def admit(watermark: Watermark, captured_at: Timestamp | None, now: Timestamp) -> Timestamp | SnapshotRefusal:
    """Return the time of a snapshot that may be compared, or why it may not.

    Equal or newer is accepted. A snapshot from after `now` is refused, because accepting it would make
    every true one that follows look old. Nothing moves here; `reconcile` moves the watermark.
    """
    if captured_at is None or captured_at <= 0:
        return SnapshotRefusal(RefusalCode.NO_TIMESTAMP, None, watermark.at)
    if captured_at > now:
        return SnapshotRefusal(RefusalCode.FUTURE, captured_at, now)
    if watermark.at is not None and captured_at < watermark.at:
        return SnapshotRefusal(RefusalCode.STALE, captured_at, watermark.at)
    return captured_at

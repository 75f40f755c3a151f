"""An entry of the run's record: what happened, when, and the data the desk's state is folded from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.event import EventType
from engine.model.time import Timestamp


@dataclass(frozen=True, slots=True)
class Entry:
    """One audit body. `body` is canonical JSON data: integers are micros or microseconds."""

    kind: EventType
    at: Timestamp
    body: Mapping[str, Any]

"""A block of rows: one column a slot, in the form its kind is computed in, and why a cell is open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsl.columnar.numbering import Numbering
from dsl.snapshot import Reason, Snapshot

Array = NDArray[Any]
Truths = NDArray[np.bool_]
States = NDArray[np.uint8]
Rows = NDArray[np.intp]


class State(IntEnum):
    """What a cell holds. From MISSING on nothing may be computed with it."""

    HELD = 0
    ABSENT = 1
    """An optional fact that is simply not there."""
    MISSING = 2
    STALE = 3
    INVALID = 4
    FOREIGN = 5
    """A value the column's form cannot hold: it is kept beside the column as it came."""


_FOREIGN = int(State.FOREIGN)
REASON_OF = {State.MISSING: Reason.MISSING, State.STALE: Reason.STALE, State.INVALID: Reason.INVALID}
STATE_OF = {reason: state for state, reason in REASON_OF.items()}
_REASONS = {int(state): reason for state, reason in REASON_OF.items()}
LEAST, GREATEST = -(2**63), 2**63 - 1
"""What 64 bits can hold."""


class Form(IntEnum):
    """How the cells of a slot are stored."""

    NUMBER = 0
    """int64, the stored integer itself."""
    TRUTH = 1
    WORD = 2
    """The code of a text in the slot's numbering; the narrowest integers that hold it."""
    SET = 3
    """The code of a whole set of texts."""
    OBJECT = 4
    """A Python object nothing is computed with: lists of records, and kinds not known here."""


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one slot. `states` None means that every cell is held.

    A cell that is not held still has a value, a harmless one among those that are. `low` and `high` bound
    every cell of a number column; `foreign` holds by row what did not fit.
    """

    form: Form
    cells: Array
    states: States | None = None
    low: int = 0
    high: int = 0
    foreign: Mapping[int, Any] = field(default_factory=dict)
    numbering: Numbering[Any] | None = None

    def open_rows(self) -> Truths | None:
        """Return the rows nothing may be computed with, None where there are none."""
        if self.states is None:
            return None
        found: Truths = self.states >= State.MISSING
        return found if found.any() else None

    def present(self) -> Truths | None:
        """Return the rows whose value is there, None where all are."""
        return None if self.states is None else self.states == State.HELD

    def value(self, row: int) -> Any:
        """Return a cell as a snapshot holds it; None where it is absent or unknown."""
        if self.states is not None:
            state = self.states.item(row)
            if state:
                return self.foreign[row] if state == _FOREIGN else None
        cell = self.cells.item(row)
        return cell if self.numbering is None else self.numbering.values[cell]

    def take(self, rows: Rows) -> "Column":
        """Return these rows of the column, without what is kept beside it."""
        states = None if self.states is None else self.states[rows]
        return Column(self.form, self.cells[rows], states, self.low, self.high, {}, self.numbering)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one program: its columns in slot order, and the age checks that failed (checks × rows)."""

    size: int
    columns: tuple[Column, ...]
    late: Truths | None = None

    def snapshot(self, row: int) -> Snapshot:
        """Return a row as the snapshot it came from, but for values under an unknown slot."""
        unknown, reasons = 0, {}
        for at, column in enumerate(self.columns):
            if column.states is not None:
                reason = _REASONS.get(column.states.item(row))
                if reason is not None:
                    unknown |= 1 << at
                    reasons[at] = reason
        late = 0
        if self.late is not None:
            late = sum(1 << check for check in np.flatnonzero(self.late[:, row]).tolist())
        return Snapshot(tuple([column.value(row) for column in self.columns]), unknown, late, reasons)

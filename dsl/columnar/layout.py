"""How the slots of one program lie in columns, and snapshots laid out so."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dsl.columnar.block import GREATEST, LEAST, STATE_OF, Array, Block, Column, Form, State, States
from dsl.columnar.numbering import Numbering
from dsl.contracts import Fact
from dsl.program import Program
from dsl.snapshot import Snapshot
from dsl.types import Kind, Type

NUMBERS = (Kind.NUMBER, Kind.TIMESTAMP, Kind.DATE, Kind.TIME, Kind.SESSIONS)
WORDS = (Kind.TEXT, Kind.SYMBOL, Kind.ENUM)
_FILLERS: dict[Form, Any] = {
    Form.NUMBER: 1, Form.TRUTH: False, Form.WORD: "", Form.SET: frozenset(), Form.OBJECT: None,
}  # fmt: skip
_TAKEN: dict[Form, set[type]] = {Form.NUMBER: {int}, Form.TRUTH: {bool}, Form.WORD: {str}, Form.SET: {frozenset}}


def form_of(kind: Type) -> Form:
    """Return the form cells of a type take."""
    if kind.kind in NUMBERS:
        return Form.NUMBER
    if kind.kind in WORDS:
        return Form.WORD
    if kind.kind is Kind.SET and kind.element is not None and kind.element.kind in WORDS:
        return Form.SET
    return Form.TRUTH if kind.kind is Kind.BOOL else Form.OBJECT


class Layout:
    """Forms and numberings of a program's slots; the numberings grow from block to block.

    One thread lays out; judging only reads.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.forms = tuple(form_of(slot.fact.type) for slot in program.slots)
        self.numberings = tuple(_numbering(slot.fact, form_of(slot.fact.type)) for slot in program.slots)

    def block(self, snapshots: Sequence[Snapshot]) -> Block:
        """Return snapshots of the program as a block."""
        size = len(snapshots)
        rows = [snapshot.values for snapshot in snapshots]
        by_slot: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [() for _ in self.forms]
        states = self._states(snapshots)
        columns = tuple(self.column(at, values, states.get(at)) for at, values in enumerate(by_slot))
        late = None
        if any(snapshot.late for snapshot in snapshots):
            late = np.zeros((len(self.program.ages), size), np.bool_)
            for row, snapshot in enumerate(snapshots):
                for check in range(len(self.program.ages)):
                    late[check, row] = snapshot.late >> check & 1
        return Block(size, columns, late)

    def _states(self, snapshots: Sequence[Snapshot]) -> dict[int, States]:
        out: dict[int, States] = {}
        for row, snapshot in enumerate(snapshots):
            if snapshot.unknown:
                for at in range(len(self.forms)):
                    if snapshot.unknown >> at & 1:
                        if at not in out:
                            out[at] = np.zeros(len(snapshots), np.uint8)
                        out[at][row] = STATE_OF[snapshot.reasons[at]]
        return out

    def column(self, at: int, values: Sequence[Any], states: States | None = None) -> Column:
        """Return the cells of one slot; `states` says which are unknown (their values are not looked at)."""
        form, numbering, fact = self.forms[at], self.numberings[at], self.program.slots[at].fact
        if form is not Form.OBJECT and states is None and set(map(type, values)) <= _TAKEN[form]:
            try:
                return self.dense(at, _cells(form, numbering, values))
            except OverflowError:
                pass
        marks = np.zeros(len(values), np.uint8) if states is None else states.copy()
        taken: list[Any] = [None] * len(values)
        foreign: dict[int, Any] = {}
        for row, value in enumerate(values):
            if marks[row] != State.HELD:
                continue
            if value is None and fact.optional:
                marks[row] = State.ABSENT
            elif value is None or not _fits(form, value):
                marks[row] = State.FOREIGN
                foreign[row] = value
            else:
                taken[row] = value
        filler = next((value for value in taken if value is not None), _FILLERS[form])
        cells = _cells(form, numbering, [filler if value is None else value for value in taken])
        return self.dense(at, cells, marks if marks.any() else None, foreign)

    def dense(
        self, at: int, cells: Array, states: States | None = None, foreign: dict[int, Any] | None = None
    ) -> Column:
        """Return a column of cells in their form; those that `states` does not hold are overwritten."""
        form, numbering = self.forms[at], self.numberings[at]
        if states is not None and form is not Form.OBJECT:
            held = states == State.HELD
            filler = cells[held][0] if held.any() else cells.dtype.type(1 if form is Form.NUMBER else 0)
            cells = np.where(held, cells, filler)
        if form is Form.NUMBER:
            low, high = (int(cells.min()), int(cells.max())) if len(cells) else (0, 0)
            return Column(form, cells, states, low, high, foreign or {})
        return Column(form, cells, states, foreign=foreign or {}, numbering=numbering)


def _numbering(fact: Fact, form: Form) -> Numbering[Any] | None:
    if form is Form.WORD:
        return Numbering(fact.type.values)
    return Numbering[Any]() if form is Form.SET else None


def _fits(form: Form, value: Any) -> bool:
    if form is Form.OBJECT:
        return True
    return type(value) in _TAKEN[form] and (form is not Form.NUMBER or LEAST <= value <= GREATEST)


def _cells(form: Form, numbering: Numbering[Any] | None, values: Sequence[Any]) -> Array:
    if numbering is not None:
        code = numbering.code
        return narrow(np.array([code(value) for value in values], np.int64), len(numbering))
    if form is Form.OBJECT:
        cells = np.empty(len(values), object)
        for row, value in enumerate(values):  # a slice would take rows of records for a table
            cells[row] = value
        return cells
    return np.array(values, np.int64 if form is Form.NUMBER else np.bool_)


def narrow(codes: Array, count: int) -> Array:
    """Return codes below `count` in the narrowest integers that hold them all."""
    for kind in (np.int8, np.int16, np.int32):
        if count <= np.iinfo(kind).max:
            return codes.astype(kind)
    return codes

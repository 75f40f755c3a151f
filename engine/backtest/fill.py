"""A stretch of history as a block of a candidate's facts. What the records do not hold is unknown, never guessed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from dsl.bundle import Bundle
from dsl.columnar.block import Array, Block, Column, State, States, Truths
from dsl.columnar.layout import Layout, narrow
from dsl.program import AgeCheck, Program, Slot, fact_of
from dsl.types import Kind
from engine.backtest.journal import NOT_HELD, Coded, Held, Stretch, reader_of
from engine.backtest.meaning import LIST, WINDOW, difference
from engine.backtest.settings import Settings
from engine.facts.entry import FUTURE_TOLERANCE, expiry, fits
from engine.model.calendar import SessionCalendar

_OF_INTENT = frozenset(
    f"intent.{name}"
    for name in (
        "intent_id", "engine", "account", "strategy", "principal", "kind", "symbol", "side", "type", "quantity",
        "time_in_force", "limit_price", "stop_price", "target",
    )
)  # fmt: skip
"""Facts that are the intent itself, which every record holds whole."""
_REDUCES, _INCREASES, _PURPOSE = "intent.reduces_only", "intent.increases_risk", "intent.purpose"


@dataclass(slots=True)
class Gaps:
    """What candidates read and records do not hold: decisions by path and why."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, path: str, why: str, rows: int) -> None:
        if rows:
            self.counts[path, why] += rows


class Filler:
    """Fills blocks of one candidate program; `law_date` is stated, or None for each decision's own."""

    def __init__(
        self, program: Program, layout: Layout, settings: Settings, calendar: SessionCalendar, gaps: Gaps,
        law_date: date | None,
    ) -> None:  # fmt: skip
        self._program, self._layout, self._settings, self._calendar = program, layout, settings, calendar
        self._gaps, self._law_date = gaps, law_date

    def block(self, stretch: Stretch) -> Block:
        """Return a stretch as the candidate's snapshots."""
        columns = tuple(self._column(slot, stretch) for slot in self._program.slots)
        return Block(stretch.size, columns, self._late(stretch))

    # ---------------------------------------------------------------------------------- columns
    def _column(self, slot: Slot, stretch: Stretch) -> Column:
        held = self._stated(slot, stretch)
        if held is None:
            held = stretch.held(slot.path, slot.fact)
            why = "the record does not hold it"
            if held is not None:
                why = difference(
                    slot.path, self._program.bundle, self._settings.bundle(stretch.bundle),
                    stretch.bundle == self._program.bundle.hash,
                )  # fmt: skip
            if held is None or why:
                derived = self._derived(slot, stretch) if held is None else None
                if derived is None:
                    self._gaps.add(slot.path, why, stretch.size)
                    return self._unknown(slot, stretch.size)
                held = derived
            else:
                held = self._checked(slot, stretch, held)
        return self._laid(slot, held)

    def _laid(self, slot: Slot, held: Held) -> Column:
        cells, states = held.cells, held.states
        numbering = self._layout.numberings[slot.index]
        if isinstance(cells, Coded) and numbering is None:
            cells = held.plain()
        if not isinstance(cells, np.ndarray | Coded):
            return self._layout.column(slot.index, cells, states if states.any() else None)
        if not slot.fact.optional:
            states = np.where(states == State.ABSENT, State.MISSING, states).astype(np.uint8)
        if isinstance(cells, Coded):
            assert numbering is not None
            places = np.array([numbering.code(value) for value in cells.values], np.int64)
            cells = narrow(places[cells.codes], len(numbering))
        return self._layout.dense(slot.index, cells, states if states.any() else None)

    def _unknown(self, slot: Slot, size: int) -> Column:
        return self._layout.column(slot.index, [None] * size, np.full(size, State.MISSING, np.uint8))

    def _stated(self, slot: Slot, stretch: Stretch) -> Held | None:
        """Return what does not rest on the record: the instant, and the law date that applies."""
        if slot.path == "now":
            return Held(np.array(stretch.at, np.int64), np.zeros(stretch.size, np.uint8))
        if slot.path == "law_date":
            day = (self._law_date or date.fromisoformat(stretch.law_date)).toordinal()
            return Held(np.full(stretch.size, day, np.int64), np.zeros(stretch.size, np.uint8))
        return None

    def _derived(self, slot: Slot, stretch: Stretch) -> Held | None:
        """Return a fact of the intent that the recorded rules did not read, from the recorded intent."""
        path, size = slot.path, stretch.size
        if path in (_INCREASES, _PURPOSE):
            reduces = stretch.held(_REDUCES, fact_of(self._program.bundle, _REDUCES))
            if reduces is None:
                return None
            words: dict[Any, Any] = {True: False, False: True} if path == _INCREASES else {True: "EXIT", False: "ENTRY"}
            return Held([words.get(cell) for cell in reduces.plain()], reduces.states)
        name = path.removeprefix("intent.")
        if path not in _OF_INTENT and path != "intent.leaves":
            return None
        read = reader_of(slot.fact)
        cells: list[Any] = []
        for intent in stretch.intents():
            if path == "intent.leaves":
                data = intent["quantity"] if intent["kind"] == "NEW" else None
            else:
                data = intent.get(name)
            cells.append(None if data is None else read(data))
        states = np.zeros(size, np.uint8)
        if path == "intent.leaves":
            states[[cell is None for cell in cells]] = State.MISSING
            self._gaps.add(path, "what a replaced order had filled is not recorded", int((states != 0).sum()))
        return Held(cells, states)

    # ---------------------------------------------------------------------------------- what is held
    def _checked(self, slot: Slot, stretch: Stretch, held: Held) -> Held:
        """Return what is held as the candidate's contract sees it: lists read, bounds and freshness looked at again
        where they are not those it was recorded under."""
        states = held.states.copy()
        absent = states == NOT_HELD
        if absent.any():
            self._gaps.add(slot.path, "the record does not hold it", int(absent.sum()))
            states[absent] = State.MISSING
        cells: Any = held.cells
        if slot.path.startswith(LIST):
            cells = self._lists(slot, held, states)
        recorded = self._settings.bundle(stretch.bundle)
        before = None
        if recorded is not None and _is_declared(slot.path, recorded):
            before = fact_of(recorded, slot.path)
        if before is None or (before.low, before.high, before.low_open, before.type, before.fields) != (
            slot.fact.low, slot.fact.high, slot.fact.low_open, slot.fact.type, slot.fact.fields,
        ):  # fmt: skip
            self._bound(slot, Held(cells, states).plain(), states)
        if before is not None and before.max_age != slot.fact.max_age:
            self._age(slot, stretch, states)
        return Held(cells, states)

    def _lists(self, slot: Slot, held: Held, states: States) -> Coded:
        """Return maintained lists by their content; a list whose content nobody can read is missing."""
        cells = held.cells
        if not isinstance(cells, Coded):
            names = list(dict.fromkeys(held.plain()))
            cells = Coded(np.array([names.index(name) for name in held.plain()], np.int64), names)
        bundle, nothing = self._program.bundle, frozenset() if slot.fact.type.kind is Kind.SET else ()
        read = [name and self._settings.list_at(bundle, slot.path, name) for name in cells.values]
        lost = np.array([content is None for content in read])[cells.codes] & (states == State.HELD)
        self._gaps.add(slot.path, "its content is not at hand or cannot be read", int(lost.sum()))
        states[lost] = State.MISSING
        return Coded(cells.codes, [nothing if content is None else content for content in read])

    def _bound(self, slot: Slot, cells: Sequence[Any], states: States) -> None:
        for row, value in enumerate(cells):
            if states[row] == State.HELD and value is not None and not fits(value, slot.fact):
                states[row] = State.INVALID

    def _age(self, slot: Slot, stretch: Stretch, states: States) -> None:
        """Judge freshness by the candidate's own bound, from the as-of and the instant of the record."""
        age = slot.fact.max_age
        lost = 0
        for row, as_of in enumerate(stretch.as_of(slot.path)):
            if states[row] != State.HELD or as_of is None or age is None:
                continue
            expires = None if age.kind == "bar" else expiry(age, as_of, None, self._calendar)
            if expires is None:
                states[row], lost = State.MISSING, lost + 1
            elif stretch.at[row] > expires:
                states[row] = State.STALE
            elif as_of > stretch.at[row] + FUTURE_TOLERANCE:
                states[row] = State.INVALID
        self._gaps.add(slot.path, f"whether it is within {age} cannot be told", lost)

    # ---------------------------------------------------------------------------------- ages
    def _late(self, stretch: Stretch) -> Truths | None:
        """Return which age checks of the candidate's own fail, as recorded or worked out from as-of and instant."""
        if not self._program.ages:
            return None
        recorded = self._settings.bundle(stretch.bundle)
        known: dict[tuple[str, Any], int] = {}
        if recorded is not None:
            ages = self._settings.ages(recorded, stretch.stage, stretch.law_date, stretch.config)
            known = {(path, check.age): number for number, (path, check) in enumerate(ages)}
        out = np.zeros((len(self._program.ages), stretch.size), np.bool_)
        for number, check in enumerate(self._program.ages):
            path = self._program.slots[check.slot].path
            before = known.get((path, check.age))
            if before is not None:
                out[number, [row for row, failed in stretch.late().items() if before in failed]] = True
            else:
                out[number] = self._worked_out(path, check, stretch)
        return out if out.any() else None

    def _worked_out(self, path: str, check: AgeCheck, stretch: Stretch) -> Array:
        out = np.zeros(stretch.size, np.bool_)
        lost = 0
        for row, as_of in enumerate(stretch.as_of(path)):
            if as_of is None:
                continue
            expires = None if check.age.kind == "bar" else expiry(check.age, as_of, None, self._calendar)
            lost += expires is None
            out[row] = expires is None or stretch.at[row] > expires
        self._gaps.add(path, f"whether it is within {check.age} cannot be told", lost)
        return out


def _is_declared(path: str, bundle: Bundle) -> bool:
    """Return whether a bundle knows what lies under a path."""
    if path.startswith(WINDOW):
        return path.removeprefix(WINDOW) in bundle.ruleset.windows
    if path.startswith(LIST):
        return path.removeprefix(LIST) in bundle.ruleset.lists
    return path in bundle.contracts.facts or path.startswith("fx.rate[")

"""Instructions as steps on few buffers, each used again as soon as it is free, and the registers of one thread."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dsl.columnar import steps
from dsl.columnar.block import Array, Block, Truths
from dsl.columnar.emit import Buffer, Code, Instruction, Register, Truth

_KINDS = {Buffer.WHOLE: np.int64, Buffer.FLOAT: np.float64, Buffer.TRUTH: np.bool_}


@dataclass(frozen=True, slots=True)
class Machine:
    """Steps on numbered places. Of the `height` rows of the result `rows` tells the places, `filled` are the same
    throughout and the others nobody's; `kept` tells where a truth that outlives the steps is found."""

    steps: tuple[steps.Step, ...]
    size: int
    height: int
    constants: Mapping[int, Array]
    cells: Mapping[int, int]
    presence: Mapping[int, int]
    buffers: Mapping[int, Buffer]
    rows: Mapping[int, int]
    filled: Mapping[int, bool]
    kept: Mapping[Register, int]

    def placed(self, truth: Truth) -> Truth:
        """Return a truth of the code as the place it is at."""
        return truth if isinstance(truth, bool) else self.kept[truth]


def assemble(code: Code, height: int, rows: Mapping[int, Truth], kept: Iterable[Truth]) -> Machine:
    """Return the machine that runs the code: its result has these rows, and what is kept stays readable."""
    return _Assembly(code, rows, kept).machine(height)


class _Assembly:
    """Gives every register a place: its own where it is bound or kept, else a buffer that is free again after its
    last use."""

    def __init__(self, code: Code, rows: Mapping[int, Truth], kept: Iterable[Truth]) -> None:
        self._code = code
        self._fires = {row: truth for row, truth in rows.items() if not isinstance(truth, bool)}
        self._filled = {row: truth for row, truth in rows.items() if isinstance(truth, bool)}
        self._kept = {truth for truth in kept if not isinstance(truth, bool)} | set(self._fires.values())
        self._places: dict[Register, int] = {}
        self._buffers: dict[int, Buffer] = {}
        self._free: dict[Buffer, list[int]] = defaultdict(list)
        self._rows: dict[int, int] = {}
        self._count = 0

    def _place(self) -> int:
        self._count += 1
        return self._count - 1

    def machine(self, height: int) -> Machine:
        """Return the machine."""
        code = self._code
        for register, buffer in enumerate(code.buffers):
            if buffer is Buffer.BOUND:
                self._places[register] = self._place()
        for row, register in self._fires.items():
            if register not in self._places:
                self._rows[row] = self._places[register] = self._place()
        last = {register: at for at, one in enumerate(code.instructions) for register in one.uses}
        done = [self._step(at, one, last) for at, one in enumerate(code.instructions)]
        copies = self._copies()
        return Machine(
            (*done, *copies), self._count, height,
            {self._places[r]: value for r, value in code.constants.items()},
            {self._places[r]: slot for r, slot in code.cells.items()},
            {self._places[r]: slot for r, slot in code.presence.items()},
            self._buffers, self._rows, self._filled, {r: self._places[r] for r in sorted(self._kept)},
        )  # fmt: skip

    def _copies(self) -> list[steps.Step]:
        """Rows that are another row's truth, or a fact itself, are copied at the end."""
        out = []
        for row, register in self._fires.items():
            if row not in self._rows:
                self._rows[row] = self._place()
                out.append(steps.copy(self._places[register], self._rows[row]))
        return out

    def _step(self, at: int, one: Instruction, last: Mapping[Register, int]) -> steps.Step:
        ended = [r for r in dict.fromkeys(one.uses) if last[r] == at and r not in self._kept]
        ended = [r for r in ended if self._places[r] in self._buffers]
        if one.is_elementwise:
            self._release(ended)
        for register in one.makes:
            if register not in self._places:
                self._places[register] = self._buffer(self._code.buffers[register])
        if not one.is_elementwise:
            self._release(ended)
        self._release([r for r in one.makes if r not in last and r not in self._kept])
        return one.build(*(self._places[r] for r in (*one.uses, *one.makes)))

    def _buffer(self, kind: Buffer) -> int:
        if self._free[kind]:
            return self._free[kind].pop()
        place = self._place()
        self._buffers[place] = kind
        return place

    def _release(self, registers: list[Register]) -> None:
        for register in registers:
            place = self._places[register]
            self._free[self._buffers[place]].append(place)


class Workspace:
    """The registers of one machine, for blocks of up to `capacity` rows; used by one thread at a time."""

    def __init__(self, machine: Machine, capacity: int) -> None:
        self.machine, self._capacity = machine, capacity
        self._whole: dict[int, Array] = {
            place: np.empty(capacity, _KINDS[kind]) for place, kind in machine.buffers.items()
        }
        self.registers: list[Array] = [np.empty(0)] * machine.size
        for place, value in machine.constants.items():
            self.registers[place] = value
        self._result = np.zeros((machine.height, capacity), np.bool_)
        self._size = -1

    def fits(self, block: Block) -> bool:
        return block.size <= self._capacity

    def run(self, block: Block) -> Truths:
        """Run the steps and return their truths, rows of the machine × rows of the block, good until the next run."""
        registers, machine = self.registers, self.machine
        result = self._result[:, : block.size]
        if block.size != self._size:
            for place, whole in self._whole.items():
                registers[place] = whole[: block.size]
            self._size = block.size
        for place, slot in machine.cells.items():
            registers[place] = block.columns[slot].cells
        for place, slot in machine.presence.items():
            present = block.columns[slot].present()
            registers[place] = np.ones(block.size, np.bool_) if present is None else present
        for row, place in machine.rows.items():
            registers[place] = result[row]
        for row, truth in machine.filled.items():
            result[row] = truth
        with np.errstate(all="ignore"):
            for step in machine.steps:
                step(registers)
        return result

    def truth(self, truth: Truth) -> Array | bool:
        """Return a kept truth after a run."""
        return truth if isinstance(truth, bool) else self.registers[truth]

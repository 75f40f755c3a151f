"""Evaluations offered for promotion: one line a strategy, every statistic by its own contract."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from engine.contracts import Diagnostic, Loaded, contract, fact_fields, load_jsonl
from engine.model.time import Timestamp

NAMESPACE = "evaluation"
UNFIT = ""
"""Stands for a statistic its contract refuses; it has the type of none."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is said of one strategy: facts by path in stored form, when they were true, and who says so."""

    line: int
    strategy: str
    as_of: Timestamp
    provider: str
    facts: Mapping[str, Any]
    faults: tuple[Diagnostic, ...]


class EvaluationsRefused(Exception):
    """Lines that cannot be told: nothing of the file is judged."""

    def __init__(self, faults: tuple[Diagnostic, ...]) -> None:
        super().__init__(f"{len(faults)} fault(s)")
        self.diagnostics = faults


def read_evaluations(stream: BinaryIO, source: str) -> tuple[Evaluation, ...]:
    """Return the evaluations of a file, by strategy.

    A statistic that does not fit its contract is one nobody may rely on: it enters as invalid, and is named in
    `faults`. Raises EvaluationsRefused for a line that cannot be told and for a strategy that comes twice.
    """
    found: dict[str, Evaluation] = {}
    faults: list[Diagnostic] = []
    for number, loaded in load_jsonl(stream, source):
        read = list(loaded) if isinstance(loaded, list) else _line(number, loaded)
        if isinstance(read, list):
            faults += read
        elif read.strategy in found:
            what = f"{read.strategy} is offered in line {found[read.strategy].line} already"
            faults.append(Diagnostic("EVALUATION_TWICE", what, source, number, 1, help="offer each strategy once"))
        else:
            found[read.strategy] = read
    if faults:
        raise EvaluationsRefused(tuple(faults))
    return tuple(found[name] for name in sorted(found))


def _line(number: int, loaded: Loaded) -> Evaluation | list[Diagnostic]:
    record = contract("evaluation-line").parse(loaded)
    if isinstance(record, list):
        return record
    facts: dict[str, Any] = {}
    wrong: list[Diagnostic] = []
    unknown: list[Diagnostic] = []
    for name, value in record["evaluation"].items():
        field = fact_fields().get(f"{NAMESPACE}.{name}")
        if field is None:
            what = f"no evaluation has the statistic {name}"
            unknown.append(Diagnostic("C015", what, pointer=f"/evaluation/{name}", help="see specs/evaluation"))
            continue
        inner = field.parse(value)
        if isinstance(inner, list):
            wrong += [replace(fault, pointer=f"/evaluation/{name}{fault.pointer}") for fault in inner]
            inner = UNFIT
        facts[field.path] = inner
    if unknown:
        return list(loaded.place(unknown))
    placed = tuple(loaded.place(wrong))
    return Evaluation(number, record["strategy"], record["as_of"], record["provider"], facts, placed)

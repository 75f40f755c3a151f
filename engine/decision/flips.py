"""What would have let an order pass: another size, another time, another price."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from dsl.judgement import Finding
from dsl.types import show
from engine.decision.course import Course
from engine.decision.later import Later, earliest
from engine.decision.outcome import Decision
from engine.decision.passing import NO_SIZE
from engine.decision.record import Document
from engine.decision.words import short_name, show_duration
from engine.model.numbers import parse_decimal
from engine.model.time import format_timestamp, parse_timestamp

QUANTITY = "intent.quantity"


@dataclass(frozen=True, slots=True)
class Flips:
    """The smallest changes that flip a decision.

    `size` is the largest smaller size that would go (a hold: without waiting), "0" where provably none would,
    empty where it is not known. `at` is the instant from which the same order would pass were nothing else to
    happen, empty where none is known; `is_first` says that it is proven the earliest. `words` tell all of it.
    """

    size: str = ""
    at: str = ""
    is_first: bool = False
    words: tuple[str, ...] = ()


def flips_of(record: Document, decision: Decision, course: Course | None) -> Flips:
    """Return what would have flipped the decision of a record; without a course nothing is said of time."""
    size = record.get("passing", "")
    words = list(_sizes(record, decision))
    at, is_first = "", False
    if record["verdict"] == "reject" and "refusal" not in record:
        later = earliest(course, decision.findings, decision.stopped_by) if course is not None else None
        words += _times(later, parse_timestamp(record["at"]))
        if later is not None and later.at is not None:
            at, is_first = format_timestamp(later.at), later.is_first
    if "clip" in record and record["verdict"] not in ("reject", "hold"):
        size = record["quantity"]
    return Flips(size, at, is_first, tuple(words))


# ------------------------------------------------------------------------------------------ size
def _sizes(record: Document, decision: Decision) -> Sequence[str]:
    verdict, passing = record["verdict"], record.get("passing")
    if "clip" in record and verdict not in ("reject", "hold"):
        asked, granted = _size(decision, record["asked"]), _size(decision, record["quantity"])
        return (f"{asked} asked, {granted} is the largest size that passes",)
    if verdict == "hold":
        if passing is None:
            return ()
        if parse_decimal(passing) == NO_SIZE:
            return ("no smaller size goes without waiting",)
        return (f"the largest size that goes without waiting is {_size(decision, passing)}",)
    if verdict != "reject" or "refusal" in record:
        return ()
    if passing is None:
        return ("whether a smaller size passes was not found out",)
    if parse_decimal(passing) == NO_SIZE:
        return (_no_size(record, decision),)
    return (f"the largest size that passes is {_size(decision, passing)}",)


def _no_size(record: Document, decision: Decision) -> str:
    """Return that no size passes, with what stands in the way of every one of them."""
    if "postures" in record:
        first = record["postures"][0]
        return f"no size passes while {', '.join(first['key'])} is {first['posture']}"
    unknown = sorted({short_name(path) for finding in _blocking(decision) for path, _ in finding.facts})
    if unknown:
        return f"no size passes while {', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} unknown"
    return "no smaller size passes"


def _blocking(decision: Decision) -> list[Finding]:
    return [finding for finding in decision.findings if finding.counts_as == "reject"]


def _size(decision: Decision, text: str) -> str:
    program = decision.program
    if program is None or QUANTITY not in program.index:
        return text
    return show(Fraction(text), program.slots[program.index[QUANTITY]].fact.type)


# ------------------------------------------------------------------------------------------ time
def _times(later: Later | None, now: int) -> Sequence[str]:
    if later is None:
        return ()
    told = "; ".join(later.reasons)
    if later.at is None:
        return (f"no time is known at which it passes: {told}",)
    if later.at == now:
        return (f"passes when asked again, were nothing else to happen: {told}",)
    by = "from" if later.is_first else "at the latest from"
    wait = f"{show_duration(later.at - now)} later"
    return (f"passes {by} {format_timestamp(later.at)}, {wait}, if nothing else changes: {told}",)

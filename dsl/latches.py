"""Switches by hand: who may trip one, who may reset it, and what every refusal says."""

from collections.abc import Sequence
from dataclasses import dataclass

from dsl import ir
from dsl.watch import BY_HAND, Change, ChangeKind, Ends, Key, Memory

MANUAL = "MANUAL"
"""The reason code of a switch tripped by hand."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: the principal's id and roles."""

    id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a trip or a reset was not taken, with what to do about it."""

    code: str
    reason: str
    help: str


def trip_by_hand(rule: ir.Rule, key: Key, person: Person, memory: Memory, now: int) -> Change | Refusal:
    """Return the trip, or why this person may not make it."""
    assert isinstance(rule.own, ir.Switch)
    allowed = rule.own.manual
    if not set(person.roles) & set(allowed):
        who = ", ".join(allowed) or "nobody"
        return Refusal(
            "SWITCH_ROLE", f"{person.id} may not trip {rule.id}; {who} may", "ask one of them to trip it"
        )  # fmt: skip
    if (rule.id, key) in memory.tripped:
        return Refusal("SWITCH_TRIPPED", f"{rule.id} is tripped already", "nothing is left to do")
    return Change(ChangeKind.TRIPPED, rule.id, BY_HAND, key, now, MANUAL, people=(person.id,))


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand when a reset is asked for: does a condition hold or is it unknown, and what is not met."""

    holds: bool
    unmet: Sequence[str] = ()


def ask_reset(
    rule: ir.Rule, key: Key, person: Person, memory: Memory, now: int, standing: Standing, ends: Ends
) -> list[Change] | Refusal:
    """Return that the person asked, and the reset where that completes it; or why it is not taken.

    Whoever contributed to the trip or pressed it is never among those who reset it. Requests count only when
    they came within the time the switch allows of the one that completes it.
    """
    assert isinstance(rule.own, ir.Switch)
    trip, reset = memory.tripped.get((rule.id, key)), rule.own.reset
    if trip is None:
        return Refusal("SWITCH_NOT_TRIPPED", f"{rule.id} is not tripped", "nothing is left to do")
    refusal = _refuse(rule, reset, trip.by, trip.at, person, now, standing, ends)
    if refusal is not None:
        return refusal
    counted = {who for who, at in trip.asked if now - at <= reset.within}
    if person.id in counted:
        return Refusal("SWITCH_ASKED", f"{person.id} has asked already", "another person must ask too")
    asked = Change(ChangeKind.RESET_ASKED, rule.id, trip.line, key, now, trip.code, people=(person.id,))
    people = (*sorted(counted), person.id)
    if len(people) < reset.count:
        return [asked]
    return [asked, Change(ChangeKind.RESET, rule.id, trip.line, key, now, trip.code, people=people)]


def _refuse(
    rule: ir.Rule, reset: ir.Reset, by: frozenset[str], tripped_at: int, person: Person, now: int, standing: Standing,
    ends: Ends,
) -> Refusal | None:  # fmt: skip
    if reset.role not in person.roles:
        return Refusal(
            "SWITCH_ROLE", f"{person.id} may not reset {rule.id}; a {reset.role} may", "ask one of them"
        )  # fmt: skip
    if person.id in by:
        return Refusal(
            "SWITCH_TRIPPER", f"{person.id} had a part in tripping {rule.id}", f"another {reset.role} must reset it"
        )  # fmt: skip
    if reset.after is not None:
        opens = ends(reset.after, tripped_at)
        if opens is None or now <= opens:
            what = "the next session has begun" if reset.after.sessions else "its time is over"
            return Refusal("SWITCH_TOO_EARLY", f"{rule.id} is not reset before {what}", "wait, and look into the cause")
    if standing.holds:
        return Refusal("SWITCH_HOLDS", f"what tripped {rule.id} still holds, or cannot be told", "mend the cause first")
    if standing.unmet:
        return Refusal("SWITCH_REQUIRES", f"{rule.id} requires {', '.join(standing.unmet)}", "meet it, then ask again")
    return None

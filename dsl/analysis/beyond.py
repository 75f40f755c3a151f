"""What a rule says beyond the order at hand, by itself: which way a change of it goes, whatever the order."""

from dsl import ir
from dsl.analysis.relation import Relation
from dsl.postures import STRENGTH


def by_itself(was: ir.Rule | None, now: ir.Rule | None, name: str) -> Relation:
    """Return what a change of one attribute makes of a rule, UNKNOWN where neither way is shown.

    EQUAL is what the solver has ranked already. `name` is that of `Meanings.beyond`.
    """
    if was is None or now is None:
        return Relation.EQUAL  # the whole rule is new or gone, and ranked as such
    word, _, number = name.partition(" of line ")
    if number:
        at = int(number) - 1
        if at >= min(len(was.lines), len(now.lines)):
            return Relation.UNKNOWN
        return _line(was.lines[at], now.lines[at], word)
    if isinstance(was.own, ir.Switch) and isinstance(now.own, ir.Switch):
        return _switch(was.own, now.own, word)
    return Relation.UNKNOWN


def _line(was: ir.Line, now: ir.Line, word: str) -> Relation:
    match word:
        case "lasting" if was.lasting and now.lasting:
            return Relation.EQUAL
        case "throughout":
            return _moved(was.throughout, now.throughout)
        case "posture" if was.posture is not None and now.posture is not None:
            if was.posture.stretch == now.posture.stretch:
                return Relation.EQUAL
            return _longer(was.posture.stretch, now.posture.stretch)
        case "trips":
            return Relation.EQUAL
        case "actions" if _words(was.actions) != _words(now.actions) and _tasks_agree(was.actions, now.actions):
            return Relation.EQUAL
        case _:
            return Relation.UNKNOWN


def _words(actions: tuple[ir.Action, ...]) -> set[tuple[str, str | None]]:
    return {(action.word, action.argument) for action in actions}


def _tasks_agree(was: tuple[ir.Action, ...], now: tuple[ir.Action, ...]) -> bool:
    """Return whether every task both sides open is the same one."""
    mine, theirs = ([action.task for action in actions if action.task is not None] for actions in (was, now))
    return not mine or not theirs or mine == theirs


def _switch(was: ir.Switch, now: ir.Switch, word: str) -> Relation:
    match word:
        case "posture":
            return _moved(STRENGTH[was.posture], STRENGTH[now.posture])
        case "missing":
            return _longer(now.missing, was.missing)  # the longer facts may be unknown, the looser
        case "manual" if set(was.manual) < set(now.manual) or set(now.manual) < set(was.manual):
            return _moved(len(was.manual), len(now.manual))
        case "actions" if set(was.actions) < set(now.actions) or set(now.actions) < set(was.actions):
            return _moved(len(was.actions), len(now.actions))
        case _:
            return Relation.UNKNOWN


def _moved(was: int, now: int) -> Relation:
    """Return the relation of more to less."""
    return Relation.TIGHTER if now > was else Relation.LOOSER


def _longer(was: ir.Stretch | None, now: ir.Stretch | None) -> Relation:
    """Return TIGHTER where the second stretch is longer in the same unit, UNKNOWN where units differ."""
    if was is None or now is None or bool(was.sessions) != bool(now.sessions):
        return Relation.UNKNOWN
    return _moved(was.micros + was.sessions, now.micros + now.sessions)

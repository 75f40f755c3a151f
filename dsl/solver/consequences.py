"""What follows from a finding beside its verdict, as levels that can be compared: a latch, a posture, an action.

A channel is one thing that can follow, a level how far it goes. A line that must have held for a while leads to
channels of its own, because two lines that hold in turn are not one that lasts; the sooner, the higher the level.
A rule that is not enforced leads to nothing.
"""

from dsl import ir
from dsl.postures import STRENGTH

MISSING, AT_ONCE = 1, 1 << 62
"""Levels of a latch: its facts are unknown (reduce only, and it trips later), or it trips and at once."""
Consequence = tuple[str, int]


def verdict_channel(line: ir.Line | None) -> str:
    """Return the channel of a line's verdict, that of verdicts at once for what no line says."""
    return _own("verdict", line) if line is not None else "verdict"


def consequences(rule: ir.Rule, number: int, is_unknown: bool) -> tuple[Consequence, ...]:
    """Return what follows from a finding of a line; line 0 is the guard, which stands for every line."""
    if rule.mode != "enforced":
        return ()
    lines = rule.lines if number == 0 else (rule.lines[number - 1],)
    if isinstance(rule.own, ir.Switch):
        return tuple((_own(f"trip {rule.id}", line), MISSING if is_unknown else _sooner(line)) for line in lines)
    if isinstance(rule.own, ir.Checklist):
        level = MISSING if is_unknown else AT_ONCE
        return tuple((f"disarm {rule.id}", level) for line in lines if line.throughout)
    return () if is_unknown else tuple(one for line in lines for one in _of_line(line))


def _of_line(line: ir.Line) -> list[Consequence]:
    out = [(_own(f"trips {name}", line), _sooner(line)) for name in line.trips]
    out += [(_own(f"does {action.word} {action.argument}", line), _sooner(line)) for action in line.actions]
    if line.posture is not None:
        stays = "for a while" if line.posture.stretch is not None else "while it holds"
        out.append((_own(f"posture {stays}", line), STRENGTH[line.posture.name]))
    return out


def _own(channel: str, line: ir.Line) -> str:
    return f"{channel} by line {line.number} in time" if line.lasting else channel


def _sooner(line: ir.Line) -> int:
    return AT_ONCE - line.lasting

"""What follows from a finding beside its verdict, as levels that can be compared: a latch, a posture, an action.

A channel is one thing that can follow, a level how far it goes. What lasts is another channel than what is at once,
because neither is more than the other; a rule that is not enforced leads to nothing.
"""

from dsl import ir
from dsl.postures import STRENGTH

MISSING, HOLDS = 1, 2
"""Levels of a latch: its facts are unknown (reduce only, and it trips later), or it trips."""
Consequence = tuple[str, int]


def verdict_channel(line: ir.Line | None) -> str:
    """Return the channel of a line's verdict, that of verdicts at once for what no line says."""
    return f"verdict after {line.lasting}" if line is not None and line.lasting else "verdict"


def consequences(rule: ir.Rule, number: int, is_unknown: bool) -> tuple[Consequence, ...]:
    """Return what follows from a finding of a line; line 0 is the guard, which stands for every line."""
    if rule.mode != "enforced":
        return ()
    level = MISSING if is_unknown else HOLDS
    lines = rule.lines if number == 0 else (rule.lines[number - 1],)
    if isinstance(rule.own, ir.Switch):
        return tuple((_lasting(f"trip {rule.id}", line), level) for line in lines)
    if isinstance(rule.own, ir.Checklist):
        return tuple((f"disarm {rule.id}", level) for line in lines if line.throughout)
    return () if is_unknown else tuple(one for line in lines for one in _of_line(line))


def _of_line(line: ir.Line) -> list[Consequence]:
    out = [(_lasting(f"trips {name}", line), HOLDS) for name in line.trips]
    out += [(_lasting(f"does {action.word} {action.argument}", line), HOLDS) for action in line.actions]
    if line.posture is not None:
        out.append((_lasting(f"posture for {line.posture.stretch}", line), STRENGTH[line.posture.name]))
    return out


def _lasting(channel: str, line: ir.Line) -> str:
    return f"{channel} after {line.lasting}" if line.lasting else channel

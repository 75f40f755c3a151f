"""Every effect line in force on a date, as written: its threshold where that is a number by itself, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dsl import ir
from dsl.branches import written
from dsl.bundle import Bundle
from dsl.interpret import Interpreter, Unknown
from dsl.keywords import STAGES
from dsl.program import Overlay, Program, in_force
from dsl.reads import params_of, windows_of
from dsl.snapshot import Reason, Snapshot
from dsl.types import show
from engine.decision.words import short_name, show_window


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    """One effect line of a rule in force or to come.

    `value` is the threshold of a limit where it needs no fact, empty where it moves with facts. `reads` are the numbers
    it rests on, `windows` what it counts. `change` says when the rule begins or ends, or a table it reads changes.
    """

    rule: str
    title: str
    stage: str
    mode: str
    line: int
    effect: str
    code: str
    text: str
    value: str
    reads: tuple[str, ...]
    windows: tuple[str, ...]
    cite: str
    owner: str
    place: str
    change: str


def threshold_lines(bundle: Bundle, day: date, overlays: Sequence[Overlay] = ()) -> tuple[ThresholdLine, ...]:
    """Return the effect lines of every rule in force on `day`, and of those that begin later, by stage and id."""
    lines: list[ThresholdLine] = []
    for stage in STAGES:
        program = in_force(bundle, stage, day, overlays)
        blind = Interpreter(program, _nothing_known(program))
        rules = [rule for rule in bundle.ruleset.rules if rule.stage == stage]
        for rule in sorted(rules, key=lambda rule: rule.id):
            if (rule.until or "9999-12-31") >= day.isoformat():
                is_on = rule in program.rules
                lines += [_line(program, blind, rule, line, is_on) for line in rule.lines]
    return tuple(lines)


def _nothing_known(program: Program) -> Snapshot:
    """Return the snapshot in which no fact is known: what still has a value is a number by itself."""
    size = len(program.slots)
    return Snapshot((None,) * size, (1 << size) - 1, 0, dict.fromkeys(range(size), Reason.MISSING))


def _line(program: Program, blind: Interpreter, rule: ir.Rule, line: ir.Line, is_on: bool) -> ThresholdLine:
    exprs = [line.condition, *line.bounds, *((line.unless,) if line.unless is not None else ())]
    values = [blind.evaluate(bound) for bound in line.bounds] if is_on else []
    shown = [show(value, bound.type) for value, bound in zip(values, line.bounds, strict=False)
             if not isinstance(value, Unknown)]  # fmt: skip
    windows = windows_of(program, exprs)
    told = tuple(f"{short_name(name)}: {show_window(program.bundle.ruleset.windows[name])}" for name in windows)
    text = " ".join(written(program, line.span).split())
    return ThresholdLine(
        rule.id, rule.title, rule.stage, rule.mode, line.number, line.effect, line.code, text,
        " .. ".join(shown) if len(shown) == len(line.bounds) else "", params_of(program, exprs), told,
        "; ".join(rule.cite), rule.owner, f"{line.span.file}:{line.span.line}", _change(program, rule, exprs),
    )  # fmt: skip


def _change(program: Program, rule: ir.Rule, exprs: Sequence[ir.Expr]) -> str:
    day = program.law_date.isoformat()
    words = []
    if rule.since is not None and rule.since > day:
        words.append(f"begins on {rule.since}")
    if rule.until is not None:
        words.append(f"ends after {rule.until}")
    for name in _tables_of(program, exprs):
        ahead = sorted(
            v.since for v in program.bundle.ruleset.tables[name].versions if (v.since or "") > day and v.since
        )
        if ahead:
            words.append(f"table {short_name(name)} changes on {ahead[0]}")
    return "; ".join(words)


def _tables_of(program: Program, exprs: Sequence[ir.Expr]) -> tuple[str, ...]:
    """Return the tables some expressions read, through names too."""
    found: set[str] = set()
    waiting = list(exprs)
    while waiting:
        for part in ir.walk(waiting.pop()):
            if isinstance(part, ir.LetRef):
                if part.name in program.bundle.ruleset.tables:
                    found.add(part.name)
                waiting.append(program.lets[part.name])
    return tuple(sorted(found))

"""How much of each limit is used: the measure against the hardest line, from one snapshot."""

from dataclasses import dataclass
from fractions import Fraction

from dsl import ir
from dsl.interpret import Interpreter, Unknown
from dsl.judgement import EFFECT_STRENGTH
from dsl.program import Program
from dsl.snapshot import Snapshot
from dsl.types import Type


@dataclass(frozen=True, slots=True)
class Utilisation:
    """A limit that applies. `used` is the exact share of its hardest line, 1 at the line itself.

    `used` is None where a share has no meaning (a line at or below zero) and where something is
    unknown; `unknown` then names the facts. `is_crossed` says that the line fires.
    """

    rule: str
    title: str
    effect: str
    code: str
    type: Type
    measure: Fraction | None
    bound: Fraction | None
    used: Fraction | None
    is_crossed: bool
    unknown: tuple[tuple[str, str], ...] = ()


def limits_of(program: Program) -> tuple[ir.Rule, ...]:
    """Return the rules in force that compare a measure with a line."""
    return tuple(rule for rule in program.rules if rule.measure is not None and hard_line(rule) is not None)


def hard_line(rule: ir.Rule) -> ir.Line | None:
    """Return the line of a limit with the strongest effect, the first of equals."""
    lines = [line for line in rule.lines if line.relation is not None]
    return max(lines, key=lambda line: (EFFECT_STRENGTH.get(line.effect, 0), -line.number), default=None)


def utilisation(program: Program, snapshot: Snapshot, rule: ir.Rule) -> Utilisation | None:
    """Return how much of a limit is used, None when it does not apply to this snapshot."""
    line, measured = hard_line(rule), rule.measure
    assert line is not None and measured is not None
    interpreter = Interpreter(program, snapshot)
    if rule.when is not None:
        guard = interpreter.evaluate(rule.when, kleene=True)
        if isinstance(guard, Unknown):
            return _unknown(rule, line, measured.type, guard)
        if not guard:
            return None
    values = [interpreter.evaluate(expr) for expr in (measured, *line.bounds)]
    values += [interpreter.evaluate(need.fact) for need in rule.needs]
    lacking = [value for value in values if isinstance(value, Unknown)]
    if lacking:
        facts = dict.fromkeys(fact for value in lacking for fact in value.facts)
        return _unknown(rule, line, measured.type, Unknown(tuple(facts)))
    fired = [finding for finding in interpreter.rule(rule) if finding.line == line.number]
    if fired and fired[0].is_unknown:
        return _unknown(rule, line, measured.type, Unknown(fired[0].facts))
    measure, bounds = values[0], values[1 : 1 + len(line.bounds)]
    used, bound = _share(measure, bounds, line.relation or "")
    return Utilisation(rule.id, rule.title, line.effect, line.code, measured.type, measure, bound, used, bool(fired))


def _unknown(rule: ir.Rule, line: ir.Line, kind: Type, unknown: Unknown) -> Utilisation:
    return Utilisation(rule.id, rule.title, line.effect, line.code, kind, None, None, None, False, unknown.facts)


def _share(measure: Fraction, bounds: list[Fraction], relation: str) -> tuple[Fraction | None, Fraction]:
    """Return the share used and the bound it is a share of: the one that is nearer."""
    if relation == "outside":
        low, high = (_below(measure, bounds[0]), bounds[0]), (_above(measure, bounds[1]), bounds[1])
        known = [pair for pair in (low, high) if pair[0] is not None]
        return max(known, key=lambda pair: pair[0] or Fraction(0), default=high)
    share = _above if relation in ("above", "at or above") else _below
    return share(measure, bounds[0]), bounds[0]


def _above(measure: Fraction, bound: Fraction) -> Fraction | None:
    return max(measure, Fraction(0)) / bound if bound > 0 else None


def _below(measure: Fraction, bound: Fraction) -> Fraction | None:
    return bound / measure if measure > 0 and bound >= 0 else None


def measured_facts(program: Program, rule: ir.Rule) -> tuple[str, ...]:
    """Return the facts a limit measures, named expressions opened, in reading order."""
    found: dict[str, None] = {}

    def visit(expr: ir.Expr) -> None:
        for part in ir.walk(expr):
            if isinstance(part, ir.FactRef):
                found[part.path] = None
            elif isinstance(part, ir.LetRef):
                visit(program.lets[part.name])

    if rule.measure is not None:
        visit(rule.measure)
    return tuple(found)

"""The smallest change that would have flipped a finding, where it can be told and was checked."""

from dataclasses import replace
from fractions import Fraction

from dsl import ir
from dsl.explain import Retelling
from dsl.interpret import Interpreter, Unknown
from dsl.judgement import Finding
from dsl.program import Program
from dsl.snapshot import Snapshot

LIMIT_PRICE = "intent.limit_price"
TICK = "instrument.tick"


def nearest_price(program: Program, snapshot: Snapshot, finding: Finding) -> Fraction | None:
    """Return the limit price nearest to the one asked at which the finding is gone, or None.

    Only conditions that compare the limit price itself with something that does not move with it
    are solved; the answer lies on the tick and was judged again by the rule before it is given.
    """
    rule = program.bundle.rule(finding.rule)
    at, tick_at = program.index.get(LIMIT_PRICE), program.index.get(TICK)
    if rule is None or not finding.line or finding.is_unknown or at is None or snapshot.values[at] is None:
        return None
    tick = snapshot.values[tick_at] if tick_at is not None and snapshot.values[tick_at] else 1
    asked = snapshot.values[at]
    found: list[int] = []
    for part in ir.walk(rule.lines[finding.line - 1].condition):
        for price in _candidates(part, Retelling(program, snapshot), asked, tick):
            values = (*snapshot.values[:at], price, *snapshot.values[at + 1 :])
            judged = Interpreter(program, replace(snapshot, values=values)).rule(rule)
            if price > 0 and all(each.line != finding.line for each in judged):
                found.append(price)
    if not found:
        return None
    return Fraction(min(found, key=lambda price: (abs(price - asked), price)), program.slots[at].fact.scale)


def _candidates(part: ir.Expr, interpreter: Interpreter, asked: int, tick: int) -> list[int]:
    """Return stored prices on the tick next to where this part of a condition turns."""
    if isinstance(part, ir.Multiple) and _is_price(part.operand):
        step = interpreter.evaluate(part.step)
        return [] if isinstance(step, Unknown) or step <= 0 else _around(asked, int(step * 1_000_000))
    if not isinstance(part, ir.Compare):
        return []
    if _is_price(part.left):
        other = part.right
    elif _is_price(part.right):
        other = part.left
    else:
        return []
    if any(isinstance(each, ir.FactRef | ir.LetRef) and _moves_with_price(each) for each in ir.walk(other)):
        return []
    bound = interpreter.evaluate(other)
    if not isinstance(bound, Fraction):
        return []
    scaled = bound * 1_000_000
    low, high = scaled.numerator // scaled.denominator, -(-scaled.numerator // scaled.denominator)
    return [_floor(low, tick), _floor(low, tick) - tick, -_floor(-high, tick), -_floor(-high, tick) + tick]


def _is_price(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.FactRef) and expr.path == LIMIT_PRICE


def _moves_with_price(expr: ir.FactRef | ir.LetRef) -> bool:
    """A projected book and a named expression may depend on the price; then nothing is derived."""
    return isinstance(expr, ir.LetRef) or expr.path == LIMIT_PRICE or expr.path.startswith("projected.")


def _around(value: int, step: int) -> list[int]:
    return [_floor(value, step), _floor(value, step) + step] if step > 0 else []


def _floor(value: int, step: int) -> int:
    return value // step * step

"""How an expression moves as intent.quantity rises: what lets a clip search by halving be proven right."""

from collections.abc import Mapping

from dsl import ir
from dsl.contracts import Fact
from dsl.intervals import Bounds, interval

QUANTITY = "intent.quantity"
REDUCING = ("intent.reduces_only", "intent.increases_risk", "intent.purpose")
"""What the desk derives from whether an order of this size can only reduce."""
CONSTANT, RISING, FALLING = "constant", "increasing", "decreasing"
_FLIP = {CONSTANT: CONSTANT, RISING: FALLING, FALLING: RISING}


def direction(expr: ir.Expr, facts: Mapping[str, Fact], bounds: Bounds) -> str | None:
    """Return constant, increasing or decreasing (weakly), or None when it cannot be told."""
    match expr:
        case ir.Const() | ir.ParamRef():
            return CONSTANT if all(direction(c, facts, bounds) == CONSTANT for c in ir.children(expr)) else None
        case ir.FactRef():
            return fact_direction(expr.path, facts)
        case ir.LetRef():
            body = bounds.let(expr.name)
            return direction(body, facts, bounds) if body is not None else None
        case ir.Negate():
            inner = direction(expr.operand, facts, bounds)
            return _FLIP.get(inner) if inner else None
        case ir.Arithmetic():
            return _arithmetic(expr, facts, bounds)
        case ir.Apply() if expr.function in ("min", "max"):
            return _same([direction(o, facts, bounds) for o in expr.operands])
        case ir.Rounded():
            step = direction(expr.step, facts, bounds)
            return direction(expr.operand, facts, bounds) if step == CONSTANT else None
        case ir.If():
            if not is_fixed(expr.condition, facts, bounds):
                return None
            return _same([direction(expr.then, facts, bounds), direction(expr.otherwise, facts, bounds)])
        case _:
            return CONSTANT if is_fixed(expr, facts, bounds) else None


def fact_direction(path: str, facts: Mapping[str, Fact]) -> str | None:
    """Return how one fact moves with the quantity asked."""
    if path == QUANTITY:
        return RISING
    if path.startswith("list:"):
        return CONSTANT
    fact = facts.get(path)
    if path.startswith("window:"):  # another size is another key where a window counts orders of one size
        return CONSTANT if fact is not None and "quantity" not in fact.key else None
    if fact is None:
        return CONSTANT
    if fact.monotone:
        return fact.monotone
    namespace = path.partition(".")[0]
    return None if namespace == "projected" or path in REDUCING else CONSTANT


def holds_upward(expr: ir.Expr, facts: Mapping[str, Fact], bounds: Bounds) -> bool:
    """Return whether a condition, once true, stays true as the quantity rises."""
    match expr:
        case ir.Compare() if expr.operator in ("<", "<=", ">", ">="):
            left, right = direction(expr.left, facts, bounds), direction(expr.right, facts, bounds)
            up, down = (left, right) if expr.operator in (">", ">=") else (right, left)
            return up in (CONSTANT, RISING) and down in (CONSTANT, FALLING)
        case ir.Logic():
            return all(holds_upward(part, facts, bounds) for part in expr.parts)
        case ir.FactRef(path="intent.increases_risk"):
            return True
        case ir.If():
            return (
                is_fixed(expr.condition, facts, bounds)
                and holds_upward(expr.then, facts, bounds)
                and holds_upward(expr.otherwise, facts, bounds)
            )
        case ir.LetRef():
            body = bounds.let(expr.name)
            return body is not None and holds_upward(body, facts, bounds)
        case ir.Not():
            is_reducing = isinstance(expr.operand, ir.FactRef) and expr.operand.path == "intent.reduces_only"
            return is_reducing or is_fixed(expr.operand, facts, bounds)
        case _:
            return is_fixed(expr, facts, bounds)


def is_fixed(expr: ir.Expr, facts: Mapping[str, Fact], bounds: Bounds) -> bool:
    """Return whether nothing an expression reads moves with the quantity asked."""
    for part in ir.walk(expr):
        if isinstance(part, ir.FactRef) and fact_direction(part.path, facts) != CONSTANT:
            return False
        if isinstance(part, ir.LetRef):
            body = bounds.let(part.name)
            if body is None or not is_fixed(body, facts, bounds):
                return False
    return True


def _same(parts: list[str | None]) -> str | None:
    moving = [part for part in parts if part != CONSTANT]
    if any(part is None or part != moving[0] for part in moving):
        return None
    return moving[0] if moving else CONSTANT


def _arithmetic(expr: ir.Arithmetic, facts: Mapping[str, Fact], bounds: Bounds) -> str | None:
    left, right = direction(expr.left, facts, bounds), direction(expr.right, facts, bounds)
    if left is None or right is None:
        return None
    if expr.operator == "+":
        return _same([left, right])
    if expr.operator == "-":
        return _same([left, _FLIP[right]])
    a, b = interval(expr.left, bounds), interval(expr.right, bounds)
    if a.low is None or b.low is None or a.low < 0 or b.low < 0:
        return CONSTANT if left == right == CONSTANT else None
    return _same([left, right if expr.operator == "*" else _FLIP[right]])

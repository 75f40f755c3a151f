"""When a comparison that reads the clock turns: exact where its sides move in straight lines."""

from collections.abc import Callable, Iterator
from fractions import Fraction

from dsl import ir
from dsl.interpret import Interpreter, Unknown
from dsl.program import Program
from dsl.types import BOOL

NOW = "now"


def turns(expr: ir.Expr, interpreter: Interpreter, program: Program, at: int) -> tuple[list[int], bool]:
    """Return the instants around which an expression's comparisons turn as `now` goes on from `at`.

    The second value is false where something reads the clock in another way than a straight line, so that
    nobody can say when it turns. Named expressions are asked for by themselves.
    """
    found: list[int] = []
    is_sure = True
    for part in _tests(expr):
        if not reads_clock(part, program):
            continue
        instants = _meets(part, interpreter, program, at) if isinstance(part, ir.Compare) else None
        is_sure = is_sure and instants is not None
        found += instants or []
    return found, is_sure


def _tests(expr: ir.Expr) -> Iterator[ir.Expr]:
    """Yield the outermost parts of an expression that are true or false and made of neither."""
    match expr:
        case ir.Logic() | ir.Not() | ir.If() | ir.Known():
            for child in ir.children(expr):
                yield from _tests(child)
        case ir.FactRef() | ir.LetRef() | ir.Const():
            return
        case _ if expr.type == BOOL:
            yield expr
        case _:
            for child in ir.children(expr):
                yield from _tests(child)


def _meets(expr: ir.Compare, interpreter: Interpreter, program: Program, at: int) -> list[int] | None:
    """Return the instants next to where the sides of a comparison meet, none where they never do."""
    left, right = slope(expr.left, interpreter, program), slope(expr.right, interpreter, program)
    if left is None or right is None:
        return None
    values = [_known(side, interpreter) for side in (expr.left, expr.right)]
    if values[0] is None or values[1] is None or left == right:
        return []
    return _around(at, (values[1] - values[0]) / (left - right))


def _known(expr: ir.Expr, interpreter: Interpreter) -> Fraction | None:
    """Return an expression's number; None where it is unknown or stands for nothing."""
    try:
        value = interpreter.evaluate(expr)
    except ArithmeticError:
        return None
    return None if isinstance(value, Unknown) else Fraction(value)


def slope(expr: ir.Expr, interpreter: Interpreter, program: Program) -> Fraction | None:
    """Return by how much an expression grows in a second; None where that is not constant."""
    if not reads_clock(expr, program):
        return Fraction(0)
    match expr:
        case ir.FactRef(path=path) if path == NOW:
            return Fraction(1)
        case ir.LetRef():
            return slope(program.lets[expr.name], interpreter, program)
        case ir.Negate():
            inner = slope(expr.operand, interpreter, program)
            return None if inner is None else -inner
        case ir.Arithmetic():
            return _of_arithmetic(expr, interpreter, program)
        case _:
            return None


def _of_arithmetic(expr: ir.Arithmetic, interpreter: Interpreter, program: Program) -> Fraction | None:
    left, right = slope(expr.left, interpreter, program), slope(expr.right, interpreter, program)
    if left is None or right is None:
        return None
    if expr.operator in "+-":
        return left + (right if expr.operator == "+" else -right)
    factors = [_known(side, interpreter) for side in (expr.left, expr.right)]
    if factors[0] is None or factors[1] is None:
        return Fraction(0)  # unknown now and, as far as anybody can say, later
    if expr.operator == "*" and not (left and right):
        return left * factors[1] + right * factors[0]
    return left / factors[1] if expr.operator == "/" and not right else None


def reads_clock(expr: ir.Expr, program: Program) -> bool:
    """Return whether an expression reads `now`, through names too."""
    return _any(expr, program, lambda part: isinstance(part, ir.FactRef) and part.path == NOW)


def _any(expr: ir.Expr, program: Program, test: Callable[[ir.Expr], bool]) -> bool:
    for part in ir.walk(expr):
        if test(part) or (isinstance(part, ir.LetRef) and _any(program.lets[part.name], program, test)):
            return True
    return False


def _around(at: int, seconds: Fraction) -> list[int]:
    """Return the microseconds on both sides of an instant some seconds after `at`."""
    micros = at + seconds * 1_000_000
    below = micros.numerator // micros.denominator
    return [below, below + 1]

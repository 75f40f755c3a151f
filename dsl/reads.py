"""What the rules read: every expression of a rule, every fact of a ruleset."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from dsl import ir


def all_facts(rules: Iterable[ir.Rule], lets: Mapping[str, ir.Expr]) -> tuple[str, ...]:
    """Return every fact path the rules read, lets included, sorted."""
    return _facts((expr for rule in rules for expr in rule_expressions(rule)), lets)


def expression_facts(expr: ir.Expr, lets: Mapping[str, ir.Expr]) -> tuple[str, ...]:
    """Return every fact path an expression reads, lets included, sorted."""
    return _facts((expr,), lets)


def _facts(expressions: Iterable[ir.Expr], lets: Mapping[str, ir.Expr]) -> tuple[str, ...]:
    paths: set[str] = set()
    seen: set[str] = set()

    def visit(expr: ir.Expr) -> None:
        for part in ir.walk(expr):
            if isinstance(part, ir.FactRef):
                paths.add(part.path)
            elif isinstance(part, ir.LetRef) and part.name not in seen:
                seen.add(part.name)
                visit(lets[part.name])

    for expr in expressions:
        visit(expr)
    return tuple(sorted(paths))


def windows_of(program: "Reads", exprs: Iterable[ir.Expr] | None = None) -> tuple[str, ...]:
    """Return the windows a program's rules read, or those of some of its expressions, by qualified name."""
    found: set[str] = set()
    waiting = list(exprs) if exprs is not None else [e for rule in program.rules for e in rule_expressions(rule)]
    while waiting:
        for part in ir.walk(waiting.pop()):
            if isinstance(part, ir.FactRef) and part.path.startswith("window:"):
                found.add(part.path.removeprefix("window:"))
            elif isinstance(part, ir.LetRef):
                waiting.append(program.lets[part.name])
    return tuple(sorted(found))


def params_of(program: "Reads", exprs: Iterable[ir.Expr]) -> tuple[str, ...]:
    """Return the params some expressions read, through names and lists too, by qualified name."""
    found: set[str] = set()
    waiting = list(exprs)
    while waiting:
        for part in ir.walk(waiting.pop()):
            if isinstance(part, ir.ParamRef | ir.Lookup):
                found.add(part.name)
            elif isinstance(part, ir.LetRef):
                waiting.append(program.lets[part.name])
    return tuple(sorted(found))


class Reads(Protocol):
    """What names windows: rules and the expressions they name."""

    @property
    def rules(self) -> tuple[ir.Rule, ...]: ...

    @property
    def lets(self) -> Mapping[str, ir.Expr]: ...


def rule_expressions(rule: ir.Rule) -> list[ir.Expr]:
    """Return every expression of a rule that can decide something or is shown with it."""
    out: list[ir.Expr] = [e for e in (rule.when, rule.measure, rule.missing.unless) if e is not None]
    for need in rule.needs:
        out.append(need.fact)
        if need.bound is not None:
            out.append(need.bound)
    for line in rule.lines:
        out += [line.condition, *line.bounds, *(one.fact for one in line.infinities)]
        if line.unless is not None:
            out.append(line.unless)
        out += _of_tasks(line.actions)
    out += _of_own(rule.own)
    return out + [piece for piece in rule.because.pieces if isinstance(piece, ir.Expr)]


def _of_tasks(actions: tuple[ir.Action, ...]) -> list[ir.Expr]:
    tasks = [action.task for action in actions if action.task is not None]
    shown = [piece for task in tasks for piece in task.title.pieces if isinstance(piece, ir.Expr)]
    return [*(task.due for task in tasks), *shown]


def _of_own(own: ir.Switch | ir.Checklist | ir.Gate | None) -> list[ir.Expr]:
    """Return what a switch, checklist or gate reads beside its lines."""
    match own:
        case ir.Switch():
            return _of_tasks(own.actions)
        case ir.Checklist():
            return [piece for piece in own.confirm.pieces if isinstance(piece, ir.Expr)]
        case ir.Gate():
            scored = [own.score] if own.score is not None else []
            return [*scored, *(fact for _, fact in own.ranked), *(one.fact for one in own.infinities)]
        case _:
            return []

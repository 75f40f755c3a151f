"""What the rules read: every expression of a rule, every fact of a ruleset."""

from collections.abc import Mapping

from dsl import ir


def all_facts(ruleset: ir.Ruleset, lets: Mapping[str, ir.Expr]) -> tuple[str, ...]:
    """Return every fact path the rules read, lets included, sorted."""
    return _facts([expr for rule in ruleset.rules for expr in rule_expressions(rule)], lets)


def expression_facts(expr: ir.Expr, lets: Mapping[str, ir.Expr]) -> tuple[str, ...]:
    """Return every fact path an expression reads, lets included, sorted."""
    return _facts([expr], lets)


def _facts(expressions: list[ir.Expr], lets: Mapping[str, ir.Expr]) -> tuple[str, ...]:
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


def rule_expressions(rule: ir.Rule) -> list[ir.Expr]:
    """Return every expression of a rule that can decide something or is shown with it."""
    out: list[ir.Expr] = [e for e in (rule.when, rule.measure, rule.missing.unless) if e is not None]
    for need in rule.needs:
        out.append(need.fact)
        if need.bound is not None:
            out.append(need.bound)
    for line in rule.lines:
        out += [line.condition, *line.bounds]
        if line.unless is not None:
            out.append(line.unless)
    return out + [piece for piece in rule.because.pieces if isinstance(piece, ir.Expr)]

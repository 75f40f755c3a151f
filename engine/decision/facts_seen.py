"""Which facts a line saw, as a digest: an approval without a measure covers exactly these."""

from dsl import ir
from engine.decision.outcome import Decision
from engine.model.ids import digest


def facts_of_line(decision: Decision, rule_id: str, line: int) -> tuple[str, ...]:
    """Return the paths the line's condition reads, lets included, sorted."""
    assert decision.program is not None
    rule = decision.program.bundle.rule(rule_id)
    assert rule is not None
    paths: set[str] = set()

    def visit(expr: ir.Expr) -> None:
        for part in ir.walk(expr):
            if isinstance(part, ir.FactRef):
                paths.add(part.path)
            elif isinstance(part, ir.LetRef) and decision.program is not None:
                visit(decision.program.lets[part.name])

    visit(rule.lines[line - 1].condition)
    if rule.when is not None:
        visit(rule.when)
    return tuple(sorted(paths))


def digest_of_line(decision: Decision, rule_id: str, line: int) -> str:
    """Return the digest of the line's facts at the quantity granted, and of that quantity."""
    assert decision.program is not None and decision.last_snapshot is not None
    parts: list[str | int] = [decision.quantity]
    for path in facts_of_line(decision, rule_id, line):
        value = decision.last_snapshot.values[decision.program.index[path]]
        shown = sorted(map(str, value)) if isinstance(value, frozenset) else value
        parts += [path, repr(shown)]
    return digest(*parts)

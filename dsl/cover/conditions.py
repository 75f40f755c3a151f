"""Obligations of conditions: each decides while true and while false, thresholds within a tick of their line."""

from collections.abc import Iterator

from dsl import ir
from dsl import syntax as s
from dsl.cover.atoms import atoms
from dsl.cover.disturb import Alone, Cell, NodeProbe, Shifted, Stuck, Without
from dsl.cover.lines import Lets, Line, as_line, step_of
from dsl.cover.obligation import Kind, Obligation
from dsl.cover.wording import Wording
from dsl.types import show

Rules = tuple[str, ...]


def deciding(rule: ir.Rule) -> list[ir.Expr]:
    """Return the conditions of a rule: guard, needs, lines with their exceptions, and that of `missing`."""
    out = [rule.when] if rule.when is not None else []
    out += [need.bound for need in rule.needs if need.bound is not None]
    for line in rule.lines:
        out += [line.unless] if line.unless is not None else []
        out.append(line.condition)
    return out + ([rule.missing.unless] if rule.missing.unless is not None else [])


def of_rule(rule: ir.Rule, lets: Lets, words: Wording) -> Iterator[Obligation]:
    """Yield the obligations of a rule's own conditions, and of its requirements one by one."""
    yield from of_expressions(deciding(rule), (rule.id,), lets, words)
    if isinstance(rule.own, ir.Checklist | ir.Gate) and len(rule.lines) > 1:
        for line in rule.lines:
            label = f'"{line.label}" fails alone'
            yield Obligation(Kind.ALONE, line.span, label, (rule.id,), Alone(line.number))


def of_expressions(exprs: list[ir.Expr], rules: Rules, lets: Lets, words: Wording) -> Iterator[Obligation]:
    """Yield the obligations of every atomic condition in expressions, each node once; any of the rules shows them."""
    seen: list[ir.Expr] = []
    for node in (node for expr in exprs for node in atoms(expr)):
        if not any(node is known for known in seen):
            seen.append(node)
            yield from _of_condition(node, rules, lets, words)


def _of_condition(node: ir.Expr, rules: Rules, lets: Lets, words: Wording) -> Iterator[Obligation]:
    said = words.of(node)
    line = as_line(node, lets)
    if line is not None:
        yield from of_line(line, said, rules, lets)
        return
    if isinstance(node, ir.Member) and isinstance(node.container, ir.Const) and len(_items(node.container)) > 1:
        kind = node.item.type
        for item in _items(node.container):
            label = f"`{words.of(node.item)} is {show(item, kind)}` decides"
            yield Obligation(Kind.ITEM, node.span, label, rules, Without(node, item))
    else:
        yield Obligation(Kind.CONDITION, node.span, f"`{said}` decides while true", rules, Stuck(node, False))
    yield Obligation(Kind.CONDITION, node.span, f"`{said}` decides while false", rules, Stuck(node, True))


def of_line(node: Line, said: str, rules: Rules, lets: Lets) -> Iterator[Obligation]:
    """Yield both sides of a threshold: within a tick of it while it is true, and while it is false."""
    step = step_of(node, lets)
    away = step if node.operator in (">", ">=") else -step
    span = node.right.span
    yield Obligation(Kind.THRESHOLD, span, f"`{said}` true within a tick", rules, Shifted(node, away))
    yield Obligation(Kind.THRESHOLD, span, f"`{said}` false within a tick", rules, Shifted(node, -away))


def of_table(table: ir.Table, written: s.Table, rules: Rules, lets: Lets, words: Wording) -> Iterator[Obligation]:
    """Yield the obligations of a table: each row met, by each value a cell names, and both sides of its lines."""
    for version, as_written in zip(table.versions, written.versions, strict=True):
        lines: list[str] = []
        for (test, value), row in zip(_rows(version.body), as_written.rows, strict=True):
            label = f"the row `{words.text(row.span)}` decides"
            yield Obligation(Kind.ROW, row.span, label, rules, NodeProbe(value))
            yield from _of_cells(table, row, value, rules, words)
            for node in atoms(test) if test is not None else ():
                if isinstance(node, ir.Compare) and as_line(node, lets) and isinstance(node.right, ir.Const):
                    said = f"{words.of(node.left)} {node.operator} {show(node.right.value, node.right.type)}"
                    yield from () if said in lines else of_line(node, said, rules, lets)
                    lines.append(said)


def _of_cells(table: ir.Table, row: s.TableRow, value: ir.Expr, rules: Rules, words: Wording) -> Iterator[Obligation]:
    """Yield one obligation for each of several words a cell names."""
    for given, cell in zip(table.inputs, row.cells, strict=True):
        if cell.relation == "in":
            for item in cell.values:
                label = f"the row decides for {words.text(item.span)}"
                yield Obligation(Kind.ITEM, item.span, label, rules, Cell(value, given, _word(item)))


def _word(item: s.Expr) -> ir.Value:
    match item:
        case s.Code():
            return item.name
        case s.TextLiteral():
            return item.value
        case _:
            return getattr(item, "value", "")


def _rows(body: ir.Expr) -> Iterator[tuple[ir.Expr | None, ir.Expr]]:
    """Yield each row's test and value; the last row is what is left."""
    while isinstance(body, ir.If):
        yield body.condition, body.then
        body = body.otherwise
    yield None, body


def _items(container: ir.Const) -> list[ir.Value]:
    value = container.value
    return sorted(value, key=str) if isinstance(value, frozenset) else []  # type: ignore[arg-type]

"""Decision tables: every input has exactly one row, which is proven, and a row is one branch of an expression."""

from dataclasses import dataclass
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.cells import Asked, Domain, Row, find_gaps, find_overlaps
from dsl.intervals import interval
from dsl.remedies import with_article
from dsl.text import NOWHERE, Span
from dsl.types import Kind, Type
from dsl.workbench import Workbench, is_date

_ORDERED = (Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.TIMESTAMP, Kind.SESSIONS)


def lower_table(bench: Workbench, declared: s.Table) -> ir.Table | None:
    """Return a table with its versions proven complete and free of overlaps, or None (reported)."""
    before = len(bench.found)
    _check_clauses(bench, declared)
    kind = bench.written_type(declared.type) if declared.type else None
    inputs = [bench.typer.value(written) for written in declared.inputs]
    known = tuple(one for one in inputs if one is not None)
    if kind is None or len(known) != len(inputs) or not declared.versions or len(bench.found) > before:
        return None
    versions = []
    last: s.TableVersion | None = None
    for written in declared.versions:
        if last is not None and (last.since or "") >= (written.since or ""):
            bench.say(
                "E114",
                f"the rows of {written.since or 'always'} do not come after those of {last.since or 'always'}",
                written.span,
                "order a table's versions by date, `always` first, each date once",
            )
        last = written
        version = _version(bench, written, known, kind)
        if version is not None:
            versions.append(version)
    if len(bench.found) > before:
        return None
    return ir.Table(
        bench.qualified(declared.name), declared.title, kind, known, tuple(versions), declared.cite,
        declared.owner or "", declared.doc, declared.span,
    )  # fmt: skip


def static_body(table: ir.Table) -> ir.Expr:
    """Return an expression that can take every value of any version: what analysis by intervals may rest on."""
    body = table.versions[-1].body
    for version in table.versions[:-1]:
        body = ir.If(table.type, table.span, _ANY_DAY, version.body, body)
    return body


_TODAY = ir.FactRef(t.DATE, NOWHERE, "law_date")
_ANY_DAY = ir.Compare(t.BOOL, NOWHERE, "<", _TODAY, ir.Const(t.DATE, NOWHERE, 1))


def _check_clauses(bench: Workbench, declared: s.Table) -> None:
    name = declared.name
    for word in declared.repeated:
        bench.say("E111", f"`{word}` is written twice in {name}", declared.span, "keep one of them")
    for word, there, example in (
        ("given", declared.inputs, "given instrument.sector"),
        ("gives", declared.type, "gives ratio"),
        ("row", declared.versions, "row any = 5%"),
        ("cite", declared.cite, 'cite "Risk Policy 4.2"'),
        ("owner", declared.owner, "owner risk"),
    ):
        if not there:
            bench.say("E110", f"table `{name}` has no `{word}`", declared.span, f"add `{example}`")
    if any(not text.strip() for text in declared.cite):
        bench.say("E120", f"the `cite` of {name} is empty", declared.span, "say who decided it, and where")


def _version(
    bench: Workbench, written: s.TableVersion, inputs: tuple[ir.Expr, ...], kind: Type
) -> ir.TableVersion | None:
    before = len(bench.found)
    if written.since is not None and not is_date(written.since):
        bench.say("E213", f"`{written.since}` does not exist", written.span, "correct the day or the month")
    rows = [row for row in (_row(bench, row, inputs, kind) for row in written.rows) if row is not None]
    if len(bench.found) > before:
        return None
    domains = [_domain(bench, one) for one in inputs]
    asked = [row.asked for row in rows]
    for gap in find_gaps(asked, domains):
        bench.say("E401", f"no row is for {gap}", written.span, "add a row for it, or widen one")
    for first, second, where in find_overlaps(asked, domains):
        message = f"two rows are for {where}"
        bench.say("E402", message, rows[second].span, f"narrow it, or the row of line {rows[first].span.line}")
    body = rows[-1].value
    for row in reversed(rows[:-1]):
        body = ir.If(kind, row.span, _test(row.asked, inputs, row.span), row.value, body)
    return ir.TableVersion(written.since, body, written.cite or "", written.span)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row: what it asks, and the value it gives."""

    asked: Row
    value: ir.Expr
    span: Span


def _row(bench: Workbench, row: s.TableRow, inputs: tuple[ir.Expr, ...], kind: Type) -> _Row | None:
    if len(row.cells) != len(inputs):
        bench.say(
            "E403",
            f"the row has {len(row.cells)} cell(s), the table is given {len(inputs)} value(s)",
            row.span,
            "write one cell for each value after `given`; `any` where it does not matter",
        )
        return None
    value = bench.typer.value(row.value, kind)
    cells = [_cell(bench, cell, one.type) for cell, one in zip(row.cells, inputs, strict=True)]
    if not isinstance(value, ir.Const) or None in cells:
        return None
    return _Row(tuple(cell for cell in cells if cell is not None), value, row.span)


def _cell(bench: Workbench, cell: s.Cell, kind: Type) -> Asked | None:
    values = [bench.typer.value(written, kind) for written in cell.values]
    known = [one.value for one in values if isinstance(one, ir.Const)]
    if len(known) != len(values):
        return None
    if cell.relation not in ("any", "is", "in") and kind.kind not in _ORDERED:
        bench.say("E202", f"{with_article(kind)} has no order", cell.span, "name the values, or write `any`")
        return None
    low, high = (known[0], known[-1]) if known else (None, None)
    if cell.relation == ".." and isinstance(low, Fraction | int) and isinstance(high, Fraction | int) and low > high:
        bench.say("E216", "the range is empty", cell.span, "write the smaller bound first")
        return None
    relation = "[)" if cell.relation == ".." and kind.kind is Kind.TIME else cell.relation
    return Asked(relation, tuple(known))


def _domain(bench: Workbench, one: ir.Expr) -> Domain:
    if one.type.kind is Kind.TIME:
        return Domain(one.type, Fraction(0), Fraction(86_399_999_999, 1_000_000))
    bounds = interval(one, bench.bounds)
    return Domain(one.type, bounds.low, bounds.high, bounds.open)


def _test(asked: Row, inputs: tuple[ir.Expr, ...], span: Span) -> ir.Expr:
    """Return the condition that picks a row."""
    parts = [_cell_test(cell, one, span) for cell, one in zip(asked, inputs, strict=True) if cell.relation != "any"]
    if not parts:
        return ir.Const(t.BOOL, span, True)
    return parts[0] if len(parts) == 1 else ir.Logic(t.BOOL, span, "and", tuple(parts))


def _cell_test(cell: Asked, one: ir.Expr, span: Span) -> ir.Expr:
    constants = [ir.Const(one.type, span, value) for value in cell.values]
    if cell.relation == "in":
        return ir.Member(t.BOOL, span, one, ir.Const(t.set_of(one.type), span, frozenset(cell.values)))
    if cell.relation in ("..", "[)"):
        upper = "<=" if cell.relation == ".." else "<"
        low = ir.Compare(t.BOOL, span, ">=", one, constants[0])
        return ir.Logic(t.BOOL, span, "and", (low, ir.Compare(t.BOOL, span, upper, one, constants[1])))
    return ir.Compare(t.BOOL, span, "==" if cell.relation == "is" else cell.relation, one, constants[0])

"""Params: dated values with their range, direction and citation."""

from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.intervals import Interval
from dsl.suggest import nearest
from dsl.types import Kind, Type
from dsl.workbench import Workbench, is_date


def lower_param(bench: Workbench, declared: s.Param) -> None:
    """Check a param and put it on the bench."""
    kind = bench.written_type(declared.type)
    if kind is None:
        return
    low = _bound(bench, declared.low, kind)
    high = _bound(bench, declared.high, kind)
    if kind.is_number and (low is None or high is None):
        bench.say("E109", f"param `{declared.name}` has no range", declared.span, "add `within LOW .. HIGH`")
    if kind.is_number and declared.direction is None:
        bench.say(
            "E109",
            f"param `{declared.name}` does not say which way is tighter",
            declared.span,
            "add `tighter when lower` or `tighter when higher`",
        )
    if not kind.is_number and (declared.low is not None or declared.direction is not None):
        bench.say(
            "E109",
            f"param `{declared.name}` is no number and has neither range nor direction",
            declared.span,
            "leave out `within` and `tighter when`; any change of it is reviewed as incomparable",
        )
    if low is not None and high is not None and low > high:
        bench.say("E216", f"the range of `{declared.name}` is empty", declared.span, "write the smaller bound first")
    source = _source(bench, declared, kind) if declared.source else None
    rows = tuple(r for r in (_row(bench, row, declared, kind, low, high) for row in declared.rows) if r is not None)
    _check_rows(bench, rows, declared)
    param = ir.Param(
        bench.qualified(declared.name),
        kind,
        low,
        high,
        declared.direction,
        declared.per,
        rows,
        declared.doc,
        declared.span,
        source,
    )
    bench.params[declared.name] = param
    if kind.is_number:
        bench.ranges[param.name] = Interval(low, high)


def _bound(bench: Workbench, written: s.Expr | None, kind: Type) -> Fraction | None:
    if written is None:
        return None
    typed = bench.typer.value(written, kind)
    return typed.value if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction) else None


def _row(
    bench: Workbench, row: s.DatedValue, declared: s.Param, kind: Type, low: Fraction | None, high: Fraction | None
) -> ir.ParamRow | None:
    typed = bench.typer.value(row.value, kind)
    if not isinstance(typed, ir.Const):
        return None
    if len(row.key) != len(declared.per):
        bench.say(
            "E306",
            f"the row has {len(row.key)} key(s), the param is per {', '.join(declared.per) or 'nothing'}",
            row.span,
            "begin the row with one key for each name after `per`",
        )
        return None
    value = typed.value
    if isinstance(value, Fraction) and ((low is not None and value < low) or (high is not None and value > high)):
        shown = f"{t.show(low, kind)} .. {t.show(high, kind)}" if low is not None and high is not None else ""
        bench.say(
            "E216",
            f"{t.show(value, kind)} is outside the declared range {shown}",
            row.value.span,
            "change the value, or widen `within` under review",
        )
    if not row.cite.strip():
        bench.say("E120", "the citation is empty", row.span, "say who decided the number, and where it is written")
    key = tuple(_key(bench, part, name, row) for part, name in zip(row.key, declared.per, strict=True))
    if row.since is not None and not is_date(row.since):
        bench.say("E213", f"`{row.since}` does not exist", row.span, "correct the day or the month")
        return None
    return ir.ParamRow(key, row.since, value, row.cite, row.span)


def _source(bench: Workbench, declared: s.Param, kind: Type) -> ir.RowSource | None:
    """Return where the rows are kept, every column checked against what the param says of it."""
    written = declared.source
    assert written is not None
    if not declared.per:
        bench.say("E306", f"`{declared.name}` is kept in a list and has no key", written.span, "add `per symbol`, say")
        return None
    listed = bench.lists.get(written.listed)
    if listed is None:
        near = nearest(written.listed, bench.book.lists)
        help_ = f"did you mean `{near}`?" if near else "declare it with `list NAME of record`"
        if written.listed not in bench.book.lists and written.listed not in bench.book.damaged:
            bench.say("E305", f"there is no list `{written.listed}`", written.span, help_)
        return None
    bench.names.read.add(written.listed)
    columns = dict(listed.type.fields)
    wanted = [(written.column, kind), *((name, _key_type(bench, name)) for name in declared.per)]
    wanted += [(written.dated, t.DATE)] if written.dated else []
    wanted += [(written.cited, t.TEXT)] if written.cited else []
    before = len(bench.found)
    for name, needed in wanted:
        found = columns.get(name)
        if found is None:
            near = nearest(name, columns)
            help_ = f"did you mean `{near}`?" if near else f"add `column {name}: {needed}` to the list"
            bench.say("E308", f"list `{written.listed}` has no column `{name}`", written.span, help_)
        elif found != needed and not (found.kind is needed.kind is Kind.ENUM):
            message = f"column `{name}` is {found}, {needed} is needed"
            bench.say("E201", message, written.span, f"declare it as `column {name}: {needed}`")
    if len(bench.found) > before:
        return None
    return ir.RowSource(f"list:{listed.name}", written.column, written.dated, written.cited)


def _key_type(bench: Workbench, name: str) -> Type:
    facts = bench.contracts.facts
    fact = facts.get(f"intent.{name}") or facts.get(f"instrument.{name}")
    return fact.type if fact else t.TEXT


def _check_rows(bench: Workbench, rows: tuple[ir.ParamRow, ...], declared: s.Param) -> None:
    last: dict[tuple[str, ...], ir.ParamRow] = {}
    for row in rows:
        before = last.get(row.key)
        if before is not None and (row.since is None or (before.since or "") >= row.since):
            bench.say(
                "E114",
                f"the line of {row.since or 'always'} does not come after {before.since or 'always'}",
                row.span,
                "order a key's lines by date, `always` first, each date once",
            )
        last[row.key] = row


def _key(bench: Workbench, written: str, name: str, row: s.DatedValue) -> str:
    """Return a row's key in the form the intent carries it: symbols normalised, enum values checked."""
    facts = bench.contracts.facts
    fact = facts.get(f"intent.{name}") or facts.get(f"instrument.{name}")
    if fact is None or fact.type.kind not in (Kind.SYMBOL, Kind.ENUM):
        return written
    literal: s.Expr = s.TextLiteral(row.span, written)
    if fact.type.kind is Kind.ENUM:
        literal = s.Code(row.span, written)
    typed = bench.typer.value(literal, fact.type)
    return str(typed.value) if isinstance(typed, ir.Const) else written

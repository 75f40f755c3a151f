"""Declarations other than rules as entries of a handbook: numbers, names, lists, windows and tables."""

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.contracts import Age
from dsl.types import Type, show
from engine.decision.words import show_window
from engine.service.handbook_pages import Cell, Entry, Grid, Line
from engine.service.handbook_reads import Reads, Users, reads_of
from engine.service.handbook_words import anchor, block, code, links, one_line, plain, prose_of
from engine.service.limits_numbers import range_of

VALUE_HEADS = ("from", "value", "cite")


class Declarations:
    """Makes entries of one rulebook's declarations; `home` is its name."""

    def __init__(self, bundle: Bundle, users: Users, home: str) -> None:
        self._bundle, self._users, self._home = bundle, users, home

    def param(self, written: s.Param) -> Entry:
        """Return a number with its range and every dated value."""
        param = self._bundle.ruleset.params[f"{self._home}.{written.name}"]
        properties: list[tuple[str, Line]] = [("type", code(shown_type(param.type)))]
        if param.low is not None:
            properties.append(("range", code(range_of(param))))
        tighter = f"when {param.direction}" if param.direction else "by no direction: any change is one to look at"
        properties.append(("tighter", plain(tighter)))
        if param.per:
            properties.append(("one for each", plain(", ".join(param.per))))
        if param.source is not None:
            source = param.source
            dated = f", from the date in {source.dated}" if source.dated else ""
            cited = f", decided as {source.cited} says" if source.cited else ""
            listed = source.listed.removeprefix("list:")
            properties.append(
                ("kept in", (Cell("list"), *links("list", (listed,), self._home),
                             Cell(f"column {source.column}{dated}{cited}")))
            )  # fmt: skip
        grids = (values_grid("values", param),) if param.rows else ()
        return self._entry("param", written, written.name, "", properties, grids)

    def let(self, written: s.Let) -> Entry:
        """Return a named expression."""
        name = f"{self._home}.{written.name}"
        body = self._bundle.ruleset.lets[name]
        properties: list[tuple[str, Line]] = [
            ("is", code(one_line(self._bundle, written.body.span))), ("type", code(shown_type(body.type))),
        ]  # fmt: skip
        return self._entry("let", written, written.name, "", [*properties, *self._rests_on(body)])

    def maintained(self, written: s.ListUse) -> Entry:
        """Return a maintained list: where it is kept, what it holds, how old it may be."""
        listed = self._bundle.ruleset.lists[f"{self._home}.{written.name}"]
        holds = f"set of {listed.type.element}" if listed.type.element is not None else "rows of columns"
        properties: list[tuple[str, Line]] = [
            ("kept in", plain(f"{listed.origin} {listed.place}")), ("holds", code(holds)),
            ("counts for", plain(_age(listed.age))), ("rows", plain(_rows(listed.minimum_rows))),
            ("owner", plain(listed.owner)),
        ]  # fmt: skip
        if written.cite:
            properties.append(("cite", plain(written.cite)))
        rows = tuple(
            (Cell(name, is_code=True), Cell(shown_type(kind), is_code=True)) for name, kind in listed.type.fields
        )
        grids = (Grid("columns", ("column", "type"), rows),) if rows else ()
        return self._entry("list", written, written.name, listed.title, properties, grids)

    def window(self, written: s.Window) -> Entry:
        """Return what a window counts."""
        window = self._bundle.ruleset.windows[f"{self._home}.{written.name}"]
        properties: list[tuple[str, Line]] = [
            ("counts", plain(show_window(window))), ("type", code(shown_type(window.type))),
        ]  # fmt: skip
        if written.where is not None:
            properties.append(("where", code(one_line(self._bundle, written.where.span))))
        return self._entry("window", written, written.name, "", properties)

    def table(self, written: s.Table) -> Entry:
        """Return a decision table with the rows of each version."""
        table = self._bundle.ruleset.tables[f"{self._home}.{written.name}"]
        inputs = tuple(one_line(self._bundle, one.span) for one in written.inputs)
        properties: list[tuple[str, Line]] = [
            ("type", code(shown_type(table.type))), ("cite", plain("; ".join(table.cite))),
            ("owner", plain(table.owner)), *self._rests_on(*table.inputs),
        ]  # fmt: skip
        grids = []
        for version in written.versions:
            since = f"from {version.since}" if version.since else "always"
            cite = f", cite {version.cite}" if version.cite else ""
            rows = tuple(
                tuple(Cell(one_line(self._bundle, part), is_code=True)
                      for part in (*(cell.span for cell in row.cells), row.value.span))
                for row in version.rows
            )  # fmt: skip
            grids.append(Grid(f"rows {since}{cite}", (*inputs, "gives"), rows))
        return self._entry("table", written, written.name, table.title, properties, tuple(grids))

    def fixture(self, written: s.Fixture) -> Entry:
        """Return the situation tests begin from."""
        return self._entry("fixture", written, written.name, "", [])

    def _rests_on(self, *exprs: ir.Expr) -> list[tuple[str, Line]]:
        return reads_lines(reads_of(self._bundle, exprs), self._home)

    def _entry(
        self, kind: str, written: s.Declaration, name: str, title: str, properties: list[tuple[str, Line]],
        grids: tuple[Grid, ...] = (),
    ) -> Entry:  # fmt: skip
        qualified = f"{self._home}.{name}"
        if kind != "fixture":
            users = self._users.of(kind, qualified)
            used = tuple(Cell(rule, is_code=True, to=anchor("rule", rule)) for rule in users)
            properties = [*properties, ("read by", used or plain("no rule"))]
        span = written.span
        return Entry(
            kind, name, title, anchor(kind, qualified), prose_of(written.doc), tuple(properties), grids,
            block(self._bundle, span), f"{span.file}:{span.line}",
        )  # fmt: skip


def reads_lines(reads: Reads, home: str) -> list[tuple[str, Line]]:
    """Return what something rests on, one property a kind; facts as paths."""
    out: list[tuple[str, Line]] = []
    for label, kind in (("numbers", "param"), ("names", "let"), ("tables", "table"), ("windows", "window"),
                        ("lists", "list")):  # fmt: skip
        names: tuple[str, ...] = getattr(reads, f"{kind}s")
        if names:
            out.append((label, links(kind, names, home)))
    facts = reads.facts
    if facts:
        out.append(("facts", tuple(Cell(path, is_code=True) for path in facts)))
    return out


def values_grid(heading: str, *params: ir.Param, home: str | None = None) -> Grid:
    """Return the dated values of params, a row each; with a `home` also whose they are."""
    is_keyed = any(param.per for param in params)
    rows = []
    for param in params:
        for row in param.rows:
            name = () if home is None else links("param", (param.name,), home)
            key = (Cell(", ".join(row.key)),) if is_keyed else ()
            value = Cell(show(row.value, param.type), is_code=True)
            rows.append((*name, *key, Cell(row.since or "always"), value, Cell(row.cite)))
    heads = (*(() if home is None else ("number",)), *(("for",) if is_keyed else ()), *VALUE_HEADS)
    return Grid(heading, heads, tuple(rows))


def shown_type(kind: Type) -> str:
    """Return a type as a rule file has it, an enum by its words."""
    return " | ".join(kind.values) if kind.values else str(kind)


def _age(age: Age | None) -> str:
    return "ever" if age is None else str(age)


def _rows(least: int) -> str:
    return "may be empty" if least == 0 else f"at least {least}"

"""Numbers, names, lists and windows from parse tree to syntax tree."""

from typing import Any

from lark import v_args

from dsl import syntax as s
from dsl.build_expressions import ExpressionBuilder
from dsl.build_places import BuildFault, number_of, unquote
from dsl.diagnostics import Diagnostic


@v_args(meta=True)
class DeclarationBuilder(ExpressionBuilder):
    """One method per rule of the grammar of plain declarations."""

    def rulebook(self, meta: Any, c: list[Any]) -> s.Rulebook:
        return s.Rulebook(self._span(meta), self._doc, str(c[0]), unquote(c[1]))

    def calendar(self, meta: Any, c: list[Any]) -> s.CalendarUse:
        return s.CalendarUse(self._span(meta), self._doc, str(c[0]), unquote(c[1]))

    def uses(self, meta: Any, c: list[Any]) -> s.Uses:
        return s.Uses(self._span(meta), self._doc, tuple((str(t), self._token(t)) for t in c))

    def param(self, meta: Any, c: list[Any]) -> s.Param:
        name, kind, within, direction, per, *rest = c
        low, high = within or (None, None)
        source = rest[0] if isinstance(rest[0], s.RowSource) else None
        rows = () if source else tuple(rest)
        return s.Param(
            self._span(meta), self._doc, str(name), kind, low, high, direction, per or (), rows, source
        )  # fmt: skip

    def row_source(self, meta: Any, c: list[Any]) -> s.RowSource:
        listed, column, dated, cited = (None if t is None else str(t) for t in c)
        return s.RowSource(self._span(meta), listed or "", column or "", dated, cited)

    def within(self, meta: Any, c: list[Any]) -> tuple[Any, Any]:
        return c[0], c[2]

    def direction(self, meta: Any, c: list[Any]) -> str:
        if c[0] not in ("lower", "higher"):
            raise BuildFault(
                Diagnostic(
                    "E011",
                    f"`tighter when {c[0]}` is neither lower nor higher",
                    self._token(c[0]),
                    help="write `tighter when lower` or `tighter when higher`",
                )
            )
        return str(c[0])

    def per(self, meta: Any, c: list[Any]) -> tuple[str, ...]:
        return tuple(str(t) for t in c)

    def dated(self, meta: Any, c: list[Any]) -> s.DatedValue:
        key, since, _, value, cite = c
        return s.DatedValue(self._span(meta), key or (), since, value, unquote(cite))

    def row_key(self, meta: Any, c: list[Any]) -> tuple[str, ...]:
        return tuple(c)

    def key_text(self, meta: Any, c: list[Any]) -> str:
        return unquote(c[0])

    def key_word(self, meta: Any, c: list[Any]) -> str:
        return str(c[0])

    def always(self, meta: Any, c: list[Any]) -> None:
        return None

    def since_date(self, meta: Any, c: list[Any]) -> str:
        return str(c[0])

    def value(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    def code_value(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Code(self._span(meta), str(c[0]))

    def text_value(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.TextLiteral(self._span(meta), unquote(c[0]))

    def let(self, meta: Any, c: list[Any]) -> s.Let:
        return s.Let(self._span(meta), self._doc, str(c[0]), c[1], c[3])

    def plain_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), str(c[0]))

    def unit_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), str(c[0]), str(c[1]))

    def set_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), "set", str(c[0]))

    def enum_type(self, meta: Any, c: list[Any]) -> s.TypeName:
        return s.TypeName(self._span(meta), "enum", "", tuple(str(t) for t in c))

    def list_decl(self, meta: Any, c: list[Any]) -> s.ListUse:
        name, element, title, *clauses = c
        parts: dict[str, Any] = {}
        columns: list[tuple[str, s.TypeName]] = []
        repeated: list[str] = []
        for part in clauses:
            word, content = part if isinstance(part, tuple) else (part.word, "; ".join(part.values))
            if word == "column":
                columns.append(content)
            elif word in parts:
                repeated.append(word)
            else:
                parts[word] = content
        return s.ListUse(
            self._span(meta),
            self._doc,
            str(name),
            str(element),
            unquote(title),
            parts.get("origin"),
            tuple(columns),
            parts.get("fresh"),
            parts.get("rows"),
            parts.get("cite"),
            parts.get("owner"),
            tuple(repeated),
        )

    def from_file(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "origin", ("file", unquote(c[0]))

    def from_database(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "origin", ("database", unquote(c[0]))

    def column(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "column", (str(c[0]), c[1])

    def list_fresh(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "fresh", c[0]

    def may_be_empty(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        return "rows", 0

    def at_least(self, meta: Any, c: list[Any]) -> tuple[str, Any]:
        count = number_of(c[0])
        if count.denominator != 1 or c[1] not in ("row", "rows"):
            raise BuildFault(
                Diagnostic(
                    "E015", "a list holds a whole number of rows", self._token(c[0]), help="write `at least 1 row`"
                )
            )
        return "rows", int(count)

    def window(self, meta: Any, c: list[Any]) -> s.Window:
        name, _, function, event, reach, per, where = c
        over, since = (None, reach) if isinstance(reach, str) else (reach, None)
        return s.Window(
            self._span(meta), self._doc, str(name), str(function), str(event), over, since, per or (), where
        )  # fmt: skip

    def since_event(self, meta: Any, c: list[Any]) -> str:
        return str(c[0])

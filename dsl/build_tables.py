"""Decision tables from parse tree to syntax tree."""

from typing import Any

from lark import v_args

from dsl import syntax as s
from dsl.build_declarations import DeclarationBuilder
from dsl.build_places import unquote


@v_args(meta=True)
class TableBuilder(DeclarationBuilder):
    """One method per rule of the grammar of tables."""

    def table(self, meta: Any, c: list[Any]) -> s.Table:
        name, title, *rest = c
        parts: dict[str, Any] = {}
        repeated: list[str] = []
        versions: list[s.TableVersion] = []
        for part in rest:
            if isinstance(part, s.TableVersion):
                versions.append(part)
                continue
            if part is None:
                continue
            word, content = (part.word, part.values) if isinstance(part, s.Clause) else part
            if word in parts:
                repeated.append(word)
            parts.setdefault(word, content)
        owner = parts.get("owner", (None,))[0]
        return s.Table(
            self._span(meta), self._doc, str(name), unquote(title), parts.get("given", ()), parts.get("gives"),
            tuple(versions), parts.get("cite", ()), owner, tuple(repeated),
        )  # fmt: skip

    def given(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "given", tuple(c)

    def gives(self, meta: Any, c: list[Any]) -> tuple[str, s.TypeName]:
        return "gives", c[0]

    def first_rows(self, meta: Any, c: list[Any]) -> s.TableVersion:
        return s.TableVersion(self._span(meta), None, None, tuple(c))

    def table_version(self, meta: Any, c: list[Any]) -> s.TableVersion:
        since, cite, *rows = c
        return s.TableVersion(self._span(meta), since, unquote(cite) if cite else None, tuple(rows))

    def table_row(self, meta: Any, c: list[Any]) -> s.TableRow:
        *cells, _, value = c
        return s.TableRow(self._span(meta), tuple(cells), value)

    def any_cell(self, meta: Any, c: list[Any]) -> s.Cell:
        return s.Cell(self._span(meta), "any", ())

    def is_cell(self, meta: Any, c: list[Any]) -> s.Cell:
        return s.Cell(self._span(meta), "is", (c[0],))

    def compared_cell(self, meta: Any, c: list[Any]) -> s.Cell:
        return s.Cell(self._span(meta), str(c[0]), (c[1],))

    def range_cell(self, meta: Any, c: list[Any]) -> s.Cell:
        return s.Cell(self._span(meta), "..", (c[0], c[2]))

    def in_cell(self, meta: Any, c: list[Any]) -> s.Cell:
        return s.Cell(self._span(meta), "in", tuple(c))

    def constant(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

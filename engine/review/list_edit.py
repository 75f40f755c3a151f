"""Lists edited and written: a new version is whole text with a true header, and knows what became of the old one."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl import ir
from dsl.bundle import Bundle
from dsl.types import Kind
from engine.marketdata.lists import NamedList, parse_list
from engine.marketdata.text_file import decode
from engine.model.time import Timestamp, format_timestamp
from engine.review.change import Change, Relation
from engine.review.directions import Direction, direction_of, is_named
from engine.review.refusal import ReviewRefused

_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,15}", re.ASCII)
_SHOWN = 20

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Rows to add and rows to take out, by what their first cell says; `others` fills further columns of added ones."""

    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    others: Mapping[str, str] | None = None


def open_list(raw: bytes, where: str) -> NamedList:
    """Return the list of some bytes. Raises ReviewRefused (LIST_REFUSED) and DataRefused for text that is no UTF-8."""
    read = parse_list(decode(raw, where))
    if isinstance(read, NamedList):
        return read
    raise ReviewRefused("LIST_REFUSED", f"{read[0].where}: {read[0].what}", read[0].help)


def edited(base: NamedList, edit: Edit) -> tuple[Row, ...]:
    """Return the rows after an edit. Raises ReviewRefused: LIST_CELL, LIST_COLUMN, LIST_ROW_KNOWN, LIST_ROW_UNKNOWN."""
    others = dict(edit.others or {})
    strange = sorted(set(others) - set(base.columns[1:]))
    if strange:
        raise ReviewRefused("LIST_COLUMN", f"{base.name} has no further column {', '.join(strange)}",
                            f"its columns are {', '.join(base.columns)}")  # fmt: skip
    present = [row[0] for row in base.rows]
    for name in edit.remove:
        if name not in present:
            raise ReviewRefused("LIST_ROW_UNKNOWN", f"{base.name} has no {name!r}", f"see `mqk lists show {base.name}`")
    if "" in edit.add:
        raise ReviewRefused("LIST_CELL", f"a row of {base.name} begins with nothing", "say what is to be added")
    kept = tuple(row for row in base.rows if row[0] not in edit.remove)
    added = tuple((name, *(others.get(column, "") for column in base.columns[1:])) for name in edit.add)
    for row in added:
        if row[0] in {other[0] for other in kept} or edit.add.count(row[0]) > 1:
            raise ReviewRefused(
                "LIST_ROW_KNOWN", f"{base.name} has {row[0]!r} already", "take it out to change its row"
            )
    return (*kept, *added)


def write_list(base: NamedList, rows: Sequence[Row], at: Timestamp, source: str) -> bytes:
    """Return a list file with other rows, true as of `at`. Raises ReviewRefused (LIST_REFUSED)."""
    body = io.StringIO()
    writer = csv.writer(body, lineterminator="\n")
    writer.writerow(base.columns)
    writer.writerows(rows)
    head = (
        f"#! list {base.name} v{base.version}\n#! as_of {format_timestamp(at)}\n#! owner {base.owner}\n"
        f"#! source {source}\n#! rows {len(rows)}\n"
    )
    raw = (head + body.getvalue()).encode()
    open_list(raw, base.name)
    return raw


def compare_lists(base: NamedList, proposed: NamedList, bundle: Bundle | None) -> Change:
    """Return how two versions of a list compare under the rules in force.

    Under rules that read a set, only its first column counts; a row that changes is one less and one more.
    """
    if (base.name, base.version, base.columns) != (proposed.name, proposed.version, proposed.columns):
        return Change(Relation.LOOSER, ("looser: another name, format or columns",))
    rows = [_rows(each, _is_set(bundle, base.name)) for each in (base, proposed)]
    added, removed = sorted(rows[1] - rows[0]), sorted(rows[0] - rows[1])
    if not added and not removed:
        return Change(Relation.EQUAL, ("no row the rules read changes",))
    direction = direction_of(bundle, base.name)
    loosening = {Direction.TIGHTER: removed, Direction.LOOSER: added, Direction.UNKNOWN: [*added, *removed]}[direction]
    findings = [f"{base.name}: {direction}", *(f"adds {_said(row)}" for row in added[:_SHOWN])]
    findings += [f"removes {_said(row)}" for row in removed[:_SHOWN]]
    hidden = max(0, len(added) - _SHOWN) + max(0, len(removed) - _SHOWN)
    findings += [f"and {hidden} rows more"] if hidden else []
    return Change(Relation.LOOSER if loosening else Relation.TIGHTER, tuple(findings))


def check_content(read: NamedList, bundle: Bundle | None) -> None:
    """Refuse what no rule could use: cells that are no symbols, too few rows, other columns.

    Raises ReviewRefused: LIST_CELL, LIST_TOO_SHORT, LIST_COLUMN.
    """
    for listed in _uses(bundle, read.name):
        if len(read.rows) < listed.minimum_rows:
            what = f"{read.name} would have {len(read.rows)} row(s), {listed.name} asks for {listed.minimum_rows}"
            raise ReviewRefused("LIST_TOO_SHORT", what, "keep enough rows, or change the rulebook first")
        element = listed.type.element
        if listed.type.kind is Kind.SET and element is not None and element.kind is Kind.SYMBOL:
            _check_symbols(read)
        missing = sorted({name for name, _ in listed.type.fields} - set(read.columns))
        if missing:
            what = f"{read.name} has no column {', '.join(missing)}, which {listed.name} reads"
            raise ReviewRefused("LIST_COLUMN", what, "give the list every column the rulebook names")


def _check_symbols(read: NamedList) -> None:
    for row in read.rows:
        if not _SYMBOL.fullmatch(row[0]):
            raise ReviewRefused("LIST_CELL", f"{row[0]!r} is no symbol, so no order would ever match it",
                                "symbols are A-Z, 0-9 and '.', at most 16")  # fmt: skip


def _uses(bundle: Bundle | None, name: str) -> list[ir.ListUse]:
    return [] if bundle is None else [use for _, use in sorted(bundle.ruleset.lists.items()) if is_named(use, name)]


def _is_set(bundle: Bundle | None, name: str) -> bool:
    uses = _uses(bundle, name)
    return bool(uses) and all(use.type.kind is Kind.SET for use in uses)


def _rows(read: NamedList, is_set: bool) -> set[Row]:
    return {row[:1] for row in read.rows} if is_set else set(read.rows)


def _said(row: Row) -> str:
    return ", ".join(cell for cell in row if cell)[:120]

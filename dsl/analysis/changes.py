"""What changed as written: numbers, lists, and words that judge nothing."""

from dataclasses import dataclass

from dsl import ir
from dsl.analysis.relation import Relation
from dsl.bundle import Bundle
from dsl.program import is_tighter
from dsl.types import show


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is written otherwise. `relation` is what the change alone makes of it."""

    name: str
    what: str
    before: str
    after: str
    relation: Relation


def number_changes(before: Bundle, after: Bundle) -> tuple[Change, ...]:
    """Return every dated value that was added, removed or changed, and every range and direction."""
    was, now = before.ruleset.params, after.ruleset.params
    out: list[Change] = []
    for name in sorted({*was, *now}):
        old, new = was.get(name), now.get(name)
        if old is None or new is None:
            there = old or new
            assert there is not None
            relation = Relation.ADDED if old is None else Relation.REMOVED
            out += [_row(name, there, key, relation) for key in _rows(there)]
            if there.source is not None:
                kept = _source(there)
                left, right = ("-", kept) if old is None else (kept, "-")
                out.append(Change(name, "kept in", left, right, relation))
            continue
        out += _param(name, old, new)
    return tuple(out)


def _param(name: str, old: ir.Param, new: ir.Param) -> list[Change]:
    out = []
    if (old.low, old.high) != (new.low, new.high):
        out.append(Change(name, "range", _range(old), _range(new), Relation.INCOMPARABLE))
    if old.direction != new.direction:
        out.append(Change(name, "tighter when", old.direction or "-", new.direction or "-", Relation.INCOMPARABLE))
    if old.type != new.type:
        out.append(Change(name, "type", str(old.type), str(new.type), Relation.INCOMPARABLE))
        return out
    if old.source != new.source:
        out.append(Change(name, "kept in", _source(old), _source(new), Relation.INCOMPARABLE))
    rows_old, rows_new = _rows(old), _rows(new)
    for key in {**rows_old, **rows_new}:
        a, b = rows_old.get(key), rows_new.get(key)
        if a is None:
            out.append(_row(name, new, key, Relation.ADDED))
        elif b is None:
            out.append(_row(name, old, key, Relation.REMOVED))
        elif a.value != b.value:
            moved = Relation.TIGHTER if is_tighter(new, b.value, a.value) else Relation.LOOSER
            relation = moved if new.direction else Relation.INCOMPARABLE
            out.append(Change(name, _label(key), show(a.value, old.type), show(b.value, new.type), relation))
    return out


def _source(param: ir.Param) -> str:
    if param.source is None:
        return "rule file"
    told = (param.source.listed, param.source.column, param.source.dated, param.source.cited)
    return ", ".join(part for part in told if part is not None)


_Key = tuple[tuple[str, ...], str]


def _rows(param: ir.Param) -> dict[_Key, ir.ParamRow]:
    return {(row.key, row.since or "always"): row for row in param.rows}


def _row(name: str, param: ir.Param, key: _Key, relation: Relation) -> Change:
    value = show(_rows(param)[key].value, param.type)
    before, after = ("-", value) if relation is Relation.ADDED else (value, "-")
    return Change(name, _label(key), before, after, relation)


def _label(key: _Key) -> str:
    return " ".join([*key[0], key[1]])


def _range(param: ir.Param) -> str:
    if param.low is None or param.high is None:
        return ", ".join(param.type.values) or "-"
    return f"{show(param.low, param.type)} .. {show(param.high, param.type)}"


def list_changes(before: Bundle, after: Bundle) -> tuple[Change, ...]:
    """Return what changed in the declarations of lists: source, columns, freshness, least number of rows."""
    was, now = before.ruleset.lists, after.ruleset.lists
    out: list[Change] = []
    for name in sorted({*was, *now}):
        old, new = was.get(name), now.get(name)
        if old is None or new is None:
            added = old is None
            out.append(Change(name, "list", "-" if added else "declared", "declared" if added else "-",
                              Relation.ADDED if added else Relation.REMOVED))  # fmt: skip
            continue
        if (old.origin, old.place) != (new.origin, new.place):
            was_in, now_in = (f"{one.origin} {one.place}" for one in (old, new))
            out.append(Change(name, "kept in", was_in, now_in, Relation.INCOMPARABLE))
        if old.type != new.type:
            out.append(Change(name, "columns", _columns(old), _columns(new), Relation.INCOMPARABLE))
        if old.minimum_rows != new.minimum_rows:
            moved = Relation.TIGHTER if new.minimum_rows > old.minimum_rows else Relation.LOOSER
            out.append(Change(name, "at least rows", str(old.minimum_rows), str(new.minimum_rows), moved))
        if old.age != new.age:
            out.append(Change(name, "fresh", str(old.age or "-"), str(new.age or "-"), _fresher(old, new)))
    return tuple(out)


def _columns(listed: ir.ListUse) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in listed.type.fields) or str(listed.type)


def _fresher(old: ir.ListUse, new: ir.ListUse) -> Relation:
    if old.age is None or new.age is None:
        return Relation.TIGHTER if old.age is None else Relation.LOOSER
    if old.age.kind != new.age.kind:
        return Relation.INCOMPARABLE
    return Relation.TIGHTER if new.age.count < old.age.count else Relation.LOOSER


def word_changes(old: ir.Rule, new: ir.Rule) -> tuple[Change, ...]:
    """Return what a rule says otherwise: title, reason, citation, owner, codes of its lines."""
    pairs = [
        ("title", old.title, new.title),
        ("because", _reason(old), _reason(new)),
        ("cite", "; ".join(old.cite), "; ".join(new.cite)),
        ("owner", old.owner, new.owner),
        ("codes", _codes(old), _codes(new)),
        ("scope", ", ".join(old.scope), ", ".join(new.scope)),
        ("rulebook", old.rulebook, new.rulebook),
    ]
    return tuple(Change(old.id, what, a, b, Relation.EQUAL) for what, a, b in pairs if a != b)


def _reason(rule: ir.Rule) -> str:
    """Return a reason with its holes; of a hole the type is enough to see that it was replaced."""
    return "".join(piece if isinstance(piece, str) else f"{{{_hole(piece)}}}" for piece in rule.because.pieces)


def _hole(expr: ir.Expr) -> str:
    match expr:
        case ir.FactRef():
            return expr.path
        case ir.LetRef() | ir.ParamRef():
            return expr.name
        case _:
            return str(expr.type)


def _codes(rule: ir.Rule) -> str:
    return ", ".join(f"{line.effect} {line.code}" for line in rule.lines)

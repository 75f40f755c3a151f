"""What a rule, name or table rests on, through the names between: numbers, names, tables, windows, lists and facts."""

from collections.abc import Iterable
from dataclasses import dataclass

from dsl import ir
from dsl.bundle import Bundle
from dsl.reads import rule_expressions


@dataclass(frozen=True, slots=True)
class Reads:
    """Qualified names, sorted; facts by path."""

    params: tuple[str, ...]
    lets: tuple[str, ...]
    tables: tuple[str, ...]
    windows: tuple[str, ...]
    lists: tuple[str, ...]
    facts: tuple[str, ...]


def reads_of(bundle: Bundle, exprs: Iterable[ir.Expr]) -> Reads:
    """Return everything some expressions rest on, whatever the date."""
    ruleset = bundle.ruleset
    found: dict[str, set[str]] = {name: set() for name in ("param", "let", "table", "window", "list", "fact")}
    waiting = list(exprs)
    while waiting:
        for part in ir.walk(waiting.pop()):
            if isinstance(part, ir.ParamRef | ir.Lookup):
                found["param"].add(part.name)
            elif isinstance(part, ir.LetRef):
                kind = "table" if part.name in ruleset.tables else "let"
                if part.name not in found[kind]:
                    found[kind].add(part.name)
                    waiting += _body(bundle, part.name)
            elif isinstance(part, ir.FactRef) and part.path != "event":
                kind, is_own, name = part.path.partition(":")
                if is_own and name not in found[kind]:
                    found[kind].add(name)
                    where = ruleset.windows[name].where if kind == "window" else None
                    waiting += [where] if where is not None else []
                elif not is_own and not part.path.startswith("event"):
                    found["fact"].add(part.path)
    return Reads(*(tuple(sorted(names)) for names in found.values()))


def _body(bundle: Bundle, name: str) -> list[ir.Expr]:
    table = bundle.ruleset.tables.get(name)
    if table is None:
        return [bundle.ruleset.lets[name]]
    return [*table.inputs, *(version.body for version in table.versions)]


class Users:
    """Which rules rest on what: `of` names them by id."""

    def __init__(self, bundle: Bundle) -> None:
        self.reads = {rule.id: reads_of(bundle, rule_expressions(rule)) for rule in bundle.ruleset.rules}

    def of(self, kind: str, name: str) -> tuple[str, ...]:
        """Return the ids of the rules that rest on a param, let, table, window or list."""
        return tuple(sorted(rule for rule, reads in self.reads.items() if name in getattr(reads, f"{kind}s")))

"""Rulebooks to rule IR: names become things, sugar goes, every clause is checked once."""

from collections.abc import Callable
from dataclasses import replace

from dsl import ir
from dsl import syntax as s
from dsl.contracts import Contracts
from dsl.cost import MAX_EXPANDED, expanded
from dsl.diagnostics import Diagnostic, has_errors
from dsl.lower_lists import lower_list, lower_window
from dsl.lower_params import lower_param
from dsl.lower_proofs import lower_proofs, unknown_subjects
from dsl.lower_rules import lower_rule
from dsl.lower_tables import lower_table, static_body
from dsl.moments import is_zone
from dsl.names import Rulebook
from dsl.workbench import Shared, Workbench


def lower(books: list[Rulebook], contracts: Contracts) -> tuple[ir.Ruleset, list[Diagnostic]]:
    """Return the typed rules of all rulebooks, sorted by id, and everything wrong with them."""
    found: list[Diagnostic] = []
    rules: list[ir.Rule] = []
    proofs: list[ir.Proof] = []
    ruleset = ir.Ruleset((), {}, {}, {}, {}, _zone(books, found))
    shared = _shared(books, ruleset)
    for book in books:
        bench = Workbench(book, contracts, ruleset, found, shared)
        rules += _book(bench, ruleset)
        proofs += bench.proofs
    found += unknown_subjects(books)
    rules.sort(key=lambda rule: rule.id)
    return replace(ruleset, rules=tuple(rules), proofs=tuple(proofs)), found


def _shared(books: list[Rulebook], ruleset: ir.Ruleset) -> Shared:
    written = [text for book in books for text in book.rules.values()]
    scopes = {text.id: clause.values for text in written if (clause := text.clause("scope")) is not None}
    return Shared({text.id: text.kind for text in written}, scopes, _table_into(ruleset))


def _table_into(ruleset: ir.Ruleset) -> Callable[[Workbench, s.Table], ir.Expr | None]:
    """Return how a table met while names are read is lowered: once, into the ruleset."""

    def table(bench: Workbench, declared: s.Table) -> ir.Expr | None:
        lowered = lower_table(bench, declared)
        if lowered is None:
            return None
        body = static_body(lowered)
        if expanded(body, bench.names.sizes) > MAX_EXPANDED:
            message = f"this table stands for more than the {MAX_EXPANDED} operations that are allowed"
            bench.say("E501", message, declared.span, "ask it of fewer or simpler inputs")
            return None
        ruleset.tables[lowered.name] = lowered
        return body

    return table


def _zone(books: list[Rulebook], found: list[Diagnostic]) -> str:
    zones = {book.calendar.zone: book.calendar.span for book in books if book.calendar and is_zone(book.calendar.zone)}
    for zone, span in sorted(zones.items())[1:]:
        found.append(
            Diagnostic(
                "E113",
                f"another rulebook keeps its dates in {sorted(zones)[0]}, this one in {zone}",
                span,
                help="one desk keeps one calendar",
            )
        )
    return sorted(zones)[0] if zones else "America/New_York"


def _book(bench: Workbench, ruleset: ir.Ruleset) -> list[ir.Rule]:
    """Lower one rulebook into the shared ruleset."""
    before = len(bench.found)
    for listed in bench.book.lists.values():
        lower_list(bench, listed)
    for param in bench.book.params.values():
        lower_param(bench, param)
    for window in bench.book.windows.values():
        lower_window(bench, window)
    for name in (*bench.book.lets, *bench.book.tables):
        bench.let(name)
    rules = [lower_rule(bench, rule) for rule in bench.book.rules.values()]
    lower_proofs(bench)
    _check_uses(bench)
    if not has_errors(bench.found[before:]):
        _check_idle(bench)
    ruleset.params.update({p.name: p for p in bench.params.values()})
    ruleset.windows.update({w.name: w for w in bench.windows.values()})
    ruleset.lists.update({entry.name: entry for entry in bench.lists.values()})
    return [rule for rule in rules if rule is not None]


def _check_uses(bench: Workbench) -> None:
    if "uses" in bench.book.unread:
        return
    for name in sorted(bench.names.used - set(bench.book.uses) - {"now", "law_date", "scope"}):
        bench.say(
            "E302",
            f"the rulebook reads `{name}` but does not say so",
            bench.book.span,
            f"add `{name}` to its `uses` line",
        )


def _check_idle(bench: Workbench) -> None:
    """Warn of what is declared and never read: a limit somebody believes in that limits nothing."""
    book = bench.book
    if book.damaged or book.unread:
        return
    for what, table in (
        ("param", book.params),
        ("let", book.lets),
        ("list", book.lists),
        ("window", book.windows),
        ("table", book.tables),
    ):
        for name, declared in table.items():
            if "." not in name and name not in bench.names.read:
                bench.say("W602", f"{what} `{name}` is never read", declared.span, "read it in a rule, or remove it")
    for name in book.uses:
        if name not in bench.names.used and name in bench.contracts.namespaces:
            bench.say(
                "W603", f"the rulebook uses `{name}` and reads nothing of it", book.span, "take it off its `uses`"
            )

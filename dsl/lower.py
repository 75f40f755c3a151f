"""Rulebooks to rule IR: names become things, sugar goes, every clause is checked once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Lowered:
    """One rulebook lowered: its part of a ruleset, in order of writing, and what is wrong with it."""

    part: ir.Ruleset
    found: tuple[Diagnostic, ...]


def lower(books: list[Rulebook], contracts: Contracts) -> tuple[ir.Ruleset, list[Diagnostic]]:
    """Return the typed rules of all rulebooks, sorted by id, and everything wrong with them."""
    zone, found = zone_of(books)
    kinds, scopes = rules_of(books)
    lowered = [lower_book(book, contracts, kinds, scopes) for book in books]
    found += [*(d for one in lowered for d in one.found), *unknown_subjects(books)]
    return join([one.part for one in lowered], zone), found


def lower_book(
    book: Rulebook, contracts: Contracts, kinds: Mapping[str, str], scopes: Mapping[str, tuple[str, ...]]
) -> Lowered:
    """Lower one rulebook by itself; of the others it need only know each rule's kind and scope by id."""
    found: list[Diagnostic] = []
    part = ir.Ruleset((), {}, {}, {}, {}, "")
    bench = Workbench(book, contracts, part, found, Shared(kinds, scopes, _table_into(part)))
    rules = tuple(_book(bench, part))
    return Lowered(replace(part, rules=rules, proofs=tuple(bench.proofs)), tuple(found))


def join(parts: Iterable[ir.Ruleset], zone: str) -> ir.Ruleset:
    """Return the rulesets of several rulebooks as one, its rules sorted by id."""
    rules: list[ir.Rule] = []
    proofs: list[ir.Proof] = []
    whole = ir.Ruleset((), {}, {}, {}, {}, zone)
    for part in parts:
        rules += part.rules
        proofs += part.proofs
        whole.params.update(part.params)
        whole.lets.update(part.lets)
        whole.windows.update(part.windows)
        whole.lists.update(part.lists)
        whole.tables.update(part.tables)
    return replace(whole, rules=tuple(sorted(rules, key=lambda rule: rule.id)), proofs=tuple(proofs))


def rules_of(books: list[Rulebook]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return every rule's kind, and the scope of those written with one, by id."""
    written = [text for book in books for text in book.rules.values()]
    scopes = {text.id: clause.values for text in written if (clause := text.clause("scope")) is not None}
    return {text.id: text.kind for text in written}, scopes


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


def zone_of(books: list[Rulebook]) -> tuple[str, list[Diagnostic]]:
    """Return the zone dates are kept in, and the rulebooks that would keep them in another."""
    zones = {book.calendar.zone: book.calendar.span for book in books if book.calendar and is_zone(book.calendar.zone)}
    found = [
        Diagnostic(
            "E113",
            f"another rulebook keeps its dates in {sorted(zones)[0]}, this one in {zone}",
            span,
            help="one desk keeps one calendar",
        )
        for zone, span in sorted(zones.items())[1:]
    ]
    return sorted(zones)[0] if zones else "America/New_York", found


def _book(bench: Workbench, ruleset: ir.Ruleset) -> list[ir.Rule]:
    """Lower one rulebook into its part of a ruleset."""
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

"""Everything scenarios must show of a bundle, by place."""

from collections.abc import Iterator

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.cover import conditions, facts, latches, numbers, times
from dsl.cover.obligation import Kind, Obligation
from dsl.cover.readers import Readers
from dsl.cover.wording import Wording
from dsl.names import Rulebook


def obligations(bundle: Bundle) -> tuple[Obligation, ...]:
    """Return every obligation of a bundle; what is not read by any rule has none."""
    words = Wording(bundle.sources)
    found = [one for book in bundle.books for one in _of_book(bundle, book, words)]
    return tuple(sorted(found, key=lambda one: one.order))


def _of_book(bundle: Bundle, book: Rulebook, words: Wording) -> Iterator[Obligation]:
    own = {rule.id: rule for rule in bundle.ruleset.rules if rule.rulebook == book.name}
    readers, lets = Readers(bundle, tuple(own.values())), bundle.ruleset.lets
    for id_, written in book.rules.items():
        if id_ in own:
            yield from _of_rule(bundle, own[id_], written, words)
    for name in book.lets:
        full = f"{book.name}.{name}"
        if readers.of_let(full):
            yield from conditions.of_expressions([lets[full]], readers.of_let(full), lets, words)
    for name, table in book.tables.items():
        full = f"{book.name}.{name}"
        if readers.of_let(full) and full in bundle.ruleset.tables:
            yield from conditions.of_table(bundle.ruleset.tables[full], table, readers.of_let(full), lets, words)
            yield from numbers.of_table(bundle.ruleset.tables[full], readers.of_let(full))
    for name in book.params:
        full = f"{book.name}.{name}"
        if readers.of_param(full):
            yield from numbers.of_param(bundle.ruleset.params[full], readers.of_param(full), words)
    for name, window in book.windows.items():
        full = f"{book.name}.{name}"
        if readers.of_window(full):
            yield from times.of_window(bundle.ruleset.windows[full], window, readers.of_window(full), words)


def _of_rule(bundle: Bundle, rule: ir.Rule, written: s.RuleText, words: Wording) -> Iterator[Obligation]:
    unknowns = list(facts.of_facts(rule, bundle, words))
    can_miss = any(one.kind is Kind.UNKNOWN for one in unknowns)
    yield from conditions.of_rule(rule, bundle.ruleset.lets, words)
    yield from unknowns
    effective = written.clause("effective")
    if effective is not None:
        yield from numbers.of_rule(rule, effective.span)
    yield from times.of_lines(rule, written)
    yield from latches.of_switch(rule, written, can_miss)

"""Every mutant of a bundle, by place."""

from collections.abc import Iterator
from dataclasses import replace

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.cover import facts
from dsl.cover.conditions import deciding
from dsl.cover.obligation import Kind as Shown
from dsl.cover.readers import Readers
from dsl.cover.wording import Wording
from dsl.mutation import clauses, numbers, owned
from dsl.mutation.expressions import Exchange, of_expressions
from dsl.mutation.mutant import Mutant
from dsl.names import Rulebook
from dsl.rewrite import Change, substitute, with_let, with_rule, with_table


def mutants(bundle: Bundle) -> tuple[Mutant, ...]:
    """Return every mutant of a bundle; what no rule reads has none."""
    words = Wording(bundle.sources)
    readers = Readers(bundle, bundle.ruleset.rules)
    found = [one for book in bundle.books for one in _of_book(bundle, book, readers, words)]
    return tuple(sorted(found, key=lambda one: one.order))


def _of_book(bundle: Bundle, book: Rulebook, readers: Readers, words: Wording) -> Iterator[Mutant]:
    ruleset = bundle.ruleset
    for rule in ruleset.rules:
        if rule.rulebook == book.name:
            yield from _of_rule(bundle, rule, book.rules[rule.id], words)
    for name in (f"{book.name}.{short}" for short in book.lets):
        if readers.of_let(name):
            body = ruleset.lets[name]
            yield from of_expressions([body], _in_let(name, body), readers.of_let(name), ruleset.lets, words)
    for name in (f"{book.name}.{short}" for short in book.tables):
        if readers.of_let(name) and name in ruleset.tables:
            yield from _of_table(ruleset.tables[name], readers.of_let(name), ruleset.lets, words)
    for name in (f"{book.name}.{short}" for short in book.params):
        if readers.of_param(name):
            yield from numbers.of_param(ruleset.params[name], readers.of_param(name), words)
    for short, written in book.windows.items():
        name = f"{book.name}.{short}"
        if readers.of_window(name):
            yield from numbers.of_window(ruleset.windows[name], written, readers.of_window(name), words)


def _of_rule(bundle: Bundle, rule: ir.Rule, written: s.RuleText, words: Wording) -> Iterator[Mutant]:
    lets = bundle.ruleset.lets
    exprs = deciding(rule)
    if isinstance(rule.own, ir.Gate) and rule.own.score is not None:
        exprs.append(rule.own.score)
    yield from of_expressions(exprs, _in_rule(rule), (rule.id,), lets, words)
    can_miss = any(one.kind is Shown.UNKNOWN for one in facts.of_facts(rule, bundle, words))
    yield from clauses.of_rule(rule, written, can_miss)
    yield from owned.of_rule(rule, written, can_miss)


def _of_table(table: ir.Table, rules: tuple[str, ...], lets: dict[str, ir.Expr], words: Wording) -> Iterator[Mutant]:
    for at, version in enumerate(table.versions):
        yield from of_expressions([version.body], _in_table(table, at), rules, lets, words)
    yield from numbers.of_table(table, rules)


def _in_rule(rule: ir.Rule) -> Exchange:
    return lambda node, new: lambda bundle: with_rule(bundle, substitute(rule, node, new))


def _in_let(name: str, body: ir.Expr) -> Exchange:
    return lambda node, new: lambda bundle: with_let(bundle, name, substitute(body, node, new))


def _in_table(table: ir.Table, at: int) -> Exchange:
    version = table.versions[at]

    def exchange(node: ir.Expr, new: ir.Expr) -> Change:
        other = replace(version, body=substitute(version.body, node, new))
        versions = (*table.versions[:at], other, *table.versions[at + 1 :])
        return lambda bundle: with_table(bundle, replace(table, versions=versions))

    return exchange

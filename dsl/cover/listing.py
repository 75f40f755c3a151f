"""Everything scenarios must show of a bundle, by place."""

from collections.abc import Iterator

from dsl import ir
from dsl import syntax as s
from dsl.bundle import Bundle
from dsl.cover import conditions, facts, latches, numbers, times
from dsl.cover.atoms import opened
from dsl.cover.obligation import Kind, Obligation
from dsl.cover.wording import Wording
from dsl.names import Rulebook
from dsl.reads import windows_of


def obligations(bundle: Bundle) -> tuple[Obligation, ...]:
    """Return every obligation of a bundle; what is not read by any rule has none."""
    words = Wording(bundle.sources)
    found = [one for book in bundle.books for one in _of_book(bundle, book, words)]
    return tuple(sorted(found, key=lambda one: one.order))


def _of_book(bundle: Bundle, book: Rulebook, words: Wording) -> Iterator[Obligation]:
    own = {rule.id: rule for rule in bundle.ruleset.rules if rule.rulebook == book.name}
    readers, lets = _Readers(bundle, tuple(own.values())), bundle.ruleset.lets
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


class _Readers:
    """Which rules come down to what a rulebook declares."""

    def __init__(self, bundle: Bundle, rules: tuple[ir.Rule, ...]) -> None:
        self._rules, self._lets = rules, bundle.ruleset.lets
        self._of_lets = conditions.readers(rules, self._lets)

    def of_let(self, name: str) -> tuple[str, ...]:
        """Return the rules a named expression or a table decides."""
        return self._of_lets.get(name, ())

    def of_param(self, name: str) -> tuple[str, ...]:
        """Return the rules a param decides."""
        return tuple(rule.id for rule in self._rules if name in self._params(rule))

    def of_window(self, name: str) -> tuple[str, ...]:
        """Return the rules a window decides."""
        return tuple(rule.id for rule in self._rules if name in windows_of(self, facts.read_by(rule)))

    @property
    def rules(self) -> tuple[ir.Rule, ...]:
        return self._rules

    @property
    def lets(self) -> dict[str, ir.Expr]:
        return self._lets

    def _params(self, rule: ir.Rule) -> list[str]:
        return [
            part.name
            for expr in self._opened(facts.read_by(rule))
            for part in ir.walk(expr)
            if isinstance(part, ir.ParamRef)
        ]

    def _opened(self, exprs: list[ir.Expr]) -> list[ir.Expr]:
        return [*exprs, *(self._lets[name] for name in opened(exprs, self._lets))]

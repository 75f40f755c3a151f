"""Obligations of dated and keyed numbers: each change on its day and on the day before, each row used."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from dsl import ir
from dsl.cover.disturb import Otherwise
from dsl.cover.obligation import Kind, Obligation
from dsl.cover.wording import Wording
from dsl.rewrite import Change, with_param, with_rule, with_table
from dsl.text import Span

Rules = tuple[str, ...]
_Later = Callable[[str], Change]
"""From another first day to the bundle in which it is that one."""


def of_param(param: ir.Param, rules: Rules, words: Wording) -> Iterator[Obligation]:
    """Yield the obligations of a param: each dated change that changes anything, and each row of a keyed one."""
    for at, row in enumerate(param.rows):
        if row.since is None:
            if param.per:
                label = f"the row of {', '.join(row.key)} decides"
                rest = replace(param, rows=(*param.rows[:at], *param.rows[at + 1 :]))
                yield Obligation(Kind.ROW, row.span, label, rules, Otherwise(_params(rest)))
            continue
        before = [other for other in param.rows[:at] if other.key == row.key]
        if before and before[-1].value == row.value:
            continue
        yield from _around(row.since, row.span, rules, _moved_row(param, at, row))


def of_table(table: ir.Table, rules: Rules) -> Iterator[Obligation]:
    """Yield both sides of each dated version of a table."""
    for at, version in enumerate(table.versions):
        if version.since is not None:
            yield from _around(version.since, version.span, rules, _moved_version(table, at, version))


def of_rule(rule: ir.Rule, span: Span) -> Iterator[Obligation]:
    """Yield the first and last day of a rule, and the days on which it is not in force yet or any more."""
    rules = (rule.id,)
    if rule.since is not None:
        yield from _around(rule.since, span, rules, lambda day: lambda b: with_rule(b, replace(rule, since=day)))
    if rule.until is not None:
        after = _moved(rule.until, 1)
        for day, label in ((rule.until, f"on {rule.until}, its last day"), (after, f"on {after}, the day after")):
            moved = _moved(rule.until, -1) if day == rule.until else after
            yield Obligation(Kind.DATE, span, label, rules, Otherwise(_until(rule, moved), date.fromisoformat(day)))


def _around(since: str, span: Span, rules: Rules, begins: _Later) -> Iterator[Obligation]:
    before = _moved(since, -1)
    on = Otherwise(begins(_moved(since, 1)), date.fromisoformat(since))
    yield Obligation(Kind.DATE, span, f"on {since}, the first day", rules, on)
    yet = Otherwise(begins(before), date.fromisoformat(before))
    yield Obligation(Kind.DATE, span, f"on {before}, the day before", rules, yet)


def _moved(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _params(param: ir.Param) -> Change:
    return lambda bundle: with_param(bundle, param)


def _until(rule: ir.Rule, day: str) -> Change:
    return lambda bundle: with_rule(bundle, replace(rule, until=day))


def _moved_row(param: ir.Param, at: int, row: ir.ParamRow) -> _Later:
    def begins(day: str) -> Change:
        rows = (*param.rows[:at], replace(row, since=day), *param.rows[at + 1 :])
        return _params(replace(param, rows=rows))

    return begins


def _moved_version(table: ir.Table, at: int, version: ir.TableVersion) -> _Later:
    def begins(day: str) -> Change:
        versions = (*table.versions[:at], replace(version, since=day), *table.versions[at + 1 :])
        return lambda bundle: with_table(bundle, replace(table, versions=versions))

    return begins

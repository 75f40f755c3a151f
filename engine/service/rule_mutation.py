"""Whether the scenarios of rule files would notice if a rule were wrong."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dsl.diagnostics import Diagnostic
from engine.service.proven_rules import ProvenRules, read_proven_rules
from engine.service.rule_cover import shown_percent
from engine.service.rule_files import RuleFiles

if TYPE_CHECKING:
    from pathlib import Path

    from dsl.mutation.mutant import Mutant
    from dsl.mutation.trial import Verdicts
    from dsl.skeleton.find import Skeleton

Tick = Callable[[int, int], None]
"""Called with how many mutants were tried and how many there are."""
MANY = 400
"""Mutants from which on a second process is worth its start."""
_BATCH = 40


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant no scenario fails under, and the scenario that would; None where none was found by trying."""

    mutant: "Mutant"
    skeleton: "Skeleton | None"

    def diagnostic(self) -> Diagnostic:
        """Return it in the form every other finding in a rule file has."""
        from dsl.mutation.trial import diagnostic

        return diagnostic(self.mutant, self.skeleton.shown if self.skeleton is not None else "")


@dataclass(frozen=True, slots=True)
class MutationReport:
    """How many mutants there are and were killed, which were not, and what comments say of those."""

    verdicts: "Verdicts"
    rules: tuple[tuple[str, int, int], ...]
    """Every rule by id, with how many mutants of it, and of what it reads, were killed and how many there are."""
    survivors: tuple[Survivor, ...]
    files: RuleFiles

    @property
    def texts(self) -> Mapping[str, str]:
        return self.files.texts

    @property
    def percent(self) -> Fraction:
        """The share of mutants killed, in percent; an explanation kills nothing."""
        return self.verdicts.percent

    @property
    def explained(self) -> tuple[tuple[str, str, str], ...]:
        """Place, mutant and reason of each survivor that a comment explains."""
        listed = self.verdicts.explained
        return tuple((f"{self.files.shown}{one.span}", one.label, remark.reason) for one, remark in listed)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Survivors without an explanation, and what is wrong with comments, by place."""
        found = [*(one.diagnostic() for one in self.survivors), *self.verdicts.wrong]
        return tuple(sorted((self.files.placed(d) for d in found), key=lambda d: (d.span, d.code, d.message)))

    def is_enough(self, fail_under: Fraction) -> bool:
        """Return whether as many are killed as is asked for, and every comment about it holds."""
        return self.percent >= fail_under and not self.verdicts.wrong

    def as_data(self) -> dict[str, Any]:
        """Return the report as JSON-able data."""
        return {
            "percent": shown_percent(self.percent),
            "killed": self.verdicts.killed,
            "mutants": self.verdicts.total,
            "rules": [{"id": id_, "killed": killed, "mutants": of} for id_, killed, of in self.rules],
            "survivors": [self._data(one) for one in self.survivors],
            "explained": [{"place": p, "mutant": what, "reason": why} for p, what, why in self.explained],
        }

    def _data(self, one: Survivor) -> dict[str, Any]:
        found = one.skeleton
        return {
            "place": f"{self.files.shown}{one.mutant.span}",
            "kind": one.mutant.kind.value,
            "mutant": one.mutant.label,
            "rules": list(one.mutant.rules),
            "rulebook": found.rulebook if found is not None else None,
            "skeleton": found.shown if found is not None else None,
        }


def mutate_rules(
    path: "Path | None" = None, jobs: int | None = None, tick: Tick = lambda done, total: None
) -> MutationReport:
    """Return which mutants of a folder's rules its scenarios kill. Raises Refused and RulesRefused.

    `jobs` is how many processes try them; None: as many as there are cores, once there is enough to do.
    """
    return mutate_proven(read_proven_rules(path), jobs, tick)


def mutate_proven(rules: ProvenRules, jobs: int | None = None, tick: Tick = lambda done, total: None) -> MutationReport:
    """Return which mutants of rules whose scenarios pass are killed."""
    from dsl.mutation.listing import mutants
    from dsl.mutation.trial import judged

    listed = mutants(rules.bundle)
    width = jobs if jobs is not None else (os.cpu_count() or 1) if len(listed) >= MANY else 1
    found: dict[int, Skeleton | None] = {}
    tried = 0
    for batch, alive in _tried(rules, len(listed), width):
        found |= alive
        tried += len(batch)
        tick(tried, len(listed))
    verdicts = judged(rules.bundle, listed, [listed[at] for at in sorted(found)])
    open_ = [id(one) for one in verdicts.survivors]
    survivors = tuple(Survivor(listed[at], found[at]) for at in sorted(found) if id(listed[at]) in open_)
    ids = sorted(rule.id for rule in rules.bundle.ruleset.rules)
    counted = tuple((id_, *_of_rule(id_, listed, found)) for id_ in ids)
    return MutationReport(verdicts, counted, survivors, rules.files)


def _of_rule(id_: str, listed: "tuple[Mutant, ...]", alive: Mapping[int, Any]) -> tuple[int, int]:
    own = [at for at, one in enumerate(listed) if id_ in one.rules]
    return sum(at not in alive for at in own), len(own)


_Alive = dict[int, "Skeleton | None"]


def _tried(rules: ProvenRules, count: int, width: int) -> Iterator[tuple[range, _Alive]]:
    """Yield batches of mutants by number with those that survive, in order."""
    batches = [range(at, min(at + _BATCH, count)) for at in range(0, count, _BATCH)]
    if width <= 1 or len(batches) <= 1:
        trial = _Shift(rules)
        yield from ((batch, trial.try_(batch)) for batch in batches)
        return
    # A spawned process begins alike on every system; it compiles the rules again, which a file's worth of text allows.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(width, len(batches)), context, _begin, (rules.files,)) as pool:
        yield from zip(batches, pool.map(_try, batches), strict=True)


class _Shift:
    """One process's share: the same mutants by the same numbers, since they are listed in order."""

    def __init__(self, rules: ProvenRules) -> None:
        from dsl.mutation.listing import mutants
        from dsl.mutation.trial import Trial

        self._listed = mutants(rules.bundle)
        self._trial: Trial = Trial(rules.bundle, rules.cases, rules.calendars)

    def try_(self, batch: range) -> _Alive:
        """Return the mutants of a batch that survive, each with the scenario that would kill it."""
        alive = [at for at in batch if self._trial.killer(self._listed[at]) is None]
        return {at: self._trial.skeleton(self._listed[at]) for at in alive}


_shift: _Shift | None = None
"""Of this process, where it was begun to try mutants."""


def _begin(files: RuleFiles) -> None:
    global _shift
    _shift = _Shift(read_again(files))


def _try(batch: range) -> _Alive:
    assert _shift is not None
    return _shift.try_(batch)


def read_again(files: RuleFiles) -> ProvenRules:
    """Return rules whose scenarios are known to pass, from the same files."""
    from engine.service.rule_files import compile_files
    from engine.service.rule_tests import read_cases, rule_calendars

    bundle, _ = compile_files(files)
    assert bundle is not None
    calendars = rule_calendars()
    return ProvenRules(files, bundle, read_cases(files, bundle, calendars).cases, calendars)

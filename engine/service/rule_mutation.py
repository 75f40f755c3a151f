"""Whether the scenarios of rule files would notice if a rule were wrong."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
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
MANY, FEW = 3_000, 4
"""Mutants to try, and scenarios to look for, from which on a second process is worth its start."""
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


def mutate_proven(
    rules: ProvenRules, jobs: int | None = None, tick: Tick = lambda done, total: None,
    only: frozenset[str] | None = None,
) -> MutationReport:  # fmt: skip
    """Return which mutants of rules whose scenarios pass are killed; `only` of these rules, where any are named."""
    from dsl.mutation.listing import mutants
    from dsl.mutation.trial import judged

    every = mutants(rules.bundle)
    listed = tuple(one for one in every if only is None or only & set(one.rules))
    cores = jobs if jobs is not None else os.cpu_count() or 1
    alive: list[int] = []
    batches = [range(at, min(at + _BATCH, len(listed))) for at in range(0, len(listed), _BATCH)]
    with _crew(rules, only, cores if jobs is not None or len(listed) >= MANY else 1) as shift:
        for batch, found in zip(batches, shift(_Shift.alive, batches), strict=True):
            alive += found
            tick(batch[-1] + 1, len(listed))
    verdicts = judged(rules.bundle, listed, [listed[at] for at in alive], every)
    # Nobody looks for what would kill a mutant that a comment explains.
    open_ = [id(one) for one in verdicts.survivors]
    wanted = [at for at in alive if id(listed[at]) in open_]
    with _crew(rules, only, cores if jobs is not None or len(wanted) >= FEW else 1) as shift:
        survivors = tuple(map(Survivor, (listed[at] for at in wanted), shift(_Shift.skeleton, wanted)))
    ids = sorted(rule.id for rule in rules.bundle.ruleset.rules if only is None or rule.id in only)
    counted = tuple((id_, *_of_rule(id_, listed, alive)) for id_ in ids)
    return MutationReport(verdicts, counted, survivors, rules.files)


def _of_rule(id_: str, listed: "tuple[Mutant, ...]", alive: list[int]) -> tuple[int, int]:
    own = [at for at, one in enumerate(listed) if id_ in one.rules]
    return sum(at not in alive for at in own), len(own)


class _Shift:
    """One process's share: the same mutants by the same numbers, since they are listed in order."""

    def __init__(self, rules: ProvenRules, only: frozenset[str] | None) -> None:
        from dsl.mutation.listing import mutants
        from dsl.mutation.trial import Trial

        self._listed = [one for one in mutants(rules.bundle) if only is None or only & set(one.rules)]
        self._trial = Trial(rules.bundle, rules.cases, rules.calendars)

    def alive(self, batch: range) -> list[int]:
        """Return the mutants of a batch that survive."""
        return [at for at in batch if self._trial.killer(self._listed[at]) is None]

    def skeleton(self, at: int) -> "Skeleton | None":
        """Return the scenario that would kill a mutant."""
        return self._trial.skeleton(self._listed[at])


_Deal = Callable[[Callable[..., Any], Iterable[Any]], Iterator[Any]]
"""From one thing a shift does and what to do it to, to what comes of each, in order."""
_shift: _Shift | None = None
"""Of this process, where it was begun to try mutants."""


@contextmanager
def _crew(rules: ProvenRules, only: frozenset[str] | None, width: int) -> Iterator[_Deal]:
    if width <= 1:
        own = _Shift(rules, only)
        yield lambda what, each: (what(own, one) for one in each)
        return
    # A spawned process begins alike on every system; it compiles the rules again, which a file's worth of text allows.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(width, context, _begin, (rules.files, only)) as pool:
        yield lambda what, each: pool.map(_do, repeat(what.__name__), each)


def _begin(files: RuleFiles, only: frozenset[str] | None) -> None:
    global _shift
    _shift = _Shift(read_again(files), only)


def _do(what: str, one: Any) -> Any:
    return getattr(_shift, what)(one)


def read_again(files: RuleFiles) -> ProvenRules:
    """Return rules whose scenarios are known to pass, from the same files."""
    from engine.service.rule_files import compile_files
    from engine.service.rule_tests import read_cases, rule_calendars

    bundle, _ = compile_files(files)
    assert bundle is not None
    calendars = rule_calendars()
    return ProvenRules(files, bundle, read_cases(files, bundle, calendars).cases, calendars)

"""What the scenarios of rule files show of the rules, and the scenarios that are missing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.diagnostics import Diagnostic
from engine.service.proven_rules import ProvenRules, read_proven_rules
from engine.service.rule_files import RuleFiles

if TYPE_CHECKING:
    from dsl.cover.cover import Coverage
    from dsl.cover.obligation import Obligation
    from dsl.skeleton.find import Skeleton

Tick = Callable[[int, int], None]
"""Called with how many obligations were looked at and how many there are."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An obligation no scenario meets, and the scenario that would; None where none was found by trying."""

    obligation: "Obligation"
    skeleton: "Skeleton | None"

    def diagnostic(self) -> Diagnostic:
        """Return it in the form every other finding in a rule file has."""
        from dsl.cover.cover import diagnostic

        return diagnostic(self.obligation, self.skeleton.shown if self.skeleton is not None else "")


@dataclass(frozen=True, slots=True)
class CoverReport:
    """How much of each rule is shown, what is not, and what comments say cannot be.

    `rules` are all rules by id with what of them is met and how much there is.
    """

    rules: tuple[tuple[str, int, int], ...]
    total: tuple[int, int]
    missing: tuple[Missing, ...]
    waived: tuple[tuple[str, str, str], ...]
    """Place, obligation and reason of each that a comment takes out."""
    wrong: tuple[Diagnostic, ...]
    beyond: tuple[tuple[str, str, str], ...]
    """Place, what scenarios have no words for, and why."""
    files: RuleFiles

    @property
    def percent(self) -> Fraction:
        """The share of obligations met, in percent."""
        from dsl.cover.cover import percent

        return percent(*self.total)

    @property
    def texts(self) -> Mapping[str, str]:
        return self.files.texts

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is not shown, and what is wrong with comments, by place."""
        found = [*(one.diagnostic() for one in self.missing), *self.wrong]
        return tuple(sorted((self.files.placed(d) for d in found), key=lambda d: (d.span, d.code, d.message)))

    def is_enough(self, fail_under: Fraction) -> bool:
        """Return whether as much is shown as is asked for, and every comment about it holds."""
        return self.percent >= fail_under and not self.wrong

    def as_data(self) -> dict[str, Any]:
        """Return the report as JSON-able data."""
        return {
            "percent": shown_percent(self.percent),
            "met": self.total[0],
            "obligations": self.total[1],
            "rules": [{"id": id_, "met": met, "obligations": of} for id_, met, of in self.rules],
            "missing": [self._data(one) for one in self.missing],
            "not_applicable": [{"place": p, "what": what, "reason": why} for p, what, why in self.beyond],
            "waived": [{"place": p, "obligation": what, "reason": why} for p, what, why in self.waived],
        }

    def _data(self, one: Missing) -> dict[str, Any]:
        found = one.skeleton
        return {
            "place": f"{self.files.shown}{one.obligation.span}",
            "kind": one.obligation.kind.value,
            "obligation": one.obligation.label,
            "rules": list(one.obligation.rules),
            "rulebook": found.rulebook if found is not None else None,
            "skeleton": found.shown if found is not None else None,
        }


def cover_rules(path: Path | None = None, tick: Tick = lambda done, total: None) -> CoverReport:
    """Return what the scenarios of a folder show of its rules. Raises Refused and RulesRefused."""
    return cover_proven(read_proven_rules(path), tick)


def cover_proven(rules: ProvenRules, tick: Tick = lambda done, total: None) -> CoverReport:
    """Return what the scenarios of rules that compile show of them."""
    from dsl.cover.cover import cover
    from dsl.skeleton.find import Finder

    coverage = cover(rules.bundle, rules.cases, rules.calendars, tick)
    finder = Finder(rules.bundle, rules.cases, rules.calendars)
    missing = tuple(Missing(one, finder.show(one)) for one in coverage.open)
    return _report(rules, coverage, missing)


def _report(rules: ProvenRules, coverage: "Coverage", missing: tuple[Missing, ...]) -> CoverReport:
    files = rules.files
    ids = sorted(rule.id for rule in rules.bundle.ruleset.rules)
    waived = tuple((f"{files.shown}{one.span}", one.label, remark.reason) for one, remark in coverage.waived)
    apart = tuple((f"{files.shown}{span}", f"{what} of {id_}", why) for span, id_, what, why in coverage.beyond)
    listed = tuple((id_, *coverage.of_rule(id_)) for id_ in ids)
    return CoverReport(listed, coverage.total, missing, waived, coverage.wrong, apart, files)


def shown_percent(share: Fraction) -> str:
    """Return a share in percent with one decimal, rounded down: 100.0 means all of it."""
    tenths = share.numerator * 10 // share.denominator
    return f"{tenths // 10}.{tenths % 10}"

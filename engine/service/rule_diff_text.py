"""A comparison of two versions of the rules, as text for people who approve a change."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dsl.analysis.relation import Relation
from dsl.analysis.scenario import expectation
from dsl.analysis.telling import said
from engine.service.counterexample_stream import STAGE

if TYPE_CHECKING:
    from dsl.analysis.changes import Change
    from dsl.analysis.compare import RuleChange, StageChange
    from dsl.analysis.relation import Shown, Witness
    from engine.service.rule_diff import DiffReport

_GOES = {True: "; an order goes that did not", False: "; no order goes that did not", None: ""}


def render_diff(report: "DiffReport") -> str:
    """Return the whole report: rules that changed, all rules together, numbers, lists, history."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: "DiffReport") -> Iterator[str]:
    comparison = report.comparison
    yield f"A {report.before.name}  bundle {report.before.bundle.hash[:12]}"
    yield f"B {report.after.name}  bundle {report.after.bundle.hash[:12]}"
    for stage in comparison.stages:
        same = sum(rule.relation is Relation.EQUAL for rule in stage.rules)
        yield f"\n{stage.stage}: {same} of {len(stage.rules)} rules equal"
        for rule in stage.rules:
            if rule.relation is not Relation.EQUAL or rule.words:
                yield from _rule(report, rule)
        yield from _stage(report, stage)
    yield from _changes("numbers", comparison.numbers)
    yield from _changes("lists", comparison.lists)
    if report.history is not None:
        yield "\nhistory"
        for side, found in (("A", report.history.before), ("B", report.history.after)):
            left = f", {found.unjudged} could not be judged again" if found.unjudged else ""
            said = f"{found.looser} looser and {found.tighter} tighter than was decided"
            yield f"  {side}: of {found.decisions} decisions {said}{left}"
            yield from (f"    {example}" for example in found.examples)
    yield f"\nB is {comparison.relation}" + (" to A" if comparison.relation is Relation.EQUAL else " than A"
           if comparison.relation in (Relation.TIGHTER, Relation.LOOSER) else "")  # fmt: skip


def _rule(report: "DiffReport", rule: "RuleChange") -> Iterator[str]:
    yield f"\n{rule.rule} {rule.title}: {rule.relation}"
    for part in rule.parts:
        yield from _shown(report, part)
    for change in rule.words:
        yield f"  {change.what}: {change.before} -> {change.after}"


def _stage(report: "DiffReport", stage: "StageChange") -> Iterator[str]:
    yield f"\nall rules of {stage.stage} together: {stage.relation}"
    for part in stage.parts:
        is_of_orders = stage.stage == STAGE and part.relation is not Relation.TIGHTER
        yield from _shown(report, part, _GOES[part.lets_go] if is_of_orders else "")


def _shown(report: "DiffReport", part: "Shown", goes: str = "") -> Iterator[str]:
    yield f"  {part.stretch}: {part.relation}{goes}" + (f" ({part.why})" if part.why else "")
    for witness in (part.looser, part.tighter):
        if witness is not None:
            yield from _witness(report, witness)


def _witness(report: "DiffReport", witness: "Witness") -> Iterator[str]:
    yield f"    {witness.scenario.given}"
    if witness.scenario.unsaid:
        yield f"      and what no scenario can say: {', '.join(witness.scenario.unsaid)}"
    elif not witness.scenario.says_all:
        yield "      the scenario says nearly this; the verdicts are those of the facts themselves"
    yield f"      A {said(witness.before, report.before.bundle.ruleset.rules)}"
    yield f"      B {said(witness.after, report.after.bundle.ruleset.rules)}"


def _changes(head: str, changes: "tuple[Change, ...]") -> Iterator[str]:
    if changes:
        yield f"\n{head}"
        for change in changes:
            yield f"  {change.name} {change.what}: {change.before} -> {change.after} ({change.relation})"


def tests_of(report: "DiffReport") -> str:
    """Return every order shown as a test that passes under B, to be pasted into its rulebook."""
    out = []
    for rule in report.comparison.rules:
        for part in rule.parts:
            for witness in (part.looser, part.tighter):
                if witness is not None and witness.scenario.says_all:
                    title = f"{rule.rule} {part.stretch}: {part.relation}"
                    expect = expectation(witness.after, bool(witness.rules))
                    out.append(f"# {witness.scenario.rulebook}\n{witness.scenario.test(title, witness.rules, expect)}")
    return "\n".join(out)

"""Judgements and differences in words, for people who decide on a change."""

from collections.abc import Iterable

from dsl import ir
from dsl.judgement import Finding, Judgement
from dsl.types import show


def said(judgement: Judgement, rules: Iterable[ir.Rule]) -> str:
    """Return a verdict with its strongest findings: code, rule, the measure and the line it met."""
    known = {rule.id: rule for rule in rules}
    strongest = [f for f in judgement.findings if f.counts_as == judgement.verdict and judgement.verdict != "allow"]
    if not strongest:
        return judgement.verdict
    return ", ".join(dict.fromkeys(finding_words(finding, known.get(finding.rule)) for finding in strongest))


def finding_words(finding: Finding, rule: ir.Rule | None) -> str:
    """Return one finding: effect, code and rule, what was measured, what it waits for, what was unknown."""
    words = f"{finding.effect} {finding.code} from {finding.rule}"
    if finding.counts_as != finding.effect:
        words = f"{finding.counts_as} ({finding.mode}: {words})"
    if finding.measure is not None and finding.bound is not None and rule is not None and rule.measure is not None:
        line = rule.lines[finding.line - 1]
        kind = rule.measure.type
        words += f": {show(finding.measure, kind)} {line.relation} {show(finding.bound, kind)}"
    if finding.effect == "hold" and rule is not None and not finding.is_unknown:
        words += _approval(rule.lines[finding.line - 1].approval)
    if rule is not None and finding.line and not finding.is_unknown:
        words += _following(rule.lines[finding.line - 1])
    if finding.facts:
        words += f" ({', '.join(path for path, _ in finding.facts)})"
    return words


def _following(line: ir.Line) -> str:
    """Return what follows from a line beside its verdict."""
    said = [f"posture {line.posture.name}"] if line.posture is not None else []
    said += [f"does {action.word}" for action in line.actions] + [f"trips {name}" for name in line.trips]
    lasting = f", once it held for {line.lasting // 1_000_000} s" if line.lasting else ""
    return "".join(f", {each}" for each in said) + lasting


def _approval(approval: ir.Approval | None) -> str:
    if approval is None:
        return ""
    distinct = "distinct " if approval.distinct else ""
    return f", for {approval.count} {distinct}{approval.role} within {approval.within // 1_000_000} s"

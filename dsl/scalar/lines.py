"""The lines of a program in the order of their findings, so that a sorted list of numbers is a judgement."""

from dsl import ir
from dsl.judgement import Finding, conclude
from dsl.program import Program

Place = tuple[int, int]
"""A rule's index in the program and the number of one of its lines."""


def lines_in_order(program: Program) -> tuple[Place, ...]:
    """Return every line: strongest finding first, then by rule and line."""
    places = {
        plain_finding(rule, line.number): (at, line.number)
        for at, rule in enumerate(program.rules)
        for line in rule.lines
    }
    return tuple(places[finding] for finding in conclude(places, ()).findings)


def plain_finding(rule: ir.Rule, number: int) -> Finding:
    """Return what a line says when it fires, without what was measured."""
    line = rule.lines[number - 1]
    return Finding(rule.id, line.number, line.effect, line.code, rule.mode)


def has_evidence(rule: ir.Rule, number: int) -> bool:
    """Return whether a finding of the line shows what was measured against what."""
    return rule.measure is not None and rule.lines[number - 1].relation is not None

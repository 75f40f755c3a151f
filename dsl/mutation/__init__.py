"""Mutation: rules that are wrong in one place, and whether a scenario fails because of it.

mutant.py       one change of a bundle: where, what, and whose scenarios may see it
expressions.py  comparators, thresholds, connectives and units inside conditions
clauses.py      what a rule says beside its conditions: guards, exceptions, needs, lines, what follows from them
owned.py        what a switch, checklist or gate says beside that
numbers.py      dated values and windows
listing.py      every mutant of a bundle
trial.py        mutants held against scenarios

A mutant is killed when a scenario that passes fails under it. Coverage asks whether scenarios reach a place;
mutation asks whether what they expect would notice (DeMillo, Lipton, Sayward: Hints on Test Data Selection, 1978).
"""

"""Skeletons: scenarios nobody wrote yet, found by trying, so that a person only has to say whether they are right.

draft.py        a scenario as plain data: facts, numbers, events, what comes later
text.py         a draft in the words of a rule file
ordinary.py     a value for a fact nobody set
variables.py    what a draft can set, and how: a fact, a window by its events, a row of a list
world.py        expressions judged on a draft
reach.py        what must be so for a part of a rule to decide anything
force.py        drafts in which a condition comes out as wanted
moves.py        drafts one change away
scripts.py      what happens one thing after the other, for rules that are watched
find.py         from something that is not shown to a scenario that shows it

No solver is asked: a threshold is met by solving for one number at a time. Nothing is offered untried: a skeleton was
parsed, run, and seen to show what it is for.
"""

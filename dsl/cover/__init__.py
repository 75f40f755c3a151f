"""Coverage: what the scenarios of rule files show of the rules, and what they leave open.

obligation.py   one thing to be shown: where it stands, of which rules, and the disturbance that shows it
listing.py      every obligation of a bundle: conditions.py, facts.py, numbers.py, times.py, latches.py
sight.py        one case played, with what each rule said at each look
disturb.py      the judgement disturbed in one place; shown is what makes a difference to a rule
cover.py        obligations held against cases

An obligation is met when a case is found in which the rule says something else once the one thing it is about is
otherwise: a condition stuck at true or at false, a threshold moved by a tick, a number a day later. That is modified
condition/decision coverage by masking (RTCA DO-178C; NASA/TM-2001-210876, chapter 2): of each condition a case
in which it decides while true, and one in which it decides while false.
"""

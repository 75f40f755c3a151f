"""The columnar back end: many snapshots judged at once, in NumPy blocks, exactly as one by one.

block.py, layout.py    snapshots as columns: integers, codes of words, truths, and why a cell is open
nodes.py, numbers.py   the rules as one graph of integer operations, shared parts once, quotients multiplied out
translate.py, rules.py rule IR to that graph; what it cannot say stays with the scalar judge
ranges.py, errors.py   what every node can hold in a block; how far a float64 can be from it
plan.py, steps.py      the graph as steps on buffers: int64 where the ranges prove it safe, else a filter
judge.py, judged.py    a block judged: one row of truths a line, findings made when somebody asks
"""

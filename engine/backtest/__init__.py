"""History judged again: what was decided, under rules that were not in force then.

journal.py, records.py     decisions as they were recorded, in stretches judged with the same rules
parquet.py                 the same as columns of a file any warehouse reads
settings.py, meaning.py    what a stretch was judged with, and whether a recorded value still means the same
fill.py                    a stretch as a block of the candidate's facts; what is not held is unknown
changes.py, replay.py      what the candidate says otherwise, counted and shown
"""

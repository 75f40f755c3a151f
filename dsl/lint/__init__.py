"""The linter: what compiles and is still not what somebody meant.

subject.py     what a lint looks at: compiled rulebooks, their tests, the date
catalogue.py   every lint by its code; one module each, a pure function of the subject
linter.py      runs them, honours the comments that allow a warning
comments.py    `# lint: allow W608 because …`, and what is wrong with such a comment
mending.py     edits for the warnings of a check, and the proof that edits change no judgement

A lint is three things of one name: its module here, its page `pages/W6xx.md` with an example to avoid and
one to prefer, and its cases in `tests/dsl/lint/`. A kind of declaration no lint was taught is left alone.
"""

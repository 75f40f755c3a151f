"""Review: bundles and lists go into force signed, compared, approved by others than their author, and on the record.

refusal.py    why a step is refused, by code
keys.py       Ed25519: the one module that signs and verifies
statement.py  what a principal signs, and the proof that they did
seal.py       a bundle as two files: its canonical bytes, and its author's seal
roles.py      who may take which step
change.py     looser, tighter or equal: the seam for whoever compares rules, and a conservative comparison
directions.py which way a list is looser, read from the rules that use it
list_edit.py  lists edited, written and compared
tombstones.py retired rule ids and whether a returning one means the same
proof.py      do the signed steps of a proposal carry it into force
history.py    the state of every review, folded from the audit chain
desk.py       the steps, one transaction each
matters.py    what of a step is special to rules, and what to lists
standing.py   what is in force, and the last good one when that is damaged
"""

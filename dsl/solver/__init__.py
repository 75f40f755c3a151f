"""The solver back end: rules as z3 formulas, and every answer of z3 replayed in the interpreter.

    meaning.py       expressions that mean the same get one number, whatever they are called
    consequences.py  what follows from a finding beside its verdict
    facts.py         the variables of one fact: value, presence, ages
    world.py         every variable of a situation, with what contracts say of it
    amounts.py       exact arithmetic on terms; what is not linear is opaque first
    translate.py     expressions → terms with presence
    rows.py          aggregates over a list of few rows
    rowwise.py       what holds between aggregates over the same rows
    lookups.py       params whose rows are kept in a list
    outcome.py       rules → how strong their verdict is
    situation.py     what a model says, in the form a snapshot stores
    reading.py       model → situation
    search.py        is there a situation such that …, answered by proof, by example, or by `unknown`

z3 is an optional library (extra `analysis`), so nothing here is imported before `is_available` was asked.
"""


def is_available() -> bool:
    """Return whether z3 can be loaded; a library that is there and broken counts as absent."""
    try:
        import z3
    except Exception:
        return False
    return bool(z3.get_version())

"""What can be said of rules for every order at once: looser or tighter, idle or covered, promised and kept.

    dates.py        the law dates at which anything changes
    inquiry.py      one or two bundles, translated once, ready to be asked
    relation.py     tighter, looser, equal, incomparable; of a rule, a date, a whole set
    beyond.py       what moves beside the order at hand: postures, how long, who resets
    compare.py      two bundles against one another, rule by rule and together
    idle.py         rules that never fire, always fire, or say what another says
    proofs.py       the `prove` declarations of a bundle
    telling.py      a situation in words: which facts, what each side says
    scenario.py     a situation as a test that can be pasted into a rule file

The solver is asked through `dsl.solver`; nothing here knows z3, and nothing but this line may be imported before
`is_available` was asked.
"""

from dsl.solver import is_available

__all__ = ["is_available"]

"""How a change compares with what is in force. `Compare` is the seam: whoever can prove more plugs in here.

`compare_rules` proves as little as it must: the same compiled rules are equal, a number that only moves the
way its param declares as tighter is tighter, and everything else counts as looser and needs two approvers.
A comparison by solver replaces it by having the type `Compare`; nothing else of the review knows which is used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from dsl import ir
from dsl.bundle import Bundle, open_form
from dsl.program import is_tighter
from dsl.types import show


class Relation(StrEnum):
    EQUAL = "equal"
    TIGHTER = "tighter"
    LOOSER = "looser"
    INCOMPARABLE = "incomparable"


ONE_APPROVER = (Relation.EQUAL, Relation.TIGHTER)


@dataclass(frozen=True, slots=True)
class Change:
    """How something proposed compares with what is in force, and why, one finding a line."""

    relation: Relation
    findings: tuple[str, ...]

    @property
    def quorum(self) -> int:
        """How many principals other than the author must approve it."""
        return quorum_of(self.relation)


Compare = Callable[[Bundle | None, Bundle], Change]
"""From the bundle in force (None: there is none) and the proposed one to how they compare. Pure."""


def quorum_of(relation: str) -> int:
    """Return how many approvers a relation takes: looser anywhere needs a second one."""
    return 1 if relation in ONE_APPROVER else 2


def compare_rules(base: Bundle | None, proposed: Bundle) -> Change:
    """Return how compiled rules compare, without proving anything about what they decide."""
    if base is None:
        return Change(Relation.LOOSER, ("nothing is in force to compare with",))
    found = [*_contracts(base, proposed), *_rules(base, proposed), *_params(base, proposed), *_rest(base, proposed)]
    relations = {relation for relation, _ in found}
    worst = next((r for r in (Relation.LOOSER, Relation.TIGHTER) if r in relations), Relation.EQUAL)
    return Change(worst, tuple(f"{relation}: {what}" for relation, what in found) or ("the compiled rules are equal",))


Finding = tuple[Relation, str]


def _contracts(base: Bundle, proposed: Bundle) -> Iterator[Finding]:
    (_, before), (_, after) = open_form(base.canonical), open_form(proposed.canonical)
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Relation.LOOSER, f"contract {name} differs"


def _rules(base: Bundle, proposed: Bundle) -> Iterator[Finding]:
    before = {rule.id: replace(rule, doc="") for rule in base.ruleset.rules}
    after = {rule.id: replace(rule, doc="") for rule in proposed.ruleset.rules}
    for name in sorted({*before, *after}):
        if name not in after:
            yield Relation.LOOSER, f"rule {name} is gone"
        elif name not in before:
            yield Relation.LOOSER, f"rule {name} is new"
        elif before[name] != after[name]:
            yield Relation.LOOSER, f"rule {name} is another"


def _params(base: Bundle, proposed: Bundle) -> Iterator[Finding]:
    before, after = base.ruleset.params, proposed.ruleset.params
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            yield Relation.LOOSER, f"param {name} is {'gone' if name in before else 'new'}"
        elif replace(before[name], rows=(), doc="") != replace(after[name], rows=(), doc=""):
            yield Relation.LOOSER, f"param {name} has another type, range, direction or key"
        else:
            yield from _numbers(before[name], after[name])


def _numbers(before: ir.Param, after: ir.Param) -> Iterator[Finding]:
    """Compare the value in force on every date on which either changes, key by key."""
    keys = {row.key for row in before.rows}
    if keys != {row.key for row in after.rows}:
        yield Relation.LOOSER, f"param {before.name} has values for other keys"
        return
    for key in sorted(keys):
        days = sorted({row.since or "" for row in (*before.rows, *after.rows) if row.key == key})
        for day in days:
            old, new = _on(before, key, day), _on(after, key, day)
            if old == new:
                continue
            relation = Relation.TIGHTER if _moves_tighter(before, old, new) else Relation.LOOSER
            row = f"[{', '.join(key)}]" if key else ""
            yield relation, f"{before.name}{row} {_said(before, old)} -> {_said(before, new)} from {day or 'always'}"


def _on(param: ir.Param, key: tuple[str, ...], day: str) -> ir.Value | None:
    value: ir.Value | None = None
    for row in param.rows:
        if row.key == key and (row.since or "") <= day:
            value = row.value
    return value


def _moves_tighter(param: ir.Param, old: ir.Value | None, new: ir.Value | None) -> bool:
    # A number that appears or disappears turns unknown into known or back, which is no move of a number.
    return param.direction is not None and old is not None and new is not None and is_tighter(param, new, old)


def _said(param: ir.Param, value: ir.Value | None) -> str:
    return "none" if value is None else show(value, param.type)


def _rest(base: Bundle, proposed: Bundle) -> Iterator[Finding]:
    """Compare everything else a ruleset holds, whatever the language comes to hold."""
    for part in fields(ir.Ruleset):
        if part.name in ("rules", "params"):
            continue
        before, after = getattr(base.ruleset, part.name), getattr(proposed.ruleset, part.name)
        if not isinstance(before, dict) or not isinstance(after, dict):
            if before != after:
                yield Relation.LOOSER, f"the {part.name} differs"
            continue
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                state = "gone" if name not in after else "new" if name not in before else "another"
                yield Relation.LOOSER, f"{part.name.removesuffix('s')} {name} is {state}"

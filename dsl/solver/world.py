"""Every variable of one situation, and what must hold of those a question mentions.

What is not linear, or not arithmetic at all, is an `Opaque`: a fresh variable with a few facts about it
(`axioms`) that are always asserted, and its exact definition, which is asserted only where it matters.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import z3

from dsl.solver.facts import FactVar
from dsl.solver.meaning import Meanings, Side, extent_of
from dsl.solver.rowwise import RowWise
from dsl.solver.words import Formula, Words

EXACT, ROWS, NEVER = "exact", "rows", "never"
"""How an opaque value is defined: exactly; over lists of a few rows only; not at all."""


@dataclass(eq=False)
class Opaque:
    """A variable that stands for a value. `define` returns its definition, `how` says what that is worth."""

    symbol: Any
    axioms: list[Formula]
    how: str
    define: Callable[[], list[Formula]]
    factors: tuple[Any, Any] | None = None
    """The two terms of a product."""
    reads: frozenset[str] = frozenset()
    """The facts an aggregate reads, by path."""
    row: RowWise | None = None
    """Of an aggregate: what it asks of each row."""
    defined: list[Formula] | None = None

    def definition(self) -> list[Formula]:
        """Return the definition, worked out once."""
        if self.defined is None:
            self.defined = self.define()
        return self.defined


def name_of(symbol: Any) -> str:
    """Return the name of a variable."""
    return str(symbol.decl().name())


@dataclass(eq=False)
class World:
    """The variables of a situation. `mark` keeps those of a second situation apart from the first one's."""

    words: Words
    meanings: Meanings
    mark: str = ""
    facts: dict[str, FactVar] = field(default_factory=dict)
    opaques: dict[Any, Opaque] = field(default_factory=dict)
    names: dict[str, FactVar | Opaque] = field(default_factory=dict)
    families: dict[int, list[tuple[int, str, FactVar]]] = field(default_factory=dict)
    rowwise: dict[tuple[Any, ...], bool] = field(default_factory=dict)
    """What was shown of the rows of two aggregates."""
    _mentions: dict[int, tuple[Any, frozenset[str]]] = field(default_factory=dict)

    def fact(self, side: Side, path: str) -> FactVar:
        """Return the variables of the fact a side reads under a path."""
        key = self.meanings.key(side, path)
        found = self.facts.get(key)
        if found is None:
            found = self.facts[key] = FactVar(key, key + self.mark, self.words)
            for name in (found.label, f"{found.label}?given", f"{found.label}?broken", f"{found.label}?rows"):
                self.names[name] = found
        contract = side.fact(path)
        if contract not in found.contracts:
            found.contracts.append(contract)
        found.least_rows = max(found.least_rows, side.least_rows(path))
        if path.startswith("window:") and not found.is_counted:
            found.is_counted = True
            self._file_window(side, path, found)
        return found

    def late(self, var: FactVar, age: Any) -> Formula:
        """Return the condition that a fact is older than a bound of a rule."""
        condition = var.late(age)
        self.names[name_of(condition)] = var
        return condition

    def _file_window(self, side: Side, path: str, var: FactVar) -> None:
        window = side.program.bundle.ruleset.windows[path.removeprefix("window:")]
        # The market's history may not reach back far enough, and sessions may not be known; our own events are.
        var.is_covered = not window.is_market and not window.sessions
        grows = "up" if window.function in ("count", "distinct", "max") else "down" if window.function == "min" else ""
        if window.function == "sum" and window.field is not None:
            low = side.program.bundle.contracts.events[window.event][window.field].low
            grows = "up" if low is not None and low >= 0 else ""
            var.is_never_negative = grows == "up"
        self.families.setdefault(self.meanings.family(side, path), []).append((extent_of(window)[1], grows, var))
        of_order = side.program.stage == "pre_trade"  # elsewhere it is counted by the key of the scope, which is there
        contracts = side.program.bundle.contracts.facts
        named = (f"intent.{name}" for name in window.per if of_order and f"intent.{name}" in contracts)
        keys = [self.fact(side, path) for path in named]
        var.keys = tuple(key for key in keys if not key.fact.optional)

    def opaque(
        self, key: Any, symbol: Any, axioms: list[Formula], how: str, define: Callable[[], list[Formula]],
        factors: tuple[Any, Any] | None = None, reads: frozenset[str] = frozenset(), row: RowWise | None = None,
    ) -> Any:  # fmt: skip
        """Return the variable filed under a key, made now if it is new."""
        found = self.opaques.get(key)
        if found is None:
            found = self.opaques[key] = Opaque(symbol, axioms, how, define, factors, reads, row)
            self.names[name_of(symbol)] = found
        return found.symbol

    # ---------------------------------------------------------------------------------- what a question mentions
    def mentioned(self, formulas: Iterable[Formula]) -> frozenset[str]:
        """Return the names of every variable in the formulas."""
        out: frozenset[str] = frozenset()
        for formula in formulas:
            out |= self._walk(formula)
        return out

    def _walk(self, formula: Any) -> frozenset[str]:
        waiting = [formula]
        while waiting:
            at = waiting[-1]
            if at.get_id() in self._mentions:
                waiting.pop()
                continue
            inner = at.children()
            rest = [child for child in inner if child.get_id() not in self._mentions]
            if rest:
                waiting += rest
                continue
            found = frozenset().union(*(self._mentions[child.get_id()][1] for child in inner))
            if z3.is_app(at) and at.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                found |= {at.decl().name()}
            self._mentions[at.get_id()] = (at, found)
            waiting.pop()
        return self._mentions[formula.get_id()][1]

    def between_facts(self, facts: Iterable[FactVar]) -> list[Formula]:
        """Return what holds between facts: an order reduces or increases risk; a longer window holds a shorter."""
        out: list[Formula] = []
        listed = list(facts)
        out += [z3.Implies(var.given, z3.And(*(key.given for key in var.keys))) for var in listed if var.keys]
        named = {var.path: var for var in listed}
        reduces, increases = named.get("intent.reduces_only"), named.get("intent.increases_risk")
        if reduces is not None and increases is not None:
            out.append(increases.value == z3.Not(reduces.value))
        for family in self.families.values():
            inside = sorted((item for item in family if item[2] in listed), key=lambda item: item[0])
            for (_, grows, short), (_, _, long) in pairwise(inside):
                both = z3.And(short.given, long.given)
                # What is counted over the longer stretch is covered over the shorter one.
                if short.fact.optional:  # nothing seen is absent there, and not covered is broken
                    out += [z3.Implies(short.given, long.given), z3.Implies(short.broken, long.broken)]
                else:
                    out.append(z3.Implies(long.given, short.given))
                if grows:
                    holds = long.value >= short.value if grows == "up" else long.value <= short.value
                    out.append(z3.Implies(both, holds))
        return out

"""One rulebook on the bench while it is lowered: its names, ranges, and where to report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.contracts import Age, Contracts
from dsl.cost import expanded
from dsl.diagnostics import Diagnostic
from dsl.expressions import Names, Typer
from dsl.intervals import Bounds, Interval
from dsl.names import Rulebook
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import Type


@dataclass(frozen=True, slots=True)
class Shared:
    """What all rulebooks of a bundle share while they are lowered: every rule's kind and scope by id."""

    kinds: Mapping[str, str]
    scopes: Mapping[str, tuple[str, ...]]
    lower_table: "Callable[[Workbench, s.Table], ir.Expr | None]"


class Workbench:
    """What the lowering of a rulebook's declarations shares."""

    def __init__(
        self, book: Rulebook, contracts: Contracts, ruleset: ir.Ruleset, found: list[Diagnostic],
        shared: "Shared",
    ) -> None:  # fmt: skip
        self.book, self.contracts, self._set, self.found = book, contracts, ruleset, found
        self._shared = shared
        self._open: list[str] = []
        self._lets: dict[str, ir.Expr | None] = {}
        self.params: dict[str, ir.Param] = {}
        self.windows: dict[str, ir.Window] = {}
        self.lists: dict[str, ir.ListUse] = {}
        self.ranges: dict[str, Interval] = {}
        self.proofs: list[ir.Proof] = []
        self.names = Names(contracts, self.params, self.windows, self.lists, self.let, book.local_names())
        self.names.subject = "intent" if book.stage == "pre_trade" else "scope"
        self.names.admits_reals = book.stage == "promotion"
        self.names.calendar = book.calendar.code if book.calendar else ""
        self.bounds = Bounds(contracts.facts, self.ranges, lambda name: ruleset.lets.get(name))
        self.typer = Typer(self.names, self.bounds, found)

    def say(self, code: str, message: str, span: Span, help_: str = "") -> None:
        self.found.append(Diagnostic(code, message, span, help=help_))

    @property
    def lets(self) -> Mapping[str, ir.Expr]:
        """Every named expression lowered so far, by qualified name."""
        return self._set.lets

    def windows_by_name(self) -> dict[str, ir.Window]:
        """Return this rulebook's windows by qualified name."""
        return {window.name: window for window in self.windows.values()}

    def scope_of(self, rule: str) -> tuple[str, ...]:
        """Return the scope a rule of any rulebook is written with."""
        return self._shared.scopes.get(rule, ())

    def check_id(self, name: str, span: Span, *kinds: str) -> None:
        """Report an id under which no declaration of these kinds stands."""
        kind = self._shared.kinds.get(name)
        if kind in kinds or name in self.book.damaged:
            return
        what = " or ".join(kinds)
        near = nearest(name, [known for known, one in self._shared.kinds.items() if one in kinds])
        help_ = f"did you mean `{near}`?" if near else f"declare it as a {what}"
        found = f"`{name}` is a {kind}, no {what}" if kind else f"there is no {what} `{name}`"
        self.say("E105", found, span, help_)

    def qualified(self, name: str) -> str:
        return f"{self.book.name}.{name}"

    def let(self, name: str) -> tuple[str, ir.Expr] | None:
        """Return a named expression, or a table's: its qualified name and its body."""
        declared: s.Let | s.Table | None = self.book.lets.get(name) or self.book.tables.get(name)
        if declared is None:
            return None
        if name in self._open:
            self.say(
                "E108",
                f"`{name}` is defined by itself: " + " → ".join([*self._open, name]),
                declared.span,
                "break the circle; nothing in the language recurses",
            )
            return None
        if name not in self._lets:
            self._open.append(name)
            body = (
                self._lower_let(declared) if isinstance(declared, s.Let) else self._shared.lower_table(self, declared)
            )
            self._open.pop()
            self._lets[name] = body
            if body is not None:
                self._set.lets[self.qualified(name)] = body
                self.names.sizes[self.qualified(name)] = expanded(body, self.names.sizes)
        body = self._lets[name]
        return (self.qualified(name), body) if body is not None else None

    def _lower_let(self, declared: s.Let) -> ir.Expr | None:
        expected = self.written_type(declared.type) if declared.type else None
        return Typer(self.names, self.bounds, self.found).value(declared.body, expected)

    def written_type(self, written: s.TypeName) -> Type | None:
        if written.name == "enum":
            return t.enum(written.values)
        if written.name == "set" and written.unit in t.NAMED:
            return t.set_of(t.NAMED[written.unit])
        if written.unit and written.name in ("money", "price"):
            return t.money(written.unit) if written.name == "money" else t.price(written.unit)
        if not written.unit and written.name in t.NAMED:
            return t.NAMED[written.name]
        near = nearest(written.name, (*t.NAMED, "money[USD]", "price[USD]", "enum"))
        self.say(
            "E211",
            f"there is no type `{written.name}{f'[{written.unit}]' if written.unit else ''}`",
            written.span,
            f"did you mean `{near}`?"
            if near
            else "types are " + ", ".join(sorted(t.NAMED)) + ", money[CCY], price[CCY]",
        )
        return None

    def age(self, fresh: s.Freshness) -> Age | None:
        if fresh.measure is None:
            return Age("bar")
        typed = self.typer.value(fresh.measure)
        if isinstance(typed, ir.Const) and isinstance(typed.value, Fraction) and typed.value > 0:
            if typed.type == t.SESSIONS and typed.value.denominator == 1:
                return Age("sessions", int(typed.value))
            if typed.type == t.DURATION:
                return Age("duration", int(typed.value * 1_000_000))
        self.say(
            "E217",
            "freshness is a duration, a number of sessions, or `current bar`",
            fresh.span,
            "write `fresh 5 s`",
        )
        return None


def is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True

"""What a written name means: a fact, param, window, list, let, or a field of a record."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.contracts import Contracts, Fact
from dsl.diagnostics import Diagnostic
from dsl.intervals import Bounds, interval
from dsl.remedies import unit_remedy, with_article
from dsl.suggest import nearest
from dsl.text import Span
from dsl.types import Kind, Type


@dataclass(slots=True)
class Names:
    """What local names mean, given by the lowering stage."""

    contracts: Contracts
    params: dict[str, ir.Param]
    windows: dict[str, ir.Window]
    lists: dict[str, ir.ListUse]
    let: Callable[[str], tuple[str, ir.Expr] | None]
    known_names: tuple[str, ...]
    used: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    """Local names some expression reads."""
    calendar: str = ""
    """The exchange whose sessions move dates; empty where the rulebook names none."""
    subject: str = "intent"
    """Whose keys are taken where none is written: the intent's, or those of the rule's scope."""
    admits_reals: bool = False
    """Whether reals may be compared: only in gates, which judge statistics."""
    sizes: dict[str, int] = field(default_factory=dict)
    """How many operations every let and table lowered so far stands for, by qualified name."""


class Stop(Exception):
    """Typing of this expression ends here; its diagnostic has been reported."""


class Lookups(ABC):
    """Resolves names, and holds what every part of typing needs: scope, bounds, and where to report."""

    def __init__(
        self, names: Names, bounds: Bounds, found: list[Diagnostic], event: dict[str, Fact] | None = None
    ) -> None:
        self._names, self._bounds, self._found, self._event = names, bounds, found, event
        self._row_facts: dict[str, dict[str, Fact]] = {}

    @abstractmethod
    def _type(self, expr: s.Expr, expected: Type | None) -> ir.Expr:
        """Return any expression typed; raises Stop when it does not fit (reported)."""

    def _fail(self, code: str, message: str, span: Span, help_: str = "", label: str = "") -> Stop:
        self._found.append(Diagnostic(code, message, span, label, help_))
        return Stop()

    def _must_be(self, expr: ir.Expr, expected: Type, span: Span) -> None:
        if expr.type == expected or (
            expected.kind is Kind.ENUM and expr.type.kind is Kind.ENUM and set(expr.type.values) <= set(expected.values)
        ):
            return
        if expected is t.BOOL:
            raise self._fail(
                "E203",
                f"a condition is needed here, this is a {expr.type}",
                span,
                "compare it with something",
            )
        raise self._fail(
            "E201",
            f"{with_article(expected)} is needed here, this is {with_article(expr.type)}",
            span,
            unit_remedy(expected, expr.type),
        )

    def _positive(self, expr: ir.Expr, span: Span, what: str) -> None:
        if not interval(expr, self._bounds).is_positive:
            facts = sorted({e.path for e in ir.walk(expr) if isinstance(e, ir.FactRef)})
            hint = (
                f"write `needs {facts[0]} > 0{t.unit_suffix(expr.type)}` in the rule"
                if len(facts) == 1
                else "divide by something bounded above zero"
            )
            raise self._fail("E205", f"{what} must be provably positive", span, hint)

    # ---------------------------------------------------------------------------------- names
    def _name(self, path: str, keys: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        head, _, rest = path.partition(".")
        if rest and head in self._row_facts:
            return self._field(head, rest, span)
        if self._event is not None and rest and head in ("event", "fill", "intent", "order", "cancel", "position"):
            fact = self._event.get(rest)
            if fact is None:
                near = nearest(rest, self._event)
                raise self._fail(
                    "E308",
                    f"the event has no field `{rest}`",
                    span,
                    f"did you mean `{head}.{near}`?" if near else "fields are " + ", ".join(self._event),
                )
            return ir.FieldRef(fact.type, span, "event", rest)
        if "." not in path:
            return self._local(path, keys, span)
        if keys:
            raise self._fail(
                "E306",
                f"`{path}` takes no key",
                span,
                "facts are read for the intent's own symbol and account",
            )
        return self._fact(path, span)

    def _field(self, variable: str, name: str, span: Span) -> ir.Expr:
        fact = self._row_facts[variable].get(name)
        if fact is None:
            near = nearest(name, self._row_facts[variable])
            raise self._fail(
                "E308",
                f"the rows have no field `{name}`",
                span,
                f"did you mean `{variable}.{near}`?" if near else "fields are " + ", ".join(self._row_facts[variable]),
            )
        return ir.FieldRef(fact.type, span, variable, name)

    def _fact(self, path: str, span: Span) -> ir.Expr:
        fact = self._names.contracts.facts.get(path)
        if fact is None:
            near = nearest(path, self._names.contracts.facts)
            raise self._fail(
                "E301",
                f"there is no fact `{path}`",
                span,
                f"did you mean `{near}`?" if near else "facts are the properties of the contracts in specs/",
            )
        self._names.used.add(path.partition(".")[0])
        return ir.FactRef(fact.type, span, path)

    def _local(self, name: str, keys: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        names = self._names
        names.read.add(name)
        if name in names.params:
            return self._param(names.params[name], keys, span)
        if keys:
            raise self._fail("E306", f"`{name}` takes no key", span, "only keyed params are read with [ ]")
        if name in names.windows:
            window = names.windows[name]
            for key in window.per:
                self._fact_for_key(key, span)
            return ir.FactRef(window.type, span, f"window:{window.name}")
        if name in names.lists:
            listed = names.lists[name]
            return ir.FactRef(listed.type, span, f"list:{listed.name}")
        if name in names.contracts.facts:
            return self._fact(name, span)
        found = names.let(name)
        if found is not None:
            qualified, body = found
            return ir.LetRef(body.type, span, qualified)
        if name in names.known_names:
            raise Stop
        near = nearest(name, (*names.known_names, *names.contracts.facts))
        raise self._fail(
            "E305",
            f"nothing is called `{name}`",
            span,
            f"did you mean `{near}`?"
            if near
            else "declare it with `param` or `let`, or read a fact like `intent.quantity`",
        )

    def _param(self, param: ir.Param, keys: tuple[s.Expr, ...], span: Span) -> ir.Expr:
        if keys and len(keys) != len(param.per):
            raise self._fail(
                "E306",
                f"`{param.name.rpartition('.')[2]}` has {len(param.per)} key(s), {len(keys)} given",
                span,
                "give one key for each name after `per`, or none to take them from the intent",
            )
        if keys:
            typed = tuple(self._key(key, name) for key, name in zip(keys, param.per, strict=True))
        else:
            typed = tuple(self._fact_for_key(name, span) for name in param.per)
        if param.source is None:
            return ir.ParamRef(param.type, span, param.name, typed)
        listed = next(entry for entry in self._names.lists.values() if f"list:{entry.name}" == param.source.listed)
        source = ir.FactRef(listed.type, span, param.source.listed)
        keys_by_column = tuple(zip(param.per, typed, strict=True))
        return ir.Lookup(
            param.type, span, param.name, source, keys_by_column, param.source.column, param.source.dated,
            ir.FactRef(t.DATE, span, "law_date") if param.source.dated else None, param.low, param.high,
        )  # fmt: skip

    def _key(self, key: s.Expr, name: str) -> ir.Expr:
        fact = self._names.contracts.facts.get(f"intent.{name}") or self._names.contracts.facts.get(
            f"instrument.{name}"
        )
        typed = self._type(key, fact.type if fact else t.TEXT)
        if typed.type.kind not in (Kind.SYMBOL, Kind.TEXT, Kind.ENUM):
            found = with_article(typed.type)
            raise self._fail(
                "E306", f"a key is a symbol, text or enum, not {found}", key.span, "name whose number it is"
            )
        return typed

    def _fact_for_key(self, name: str, span: Span) -> ir.Expr:
        for path in (f"{self._names.subject}.{name}", f"instrument.{name}"):
            if path in self._names.contracts.facts:
                return self._fact(path, span)
        raise self._fail(
            "E306",
            f"there is no `{name}` to take the key from",
            span,
            f"write the key, like `[instrument.{name}]`",
        )

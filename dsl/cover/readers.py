"""Which rules come down to what a rulebook declares."""

from dsl import ir
from dsl.bundle import Bundle
from dsl.cover import conditions, facts
from dsl.cover.atoms import opened
from dsl.reads import windows_of


class Readers:
    """Which rules come down to what a rulebook declares."""

    def __init__(self, bundle: Bundle, rules: tuple[ir.Rule, ...]) -> None:
        self._rules, self._lets = rules, bundle.ruleset.lets

    def of_let(self, name: str) -> tuple[str, ...]:
        """Return the rules a named expression or a table decides."""
        return tuple(rule.id for rule in self._rules if name in self._named(rule))

    def of_param(self, name: str) -> tuple[str, ...]:
        """Return the rules a param decides."""
        return tuple(rule.id for rule in self._rules if name in self._params(rule))

    def of_window(self, name: str) -> tuple[str, ...]:
        """Return the rules a window decides."""
        return tuple(rule.id for rule in self._rules if name in windows_of(self, facts.read_by(rule)))

    @property
    def rules(self) -> tuple[ir.Rule, ...]:
        return self._rules

    @property
    def lets(self) -> dict[str, ir.Expr]:
        return self._lets

    def _named(self, rule: ir.Rule) -> list[str]:
        # The score of a gate decides too, and so does the exception of `missing`.
        return opened([*conditions.deciding(rule), *facts.read_by(rule)], self._lets)

    def _params(self, rule: ir.Rule) -> list[str]:
        return [
            part.name
            for expr in self._opened(facts.read_by(rule))
            for part in ir.walk(expr)
            if isinstance(part, ir.ParamRef)
        ]

    def _opened(self, exprs: list[ir.Expr]) -> list[ir.Expr]:
        return [*exprs, *(self._lets[name] for name in opened(exprs, self._lets))]

"""Limits and rules from parse tree to syntax tree."""

from typing import Any

from lark import v_args

from dsl import syntax as s
from dsl.build_places import BuildFault, number_of, unquote
from dsl.build_tables import TableBuilder
from dsl.diagnostics import Diagnostic
from dsl.text import Span


@v_args(meta=True)
class RuleBuilder(TableBuilder):
    """One method per rule of the grammar of limits and rules."""

    def limit(self, meta: Any, c: list[Any]) -> s.RuleText:
        return self._rule("limit", meta, c)

    def rule(self, meta: Any, c: list[Any]) -> s.RuleText:
        return self._rule("rule", meta, c)

    def _rule(self, kind: str, meta: Any, c: list[Any]) -> s.RuleText:
        clauses: list[s.Clause] = []
        seen: dict[str, Any] = {}
        lines: list[s.EffectLine] = []
        repeated: list[tuple[str, Span]] = []
        crowded: list[Span] = []
        last_line = self._token(c[1]).line
        for part in c[2:]:
            place = part.span if isinstance(part, s.Clause | s.EffectLine) else part[2]
            if place.line == last_line:
                crowded.append(place)
            last_line = place.end_line
            if isinstance(part, s.EffectLine):
                lines.append(part)
                continue
            word = part.word if isinstance(part, s.Clause) else part[0]
            if word in seen:
                repeated.append((word, place))
                continue
            seen[word] = part
            if isinstance(part, s.Clause):
                clauses.append(part)

        def content(word: str, default: Any = None) -> Any:
            return seen[word][1] if word in seen else default

        return s.RuleText(
            self._span(meta),
            self._doc,
            kind,
            str(c[0]),
            unquote(c[1]),
            tuple(clauses),
            content("when"),
            content("needs", ()),
            content("missing"),
            content("measure"),
            tuple(lines),
            tuple(repeated),
            tuple(crowded),
        )

    def on(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "on", (str(c[0]),))

    def when(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "when", c[0], self._span(meta)

    def effective_from(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "effective", (str(c[0]), str(c[1]) if c[1] else ""))

    def effective_until(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "effective", ("", str(c[0])))

    def mode(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "mode", (str(c[0]),))

    def scope(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "scope", tuple(str(t) for t in c))

    def needs(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "needs", tuple(c), self._span(meta)

    def need(self, meta: Any, c: list[Any]) -> s.Need:
        name, operator, bound, fresh = c
        return s.Need(self._span(meta), str(name), str(operator) if operator else None, bound, fresh)

    def fresh_for(self, meta: Any, c: list[Any]) -> s.Freshness:
        return s.Freshness(self._span(meta), c[0])

    def current_bar(self, meta: Any, c: list[Any]) -> s.Freshness:
        return s.Freshness(self._span(meta), None)

    def missing(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "missing", s.Missing(self._span(meta), str(c[0]), c[1], c[2] is not None), self._span(meta)

    def even_reducing(self, meta: Any, c: list[Any]) -> bool:
        return True

    def cite(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "cite", tuple(unquote(t) for t in c))

    def owner(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "owner", (str(c[0]),))

    def because(self, meta: Any, c: list[Any]) -> s.Clause:
        return s.Clause(self._span(meta), "because", tuple(unquote(t, holes=True) for t in c))

    def measure(self, meta: Any, c: list[Any]) -> tuple[str, Any, Span]:
        return "measure", c[0], self._span(meta)

    def threshold(self, meta: Any, c: list[Any]) -> s.EffectLine:
        effect, bound, unless, approval, code = c
        return s.EffectLine(self._span(meta), str(effect), None, bound, unless, approval, str(code) if code else None)

    def above(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "above", (c[0],)

    def below(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "below", (c[0],)

    def at_or_above(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "at or above", (c[0],)

    def at_or_below(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "at or below", (c[0],)

    def outside(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Expr, ...]]:
        return "outside", (c[0], c[2])

    def effect_line(self, meta: Any, c: list[Any]) -> s.EffectLine:
        effect, when, unless, approval, code = c
        return s.EffectLine(self._span(meta), str(effect), when, None, unless, approval, str(code) if code else None)

    def approval(self, meta: Any, c: list[Any]) -> s.Approval:
        count, distinct, role, within = c
        if number_of(count).denominator != 1 or not number_of(count):
            raise BuildFault(
                Diagnostic("E015", "a whole number of people approves", self._token(count), help="write 1, 2 or more")
            )
        return s.Approval(self._span(meta), int(number_of(count)), distinct is not None, str(role), within)

    def distinct(self, meta: Any, c: list[Any]) -> bool:
        return True

"""Limits and rules from parse tree to syntax tree."""

from typing import Any

from lark import Token, v_args

from dsl import syntax as s
from dsl.build_places import BuildFault, number_of, unquote
from dsl.build_tables import TableBuilder
from dsl.diagnostics import Diagnostic
from dsl.text import Span


class Gathered:
    """The parts of a rule's body, sorted: clauses, effect lines, and what was written twice or crowded."""

    def __init__(self, span: Span, doc: str, id_: str, title: str, first_line: int, parts: list[Any]) -> None:
        self._head = (span, doc), (id_, title)
        self._seen: dict[str, Any] = {}
        self._clauses: list[s.Clause] = []
        self._lines: list[s.EffectLine] = []
        self._repeated: list[tuple[str, Span]] = []
        self._crowded: list[Span] = []
        last_line = first_line
        for part in parts:
            place = part.span if isinstance(part, s.Clause | s.EffectLine) else part[2]
            if place.line == last_line:
                self._crowded.append(place)
            last_line = place.end_line
            self._take(part, place)

    def _take(self, part: Any, place: Span) -> None:
        if isinstance(part, s.EffectLine):
            self._lines.append(part)
            return
        word = part.word if isinstance(part, s.Clause) else part[0]
        if word in self._seen:
            self._repeated.append((word, place))
            return
        self._seen[word] = part
        if isinstance(part, s.Clause):
            self._clauses.append(part)

    def content(self, word: str, default: Any = None) -> Any:
        """Return what a clause that is no plain text holds."""
        return self._seen[word][1] if word in self._seen else default

    def text(self, kind: str, own: s.SwitchText | s.ChecklistText | s.GateText | None = None) -> s.RuleText:
        """Return the rule as written."""
        place, name = self._head
        return s.RuleText(
            *place, kind, *name, tuple(self._clauses), self.content("when"), self.content("needs", ()),
            self.content("missing"), self.content("measure"), tuple(self._lines), tuple(self._repeated),
            tuple(self._crowded), own,
        )  # fmt: skip


@v_args(meta=True)
class RuleBuilder(TableBuilder):
    """One method per rule of the grammar of limits and rules."""

    def limit(self, meta: Any, c: list[Any]) -> s.RuleText:
        return self._rule("limit", meta, c)

    def rule(self, meta: Any, c: list[Any]) -> s.RuleText:
        return self._rule("rule", meta, c)

    def _rule(self, kind: str, meta: Any, c: list[Any]) -> s.RuleText:
        return self._gathered(meta, c).text(kind)

    def _gathered(self, meta: Any, c: list[Any]) -> "Gathered":
        return Gathered(self._span(meta), self._doc, str(c[0]), unquote(c[1]), self._token(c[1]).line, c[2:])

    def on(self, meta: Any, c: list[Any]) -> s.Clause:
        stage, moment, rest = c
        values = (str(stage),) if moment is None else (str(stage), " ".join(str(t) for t in (moment, rest) if t))
        return s.Clause(self._span(meta), "on", values)

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
        effect, bound, *rest = c
        return self._line(meta, effect, None, bound, *rest)

    def effect_line(self, meta: Any, c: list[Any]) -> s.EffectLine:
        effect, when, *rest = c
        return self._line(meta, effect, when, None, *rest)

    def _line(
        self, meta: Any, effect: Any, when: Any, bound: Any, lasting: Any, unless: Any, approval: Any, outcome: Any
    ) -> s.EffectLine:
        posture = effect if isinstance(effect, s.Posture) else None
        code, actions, trips = outcome or (None, (), ())
        return s.EffectLine(
            self._span(meta), "posture" if posture else str(effect), when, bound, unless, approval, code, posture,
            lasting, actions, trips,
        )  # fmt: skip

    def posture(self, meta: Any, c: list[Any]) -> s.Posture:
        return s.Posture(self._span(meta), str(c[0]), c[1])

    def stretch(self, meta: Any, c: list[Any]) -> s.Number:
        return self._literal(meta, c[0], 1, str(c[1]))

    lasting = stretch

    def outcome_(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Action, ...], tuple[tuple[str, Span], ...]]:
        code, *consequences = c
        actions = [action for kind, made in consequences if kind == "does" for action in made]
        trips = [switch for kind, made in consequences if kind == "trips" for switch in made]
        return str(code), tuple(actions), tuple(trips)

    def does(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Action, ...]]:
        return "does", tuple(c)

    def and_trips(self, meta: Any, c: list[Any]) -> tuple[str, tuple[tuple[str, Span], ...]]:
        return "trips", tuple((str(t), self._token(t)) for t in c)

    def and_opens(self, meta: Any, c: list[Any]) -> tuple[str, tuple[s.Action, ...]]:
        return "does", (s.Action(self._span(meta), "opens", task=c[0]),)

    def plain_action(self, meta: Any, c: list[Any]) -> s.Action:
        return s.Action(self._span(meta), str(c[0]), str(c[1]) if c[1] else None)

    def demotion(self, meta: Any, c: list[Any]) -> s.Action:
        return s.Action(self._span(meta), f"{c[0]} to", str(c[1]))

    def opening(self, meta: Any, c: list[Any]) -> s.Action:
        return s.Action(self._span(meta), "opens", task=c[0])

    def task(self, meta: Any, c: list[Any]) -> s.Task:
        title, role, due, at = c
        return s.Task(self._span(meta), unquote(title, holes=True), str(role), due, str(at) if at else None)

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

    def approval(self, meta: Any, c: list[Any]) -> s.Approval:
        count, distinct, role, within = c
        return s.Approval(self._span(meta), self._people(count), distinct is not None, str(role), within)

    def _people(self, count: Token) -> int:
        if number_of(count).denominator != 1 or not number_of(count):
            raise BuildFault(
                Diagnostic("E015", "a whole number of people approves", self._token(count), help="write 1, 2 or more")
            )
        return int(number_of(count))

    def distinct(self, meta: Any, c: list[Any]) -> bool:
        return True

"""Switches, checklists and gates from parse tree to syntax tree."""

from typing import Any

from lark import Token, v_args

from dsl import syntax as s
from dsl.build_places import unquote
from dsl.build_rules import RuleBuilder
from dsl.text import Span

Part = tuple[str, Any, Span]
"""A clause that is no plain text: its word, what it holds, where it stands."""


@v_args(meta=True)
class SwitchBuilder(RuleBuilder):
    """One method per rule of the grammar of switches, checklists and gates."""

    def switch(self, meta: Any, c: list[Any]) -> s.RuleText:
        found = self._gathered(meta, c)
        own = s.SwitchText(
            found.content("manually", ()), found.content("on missing"), found.content("posture"),
            found.content("does", ()), found.content("reset"),
        )  # fmt: skip
        return found.text("switch", own)

    def trips_when(self, meta: Any, c: list[Any]) -> s.EffectLine:
        when, lasting, unless, code = c
        return s.EffectLine(
            self._span(meta), "trip", when, None, unless, None, str(code) if code else None, lasting=lasting
        )  # fmt: skip

    def trips_manually(self, meta: Any, c: list[Any]) -> Part:
        return "manually", tuple(str(t) for t in c), self._span(meta)

    def trips_on_missing(self, meta: Any, c: list[Any]) -> Part:
        return "on missing", (self._span(meta), c[0]), self._span(meta)

    def posture_clause(self, meta: Any, c: list[Any]) -> Part:
        return "posture", str(c[0]), self._span(meta)

    def does_clause(self, meta: Any, c: list[Any]) -> Part:
        return "does", tuple(c), self._span(meta)

    def reset(self, meta: Any, c: list[Any]) -> Part:
        count, distinct, role, _, excluding, within, after, *rest = c
        *requires, rebases = rest
        reset = s.Reset(
            self._span(meta), self._people(count), distinct is not None, str(role),
            str(excluding) if excluding else None, within, None if isinstance(after, str) else after,
            after if isinstance(after, str) else None,
            tuple((str(t), self._token(t)) for t in requires if isinstance(t, Token)), rebases,
        )  # fmt: skip
        return "reset", reset, self._span(meta)

    def reset_after(self, meta: Any, c: list[Any]) -> s.Number:
        return c[0]  # type: ignore[no-any-return]

    def after_next(self, meta: Any, c: list[Any]) -> str:
        return str(c[0])

    def rebases(self, meta: Any, c: list[Any]) -> str:
        return str(c[0])

    def checklist(self, meta: Any, c: list[Any]) -> s.RuleText:
        found = self._gathered(meta, c)
        return found.text("checklist", s.ChecklistText(found.content("confirm"), found.content("signed")))

    def requirement(self, meta: Any, c: list[Any]) -> s.EffectLine:
        throughout, label, holds, code, *infinities = c
        return s.EffectLine(
            self._span(meta), "require", holds, None, None, None, str(code) if code else None, label=unquote(label),
            throughout=throughout is not None, infinities=tuple(infinities),
        )  # fmt: skip

    def throughout(self, meta: Any, c: list[Any]) -> bool:
        return True

    def confirm(self, meta: Any, c: list[Any]) -> Part:
        return "confirm", unquote(c[0], holes=True), self._span(meta)

    def signature(self, meta: Any, c: list[Any]) -> Part:
        count, distinct, role, within = c
        approval = s.Approval(self._span(meta), self._people(count), distinct is not None, str(role), within)
        return "signed", approval, self._span(meta)

    def gate(self, meta: Any, c: list[Any]) -> s.RuleText:
        found = self._gathered(meta, c)
        score, infinities = found.content("score", (None, ()))
        points, ranked = found.content("rank", (None, ()))
        return found.text("gate", s.GateText(found.content("promotes"), score, infinities, points, ranked))

    def promotes(self, meta: Any, c: list[Any]) -> Part:
        return "promotes", tuple(str(t) for t in c), self._span(meta)

    def score(self, meta: Any, c: list[Any]) -> Part:
        return "score", (c[0], tuple(c[1:])), self._span(meta)

    def infinity(self, meta: Any, c: list[Any]) -> s.Infinity:
        return s.Infinity(self._span(meta), str(c[0]), c[1])

    def rank(self, meta: Any, c: list[Any]) -> Part:
        points = s.Number(self._token(c[0]), self._literal(meta, c[0], 1, "").value, "")
        return "rank", (points, tuple(c[1:])), self._span(meta)

    def ranked(self, meta: Any, c: list[Any]) -> tuple[str, str, Span]:
        return str(c[0]), str(c[1]), self._span(meta)

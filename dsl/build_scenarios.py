"""Fixtures and tests from parse tree to syntax tree."""

from typing import Any

from lark import Token, v_args

from dsl import syntax as s
from dsl.build_places import unquote
from dsl.build_switches import SwitchBuilder


@v_args(meta=True)
class ScenarioBuilder(SwitchBuilder):
    """One method per rule of the grammar of scenarios."""

    def fixture(self, meta: Any, c: list[Any]) -> s.Fixture:
        return s.Fixture(self._span(meta), self._doc, str(c[0]), tuple(a for a in c[1:] if a is not None))

    def assign_fact(self, meta: Any, c: list[Any]) -> s.Assignment:
        name, *keys, _, value, age = c
        return s.Assignment(self._span(meta), str(name), False, tuple(k for k in keys if k is not None), value, age)

    def assign_param(self, meta: Any, c: list[Any]) -> s.Assignment:
        name, *keys, _, value = c
        return s.Assignment(self._span(meta), str(name), True, tuple(k for k in keys if k is not None), value, None)

    def setting(self, meta: Any, c: list[Any]) -> s.Expr:
        return c[0]  # type: ignore[no-any-return]

    def records(self, meta: Any, c: list[Any]) -> s.Expr:
        return s.Records(self._span(meta), tuple(c))

    def record(self, meta: Any, c: list[Any]) -> tuple[tuple[str, s.Expr], ...]:
        return tuple((str(name), value) for name, value in zip(c[::3], c[2::3], strict=True))

    def test(self, meta: Any, c: list[Any]) -> s.Test:
        title, *rest = c
        rules = tuple((str(t), self._token(t)) for t in rest if isinstance(t, Token))
        return s.Test(
            self._span(meta),
            self._doc,
            unquote(title),
            rules,
            tuple(x for x in rest if isinstance(x, s.Scenario)),
        )

    def scenario(self, meta: Any, c: list[Any]) -> s.Scenario:
        name, with_, without, after, then, instant, *rest = c
        steps = tuple(x for x in rest if isinstance(x, s.Step))
        outcomes = tuple(x for x in rest if isinstance(x, s.ExpectedOutcome))
        return s.Scenario(
            self._span(meta), str(name), with_ or (), without or (), after or (), then, instant, outcomes, steps
        )  # fmt: skip

    def later(self, meta: Any, c: list[Any]) -> s.Step:
        at, with_, without, after, *outcomes = c
        return s.Step(self._span(meta), at, with_ or (), without or (), after or (), tuple(outcomes))

    def restarted(self, meta: Any, c: list[Any]) -> s.Step:
        return s.Step(self._span(meta), None, (), (), (), tuple(c))

    def with_(self, meta: Any, c: list[Any]) -> tuple[s.Assignment, ...]:
        return tuple(c)

    def without_(self, meta: Any, c: list[Any]) -> tuple[str, ...]:
        return tuple(str(t) for t in c)

    def after_(self, meta: Any, c: list[Any]) -> tuple[s.Occurrence, ...]:
        return tuple(c)

    def occurrence(self, meta: Any, c: list[Any]) -> s.Occurrence:
        event, fields, at, repeats = c
        until, every = repeats or (None, None)
        return s.Occurrence(self._span(meta), str(event), fields or (), at, until, every)

    def repeats(self, meta: Any, c: list[Any]) -> tuple[Any, Any]:
        return c[1], c[2]

    def having(self, meta: Any, c: list[Any]) -> tuple[s.Assignment, ...]:
        return tuple(c)

    def then_(self, meta: Any, c: list[Any]) -> s.Number:
        return c[1]  # type: ignore[no-any-return]

    def on_date(self, meta: Any, c: list[Any]) -> s.Moment:
        return s.Moment(self._span(meta), "date", str(c[0]))

    def at_time(self, meta: Any, c: list[Any]) -> s.Moment:
        return s.Moment(self._span(meta), "timestamp", str(c[0]))

    def outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, str(c[0]), c[1], c[2])

    def _outcome(
        self, meta: Any, effect: str, code: Any, rule: Any = None, keys: tuple[str, ...] = ()
    ) -> s.ExpectedOutcome:
        name = None if code is None else str(code)
        return s.ExpectedOutcome(self._span(meta), effect, name, str(rule) if rule else None, keys)

    def trip_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "trip", *c)

    def no_trip_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "no trip", None)

    def posture_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "posture", c[0], None, tuple(key for key in c[1:] if key is not None))

    def action_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "does", c[0])

    def task_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "task", unquote(c[0]))

    def refuse_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "refuse", *c)

    def fail_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "fail", unquote(c[0]) if c[0] else None, c[1])

    def rank_outcome(self, meta: Any, c: list[Any]) -> s.ExpectedOutcome:
        return self._outcome(meta, "rank", None, None, tuple(unquote(name) for name in c))

"""Proofs from parse tree to syntax tree."""

from typing import Any

from lark import v_args

from dsl import syntax as s
from dsl.build_places import BuildFault, unquote
from dsl.build_scenarios import ScenarioBuilder
from dsl.diagnostics import Diagnostic


@v_args(meta=True)
class ProofBuilder(ScenarioBuilder):
    """One method per rule of the grammar of proofs."""

    def prove(self, meta: Any, c: list[Any]) -> s.Prove:
        subject, claim = c
        rule = str(subject) if subject.type == "RULE_ID" else None
        title = "" if rule else unquote(subject)
        return s.Prove(self._span(meta), self._doc, rule, title, **claim)

    def never_looser(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        return {"claim": "never_looser"}

    def never_allow(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        return {"claim": "never_allow", "condition": c[1]}

    def tighter_as(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        if c[1] not in ("rises", "falls"):
            message = f"`tighter as {c[0]} {c[1]}` is neither rises nor falls"
            help_ = f"write `tighter as {c[0]} rises` or `tighter as {c[0]} falls`"
            raise BuildFault(Diagnostic("E011", message, self._token(c[1]), help=help_))
        fact = s.Name(self._token(c[0]), str(c[0]))
        return {"claim": "tighter_as", "fact": fact, "direction": str(c[1])}

    def some_passes(self, meta: Any, c: list[Any]) -> dict[str, Any]:
        return {"claim": "some_passes"}

"""Decisions as they were recorded, and what they said in the form two judgements are compared in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsl.judgement import EFFECT_STRENGTH, Finding
from engine.decision.words import describe_order
from engine.model.time import parse_timestamp

Signature = tuple[tuple[str, int, str, str, str], ...]
"""Every finding by rule, line, effect, code and mode: what two judgements are compared by."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One decision of a journal. `facts` by path as the record holds them, None where no rule was asked."""

    decision_id: str
    run: str
    seq: int
    at: int
    law_date: str
    stage: str
    bundle: str
    config: str
    intent: Mapping[str, Any]
    verdict: str
    asked: str
    quantity: str
    findings: Sequence[Mapping[str, Any]]
    facts: Mapping[str, Mapping[str, Any]] | None
    late: tuple[int, ...]

    @property
    def unjudged(self) -> str:
        """Why no rule was asked: a cancel never is, a refusal came before; empty where rules were."""
        if self.facts is not None:
            return ""
        return "cancel" if self.intent.get("kind") == "CANCEL" else "refusal"

    @property
    def order(self) -> str:
        """The intent in a few words."""
        return describe_order(self.intent)


def recorded_from(decision_id: str, record: Mapping[str, Any], run_key: str | None = None) -> Recorded:
    """Return a decision from its record, which names the run; `run_key` says which attempt it was."""
    facts = record.get("facts")
    return Recorded(
        decision_id, run_key or record["run"], record["seq"], parse_timestamp(record["at"]), record["law_date"],
        record["stage"], record["bundle"], record["config"], record["intent"], record["verdict"], record["asked"],
        record["quantity"], record["findings"], None if facts is None else {fact["path"]: fact for fact in facts},
        tuple(record.get("late", ())),
    )  # fmt: skip


def signature_of(findings: Iterable[Finding]) -> Signature:
    """Return the signature of findings."""
    return tuple(sorted((f.rule, f.line, f.effect, f.code, f.mode) for f in findings))


def signature_from(findings: Iterable[Mapping[str, Any]]) -> Signature:
    """Return the signature of recorded findings."""
    return tuple(sorted((f["rule"], f["line"], f["effect"], f["code"], f["mode"]) for f in findings))


def verdict_of(signature: Signature) -> str:
    """Return the verdict findings add up to: what the rules say of the order as it was asked."""
    return max((Finding(*one).counts_as for one in signature), key=EFFECT_STRENGTH.__getitem__, default="allow")

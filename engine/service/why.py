"""Why a decision fell as it did, by the words a person has for it: its id, its intent's id, or its number."""

from collections.abc import Callable
from typing import Any

import orjson

from dsl.bundle import open_form
from dsl.overlays import read_overlay
from dsl.pipeline import compile_rules
from dsl.program import Overlay
from engine.decision.explain import Explanation
from engine.service.explanations import Explainer
from engine.service.refusal import Refused
from engine.service.runs import latest_run, open_existing
from engine.store.database import Database


def explain_decision(address: str, decision: str, run_key: str | None = None) -> Explanation:
    """Return the explanation of a decision of a run, by default the newest run of the database.

    Raises Refused, NotExplained, WhyMismatch and the store's errors.
    """
    with open_existing(address) as database:
        key = run_key or latest_run(database)
        return Explainer(database, overlays_in(database, key)).explain(key, _find(database, key, decision))


def explain_first(address: str, run_key: str, verdict: str) -> Explanation | None:
    """Return the explanation of a run's first decision of a verdict, None when there is none."""
    with open_existing(address) as database:
        with database.read(run_key) as unit:
            rows = unit.decisions.list(run_key, verdict=verdict, limit=1)
        if not rows:
            return None
        return Explainer(database, overlays_in(database, run_key)).explain(run_key, rows[0].decision_id)


def overlays_in(database: Database, run_key: str) -> Callable[[bytes], tuple[Overlay, ...]]:
    """Return how a run's configuration is read for its tightenings; its rules say what kind of number each is."""

    def overlays_of(config: bytes) -> tuple[Overlay, ...]:
        params: dict[str, Any] = orjson.loads(config).get("params", {})
        if not params:
            return ()
        with database.read(run_key) as unit:
            run = unit.runs.get(run_key)
            document = unit.documents.get(run.bundle_hash) if run else None
        if document is None:
            raise Refused("DOCUMENT_MISSING", f"the rules of run {run_key} are not in the store")
        bundle, _ = compile_rules(*open_form(document.content))
        assert bundle is not None, "a stored bundle was compiled before it was stored"
        found = [
            read_overlay(
                bundle, name, tuple(row.get("key", ())), row["value"], row["from"], row["cite"], "configuration"
            )[0]
            for name, rows in sorted(params.items())
            for row in rows
        ]
        return tuple(overlay for overlay in found if overlay is not None)

    return overlays_of


def _find(database: Database, run_key: str, decision: str) -> str:
    """Return the id of the decision a person means. Raises Refused."""
    with database.read(run_key) as unit:
        if unit.decisions.get(decision) is not None:
            return decision
        of_intent = unit.decisions.by_intent(decision)
        if of_intent:
            return of_intent[-1].decision_id
        if decision.isdecimal() and len(decision) <= 9 and int(decision) > 0:
            rows = unit.decisions.list(run_key, after_seq=int(decision) - 1, limit=1)
            if rows and rows[0].seq == int(decision):
                return rows[0].decision_id
    help_ = "name a decision or intent id, or the decision's number within the run"
    raise Refused("DECISION_UNKNOWN", f"run {run_key} has no decision {decision[:80]!r}", help_)

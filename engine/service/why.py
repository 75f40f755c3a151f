"""Why a decision fell as it did, by the words a person has for it: its id, its intent's id, or its number."""

from engine.decision.explain import Explanation
from engine.model.time import format_timestamp
from engine.service.explanations import Explainer
from engine.service.overlays import reopen_overlays
from engine.service.refusal import Refused
from engine.service.runs import latest_run, open_existing
from engine.store.database import Database
from engine.store.holds import Approval, Hold


def explain_decision(address: str, decision: str, run_key: str | None = None) -> Explanation:
    """Return the explanation of a decision of a run, by default the newest run of the database.

    Raises Refused, NotExplained, WhyMismatch and the store's errors.
    """
    with open_existing(address) as database:
        key = run_key or latest_run(database)
        return Explainer(database, reopen_overlays).explain(key, _find(database, key, decision))


def fates_of_holds(address: str, decision_id: str, run_key: str | None = None) -> tuple[str, ...]:
    """Return how each hold a decision opened stands or ended, one line each; none where it opened none."""
    with open_existing(address) as database:
        key = run_key or latest_run(database)
        with database.read(key) as unit:
            holds = [hold for hold in unit.holds.list(key) if hold.decision_id == decision_id]
            return tuple(_fate(hold, unit.holds.approvals(hold.hold_id)) for hold in holds)


def _fate(hold: Hold, approvals: tuple[Approval, ...]) -> str:
    asked = f"hold {hold.rule} no. {hold.nth}: {hold.quorum} {hold.role} until {format_timestamp(hold.expires_at)}"
    if hold.resolved_at is None:
        return f"{asked}; open"
    by = ", ".join(approval.principal for approval in approvals)
    return f"{asked}; {hold.state.value.lower()} at {format_timestamp(hold.resolved_at)}{f' by {by}' if by else ''}"


def explain_first(address: str, run_key: str, verdict: str) -> Explanation | None:
    """Return the explanation of a run's first decision of a verdict, None when there is none."""
    with open_existing(address) as database:
        with database.read(run_key) as unit:
            rows = unit.decisions.list(run_key, verdict=verdict, limit=1)
        if not rows:
            return None
        return Explainer(database, reopen_overlays).explain(run_key, rows[0].decision_id)


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

"""What the gateway asks before anything leaves, answered from committed rows at every call."""

from engine.audit.canonical import parse_canonical
from engine.execution.ports import Allow
from engine.model.time import Timestamp
from engine.store.database import Database
from engine.store.runs import RunStatus

SENDABLE = frozenset({"allow", "note", "warn", "flag", "clip"})
POSTURE_EPOCH = 0
"""No switch exists that could change the posture; every decision and every send are of this epoch."""


class StoreAuthority:
    """Reads allows, arming and the active bundle of one run."""

    def __init__(self, database: Database, run_key: str) -> None:
        self._database, self._run_key = database, run_key

    def allow_of(self, decision_id: str) -> Allow | None:
        """Return the decision behind a request, None when there is none."""
        with self._database.read(self._run_key) as unit:
            row = unit.decisions.get(decision_id)
            if row is None:
                return None
            last = unit.decisions.by_intent(row.intent_id)[-1]
        record = parse_canonical(row.record)
        allowed = row.verdict in SENDABLE and record.get("quantity") != "0" and last.decision_id == decision_id
        return Allow(
            allowed, record.get("payload", ""), record["bundle"], POSTURE_EPOCH, Timestamp(row.at),
            record["intent"]["engine"], row.seq, row.record_hash, record.get("emergency", False),
        )  # fmt: skip

    def is_armed(self, run_key: str) -> bool:
        """Return whether the run is armed or running."""
        with self._database.read(self._run_key) as unit:
            run = unit.runs.get(run_key)
        return run is not None and run.status in (RunStatus.ARMED, RunStatus.RUNNING)

    def posture_epoch(self, run_key: str) -> int:
        return POSTURE_EPOCH

    def bundle_hash(self, run_key: str) -> str | None:
        """Return the bundle the run was armed with."""
        with self._database.read(self._run_key) as unit:
            run = unit.runs.get(run_key)
        return run.bundle_hash if run else None

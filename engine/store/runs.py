"""Runs and their lifecycle: the only states a run can have and the only moves between them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Index, Table, UniqueConstraint, select
from sqlalchemy import text as sql

from engine.store.errors import InvalidTransition
from engine.store.schema import METADATA, content, integer, one_of, text
from engine.store.writing import insert, update


class Mode(StrEnum):
    BACKTEST = "BACKTEST"
    PAPER = "PAPER"
    LIVE_SHADOW = "LIVE-SHADOW"
    LIVE_CAPITAL = "LIVE-CAPITAL"


class RunStatus(StrEnum):
    CREATED = "CREATED"
    ARMED = "ARMED"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    HALTED = "HALTED"


LIVE_MODES = (Mode.LIVE_SHADOW, Mode.LIVE_CAPITAL)
ACTIVE = (RunStatus.ARMED, RunStatus.RUNNING)

EDGES = frozenset(
    {
        (RunStatus.CREATED, RunStatus.ARMED),
        (RunStatus.STOPPED, RunStatus.ARMED),
        (RunStatus.ARMED, RunStatus.RUNNING),
        (RunStatus.ARMED, RunStatus.STOPPED),
        (RunStatus.RUNNING, RunStatus.STOPPED),
        (RunStatus.CREATED, RunStatus.HALTED),
        (RunStatus.ARMED, RunStatus.HALTED),
        (RunStatus.RUNNING, RunStatus.HALTED),
        (RunStatus.STOPPED, RunStatus.HALTED),
    }
)
"""Every move there is, but for HALTED to STOPPED, which only `Runs.clear` makes."""

_LIVE_AND_ACTIVE = sql("mode IN ('LIVE-SHADOW', 'LIVE-CAPITAL') AND status IN ('ARMED', 'RUNNING')")

RUNS = Table(
    "runs",
    METADATA,
    text("run_key", key=True),
    text("run_id"),
    integer("attempt"),
    text("engine"),
    text("mode"),
    text("status"),
    text("bundle_hash"),
    text("config_hash"),
    text("law_date", null=True),
    content("inputs"),
    text("book_id"),
    integer("created_at"),
    integer("armed_at", null=True),
    text("armed_by", null=True),
    content("arm_record", null=True),
    integer("running_at", null=True),
    integer("stopped_at", null=True),
    integer("halted_at", null=True),
    text("halt_reason", null=True),
    UniqueConstraint("run_id", "attempt"),
    one_of("mode", Mode),
    one_of("status", RunStatus),
    CheckConstraint("attempt >= 1", name="attempt"),
    CheckConstraint(
        "status NOT IN ('ARMED', 'RUNNING') OR "
        "(armed_at IS NOT NULL AND armed_by IS NOT NULL AND arm_record IS NOT NULL)",
        name="armed_by_record",
    ),
    CheckConstraint(
        "status <> 'HALTED' OR (halted_at IS NOT NULL AND halt_reason IS NOT NULL)", name="halted_with_reason"
    ),
    Index(
        "uq_runs_live_engine",
        "engine",
        unique=True,
        sqlite_where=_LIVE_AND_ACTIVE,
        postgresql_where=_LIVE_AND_ACTIVE,
    ),
    Index(None, "created_at"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a run; `inputs` and `arm_record` are canonical JSON, instants microseconds UTC."""

    run_key: str
    run_id: str
    attempt: int
    engine: str
    mode: Mode
    status: RunStatus
    bundle_hash: str
    config_hash: str
    law_date: str | None
    inputs: bytes
    book_id: str
    created_at: int
    armed_at: int | None = None
    armed_by: str | None = None
    arm_record: bytes | None = None
    running_at: int | None = None
    stopped_at: int | None = None
    halted_at: int | None = None
    halt_reason: str | None = None


def name_run(run_id: str, attempt: int) -> str:
    """Return the run key of an attempt (from 1)."""
    return f"{run_id}.{attempt}"


def _read(row: Any) -> Run:
    fields = row._asdict()
    return Run(**fields | {"mode": Mode(fields["mode"]), "status": RunStatus(fields["status"])})


class Runs:
    """The runs of this database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, run: Run) -> None:
        """Add a run that has just been created. Raises ConstraintViolated for a known attempt."""
        if run.status is not RunStatus.CREATED or run.run_key != name_run(run.run_id, run.attempt):
            raise InvalidTransition("run", run.run_key, None, run.status)
        insert(self._connection, RUNS, run)

    def get(self, run_key: str) -> Run | None:
        row = self._connection.execute(select(RUNS).where(RUNS.c.run_key == run_key)).first()
        return None if row is None else _read(row)

    def latest(self, run_id: str) -> Run | None:
        """Return the last attempt of a run."""
        statement = select(RUNS).where(RUNS.c.run_id == run_id).order_by(RUNS.c.attempt.desc()).limit(1)
        row = self._connection.execute(statement).first()
        return None if row is None else _read(row)

    def list(self, engine: str | None = None, limit: int | None = None) -> tuple[Run, ...]:
        """Return the runs, newest first."""
        statement = select(RUNS).order_by(RUNS.c.created_at.desc(), RUNS.c.run_key.desc()).limit(limit)
        if engine is not None:
            statement = statement.where(RUNS.c.engine == engine)
        return tuple(_read(row) for row in self._connection.execute(statement))

    def move(
        self,
        run_key: str,
        allowed_from: RunStatus | tuple[RunStatus, ...],
        to: RunStatus,
        at: int,
        *,
        by: str | None = None,
        record: bytes | None = None,
        reason: str | None = None,
    ) -> bool:
        """Move a run to `to` if it stands in one of `allowed_from`; return whether it did.

        Arming needs `by` and `record`, halting a `reason`; the first reason of a halt is kept until
        it is cleared. Raises InvalidTransition for a move the lifecycle lacks and
        ConstraintViolated (uq_runs_live_engine) when another live run of the engine is active.
        """
        sources = (allowed_from,) if isinstance(allowed_from, RunStatus) else allowed_from
        for source in sources:
            if (source, to) not in EDGES:
                raise InvalidTransition("run", run_key, source, to)
        changes: dict[str, Any] = {"status": to, f"{to.lower()}_at": at}
        if to is RunStatus.ARMED:
            changes |= {"armed_by": by, "arm_record": record}
        if to is RunStatus.HALTED:
            changes |= {"halt_reason": reason}
        return self._change(run_key, sources, **changes)

    def clear(self, run_key: str, at: int) -> bool:
        """Move a halted run to STOPPED; when and why it halted stay on the row."""
        return self._change(run_key, (RunStatus.HALTED,), status=RunStatus.STOPPED, stopped_at=at)

    def _change(self, run_key: str, sources: tuple[RunStatus, ...], **changes: Any) -> bool:
        where = (RUNS.c.run_key == run_key, RUNS.c.status.in_(sources))
        return update(self._connection, RUNS, *where, **changes) == 1

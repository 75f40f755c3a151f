"""Which live runs are active, told without the rest of the schema: asked before a schema is changed."""

from sqlalchemy import Connection, select

from engine.store.runs import ACTIVE, LIVE_MODES, RUNS


def live_runs(connection: Connection) -> tuple[str, ...]:
    """Return the keys of live runs that are armed or running; every schema version has these columns."""
    statement = select(RUNS.c.run_key).where(RUNS.c.mode.in_(LIVE_MODES), RUNS.c.status.in_(ACTIVE))
    return tuple(sorted(row[0] for row in connection.execute(statement)))

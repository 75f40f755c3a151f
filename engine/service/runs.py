"""The runs of a database, as they stand."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.model.time import format_timestamp
from engine.service.refusal import Kind, Refused

if TYPE_CHECKING:
    from engine.store.database import Database
    from engine.store.runs import Run

_FILE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run as a list shows it."""

    run_key: str
    engine: str
    mode: str
    status: str
    law_date: str | None
    created_at: str
    decisions: int
    verdicts: dict[str, int]
    halt_reason: str | None

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    def as_cells(self) -> tuple[str, ...]:
        status = f"{self.status} ({self.halt_reason})" if self.status == "HALTED" else self.status
        law_date = self.law_date or "of the session"
        return (self.run_key, self.engine, self.mode, status, law_date, self.created_at, str(self.decisions))


def open_existing(address: str) -> "Database":
    """Return a database that must be there already: reading never makes an empty one. Raises Refused."""
    from engine.store.database import open_database

    if not is_there(address):
        path = address.removeprefix(_FILE)
        raise Refused("DATABASE_NONE", f"there is no database {path}", "name it with --db", Kind.USAGE)
    return open_database(address)


def is_there(address: str) -> bool:
    """Return whether a database can be looked at: a file that exists, or a server, which answers for itself."""
    return not address.startswith(_FILE) or Path(address.removeprefix(_FILE)).is_file()


def list_runs(address: str, engine: str | None = None, limit: int = 20) -> tuple[RunLine, ...]:
    """Return the newest runs. Raises Refused and the store's errors."""
    lines = []
    with open_existing(address) as database:
        with database.read() as unit:
            runs = unit.runs.list(engine, limit)
        for run in runs:
            with database.read(run.run_key) as unit:
                verdicts = unit.decisions.count_by_verdict(run.run_key)
            created = format_timestamp(run.created_at)
            lines.append(
                RunLine(
                    run.run_key, run.engine, run.mode.value, run.status.value, run.law_date, created,
                    sum(verdicts.values()), verdicts, run.halt_reason,
                )
            )  # fmt: skip
    return tuple(lines)


def find_run(database: "Database", named: str) -> "Run":
    """Return a run by its key, or the last attempt of a run id. Raises Refused."""
    with database.read() as unit:
        run = unit.runs.get(named) or unit.runs.latest(named)
    if run is None:
        raise Refused("RUN_UNKNOWN", f"the database holds no run {named[:80]}", "list the runs with `mqk run status`")
    return run


def latest_run(database: "Database") -> str:
    """Return the key of the newest run. Raises Refused when there is none."""
    with database.read() as unit:
        runs = unit.runs.list(None, 1)
    if not runs:
        raise Refused("RUN_NONE", "the database holds no run", "start one with `mqk run start` or `mqk demo`")
    return runs[0].run_key

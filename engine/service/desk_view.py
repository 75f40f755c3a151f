"""What screens show of a run: pure data, read from the store and never written."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.service.desk_limits import LimitBoard
from engine.service.desk_lines import (
    BookNews,
    DeskNews,
    RunLine,
    ViolationLine,
    decision_line,
    fill_line,
    hold_line,
    order_line,
    run_line,
)
from engine.service.explanations import Explainer, NotExplained, OverlaysOf, open_record
from engine.service.why_text import WhyLine, why_lines
from engine.store.database import Database
from engine.store.runs import Run
from engine.store.unit import UnitOfWork

BATCH = 2_000
"""Decisions read at once; a screen that falls behind catches up batch by batch."""
VIOLATIONS_KEPT = 1_000
ROWS_SHOWN = 200
Row = TypeVar("Row")


class DeskView:
    """The read side of a database for screens."""

    def __init__(self, database: Database, overlays_of: OverlaysOf) -> None:
        self._database, self._explainer = database, Explainer(database, overlays_of)

    def runs(self, limit: int = 50) -> tuple[RunLine, ...]:
        """Return the latest runs, newest first."""
        with self._database.read() as unit:
            runs = unit.runs.list()
        newest = sorted(runs, key=lambda run: (run.created_at, run.run_key), reverse=True)
        return tuple(run_line(run) for run in newest[:limit])

    def follow(self, run_key: str) -> "RunFollower":
        """Return a follower of a run. Raises NotExplained for a run that is not there."""
        with self._database.read() as unit:
            _find(unit, run_key)
        return RunFollower(self._database, self._explainer, run_key)


class RunFollower:
    """Reads what a run added since the last look; holds counts and latest values, never the decisions."""

    def __init__(self, database: Database, explainer: Explainer, run_key: str) -> None:
        self._database, self._explainer, self._run_key = database, explainer, run_key
        self._last_seq = 0
        self._violations: dict[tuple[str, str], ViolationLine] = {}
        self._limits = LimitBoard(explainer)

    def poll(self) -> DeskNews:
        """Return what is new: at most BATCH decisions, oldest first."""
        with self._database.read(self._run_key) as unit:
            run = _find(unit, self._run_key)
            rows = unit.decisions.list(self._run_key, after_seq=self._last_seq, limit=BATCH)
            records = [open_record(row) for row in rows]
            self._limits.measure(unit, records)
            verdicts = unit.decisions.count_by_verdict(self._run_key)
            holds = unit.holds.open_holds(self._run_key)
        for record in records:
            self._count(record)
        if rows:
            self._last_seq = rows[-1].seq
        return DeskNews(
            run_line(run), tuple(decision_line(row, record) for row, record in zip(rows, records, strict=True)),
            len(rows) == BATCH, verdicts, self.violations(), self._limits.lines(), tuple(hold_line(h) for h in holds),
        )  # fmt: skip

    def book(self) -> BookNews:
        """Return the orders that may still trade and the latest executions, newest first."""
        with self._database.read(self._run_key) as unit:
            orders, fills = unit.orders.open(self._run_key), unit.fills.list(self._run_key)
        return BookNews(
            tuple(order_line(row) for row in _newest(orders, lambda o: (o.updated_at, o.client_order_id))),
            tuple(fill_line(row) for row in _newest(fills, lambda f: (f.seq, f.fill_id))),
        )

    def explain(self, decision_id: str, width: int) -> tuple[WhyLine, ...]:
        """Return why a decision fell as it did, wrapped. Raises NotExplained and WhyMismatch."""
        return why_lines(self._explainer.explain(self._run_key, decision_id), width)

    def violations(self) -> tuple[ViolationLine, ...]:
        """Return findings by rule and code, the most frequent first."""
        return tuple(sorted(self._violations.values(), key=lambda v: (-v.count, v.rule, v.code)))

    def _count(self, record: Mapping[str, Any]) -> None:
        found = [(f["rule"], f["code"], f["effect"]) for f in record["findings"]]
        if "refusal" in record:
            found.append(("desk", record["refusal"]["code"], "reject"))
        for rule, code, effect in found:
            before = self._violations.pop((rule, code), None)
            count = before.count + 1 if before else 1
            self._violations[rule, code] = ViolationLine(rule, code, effect, count, record["seq"], record["at"])
        while len(self._violations) > VIOLATIONS_KEPT:
            del self._violations[next(iter(self._violations))]


def _find(unit: UnitOfWork, run_key: str) -> Run:
    run = unit.runs.get(run_key)
    if run is None:
        raise NotExplained("RUN_UNKNOWN", f"there is no run {run_key}", "list the runs with `mqk run list`")
    return run


def _newest(rows: tuple[Row, ...], order: Callable[[Row], Any]) -> list[Row]:
    return sorted(rows, key=order, reverse=True)[:ROWS_SHOWN]

"""A run's content: what is equal, byte for byte, whenever equal inputs run."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.artifacts.tables import (
    EquityRow,
    ExecutionRow,
    OrderRow,
    WatchRow,
    equity_lines,
    execution_lines,
    fill_lines,
    order_lines,
    watch_lines,
)
from engine.audit.canonical import canonical, parse_canonical
from engine.audit.chain import AuditEntry, content_line
from engine.model.order import Fill

AUDIT = "audit.jsonl"
DECISIONS = "decisions.jsonl"
EQUITY = "equity_curve.csv"
EXECUTION = "execution.csv"
FILLS = "fills.csv"
METRICS = "metrics.json"
ORDERS = "orders.csv"
WATCH = "watch.csv"
CONTENT_FILES = (AUDIT, DECISIONS, EQUITY, EXECUTION, FILLS, METRICS, ORDERS, WATCH)


@dataclass(frozen=True, slots=True)
class RunContent:
    """Everything a run leaves behind, in run order; iterables are read once, line by line.

    `inputs` and `metrics` are canonical JSON data (decimals as text). `audit` holds the run's own
    entries; of each only place in the run, event time, kind and body are content. `decisions` holds
    canonical record bytes. `law_date` is None when each decision was judged by its own date.
    """

    run_id: str
    inputs: Mapping[str, Any]
    bundle_hash: str
    is_bundle_approved: bool
    config_hash: str
    law_date: date | None
    metrics: Mapping[str, Any]
    audit: Iterable[AuditEntry] = ()
    decisions: Iterable[bytes] = ()
    orders: Iterable[OrderRow] = ()
    fills: Iterable[Fill] = ()
    equity: Iterable[EquityRow] = ()
    execution: Iterable[ExecutionRow] = ()
    watched: Iterable[WatchRow] = ()


def file_lines(content: RunContent) -> tuple[tuple[str, Callable[[], Iterator[bytes]]], ...]:
    """Return every content file's name and a call that yields its lines."""
    return (
        (AUDIT, lambda: _audit_lines(content.audit)),
        (DECISIONS, lambda: _decision_lines(content.decisions)),
        (EQUITY, lambda: equity_lines(content.equity)),
        (EXECUTION, lambda: execution_lines(content.execution)),
        (FILLS, lambda: fill_lines(content.fills)),
        (METRICS, lambda: iter((_metrics(content),))),
        (ORDERS, lambda: order_lines(content.orders)),
        (WATCH, lambda: watch_lines(content.watched)),
    )


def pretty(value: Any) -> bytes:
    """Return canonical JSON data indented for people, keys sorted. Raises NotCanonical."""
    canonical(value, None)
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _audit_lines(entries: Iterable[AuditEntry]) -> Iterator[bytes]:
    for place, entry in enumerate(entries, start=1):
        yield content_line(place, entry) + b"\n"


def _decision_lines(records: Iterable[bytes]) -> Iterator[bytes]:
    for record in records:
        parse_canonical(record)
        yield record + b"\n"


def _metrics(content: RunContent) -> bytes:
    return pretty({"v": 1, "run_id": content.run_id, "metrics": dict(content.metrics)})

"""A small complete run for artifact tests."""

import dataclasses
from datetime import date

from engine.artifacts.content import RunContent
from engine.artifacts.manifest import Envelope
from engine.artifacts.tables import EquityRow, ExecutionRow, OrderRow
from engine.audit.canonical import canonical
from engine.audit.chain import AuditEntry, begin, seal
from engine.model.numbers import Money, Price, Quantity
from engine.model.order import Fill, OrderType, Side
from engine.model.time import Timestamp, parse_timestamp

OPEN = parse_timestamp("2026-01-05T14:30:00Z")


def audit(log_id: str = "log-1", wall: int = 0) -> list[AuditEntry]:
    """Two entries of a run in a database that has seen other things before."""
    previous = begin(log_id, wall)
    entries = []
    for number, body in enumerate(({"symbol": "SPY"}, {"symbol": "SPY", "verdict": "allow"})):
        entry = seal(
            log_id,
            previous.seq + 1,
            previous.hash,
            wall=wall + number,
            run=f"run_1.{wall}",
            kind="DECISION_RECORDED",
            at=OPEN + number,
            body=body,
        )
        entries.append(entry)
        previous = entry
    return entries


def sample(**changes: object) -> RunContent:
    content = RunContent(
        run_id="run_1",
        inputs={"mode": "BACKTEST", "bars": "ab" * 32, "seed": 7},
        bundle_hash="b" * 64,
        is_bundle_approved=False,
        config_hash="c" * 64,
        law_date=date(2026, 1, 5),
        metrics={"total_return": "-0.004", "sharpe": None, "undefined": {"sharpe": "flat"}},
        audit=audit(),
        decisions=[canonical({"verdict": "allow", "n": 1}), canonical({"verdict": "reject", "n": 2})],
        orders=[
            OrderRow(
                OPEN,
                "run_1:1",
                "SPY",
                Side.BUY,
                Quantity(10_500_000),
                OrderType.LIMIT,
                Price(100_250_000),
                None,
                "FILLED",
            ),
            OrderRow(
                Timestamp(OPEN + 1),
                "run_1:2",
                "SPY",
                Side.SELL,
                Quantity(1),
                OrderType.MARKET,
                None,
                None,
                "REJECTED",
            ),
        ],
        fills=[
            Fill(
                "f1",
                "run_1:1",
                "SPY",
                Side.BUY,
                Quantity(10_500_000),
                Price(100_240_001),
                Money(52_500),
                Timestamp(OPEN + 250_000),
            )
        ],
        execution=[
            ExecutionRow(OPEN, "run_1:1", "SPY", Side.BUY, 1, "1052.5200105", "100.2399995", "0.01", "-1", "0.25"),
            ExecutionRow(OPEN, "=run_1:2", "SPY", Side.SELL, 2, "1", None, None, None, None),
        ],
        equity=[EquityRow(OPEN, Money(100_000_000_000)), EquityRow(Timestamp(OPEN + 60_000_000), Money(-1))],
    )
    return dataclasses.replace(content, **changes)  # type: ignore[arg-type]


def envelope(attempt: int = 1) -> Envelope:
    started = Timestamp(OPEN + attempt)
    return Envelope(f"host-{attempt}", "0.1.0+abc", attempt, started, Timestamp(started + 5))

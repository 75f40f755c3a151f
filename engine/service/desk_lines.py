"""Rows of the store as lines of a screen: frozen text, nothing left to look up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.decision.words import describe_order
from engine.model.numbers import format_decimal
from engine.model.time import format_timestamp
from engine.store.decisions import DecisionRow
from engine.store.holds import Hold
from engine.store.orders import FillRow, OrderRow
from engine.store.runs import Run


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run: how it is named, what it is bound to and where it stands."""

    run_key: str
    engine: str
    mode: str
    status: str
    bundle: str
    law_date: str
    created_at: str
    halt_reason: str


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision of the tape. `rules` are all rules that spoke, `rule` and `code` the strongest finding's."""

    seq: int
    at: str
    decision_id: str
    verdict: str
    rule: str
    code: str
    rules: tuple[str, ...]
    strategy: str
    symbol: str
    side: str
    order: str
    asked: str
    granted: str
    because: str


@dataclass(frozen=True, slots=True)
class ViolationLine:
    """How often a rule spoke with a code, and when last."""

    rule: str
    code: str
    effect: str
    count: int
    last_seq: int
    last_at: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """How much of a limit is used under one key. `permille` is rounded up, None where unknown or without meaning.

    `state` is ok, near (from 80 %), crossed, unknown, or unmeasured while no decision has applied it.
    """

    rule: str
    title: str
    key: str
    state: str
    permille: int | None
    measure: str
    bound: str
    effect: str
    unknown: tuple[str, ...]
    seq: int


@dataclass(frozen=True, slots=True)
class HoldLine:
    """An order that waits for people."""

    hold_id: str
    rule: str
    strategy: str
    symbol: str
    nth: int
    wanted: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Where an order stands."""

    client_order_id: str
    symbol: str
    side: str
    type: str
    quantity: str
    filled: str
    limit: str
    state: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class FillLine:
    """One execution."""

    fill_id: str
    client_order_id: str
    symbol: str
    side: str
    quantity: str
    price: str
    at: str


@dataclass(frozen=True, slots=True)
class DeskNews:
    """What one look at a run found: new decisions in order and everything else as it stands now."""

    run: RunLine
    decisions: tuple[DecisionLine, ...]
    is_behind: bool
    verdicts: Mapping[str, int]
    violations: tuple[ViolationLine, ...]
    limits: tuple[LimitLine, ...]
    holds: tuple[HoldLine, ...]


@dataclass(frozen=True, slots=True)
class BookNews:
    """Working orders and the latest executions, newest first."""

    orders: tuple[OrderLine, ...]
    fills: tuple[FillLine, ...]


def run_line(run: Run) -> RunLine:
    """Return a stored run as a line."""
    return RunLine(
        run.run_key, run.engine, run.mode.value, run.status.value, run.bundle_hash, run.law_date or "by session",
        format_timestamp(run.created_at), run.halt_reason or "",
    )  # fmt: skip


def decision_line(row: DecisionRow, record: Mapping[str, Any]) -> DecisionLine:
    """Return a stored decision and its opened record as a line of the tape."""
    findings, intent = record["findings"], record["intent"]
    first = findings[0] if findings else {"rule": "", "code": "", "because": ""}
    if "refusal" in record:
        first = {"rule": "desk", **record["refusal"]}
    return DecisionLine(
        row.seq, record["at"], row.decision_id, record["verdict"], first["rule"], first["code"],
        tuple(dict.fromkeys([first["rule"], *(f["rule"] for f in findings)])) if first["rule"] else (),
        intent["strategy"], intent["symbol"], intent["side"], describe_order(intent), record["asked"],
        record["quantity"], first["because"],
    )  # fmt: skip


def hold_line(hold: Hold) -> HoldLine:
    """Return a stored hold as a line."""
    wanted = f"{hold.quorum} {hold.role}"
    return HoldLine(
        hold.hold_id, hold.rule, hold.strategy, hold.symbol, hold.nth, wanted, format_timestamp(hold.expires_at)
    )


def order_line(row: OrderRow) -> OrderLine:
    """Return a stored order as a line."""
    return OrderLine(
        row.client_order_id, row.symbol, row.side.value, row.type.value, format_decimal(row.quantity),
        format_decimal(row.filled), format_decimal(row.limit_price) if row.limit_price is not None else "",
        f"{row.state.value} {row.pending}" if row.pending else row.state.value, format_timestamp(row.updated_at),
    )  # fmt: skip


def fill_line(row: FillRow) -> FillLine:
    """Return a stored execution as a line."""
    return FillLine(
        row.fill_id, row.client_order_id, row.symbol, row.side.value, format_decimal(row.quantity),
        format_decimal(row.price), format_timestamp(row.at),
    )  # fmt: skip

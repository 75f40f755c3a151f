"""Fills, positions and cash on both sides."""

from collections.abc import Iterator

from engine.model.numbers import format_decimal
from engine.model.order import Fill
from engine.reconcile.book import BrokerBook, LocalBook, PositionLine
from engine.reconcile.difference import Difference, DifferenceCode, Severity, Subject
from engine.reconcile.scope import Owner, ReconcileConfig, index


def compare_fills(config: ReconcileConfig, local: LocalBook, broker: BrokerBook) -> Iterator[Difference]:
    """Yield the differences between the fills of both sides, matched by fill id."""
    ours, twice_here = index(
        (fill for fill in local.fills if config.owner(fill.order_id) is Owner.OURS), lambda fill: fill.fill_id
    )
    theirs, twice_there = index(broker.fills, lambda fill: fill.fill_id)
    for side, repeated in (("local", twice_here), ("broker", twice_there)):
        for name in repeated:
            yield _fill(Severity.CRITICAL, name, DifferenceCode.FILL_DUPLICATE, side)
    for name in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(name), theirs.get(name)
        if here is not None and there is not None:
            yield from _differing(here, there)
        elif there is not None:
            yield _unknown_fill(config, there)
        elif here is not None and (broker.fills_since is None or here.at >= broker.fills_since):
            quantity = format_decimal(here.quantity)
            yield _fill(Severity.CRITICAL, name, DifferenceCode.FILL_MISSING, "quantity", quantity)


def compare_positions(local: tuple[PositionLine, ...], broker: tuple[PositionLine, ...]) -> Iterator[Difference]:
    """Yield the differences between the holdings of the account; a zero holding is no holding."""
    ours, twice_here = index(local, lambda line: line.symbol)
    theirs, twice_there = index(broker, lambda line: line.symbol)
    for side, repeated in (("local", twice_here), ("broker", twice_there)):
        for symbol in repeated:
            yield Difference(Severity.CRITICAL, Subject.POSITION, symbol, DifferenceCode.POSITION_DUPLICATE, side)
    for symbol in sorted(ours.keys() | theirs.keys()):
        here = ours[symbol].quantity if symbol in ours else 0
        there = theirs[symbol].quantity if symbol in theirs else 0
        if here != there:
            code = DifferenceCode.POSITION_MISMATCH if here else DifferenceCode.POSITION_UNKNOWN
            yield Difference(
                Severity.CRITICAL,
                Subject.POSITION,
                symbol,
                code,
                "quantity",
                format_decimal(here),
                format_decimal(there),
            )


def compare_cash(config: ReconcileConfig, local: LocalBook, broker: BrokerBook) -> Iterator[Difference]:
    """Yield the difference in cash, if any; the tolerance itself still passes."""
    if local.cash is None or broker.cash is None:
        known = ["" if cash is None else format_decimal(cash) for cash in (local.cash, broker.cash)]
        yield Difference(Severity.WARN, Subject.CASH, "cash", DifferenceCode.CASH_UNKNOWN, "", *known)
        return
    if local.cash == broker.cash:
        return
    is_tolerated = abs(local.cash - broker.cash) <= config.cash_tolerance
    yield Difference(
        Severity.INFO if is_tolerated else Severity.WARN,
        Subject.CASH,
        "cash",
        DifferenceCode.CASH_WITHIN_TOLERANCE if is_tolerated else DifferenceCode.CASH_MISMATCH,
        "",
        format_decimal(local.cash),
        format_decimal(broker.cash),
    )


def _differing(here: Fill, there: Fill) -> Iterator[Difference]:
    fields = (
        ("order_id", Severity.CRITICAL, here.order_id, there.order_id),
        ("symbol", Severity.CRITICAL, here.symbol, there.symbol),
        ("side", Severity.CRITICAL, here.side, there.side),
        ("quantity", Severity.CRITICAL, format_decimal(here.quantity), format_decimal(there.quantity)),
        ("price", Severity.CRITICAL, format_decimal(here.price), format_decimal(there.price)),
        ("fee", Severity.WARN, format_decimal(here.fee), format_decimal(there.fee)),
    )
    for field, severity, ours, theirs in fields:
        if ours != theirs:
            yield _fill(severity, here.fill_id, DifferenceCode.FILL_MISMATCH, field, ours, theirs)


def _unknown_fill(config: ReconcileConfig, fill: Fill) -> Difference:
    owner = config.owner(fill.order_id)
    quantity = format_decimal(fill.quantity)
    if owner is Owner.OURS:
        return _fill(Severity.CRITICAL, fill.fill_id, DifferenceCode.FILL_UNKNOWN, "quantity", broker=quantity)
    severity = Severity.INFO if owner is Owner.OTHER_ENGINE else Severity.WARN
    return _fill(severity, fill.fill_id, DifferenceCode.FILL_FOREIGN, "quantity", broker=quantity)


def _fill(
    severity: Severity, name: str, code: DifferenceCode, field: str = "", local: str = "", broker: str = ""
) -> Difference:
    return Difference(severity, Subject.FILL, name, code, field, str(local), str(broker))

"""Builders for portfolio tests: whole units in, micros out."""

from engine.model.instrument import AssetClass, Instrument
from engine.model.numbers import Money, Price, Quantity, parse_decimal
from engine.model.order import Fill, Intent, IntentKind, OrderType, Side
from engine.model.time import Timestamp


def micros(text: str | int) -> int:
    return parse_decimal(str(text))


def fill(
    fill_id: str,
    side: str,
    quantity: str | int,
    price: str | int,
    *,
    symbol: str = "SPY",
    fee: str | int = 0,
    at: int = 0,
) -> Fill:
    return Fill(
        fill_id=fill_id,
        order_id=f"o-{fill_id}",
        symbol=symbol,
        side=Side(side),
        quantity=Quantity(micros(quantity)),
        price=Price(micros(price)),
        fee=Money(micros(fee)),
        at=Timestamp(at),
    )


def instrument(symbol: str, sector: str = "TECHNOLOGY", issuer: str = "", multiplier: int = 1) -> Instrument:
    return Instrument(
        symbol=symbol,
        asset_class=AssetClass.EQUITY,
        currency="USD",
        venue="XNYS",
        sector=sector,
        issuer=issuer or f"{symbol} Inc",
        multiplier=multiplier * 1_000_000,
    )


def intent(
    intent_id: str,
    side: str,
    quantity: str | int,
    *,
    symbol: str = "SPY",
    limit: str | int | None = None,
    stop: str | int | None = None,
    kind: str = "NEW",
    target: str | None = None,
) -> Intent:
    return Intent(
        intent_id=intent_id,
        engine="MAIN",
        account="A1",
        strategy="swing",
        principal="pm",
        kind=IntentKind(kind),
        symbol=symbol,
        side=Side(side),
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        quantity=Quantity(micros(quantity)),
        limit_price=None if limit is None else Price(micros(limit)),
        stop_price=None if stop is None else Price(micros(stop)),
        target=target,
    )

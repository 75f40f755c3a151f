"""Decision streams for tests: a desk on which everything is known, and probes that would pass on it."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.contracts import fact_fields
from engine.model.time import format_timestamp
from engine.service.stream import judge_stream
from engine.service.stream_desk import Answer
from engine.service.stream_world import House, StreamRequest, read_house
from engine.shipped import shipped

ACCOUNT, SYMBOL = "ACC-1", "AAPL"
GOOD: dict[str, Any] = {
    "account.equity": "1000000", "account.equity_at_session_start": "1000000", "account.hwm": "1000000",
    "account.kind": "MARGIN",
    "account.pnl_today": "0", "compliance.shortable": True, "instrument.fractional": False,
    "instrument.issuer": "Apple", "instrument.lot": "1", "instrument.multiplier": "1",
    "instrument.sector": "TECHNOLOGY", "instrument.tick": "0.01", "integrity.missing_bars": 0,
    "integrity.state": "CLEAN", "market.ask": "100.01", "market.bid": "99.99", "market.last": "100",
    "reconcile.mismatches": 0, "reconcile.state": "CLEAN",
}  # fmt: skip
COUNTED: dict[str, Any] = GOOD | {
    "account.equity": "25400", "account.equity_at_session_start": "25400", "account.hwm": "25400",
    "day_trades.closing_adds": 0,
    "day_trades.count": 0, "day_trades.opening_adds": 1, "day_trades.reserved": 0,
}  # fmt: skip
"""The same desk with an account so small that its day trades are counted."""
HELD = 10


def probes(extra: int) -> dict[str, dict[str, Any]]:
    """Return orders that take on risk, `extra` shares larger, so that no two of them are the same order."""
    buy, short = str(1 + extra), str(HELD + 1 + extra)
    return {
        "buy at a limit": {"side": "BUY", "type": "LIMIT", "limit_price": "100", "quantity": buy},
        "buy at market": {"side": "BUY", "type": "MARKET", "quantity": buy},
        "sell short at a limit": {"side": "SELL", "type": "LIMIT", "limit_price": "100", "quantity": short},
        "sell short at market": {"side": "SELL", "type": "MARKET", "quantity": short},
    }


PROBES = tuple(probes(0))


def reducing(extra: int) -> dict[str, Any]:
    """Return an order that provably reduces; its price differs instead of its size."""
    return {"side": "SELL", "type": "LIMIT", "limit_price": f"100.{extra:02d}", "quantity": "1"}


def fact(path: str, value: Any, at: int, as_of: int | None = None, timeframe: str | None = "1m") -> dict[str, Any]:
    """Return a fact line; a key is added where the contract asks for one."""
    line = {
        "v": 1, "type": "fact", "at": format_timestamp(at), "path": path, "value": value,
        "as_of": format_timestamp(at if as_of is None else as_of), "provider": "test",
    }  # fmt: skip
    if timeframe is not None:
        line["timeframe"] = timeframe
    kept_by = fact_fields()[path].key if path in fact_fields() else ("symbol",)
    key = [ACCOUNT if name == "account" else SYMBOL for name in kept_by]
    line["key"] = key if len(key) > 1 else key[0]
    return line


def intent(intent_id: str, at: int, strategy: str = "s", **fields: Any) -> dict[str, Any]:
    """Return an intent line for one share unless `fields` say otherwise."""
    body = {
        "intent_id": intent_id, "engine": "MAIN", "account": ACCOUNT, "strategy": strategy,
        "principal": "strategy_host", "kind": "NEW", "symbol": SYMBOL, "side": "BUY", "type": "LIMIT",
        "quantity": "1", "time_in_force": "DAY",
    }  # fmt: skip
    body |= fields
    if body["type"] == "LIMIT":
        body.setdefault("limit_price", "100")
    return {"v": 1, "type": "intent", "at": format_timestamp(at), "intent": body}


def event(kind: str, at: int, payload: dict[str, Any], topic: str = "OMS") -> dict[str, Any]:
    return {
        "v": 1, "type": "event", "at": format_timestamp(at), "topic": topic, "event_type": kind, "payload": payload,
    }  # fmt: skip


def fill(order_id: str, at: int, quantity: str, side: str = "BUY", fill_id: str | None = None) -> dict[str, Any]:
    body = {
        "fill_id": fill_id or f"fill-{order_id}", "order_id": order_id, "symbol": SYMBOL, "side": side,
        "quantity": quantity, "price": "100", "fee": "0", "at": format_timestamp(at),
    }  # fmt: skip
    return event("ORDER_FILLED", at, body)


def restate(
    at: int, without: str = "", reference_age: int | None = None, known: Mapping[str, Any] = GOOD
) -> Iterator[dict[str, Any]]:
    """Yield every known fact anew; what is kept for years is as of `reference_age`."""
    for path, value in known.items():
        if path != without:
            is_reference = path.startswith(("instrument.", "compliance."))
            yield fact(path, value, at, reference_age if is_reference else at)


Script = Callable[[list[Answer]], Iterator[dict[str, Any] | bytes]]


class Feed:
    """A stream whose next line may depend on the answers so far."""

    def __init__(self, script: Script, answers: list[Answer]) -> None:
        self._lines = script(answers)

    def readline(self, size: int = -1) -> bytes:
        line = next(self._lines, b"")
        return line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"


def play(house: House, script: Script) -> list[Answer]:
    """Judge a script and return the answers."""
    answers: list[Answer] = []
    feed: Any = Feed(script, answers)
    for answer in judge_stream(house, feed, "script"):
        answers.append(answer)
    return answers


def rules_that_permit_short_sales(folder: Path) -> Path:
    """Return a copy of the shipped rules in which every line can be reached: the house forbids short sales."""
    target = folder / "rules"
    shutil.copytree(shipped("rules"), target)
    book = target / "pre_trade" / "short_sale.rules"
    text = book.read_text(encoding="utf-8")
    assert "  always = FORBIDDEN cite" in text
    book.write_text(text.replace("  always = FORBIDDEN cite", "  always = PERMITTED cite"), encoding="utf-8")
    return target


def house_with_list(folder: Path, as_of: int, rules: Path | None = None) -> House:
    """Return rules and the shipped configuration with a restricted list of one other name."""
    folder.mkdir(parents=True, exist_ok=True)
    heads = {"list": "restricted v1", "as_of": format_timestamp(as_of), "owner": "test", "source": "test", "rows": "1"}
    text = "".join(f"#! {name} {value}\n" for name, value in heads.items()) + "symbol,reason\nZULU,test\n"
    (folder / "restricted.csv").write_text(text, encoding="utf-8")
    return read_house(StreamRequest(rules=rules, lists=folder))

"""Random rulebooks that time has a say in: windows, the session, the clock, dates of rules and numbers."""

from random import Random
from typing import Any

from dsl.bundle import Bundle
from dsl.pipeline import compile_rules
from dsl.text import Source

_TEXT, _SYMBOL = {"x-unit": "text"}, {"x-unit": "symbol"}
_SIDE = {"x-unit": "enum", "enum": ["BUY", "SELL"]}
_KEYS: dict[str, Any] = {"account": _TEXT, "strategy": _TEXT, "symbol": _SYMBOL, "side": _SIDE}
_EVENT = {**_KEYS, "quantity": {"x-unit": "quantity"}, "worst_notional": {"x-unit": "money[USD]"}}
_QUANTITY = {"x-unit": "quantity", "x-exclusive-minimum": "0", "x-monotone": {"intent.quantity": "increasing"}}
_REDUCES = {"x-unit": "bool", "readOnly": True, "x-total": True}
_INTENT = {**_KEYS, "quantity": _QUANTITY, "reduces_only": _REDUCES}
_DESK = {
    "cap": {"x-unit": "quantity"}, "stamp": {"x-unit": "timestamp"}, "day": {"x-unit": "date"},
    "patience": {"x-unit": "duration", "x-minimum": "0"}, "flag": {"x-unit": "bool"},
}  # fmt: skip
EVENTS = ("intent.proposed", "intent.allowed", "intent.rejected", "fill", "quote")
SCHEMAS: dict[str, Any] = {
    "intent": {"x-namespace": "intent", "properties": _INTENT, "required": list(_INTENT)},
    "desk": {"x-namespace": "desk", "properties": _DESK, "required": list(_DESK)},
    "session": {
        "x-namespace": "session", "x-derived": True, "required": ["date", "is_open"],
        "properties": {"date": {"x-unit": "date"}, "is_open": {"x-unit": "bool"}},
    },
    "event": {
        "x-window-events": {
            name: {
                "properties": _EVENT,
                "required": ["account", "strategy", "symbol", "side", "quantity"],
                **({"x-market": True} if name == "quote" else {}),
            }
            for name in EVENTS
        }
    },
}  # fmt: skip
HEAD = 'rulebook pre_trade.timed "Timed"\ncalendar XNYS zone "America/New_York"\nuses intent, desk, session\n'
DATES = ("2026-01-06", "2026-01-08", "2026-01-30", "2026-03-03", "2026-06-30")


def timed_bundle(random: Random) -> Bundle:
    """Return a bundle whose rules depend on time; the same random state draws the same one."""
    windows = [_window(random, at) for at in range(4)]
    text = HEAD + _param(random) + "".join(written for written, _ in windows)
    reads = [read for _, read in windows]
    text += "".join(_rule(random, reads, at) for at in range(random.choice((1, 2, 3, 4))))
    bundle, found = compile_rules([Source("pre_trade/timed.rules", text)], SCHEMAS)
    assert bundle is not None, (text, found)
    return bundle


def _param(random: Random) -> str:
    later = f"  {random.choice(DATES)} = {random.choice((1, 3, 6))} cite"
    return f'param most: count within 1 .. 100 tighter when lower {{\n  always = 2 cite "C"\n{later} "C"\n}}\n'


def _window(random: Random, at: int) -> tuple[str, str]:
    """Return a window and an expression that counts it."""
    function = random.choice(("count", "count", "sum", "max", "min", "first", "last", "distinct"))
    field = {"count": "", "distinct": random.choice((".side", ".quantity"))}.get(function, ".quantity")
    reach = random.choice(("over 1 s", "over 90 s", "over 1 h", "over 1 session", "over 3 sessions", "since fill"))
    per = random.choice(("", " per strategy", " per account, symbol", " per quantity"))
    where = random.choice(("", "", " where event.side is BUY"))
    event = random.choice([event for event in EVENTS if reach != "since fill" or event != "fill"])
    read = f"w{at}"
    if function in ("min", "max", "first", "last"):
        read = f"(w{at} otherwise 0 shares) / 1 share"
    elif function == "sum":
        read = f"w{at} / 1 share"
    return f"window w{at} = {function} of {event}{field} {reach}{per}{where}\n", read


def _rule(random: Random, reads: list[str], at: int) -> str:
    clauses = ["on pre_trade"]
    if random.random() < 0.3:
        clauses.append(f"effective {random.choice(('from', 'until'))} {random.choice(DATES)}")
    if random.random() < 0.2:
        clauses.append(f"when {_test(random, reads)}")
    if random.random() < 0.15:
        clauses.append("missing reject unless desk.flag")
    unless = f" unless {_test(random, reads)}" if random.random() < 0.2 else ""
    effect, approval = random.choice((("reject", ""), ("reject", ""), ("hold", " for 1 risk_officer within 5 min")))
    clauses.append(f"{effect} when {_test(random, reads)}{unless}{approval}")
    body = "".join(f"  {clause}\n" for clause in [*clauses, 'cite "C"', "owner o", 'because "b"'])
    return f'rule T-{at:02} "Timed" {{\n{body}}}\n'


def _test(random: Random, reads: list[str]) -> str:
    if random.random() < 0.6:
        bound = random.choice(("1 x", "2 x", "4 x"))
        read = random.choice(reads)
        if "/" not in read:
            bound = random.choice(("1", "2", "most"))
        return f"{read} {random.choice(('>=', '>', '>=', '<'))} {bound}"
    wait = random.choice((1, 40, 3_600))
    return random.choice(
        (
            "not session.is_open", "session.is_open", f"now - desk.stamp < {wait} s",
            "now - desk.stamp < 2 * desk.patience", "now < desk.stamp + desk.patience", "law_date <= desk.day",
            "session.date - desk.day < 2 days", "law_date + 2 sessions > desk.day", "desk.flag",
            "desk.stamp + desk.patience - now > 0 s", "(now - desk.stamp) * 2 < desk.patience",
        )
    )  # fmt: skip

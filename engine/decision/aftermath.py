"""What a decision itself adds to the windows: a refused order was proposed, and rejected."""

from dsl.windows import Happening
from engine.decision.record import Document
from engine.facts.happenings import happening_of
from engine.model.numbers import Price, Quantity, parse_decimal
from engine.model.order import Intent, IntentKind, OrderType, Side, TimeInForce
from engine.model.time import parse_timestamp


def own_events(record: Document) -> tuple[Happening, ...]:
    """Return the events a rejected decision led to at its own instant, as the desk counts them, in order."""
    if record["verdict"] != "reject":
        return ()
    intent, at = _intent(record), parse_timestamp(record["at"])
    code = record["findings"][0]["code"] if record["findings"] else ""
    # An order judged again after its approval was proposed before, and counted then.
    events = ("intent.rejected",) if "approvals" in record else ("intent.proposed", "intent.rejected")
    return tuple(happening_of(event, intent, at, code=code, worst_notional=0) for event in events)


def _intent(record: Document) -> Intent:
    data = record["intent"]
    prices = {
        name: Price(parse_decimal(data[name])) if name in data else None for name in ("limit_price", "stop_price")
    }  # fmt: skip
    return Intent(
        data["intent_id"], data["engine"], data["account"], data["strategy"], data["principal"],
        IntentKind(data["kind"]), data["symbol"], Side(data["side"]), OrderType(data["type"]),
        Quantity(parse_decimal(data["quantity"])), TimeInForce(data["time_in_force"]), target=data.get("target"),
        **prices,
    )  # fmt: skip

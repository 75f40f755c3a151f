"""A difference of two versions as a decision stream: one order that `mqk decide` answers differently under each.

What the desk computes cannot be stated in a stream, so the order is looked for in a desk that computes it
simply: a flat account, nothing working, nothing that happened before. The stream is judged under both versions
before it is handed out.
"""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from dsl.contracts import Fact
from dsl.judgement import EFFECT_STRENGTH
from dsl.types import Kind, Type, scale_of
from engine.marketdata.calendar import load_calendar
from engine.model.numbers import format_decimal
from engine.model.time import HOUR, MINUTE, format_timestamp
from engine.service.refusal import Kind as RefusalKind
from engine.service.refusal import Refused
from engine.service.rule_versions import Version

if TYPE_CHECKING:
    from dsl.analysis.compare import StageChange
    from dsl.analysis.relation import Shown, Witness
    from dsl.bundle import Bundle
    from engine.model.calendar import Session

STAGE = "pre_trade"
ENGINE = "MAIN"
ACCOUNT = "ACC-1"
AFTER_OPEN = 10 * MINUTE
FOLLOWING = 60
"""Sessions the calendar must know after the one an order is asked in."""
_WORST = (
    "intent.quantity * max(market.last, max(intent.limit_price otherwise market.last,"
    " intent.stop_price otherwise market.last)) * instrument.multiplier"
)
FLAT = (
    "intent.increases_risk",
    "intent.kind is NEW",
    f'intent.engine is "{ENGINE}"',
    "known(intent.limit_price) is (intent.type in [LIMIT, STOP_LIMIT])",
    "known(intent.stop_price) is (intent.type in [STOP, STOP_LIMIT])",
    "not known(intent.target)",
    "projected.long_quantity is (if intent.side is BUY then intent.quantity else 0 shares)",
    "projected.short_quantity is (if intent.side is SELL then intent.quantity else 0 shares)",
    *(f"projected.{name}_notional is {_WORST}" for name in ("position", "sector", "issuer", "gross")),
    f"projected.long_notional is (if intent.side is BUY then {_WORST} else 0 USD)",
    f"projected.short_notional is (if intent.side is SELL then {_WORST} else 0 USD)",
)
"""What the book makes of an order in a flat account (engine/portfolio/exposure), for orders it need not round."""
ROOMY = (
    *FLAT,
    *(f"account.{name} is 10_000_000 USD" for name in ("equity", "equity_at_session_start", "hwm")),
    "account.pnl_today is 0 USD",
)
"""The same in an account so large that what a configuration tightens is not met. Tried first: of configurations the
comparison knows nothing, and the desk that answers the stream has one."""
DEFAULTS = {
    "account": ACCOUNT, "engine": ENGINE, "intent_id": "shown-1", "kind": "NEW", "principal": "strategy_host",
    "strategy": "shown", "time_in_force": "DAY", "symbol": "AAPL",
}  # fmt: skip
COMPUTED = ("intent.", "projected.", "session.", "runtime.", "list:", "window:")
BESIDE = ("market.last",)
"""Facts the book needs that no rule may read."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream, the maintained lists it is judged with by file name, and the verdict under each version."""

    lines: tuple[Mapping[str, Any], ...]
    lists: Mapping[str, str]
    before: str
    after: str

    def write(self, path: Path) -> Path | None:
        """Write the stream, and its lists into a folder beside it, which is returned; None when there are none."""
        path.write_bytes(b"".join(_line(line) for line in self.lines))
        if not self.lists:
            return None
        folder = path.with_name(path.name + ".lists")
        folder.mkdir(exist_ok=True)
        for name, text in self.lists.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder


def stream_of(before: Version, after: Version, stage: "StageChange", effort: int) -> Stream:
    """Return a stream that the two versions answer differently. Raises Refused when none was found."""
    from dsl.analysis.compare import witness_where

    for shown in sorted(stage.parts, key=lambda part: part.looser is None):
        session = _session(shown)
        if session is None or (shown.looser is None and shown.tighter is None):
            continue
        for desk in (ROOMY, FLAT):
            witness = witness_where(before.bundle, after.bundle, shown, stage.stage, desk, effort)
            if witness is None:
                continue
            stream = _written(before, after, witness, session)
            if _differs(stream, shown):
                return stream
    what = "no order in a flat account shows the difference, so no stream does"
    help_ = "it rests on positions, earlier orders or stale facts: paste the scenario the comparison shows instead"
    raise Refused("STREAM_NONE", what, help_, RefusalKind.FINDINGS)


def _session(shown: "Shown") -> "Session | None":
    """Return a session of the law dates something was shown on, next to where they begin or end.

    The last sessions the calendar knows are left out: what must last for some sessions cannot be told there, and a
    switch that waits so long trips at once.
    """
    first, last = shown.stretch.first, shown.stretch.last
    sessions = [
        session
        for session in load_calendar().sessions[:-FOLLOWING]
        if (first is None or session.day >= first) and (last is None or session.day <= last)
    ]
    if not sessions:
        return None
    return sessions[0] if first is not None else sessions[-1]


def _differs(stream: Stream, shown: "Shown") -> bool:
    was, now = EFFECT_STRENGTH[stream.before], EFFECT_STRENGTH[stream.after]
    return now < was if shown.looser is not None else now > was


# ------------------------------------------------------------------------------------------ what it says
def _written(before: Version, after: Version, witness: "Witness", session: "Session") -> Stream:
    at = session.open + AFTER_OPEN
    told = {path: one.value for path, one in witness.facts.items()}
    intent = _intent(told, after.bundle)
    lines = [
        *_facts(told, intent, after.bundle, at),
        {"v": 1, "type": "intent", "at": format_timestamp(at), "intent": intent},
    ]
    lists = {**_lists(before.bundle, told, at), **_lists(after.bundle, told, at)}
    verdicts = [_judge(version, lines, lists) for version in (before, after)]
    return Stream(tuple(lines), lists, *verdicts)


def _intent(told: Mapping[str, Any], bundle: "Bundle") -> dict[str, Any]:
    intent: dict[str, Any] = dict(DEFAULTS)
    for path, fact in bundle.contracts.facts.items():
        namespace, _, name = path.partition(".")
        if namespace == "intent" and not fact.computed and name not in ("intent_id", "target"):
            value = told.get(path)
            if value is not None:
                intent[name] = _json(value, fact)
    intent.setdefault("side", "BUY")
    intent.setdefault("type", "LIMIT" if "limit_price" in intent else "MARKET")
    intent.setdefault("quantity", "1")
    return intent


def _facts(told: Mapping[str, Any], intent: Mapping[str, Any], bundle: "Bundle", at: int) -> Iterator[dict[str, Any]]:
    stamp = format_timestamp(at)
    for path, value in sorted(told.items()):
        if value is None or path.startswith(COMPUTED) or path in ("now", "law_date"):
            continue
        plain, _, keys = path.partition("[")
        fact = bundle.contracts.facts[plain]
        line: dict[str, Any] = {
            "v": 1, "type": "fact", "at": stamp, "path": plain, "value": _json(value, fact), "as_of": stamp,
            "provider": "shown", "timeframe": "1m",
        }  # fmt: skip
        key = keys.rstrip("]").split(",") if keys else [str(intent[part]) for part in fact.key]
        if key:
            line["key"] = key[0] if len(key) == 1 else key
        yield line


def _lists(bundle: "Bundle", told: Mapping[str, Any], at: int) -> dict[str, str]:
    """Return every maintained list that is there, as a file of the minute before."""
    out = {}
    for name, listed in sorted(bundle.ruleset.lists.items()):
        rows = told.get(f"list:{name}")
        if listed.origin != "file" or not isinstance(rows, frozenset | tuple):
            continue
        heads = (f"list {name.rpartition('.')[2]} v1", f"as_of {format_timestamp(at - MINUTE)}", "owner shown",
                 "source shown", f"rows {len(rows)}")  # fmt: skip
        columns, cells = _table(listed.type, rows)
        body = "".join(",".join([*row, "shown"]) + "\n" for row in cells)
        out[listed.place] = "".join(f"#! {head}\n" for head in heads) + ",".join([*columns, "reason"]) + "\n" + body
    return out


def _table(kind: Type, rows: Any) -> tuple[list[str], list[list[str]]]:
    """Return a list's content as columns and text cells: of a set one column, of records those declared."""
    if kind.element is not None:
        name = "symbol" if kind.element.kind is Kind.SYMBOL else "entry"
        return [name], [[_cell(row, kind.element)] for row in sorted(rows)]
    columns = dict(kind.fields)
    return list(columns), [[_cell(row[name], inner) for name, inner in columns.items()] for row in rows]


def _cell(value: Any, kind: Type) -> str:
    """Return a stored value as the text of a list's cell."""
    match kind.kind:
        case Kind.BOOL:
            return "true" if value else "false"
        case Kind.NUMBER:
            return format_decimal(value) if scale_of(kind) > 1 else str(value)
        case Kind.DATE:
            return date.fromordinal(value).isoformat()
        case Kind.TIMESTAMP:
            return format_timestamp(value)
        case Kind.TIME:
            return f"{value // HOUR:02d}:{value // MINUTE % 60:02d}"
    return str(value)


def _json(value: Any, fact: Fact) -> Any:
    """Return a stored value as a line of a stream holds it: as a cell does, but for what JSON has a form of its own."""
    plain = fact.type.kind is Kind.BOOL or (fact.type.kind is Kind.NUMBER and scale_of(fact.type) == 1)
    return value if plain else _cell(value, fact.type)


def _line(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


# ------------------------------------------------------------------------------------------ what is answered
def _judge(version: Version, lines: list[Any], lists: Mapping[str, str]) -> str:
    """Return the verdict of the order under a version, as `mqk decide` gives it."""
    from engine.service.stream import judge_stream
    from engine.service.stream_world import StreamRequest, read_house

    with TemporaryDirectory() as folder:
        for name, text in lists.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        house = read_house(StreamRequest(lists=Path(folder)), version.bundle)
        answers = list(judge_stream(house, io.BytesIO(b"".join(_line(line) for line in lines)), "shown"))
    return answers[-1].verdict if answers else "allow"

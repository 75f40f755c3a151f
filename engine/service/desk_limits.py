"""Limits with how much of each is used, kept from the newest decision that applied them."""

from collections.abc import Mapping
from typing import Any

from dsl.program import Program, in_force
from dsl.types import show
from dsl.utilisation import Utilisation, limits_of, measured_facts, utilisation
from engine.decision.record import snapshot_from
from engine.model.time import parse_date
from engine.service.desk_lines import LimitLine
from engine.service.explanations import Explainer
from engine.store.unit import UnitOfWork

MEASURED_PER_BATCH = 200
LIMITS_KEPT = 1_000
NEAR = 800
"""From this many thousandths of a line on, a limit is shown as near."""


class LimitBoard:
    """One line per limit and key (symbol, sector, issuer, strategy, account), bounded."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer
        self._lines: dict[tuple[str, str], LimitLine] = {}
        self._programs: dict[tuple[str, str, str], Program] = {}
        self._measured: set[str] = set()

    def lines(self) -> tuple[LimitLine, ...]:
        """Return every limit in force under every key seen: unknown first, then by share, unmeasured last."""
        return tuple(sorted(self._lines.values(), key=_worst_first))

    def measure(self, unit: UnitOfWork, records: list[dict[str, Any]]) -> None:
        """Evaluate the newest record of every kind of order; the oldest first, so that the newest stays."""
        newest: dict[tuple[Any, ...], dict[str, Any]] = {}
        for record in reversed(records):
            if "facts" in record and len(newest) < MEASURED_PER_BATCH:
                newest.setdefault(_kind_of(record), record)
        for record in reversed(newest.values()):
            self._measure_one(unit, record)
        while len(self._lines) > LIMITS_KEPT:
            del self._lines[next(iter(self._lines))]

    def _measure_one(self, unit: UnitOfWork, record: dict[str, Any]) -> None:
        bundle, overlays, lists = self._explainer.setting_of(unit, record)
        name = (record["bundle"], record["config"], record["law_date"])
        program = self._programs.get(name)
        if program is None:
            program = in_force(
                bundle, record["stage"], parse_date(record["law_date"]), overlays, self._explainer.calendars
            )
            self._programs = {name: program}
        snapshot = snapshot_from(record, program, lists, granted="granted" in record)
        facts = {fact["path"]: fact for fact in record["facts"]}
        for rule in limits_of(program):
            state = utilisation(program, snapshot, rule)
            if state is None:
                if rule.id not in self._measured:
                    self._lines[rule.id, ""] = _unmeasured(rule.id, rule.title)
                continue
            if rule.id not in self._measured:
                self._measured.add(rule.id)
                self._lines.pop((rule.id, ""), None)
            key = _key_of(program, rule.id, facts, record["intent"])
            self._lines.pop((rule.id, key), None)
            self._lines[rule.id, key] = _limit(state, key, record["seq"])


def _kind_of(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """What guards usually ask for: two records alike in this apply the same limits."""
    intent = record["intent"]
    reduces = next((fact.get("value") for fact in record["facts"] if fact["path"] == "intent.reduces_only"), None)
    words = tuple(intent[name] for name in ("account", "strategy", "symbol", "side", "type", "kind"))
    return (*words, reduces)


_BOOK_KEYS = {
    "projected.position_notional": "intent.symbol", "projected.long_quantity": "intent.symbol",
    "projected.short_quantity": "intent.symbol", "projected.sector_notional": "instrument.sector",
    "projected.issuer_notional": "instrument.issuer",
}  # fmt: skip


def _key_of(program: Program, rule_id: str, facts: Mapping[str, Any], intent: Mapping[str, Any]) -> str:
    """Return whose share a measure is: the symbol, sector, issuer, strategy or account it was read for."""
    rule = program.bundle.rule(rule_id)
    assert rule is not None
    keys: dict[str, None] = {}
    for path in measured_facts(program, rule):
        if path in _BOOK_KEYS:
            word = facts.get(_BOOK_KEYS[path], {}).get("value") or intent["symbol"]
            keys[word] = None
        elif path.startswith(("intent.", "projected.")):
            keys[intent["symbol" if path.startswith("intent.") else "account"]] = None
        else:
            keys |= dict.fromkeys(facts.get(path, {}).get("key", ()))
    return " ".join(key for key in keys if key)


def _limit(state: Utilisation, key: str, seq: int) -> LimitLine:
    unknown = tuple(f"{path} {reason}" for path, reason in state.unknown)
    permille = None if state.used is None else -(-state.used.numerator * 1000 // state.used.denominator)
    if permille is not None and not state.is_crossed and state.used is not None and state.used < 1:
        permille = min(permille, 999)
    if unknown:
        word = "unknown"
    elif state.is_crossed:
        word = "crossed"
    else:
        word = "near" if permille is not None and permille >= NEAR else "ok"
    shown = [show(v, state.type) if v is not None else "" for v in (state.measure, state.bound)]
    return LimitLine(state.rule, state.title, key, word, permille, shown[0], shown[1], state.effect, unknown, seq)


def _unmeasured(rule: str, title: str) -> LimitLine:
    return LimitLine(rule, title, "", "unmeasured", None, "", "", "", (), 0)


def _worst_first(line: LimitLine) -> tuple[int, int, str, str]:
    rank = {"unknown": 0, "crossed": 1, "unmeasured": 3}.get(line.state, 2)
    return rank, -(line.permille if line.permille is not None else -1), line.rule, line.key

"""From signals to intents: what each strategy wants against what it holds and has working."""

from collections.abc import Iterable

from engine.execution.targets import CancelDraft, Draft, Standing, Target, TargetFault, Working, draft_intents
from engine.model.event import EventType
from engine.model.ids import derived_id
from engine.model.numbers import Quantity
from engine.model.order import Intent, IntentKind, OrderType
from engine.model.time import Timestamp
from engine.runtime.entry import Entry
from engine.runtime.setting import RunSetting
from engine.runtime.state import DeskState, intent_entry
from engine.strategy.contract import Target as Wanted
from engine.strategy.host import HostStep
from engine.strategy.signal import Signal


class PlanRefused(Exception):
    """Targets that contradict themselves; the strategy's signal is not turned into orders."""


def plan(state: DeskState, setting: RunSetting, steps: Iterable[HostStep], at: Timestamp) -> list[Entry]:
    """Return one entry per signal and failure; executable signals carry the intents they lead to.

    Ids are derived from the run, the instant, the strategy and the place in the batch, so that a
    batch planned again after a crash is the same batch. A strategy that names a symbol several times
    at one instant, on the bars of several symbols, means what it said last; no order comes twice.
    """
    entries = []
    steps = list(steps)
    final = {(s.strategy, t.symbol): s.symbol for step in steps for s in step.signals for t in s.targets}
    for step in steps:
        for signal in step.signals:
            event = signal.event()
            body = dict(event.payload)
            if event.type is EventType.SIGNAL_INTENT_EMITTED:
                meant = [t for t in signal.targets if final[signal.strategy, t.symbol] == signal.symbol]
                body["intents"] = [intent_entry(intent) for intent in _intents(state, setting, signal, meant, at)]
            entries.append(Entry(event.type, at, body))
        for failure in step.failures:
            event = failure.event()
            entries.append(Entry(event.type, at, dict(event.payload)))
    return entries


def _intents(
    state: DeskState, setting: RunSetting, signal: Signal, meant: Iterable[Wanted], at: Timestamp
) -> list[Intent]:
    targets = [Target(wanted.symbol, wanted.quantity) for wanted in meant]
    standings = [_standing(state, signal.strategy, target.symbol) for target in targets]
    lots = {s: i.lot for s, i in setting.instruments.items() if not i.fractional}
    drafts = draft_intents(targets, standings, lots)
    if isinstance(drafts, TargetFault):
        raise PlanRefused(f"{drafts.code}: {drafts.message}")
    return [
        _intent(state, setting, signal, draft, derived_id("int", setting.run_id, at, signal.strategy, signal.symbol, n))
        for n, draft in enumerate(drafts)
    ]


def _standing(state: DeskState, strategy: str, symbol: str) -> Standing:
    working = []
    for intent_id, tracked in state.tracked.items():
        intent = tracked.intent
        if intent.strategy != strategy or intent.symbol != symbol or intent.kind is IntentKind.CANCEL:
            continue
        leaves = tracked.order.leaves if tracked.order else intent.quantity
        is_cancelling = tracked.is_held or (tracked.order is not None and tracked.order.is_cancel_pending)
        working.append(Working(intent_id, intent.side, Quantity(leaves), is_cancelling))
    return Standing(symbol, state.positions.get((strategy, symbol), 0), tuple(working))


def _intent(state: DeskState, setting: RunSetting, signal: Signal, draft: Draft, intent_id: str) -> Intent:
    if isinstance(draft, CancelDraft):
        target = state.tracked[draft.target].intent
        return Intent(
            intent_id, setting.engine, setting.account, signal.strategy, setting.principal, IntentKind.CANCEL,
            target.symbol, target.side, target.type, target.quantity, target.time_in_force, target.limit_price,
            target.stop_price, draft.target,
        )  # fmt: skip
    return Intent(
        intent_id, setting.engine, setting.account, signal.strategy, setting.principal, IntentKind.NEW, draft.symbol,
        draft.side, OrderType.MARKET, draft.quantity,
    )  # fmt: skip

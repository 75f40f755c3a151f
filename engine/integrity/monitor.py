"""The gate over all symbols: routes events to series and says what each symbol's facts are."""

from engine.integrity.evaluate import evaluate
from engine.integrity.series import (
    BarArrived,
    ClockTicked,
    FeedRetired,
    IntegrityConfig,
    IntegrityEvent,
    PriceRestated,
    SeriesState,
)
from engine.integrity.verdict import PRECEDENCE, IntegrityFact, Verdict
from engine.model.bar import Timeframe
from engine.model.time import Timestamp

Key = tuple[str, Timeframe]


class Monitor:
    """Feed quality of every symbol seen. Deterministic in the sequence of calls; time never goes back."""

    def __init__(self, config: IntegrityConfig) -> None:
        self.config = config
        self._states: dict[Key, SeriesState] = {}
        self._verdicts: dict[Key, Verdict] = {}
        self._keys: dict[str, list[Key]] = {}

    def observe(self, event: IntegrityEvent, now: Timestamp) -> tuple[Verdict, ...]:
        """Take in an event and return the verdicts it led to, by symbol and timeframe.

        A bar always gives one verdict; any other event gives those whose state it changed.
        """
        if isinstance(event, BarArrived):
            key = (event.bar.symbol, event.bar.timeframe)
            if key not in self._states:
                self._states[key] = SeriesState(*key)
                self._keys.setdefault(key[0], []).append(key)
            return (self._step(key, event, now),)
        changed: list[Verdict] = []
        for key in self._touched(event):
            before = self._verdicts[key]
            after = self._step(key, event, now)
            if (before.state, before.silent_feeds) != (after.state, after.silent_feeds):
                changed.append(after)
        return tuple(changed)

    def fact(self, symbol: str) -> IntegrityFact | None:
        """Return the facts of a symbol, the worst over its timeframes; None when it was never seen."""
        verdicts = [self._verdicts[key] for key in self._keys.get(symbol, ())]
        if not verdicts:
            return None
        state = min((verdict.state for verdict in verdicts), key=PRECEDENCE.index)
        missing = max(verdict.missing_bars for verdict in verdicts)
        return IntegrityFact(symbol, state, missing, max(verdict.at for verdict in verdicts))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols seen so far, sorted."""
        return tuple(sorted(self._keys))

    def _touched(self, event: ClockTicked | FeedRetired | PriceRestated) -> list[Key]:
        if isinstance(event, PriceRestated):
            return sorted(self._keys.get(event.symbol, ()))
        return sorted(self._states)

    def _step(self, key: Key, event: IntegrityEvent, now: Timestamp) -> Verdict:
        self._states[key], verdict = evaluate(self.config, self._states[key], event, now)
        self._verdicts[key] = verdict
        return verdict

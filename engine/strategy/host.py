"""The host: runs several strategies side by side and lets none of them harm the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeGuard

from engine.model.bar import Bar, Timeframe
from engine.model.event import Event
from engine.model.numbers import Quantity
from engine.model.time import Timestamp
from engine.strategy.contract import Context, Strategy, StrategySpec, Target
from engine.strategy.failure import FailureCode, StrategyFailure, describe_failure
from engine.strategy.faults import FaultCode, StrategyFault
from engine.strategy.history import History
from engine.strategy.parameters import MAX_TARGET, Faults
from engine.strategy.signal import Mode, Signal


class BarUse(StrEnum):
    """What became of a bar: only DELIVERED ones entered a strategy's history."""

    DELIVERED = "DELIVERED"
    INCOMPLETE = "INCOMPLETE"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    UNMATCHED = "UNMATCHED"


@dataclass(frozen=True, slots=True)
class HostStep:
    """What one bar brought: signals and failures, each in the order of the strategies' names."""

    use: BarUse
    signals: tuple[Signal, ...] = ()
    failures: tuple[StrategyFailure, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """All of it as events, signals first."""
        said = tuple(signal.event() for signal in self.signals)
        return said + tuple(failure.event() for failure in self.failures)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one strategy stands: its mode, how far it is warmed up, and why it was quarantined if it was."""

    spec: StrategySpec
    mode: Mode
    bars_seen: Mapping[str, int]
    failure: StrategyFailure | None


class Host:
    """Strategies with their own histories and targets.

    Deterministic: its outputs depend on the strategies and on the sequence of calls alone. `enlist`
    makes one. A strategy that raises or answers nonsense is quarantined until the host is made anew;
    its last targets stay known, since the position it opened is still there.
    """

    def __init__(self, members: Iterable["_Member"]) -> None:
        self._members = tuple(sorted(members, key=lambda member: member.spec.name))
        self._routes: dict[tuple[str, Timeframe], list[_Member]] = {}
        self._last: dict[tuple[str, Timeframe], Timestamp] = {}
        for member in self._members:
            for symbol in member.spec.symbols:
                self._routes.setdefault((symbol, member.spec.timeframe), []).append(member)

    def on_bar(self, bar: Bar, session: date) -> HostStep:
        """Show a bar to the strategies of its symbol and timeframe; `session` is the date it counts for.

        An incomplete bar reaches nobody, and a bar that does not end after the last one of its series
        is refused, so that no history is ever rewritten. A strategy is asked once its window is full.
        """
        key = (bar.symbol, bar.timeframe)
        route = self._routes.get(key)
        if route is None:
            return HostStep(BarUse.UNMATCHED)
        if not bar.is_complete:
            return HostStep(BarUse.INCOMPLETE)
        last = self._last.get(key)
        if last is not None and bar.end_ts <= last:
            return HostStep(BarUse.OUT_OF_ORDER)
        self._last[key] = bar.end_ts
        signals: list[Signal] = []
        failures: list[StrategyFailure] = []
        for member in route:
            match member.decide(bar, session):
                case Signal() as signal:
                    signals.append(signal)
                case StrategyFailure() as failure:
                    failures.append(failure)
                case None:
                    pass
        return HostStep(BarUse.DELIVERED, tuple(signals), tuple(failures))

    def demote(self, strategy: str) -> bool:
        """Let a strategy speak in shadow from its next bar on; False when there is none of that name."""
        for member in self._members:
            if member.spec.name == strategy:
                member.mode = Mode.SHADOW
                return True
        return False

    def apply_split(self, symbol: str, numerator: int, denominator: int) -> None:
        """Restate the histories of `symbol` for a split, before the first bar that trades on it.

        Without it every split would look like a crash. Raises ValueError unless both terms are positive.
        """
        if numerator <= 0 or denominator <= 0:
            raise ValueError(f"a split of {numerator} for {denominator} is not a split")
        for member in self._members:
            history = member.histories.get(symbol)
            if history is not None:
                history.restate(numerator, denominator)

    def targets(self, strategy: str) -> Mapping[str, Quantity]:
        """Return the last targets of a strategy by symbol; a symbol it never spoke of is absent."""
        for member in self._members:
            if member.spec.name == strategy:
                return MappingProxyType(dict(sorted(member.wanted.items())))
        raise KeyError(strategy)

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How every strategy stands, by name."""
        return tuple(
            Standing(
                member.spec,
                member.mode,
                MappingProxyType({symbol: item.seen for symbol, item in member.histories.items()}),
                member.failure,
            )
            for member in self._members
        )


def enlist(members: Iterable[tuple[Strategy, Mode]]) -> Host | Faults:
    """Return a host of the strategies, or the faults of their specs.

    Names must be filled in and differ, symbols be named once, and warm-up be at least one bar.
    """
    faults: list[StrategyFault] = []
    enlisted: dict[str, _Member] = {}
    for strategy, mode in members:
        try:
            spec = strategy.spec
        except Exception as error:
            faults.append(_invalid(type(strategy).__name__, f"its spec raised {describe_failure(error)}"))
            continue
        fault = _spec_fault(spec, enlisted)
        if fault:
            faults.append(fault)
        else:
            enlisted[spec.name] = _Member(strategy, spec, mode)
    return tuple(faults) if faults else Host(enlisted.values())


class _Member:
    def __init__(self, strategy: Strategy, spec: StrategySpec, mode: Mode) -> None:
        self.strategy, self.spec, self.mode = strategy, spec, mode
        self.histories = {symbol: History(spec.warm_up) for symbol in sorted(spec.symbols)}
        self.wanted: dict[str, Quantity] = {}
        self.failure: StrategyFailure | None = None

    def decide(self, bar: Bar, session: date) -> Signal | StrategyFailure | None:
        history = self.histories[bar.symbol]
        history.append(bar)
        if self.failure is not None or not history.is_warm:
            return None
        context = Context(
            self.spec.name,
            bar.symbol,
            bar.timeframe,
            session,
            history.seen - 1,
            MappingProxyType({symbol: item.until(bar.end_ts) for symbol, item in self.histories.items()}),
        )
        try:
            answer = self.strategy.on_bar(context)
        except Exception as error:
            return self._quarantine(bar, FailureCode.RAISED, describe_failure(error))
        refusal = self._refusal(answer)
        if refusal is not None:
            return self._quarantine(bar, *refusal)
        targets = tuple(sorted(answer, key=lambda target: target.symbol))
        self.wanted.update((target.symbol, target.quantity) for target in targets)
        return Signal(self.spec.name, self.spec.version, self.mode, bar.symbol, bar.end_ts, targets)

    def _refusal(self, answer: object) -> tuple[FailureCode, str] | None:
        if not isinstance(answer, tuple):
            return FailureCode.BAD_TARGETS, f"answered a {type(answer).__name__}, not a tuple of targets"
        named: set[str] = set()
        for target in answer:
            if not _is_sound(target):
                return FailureCode.BAD_TARGETS, "answered something that is no target in whole micro-shares"
            if target.symbol not in self.histories:
                return FailureCode.FOREIGN_SYMBOL, f"wants {target.symbol[:40]!r}, not one of its symbols"
            if target.symbol in named:
                return FailureCode.DUPLICATE_TARGET, f"wants two positions of {target.symbol}"
            named.add(target.symbol)
        return None

    def _quarantine(self, bar: Bar, code: FailureCode, what: str) -> StrategyFailure:
        failure = StrategyFailure(self.spec.name, self.spec.version, bar.symbol, bar.end_ts, code, what)
        self.failure = failure
        return failure


def _is_sound(target: object) -> TypeGuard[Target]:
    return (
        isinstance(target, Target)
        and type(target.symbol) is str
        and type(target.quantity) is int
        and abs(target.quantity) <= MAX_TARGET
    )


def _spec_fault(spec: StrategySpec, taken: Mapping[str, object]) -> StrategyFault | None:
    if not isinstance(spec, StrategySpec):
        return _invalid("strategy", "its spec is not a strategy spec")
    if not spec.name.strip():
        return StrategyFault(
            FaultCode.EMPTY_NAME,
            "a strategy has no name",
            "host",
            "its orders and positions could not be attributed",
            "name the strategy",
        )
    if spec.name in taken:
        return StrategyFault(
            FaultCode.DUPLICATE_NAME,
            "two strategies have this name",
            spec.name,
            "their orders and positions would be mixed up",
            "give each strategy a name of its own",
        )
    if spec.warm_up < 1:
        return _invalid(spec.name, f"its warm-up is {spec.warm_up} bars")
    if not spec.symbols or len(set(spec.symbols)) != len(spec.symbols):
        return _invalid(spec.name, "its symbols are missing or repeated")
    return None


def _invalid(name: str, what: str) -> StrategyFault:
    return StrategyFault(
        FaultCode.INVALID_SPEC,
        what,
        name,
        "the host routes bars by what the spec says",
        "correct the strategy's spec",
    )

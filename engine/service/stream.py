"""Judge a decision stream: facts, events and intents in one order, one answer per intent (FORMATS)."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from dsl.contracts import Fact
from engine.contracts import Diagnostic
from engine.decision.record import intent_data
from engine.integrity.checks import next_bar_due
from engine.model.bar import Timeframe
from engine.model.calendar import CalendarBounds
from engine.model.instrument import AssetClass, Instrument
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.order import Intent
from engine.model.time import Timestamp, format_timestamp
from engine.portfolio.book import Book
from engine.runtime.approvals import HoldDesk
from engine.runtime.switchboard import Switchboard
from engine.runtime.watch_desk import WatchDesk
from engine.service.refusal import StreamRefused
from engine.service.stream_desk import Answer, StreamDesk
from engine.service.stream_events import StreamEvents
from engine.service.stream_intents import UNNAMED, account_in, answerable, because, fault_of
from engine.service.stream_lines import EventSaid, FactSaid, IntentAsked, IntentBroken, Line, LineRefused, read_lines
from engine.service.stream_world import House, StreamRequest, World, open_world, read_house

Warn = Callable[[Diagnostic], None]
"""Told of every fact that entered as invalid."""


def decide_stream(
    request: StreamRequest, stream: BinaryIO, source: str, warn: Warn = lambda fault: None
) -> Generator[Answer]:
    """Yield one answer per intent, in order, as soon as its line was read.

    Raises what `read_house` raises, the store's errors, and StreamRefused at the first line after which
    the stream cannot go on; what came before it stays answered and recorded.
    """
    yield from judge_stream(read_house(request), stream, source, warn)


def judge_stream(house: House, stream: BinaryIO, source: str, warn: Warn = lambda fault: None) -> Generator[Answer]:
    """Yield the answers of one stream under a house that was read before; see `decide_stream`."""
    request = house.request
    lines = _Ordered(house, source)
    before: list[Line] = []
    opened: _Stream | None = None
    try:
        for line in lines.of(read_lines(stream, source)):
            if opened is None:
                before.append(line)
                if not isinstance(line, IntentAsked | IntentBroken):
                    continue
                account = request.account or _account_of(line)
                opened = _Stream(open_world(house, account, lines.first), source, warn)
                for waiting in before:
                    yield from opened.take(waiting)
                before.clear()
            else:
                yield from opened.take(line)
        if opened is None and before:
            # Nobody asked for a decision: what was said is still read to its end, so that mistakes come out.
            opened = _Stream(open_world(house, request.account or UNNAMED, lines.first), source, warn)
            for waiting in before:
                yield from opened.take(waiting)
    except GeneratorExit:
        if opened is not None:
            opened.close("whoever read the answers has gone")
        raise
    except BaseException as error:
        if opened is not None:
            opened.close(f"{type(error).__name__}: {error}"[:200])
        raise
    if opened is not None:
        opened.close()


def _account_of(line: IntentAsked | IntentBroken) -> str:
    return line.intent.account if isinstance(line, IntentAsked) else account_in(line.given)


class _Ordered:
    """Lets lines through while their time does not go back and lies within the calendar."""

    def __init__(self, house: House, source: str) -> None:
        self._calendar, self._source = house.calendar, source
        self.first = Timestamp(0)
        self._now: Timestamp | None = None

    def of(self, lines: Iterator[Line]) -> Iterator[Line]:
        for line in lines:
            if isinstance(line, LineRefused):
                raise StreamRefused(line.faults)
            yield self._timed(line)

    def _timed(self, line: FactSaid | EventSaid | IntentAsked | IntentBroken) -> Line:
        at = _instant_of(line)
        problem = self._problem(at) if at is not None else None
        if isinstance(line, IntentAsked | IntentBroken):
            if self._now is None and (at is None or problem is not None):
                faults = line.faults if isinstance(line, IntentBroken) else ()
                raise StreamRefused((*faults, *([self._placed(problem, line.number)] if problem else [])))
            if at is None or problem is not None:
                return self._late(line, problem)
        elif problem is not None:
            raise StreamRefused((self._placed(problem, line.number),))
        assert at is not None
        if self._now is None:
            self.first = at
        self._now = at
        return line

    def _late(self, line: IntentAsked | IntentBroken, problem: Diagnostic | None) -> IntentBroken:
        """Return an intent whose instant cannot stand as one refused at the stream's own clock."""
        faults = line.faults if isinstance(line, IntentBroken) else ()
        given = line.given if isinstance(line, IntentBroken) else intent_data(line.intent)
        return IntentBroken(line.number, self._now, given, (*faults, *([problem] if problem else [])))

    def _problem(self, at: Timestamp) -> Diagnostic | None:
        if self._now is not None and at < self._now:
            what = f"{format_timestamp(at)} lies before {format_timestamp(self._now)}"
            return Diagnostic("STREAM_AT", what, pointer="/at", help="order the lines by `at`; it is the only clock")
        try:
            self._calendar.session_date(at)
        except CalendarBounds as fault:
            return Diagnostic("STREAM_AT", str(fault), pointer="/at", help="stay within the sessions of the calendar")
        return None

    def _placed(self, fault: Diagnostic, number: int) -> Diagnostic:
        return replace(fault, source=self._source, line=number, column=1)


def _instant_of(line: FactSaid | EventSaid | IntentAsked | IntentBroken) -> Timestamp | None:
    match line:
        case FactSaid():
            return line.line.at
        case EventSaid():
            return line.event.at
        case _:
            return line.at


class _Stream:
    """A stream under way."""

    def __init__(self, world: World, source: str, warn: Warn) -> None:
        self._world, self._source, self._warn = world, source, warn
        self._watch = WatchDesk(world.state, world.setting, world.journal, world.watcher, carries_out=False)
        self._desk = StreamDesk(world.state, world.setting, world.journal, world.judge, self._watch)
        switchboard = Switchboard(world.state, world.setting, world.journal, self._watch)
        self._holds = HoldDesk(world.state, world.setting, world.journal, self._desk, (), switchboard)
        self._events = StreamEvents(world)
        self._ids: set[str] = set()
        self._marked: dict[str, None] = {}
        self._now = Timestamp(0)

    def take(self, line: Line) -> Iterator[Answer]:
        """Let one line happen; an intent yields its answer."""
        assert not isinstance(line, LineRefused)
        at = _instant_of(line)
        assert at is not None
        self._until(at)
        self._now = at
        match line:
            case FactSaid():
                self._fact(line)
            case EventSaid():
                faults = self._events.fold(line.event)
                if faults:
                    placed = (replace(fault, source=self._source, line=line.number, column=1) for fault in faults)
                    raise StreamRefused(tuple(placed))
            case IntentAsked():
                faults = self._foreign(line.intent)
                yield self._answer(line.intent, at) if not faults else self._refuse(line.number, at, {}, faults)
            case IntentBroken():
                yield self._refuse(line.number, at, line.given, list(line.faults))

    def close(self, problem: str = "") -> None:
        """End the stream's run."""
        self._world.close(Timestamp(max(self._now, self._world.state.now)), problem)

    # ---------------------------------------------------------------------------------- facts
    def _fact(self, said: FactSaid) -> None:
        line = said.line
        for fault in said.faults:
            self._warn(fault if fault.line else replace(fault, source=self._source, line=said.number, column=1))
        fact = self._world.house.bundle.contracts.facts.get(line.path)
        if line.value is not None and line.timeframe is None and self._needs_timeframe(fact):
            what, help_ = f"{line.path} must be of the current bar", "state timeframe: how often its source speaks"
            self._warn(Diagnostic("STREAM_TIMEFRAME", what, self._source, said.number, 1, help=help_))
        board = self._world.board
        if line.value is None:
            board.forget(line.path, line.key)
        else:
            due = self._due(line.as_of, line.timeframe)
            board.put(line.path, line.key, line.value, line.as_of, line.provider, bar_due=due)
        if line.path == "market.last":
            self._marked[line.key[0]] = None
        named = dict(zip(fact.key if fact is not None else (), line.key, strict=True))
        self._watch.heard.add((named.get("strategy", ""), named.get("symbol", "")))
        self._watch.look(line.at)

    def _needs_timeframe(self, fact: Fact | None) -> bool:
        return fact is not None and fact.max_age is not None and fact.max_age.kind == "bar"

    def _due(self, as_of: Timestamp, timeframe: Timeframe | None) -> Timestamp | None:
        if timeframe is None:
            return None
        try:
            return next_bar_due(self._world.house.calendar, as_of, timeframe)
        except CalendarBounds:
            return None

    # ---------------------------------------------------------------------------------- intents
    def _foreign(self, intent: Intent) -> list[Diagnostic]:
        setting, faults = self._world.setting, []
        if intent.account != setting.account:
            what = f"this stream keeps the book of {setting.account}, not of {intent.account}"
            faults.append(fault_of("/intent/account", what))
        if intent.engine != setting.engine:
            what = f"this stream is judged for engine {setting.engine}, not for {intent.engine}"
            faults.append(fault_of("/intent/engine", what))
        if intent.intent_id in self._ids:
            faults.append(fault_of("/intent/intent_id", f"{intent.intent_id} has been asked already"))
        return faults

    def _answer(self, intent: Intent, at: Timestamp) -> Answer:
        self._refresh(intent.symbol, at)
        self._ids.add(intent.intent_id)
        return self._desk.answer(intent, at)

    def _refuse(self, number: int, at: Timestamp, given: dict[str, object], faults: list[Diagnostic]) -> Answer:
        setting = self._world.setting
        is_taken = given.get("intent_id") in self._ids if isinstance(given.get("intent_id"), str) else True
        intent = answerable(given, setting.engine, setting.account, setting.run_id, number, is_taken)
        self._ids.add(intent.intent_id)
        return self._desk.answer(intent, at, because(tuple(faults)))

    # ---------------------------------------------------------------------------------- the book
    def _until(self, at: Timestamp) -> None:
        """Let holds nobody answered end and watched rules wake up before anything later happens."""
        while (due := self._next_due()) is not None and due < at:
            if self._holds.next_instant() == due:
                self._holds.step(due)
            elif self._watch.moment_due() == due:
                self._watch.end_session(due)
            else:
                self._watch.look(due)

    def _next_due(self) -> Timestamp | None:
        dues = (self._holds.next_instant(), self._watch.moment_due(), self._watch.next_instant())
        return min((due for due in dues if due is not None), default=None)

    def _refresh(self, symbol: str, at: Timestamp) -> None:
        """Let the book know what may be relied on now: marks, the broker's confirmation, the classification."""
        world = self._world
        self._classify(symbol, at)
        book = world.state.parts.book
        for marked in self._marked:
            book.set_mark(marked, self._usable("market.last", (marked,), at))
        confirmed = self._usable("reconcile.state", (world.setting.account,), at)
        book.set_reconciled(confirmed == "CLEAN")

    def _usable(self, path: str, key: tuple[str, ...], at: Timestamp) -> Any:
        entry = self._world.board.get(path, key)
        return None if entry is None or entry.reason_at(at) is not None else entry.value

    def _classify(self, symbol: str, at: Timestamp) -> None:
        """Take over what the facts say an instrument is; exposure by sector and issuer rests on it."""
        world = self._world
        known = self._instrument(symbol, at)
        if known == world.instruments.get(symbol):
            return
        if known is None:
            del world.instruments[symbol]
        else:
            world.instruments[symbol] = known
        parts = world.state.parts
        before, after = parts.book, Book(world.instruments, parts.ledger.cash)
        after.take_over(parts.ledger)
        for tracked in world.state.tracked.values():
            order = before.order(tracked.intent.intent_id)
            if order is not None:
                after.put_order(order)
        parts.book = after

    def _instrument(self, symbol: str, at: Timestamp) -> Instrument | None:
        said = {name: self._usable(f"instrument.{name}", (symbol,), at) for name in Instrument.__slots__}
        if said["sector"] is None or said["issuer"] is None or said["multiplier"] is None:
            return None
        return Instrument(
            symbol, AssetClass(said["asset_class"] or AssetClass.EQUITY), said["currency"] or "USD",
            said["venue"] or "", said["sector"], said["issuer"], Price(said["tick"] or 10_000),
            Quantity(said["lot"] or MICRO), said["multiplier"], bool(said["fractional"]),
        )  # fmt: skip

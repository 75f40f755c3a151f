"""One kill: a process of the desk dies at a chosen moment, another takes the run up, and the books are compared.

The parent reads and compiles the inputs once. Every process of a run is a fork of it, opens its own database
and its own broker's book, and is really killed: nothing of it runs after the moment that was chosen.
"""

import json
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.audit.verify import verify
from engine.brokers.contract import Accepted, NotFound, Outcome, Ticket
from engine.brokers.paper import PaperBroker
from engine.brokers.paper_book import PaperBook
from engine.model.event import EventType
from engine.model.numbers import MICRO
from engine.runtime import composition
from engine.runtime.halt import HaltRequired, RunRefused
from engine.runtime.inputs import RunInputs
from engine.runtime.run import Started
from engine.store.database import Database, open_database
from engine.store.outbox import Action, OutboxStatus
from tests.runtime.proof_market import CASH, Desk
from tests.runtime.record import Recorded, record_of, without_returns

Moment = Callable[[str, str], None]
"""Told `before` or `after` and the statement, for every statement and COMMIT of desk and broker alike."""


Condition = Callable[[str, str], bool]
"""Whether a moment is the one to die at."""


def at(kind: str, statement: str, occurrence: int = 1) -> Condition:
    """Return the moment before or after the n-th statement that begins so."""
    seen = 0

    def is_now(told: str, text: str) -> bool:
        nonlocal seen
        seen += told == kind and text.startswith(statement)
        return seen == occurrence

    return is_now


def once_committed(statement: str, occurrence: int = 1) -> Condition:
    """Return the moment after the COMMIT of the transaction that holds the n-th such statement."""
    reached = at("after", statement, occurrence)
    is_reached = False

    def is_now(told: str, text: str) -> bool:
        nonlocal is_reached
        is_reached = is_reached or reached(told, text)
        return is_reached and told == "after" and text == "COMMIT"

    return is_now


@dataclass(slots=True)
class Truth:
    """What a finished run left: how it ended, its record, its content, and what contradicts the promises."""

    status: str = ""
    content_hash: str = ""
    record: list[Any] = field(default_factory=list)
    returned: int = 0
    repeats: int = 0
    moments: int = 0
    quarantined: int = 0
    broken: list[str] = field(default_factory=list)


class WatchedConnection:
    """A broker's connection that tells of every statement."""

    def __init__(self, connection: sqlite3.Connection, tell: Moment) -> None:
        self._connection, self._tell = connection, tell

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        self._tell("before", statement)
        done = self._connection.execute(statement, *values)
        self._tell("after", statement)
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def watch(tell: Moment, log: Path, broker: type[PaperBroker] = PaperBroker) -> None:
    """Make the desks of this process tell of their broker's statements, and note every answer to a submit."""

    class WatchedBook(PaperBook):
        def _open(self, initial_cash: int, currency: str) -> None:
            self.connection = WatchedConnection(self.connection, tell)  # type: ignore[assignment]
            super()._open(initial_cash, currency)

    class NotingBroker(broker):  # type: ignore[misc, valid-type]
        def submit(self, ticket: Ticket) -> Outcome:
            outcome: Outcome = super().submit(ticket)
            if isinstance(outcome, Accepted) and outcome.is_repeat:
                with log.open("a", encoding="utf-8") as file:
                    file.write(ticket.client_order_id + "\n")
            return outcome

    vars(composition)["PaperBook"] = WatchedBook
    vars(composition)["PaperBroker"] = NotingBroker


class Unproven(PaperBroker):
    """A broker that cannot prove that a request never arrived."""

    def query(self, client_order_id: str) -> Any:
        found = super().query(client_order_id)
        return NotFound() if isinstance(found, NotFound) else found


class Deaf(PaperBroker):
    """A broker whose answer to the second submit is lost, whether it took the order or not."""

    asked = 0

    def submit(self, ticket: Ticket) -> Outcome:
        outcome = super().submit(ticket)
        Deaf.asked += 1
        if Deaf.asked == 2:
            raise TimeoutError
        return outcome


def begin_fork(work: Callable[[], Any], answer: Path) -> int:
    """Start work in a forked child, which writes what it returned to a file; return the child."""
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        answer.write_text(json.dumps(work()), encoding="utf-8")
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def end_fork(child: int, answer: Path) -> Any:
    """Wait for a child and return what it wrote; None when it was killed."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert os.WEXITSTATUS(status) == 0, "a process of the test broke; its traceback is on the standard error"
    return json.loads(answer.read_text(encoding="utf-8"))


def run_in_fork(
    inputs: RunInputs, address: str, folder: Path, kill_at: int | None = None,
    broker: type[PaperBroker] = PaperBroker, kill_when: Condition | None = None,
) -> Truth | None:  # fmt: skip
    """Start or resume the run in a child; it is killed at the chosen moment, or ends and tells the truth."""

    def work() -> Any:
        moments = 0

        def tell(kind: str, statement: str) -> None:
            nonlocal moments
            moments += 1
            if moments == kill_at or (kill_when is not None and kill_when(kind, statement)):
                os.kill(os.getpid(), signal.SIGKILL)

        log = folder / "repeats.log"
        watch(tell, log, broker)
        try:
            truth = _run(Desk(inputs, open_database(address), folder), tell)
        except Exception as error:
            truth = Truth(status="BROKEN", broken=[f"the process broke: {type(error).__name__}: {error}"[:300]])
        truth.moments = moments
        truth.repeats = len(log.read_text(encoding="utf-8").split()) if log.exists() else 0
        return asdict(truth)

    answer = folder / "answer.json"
    told = end_fork(begin_fork(work, answer), answer)
    return None if told is None else Truth(**told)


def _run(desk: Desk, tell: Moment) -> Truth:
    stop = desk.database.on_statement(tell)
    started = desk.start()
    with suppress(RunRefused, HaltRequired):
        desk.drive(started)
    stop()
    try:
        return truth_of(desk, started)
    finally:
        desk.database.close()


def truth_of(desk: Desk, started: Started) -> Truth:
    """Return what a run left, and every promise it broke."""
    database, run_key = desk.database, started.run_key
    record = record_of(database, run_key)
    with database.read() as unit:
        run = unit.runs.get(run_key)
    truth = Truth(status=run.status.value if run else "", returned=_count(record, EventType.ORDER_RETURNED))
    truth.record = [list(entry) for entry in without_returns(record)]
    if truth.status == "STOPPED":
        truth.content_hash = desk.export(started).content_hash
    book = PaperBook(desk.book_path(started), CASH)
    try:
        truth.broken = _broken(database, started, record, book, truth)
    finally:
        book.close()
    return truth


def _broken(
    database: Database, started: Started, record: tuple[Recorded, ...], book: PaperBook, truth: Truth
) -> list[str]:
    run_key, state = started.run_key, started.composed.state
    orders = {order for (order,) in book.connection.execute("SELECT client_order_id FROM orders")}
    acks = [order for (order,) in book.connection.execute("SELECT client_order_id FROM events WHERE kind = 'ACK'")]
    trades = book.executions(0)
    with database.read(run_key) as unit:
        outbox = [row for row in unit.outbox.list(run_key) if row.action is Action.SUBMIT]
        fills = unit.fills.list(run_key)
        waiting = unit.inbox.unapplied(run_key)
        reserved = unit.reservations.active(started.composed.setting.book_id)
        chain = verify(unit.audit.entries())
    aside = {row.client_order_id for row in outbox if row.status is OutboxStatus.AMBIGUOUS}
    truth.quarantined = len(aside)
    allowed = {row.client_order_id for row in outbox}
    ledger, (_, cash) = state.parts.ledger, book.account()
    ours = {each.symbol: each.quantity for each in ledger.positions()}
    theirs = {held.symbol: held.quantity for held in book.holdings()}
    promises = {
        "an order at the broker that nobody allowed": orders <= allowed,
        "the broker took an order twice": len(acks) == len(set(acks)) == len(orders),
        "a stored fill twice or none": sorted(f.fill_id for f in fills) == sorted(str(e.key) for _, _, e in trades),
        "a fill booked twice or not": sorted(f.fill_id for f in state.fills) == sorted(f.fill_id for f in fills),
        "the audit chain is broken": chain.finding is None,
    }
    if not aside and not waiting:
        promises |= {
            "an allowed order never reached the broker": orders == allowed,
            "the ledger differs from the broker's cash": abs(ledger.cash - cash) < MICRO,
            "the ledger differs from the broker's positions": ours == theirs,
        }
    if truth.status == "STOPPED":
        promises["room is reserved for nothing"] = reserved == () and not aside
    return [text for text, is_kept in promises.items() if not is_kept]


def _count(record: tuple[Recorded, ...], kind: EventType) -> int:
    return sum(entry.kind is kind for entry in record)


def judge(truth: Truth | None, reference: Truth) -> list[str]:
    """Return everything wrong with a run that was killed and taken up again."""
    if truth is None:
        return ["the second process died too"]
    found = list(truth.broken)
    if truth.status != "STOPPED":
        found.append(f"the run is {truth.status}")
    if truth.record != reference.record:
        found.append("the record differs by more than a returned request")
    if not truth.returned and truth.content_hash != reference.content_hash:
        found.append("the content hash differs")
    if truth.repeats:
        found.append("an order the broker had was sent again")
    return found

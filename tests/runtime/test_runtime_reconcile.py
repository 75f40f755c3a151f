"""Our books folded from the record alone, beside the broker's document: they agree, and every edit of it is found."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contracts import contract
from engine.model.numbers import format_decimal, parse_decimal
from engine.model.time import DAY, Timestamp, format_timestamp, parse_date, parse_timestamp
from engine.runtime.reopening import reopen
from engine.runtime.reports import Inbox
from engine.service.broker_snapshot import snapshot_run
from engine.service.reconciliation import Reconciled, reconcile_run
from engine.service.refusal import DocumentRefused, Refused
from engine.store.inbox import Message
from tests.runtime.conftest import Finished
from tests.runtime.proof_market import Desk, until

Document = dict[str, Any]
BEFORE_ALL = Timestamp(0)
"""A wall clock that is behind the run, so that only the run's own time counts."""


def address_of(finished: Finished) -> str:
    return finished.database.engine.url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def taken(finished: Finished) -> Document:
    """What the paper broker of the finished run says; not to be changed."""
    return snapshot_run(address_of(finished), finished.run_key, finished.desk.folder)


@pytest.fixture
def compare(finished: Finished, taken: Document, tmp_path: Path) -> Callable[..., Reconciled]:
    """Compare the run with the document after an edit."""

    def call(edit: Callable[[Document], None] = lambda document: None, **options: Any) -> Reconciled:
        document = copy.deepcopy(taken)
        edit(document)
        path = tmp_path / "snapshot.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        wall = options.pop("wall", BEFORE_ALL)
        return reconcile_run(address_of(finished), finished.run_key, path, wall, **options)

    return call


def found(reconciled: Reconciled) -> list[tuple[str, str, str, str]]:
    """Return severity, code, what it is about and its field, of every difference."""
    return [(str(d.severity), str(d.code), d.id, d.field) for d in reconciled.report.differences]


def test_the_document_is_one_of_the_contract_and_of_the_runs_last_instant(finished: Finished, taken: Document) -> None:
    assert isinstance(contract("broker-snapshot").parse(taken), dict)
    assert parse_timestamp(taken["captured_at_utc"]) == finished.state.now
    assert len(taken["fills"]) == len(finished.state.fills) >= 12
    assert len(taken["positions"]) == 2 and taken["account"]["currency"] == "USD"


def test_a_run_agrees_with_its_own_broker(compare: Callable[..., Reconciled]) -> None:
    clean = compare()
    assert (found(clean), clean.report.mismatches, clean.unread) == ([], 0, ())
    assert clean.as_data()["state"] == "CLEAN"


def test_the_books_folded_from_the_record_alone_are_those_of_the_run(finished: Finished) -> None:
    run = next(iter(_runs(finished)))
    with finished.database.read(run.run_key) as unit:
        again = reopen(unit, run)
    ours, theirs = again.state, finished.state
    assert ours.parts.ledger.journal == theirs.parts.ledger.journal
    assert ours.parts.ledger.cash == theirs.parts.ledger.cash
    assert ours.fills == theirs.fills
    orders = [{i: t.order for i, t in state.finished.items()} for state in (ours, theirs)]
    assert orders[0] == orders[1] and len(orders[0]) >= 12
    assert again.changed_at < ours.now == theirs.now


def _runs(finished: Finished):
    with finished.database.read() as unit:
        return unit.runs.list()


def _order(client: str, **fields: str) -> Document:
    return {
        "broker_order_id": "B9", "client_order_id": client, "symbol": "AAA", "side": "BUY", "type": "MARKET",
        "status": "ACCEPTED", "qty": "10", "created_at_utc": "2026-01-05T15:00:00Z", **fields,
    }  # fmt: skip


def _added(text: str, amount: str) -> str:
    return format_decimal(parse_decimal(text) + parse_decimal(amount))


def _more(place: str, at: int, field: str, amount: str) -> Callable[[Document], None]:
    def edit(document: Document) -> None:
        record = document[place] if place == "account" else document[place][at]
        record[field] = _added(record[field], amount)

    return edit


EDITS: dict[str, tuple[Callable[[Document], None], list[tuple[str, str]]]] = {
    "a position off by one share": (_more("positions", 0, "qty", "1"), [("CRITICAL", "POSITION_MISMATCH")]),
    "a position off by a micro-share": (_more("positions", 0, "qty", "-0.000001"), [("CRITICAL", "POSITION_MISMATCH")]),
    "a position that is gone": (lambda d: d["positions"].pop(), [("CRITICAL", "POSITION_MISMATCH")]),
    "a position nobody has": (
        lambda d: d["positions"].append({"symbol": "ZZZ", "qty": "-1", "avg_price": "1"}),
        [("CRITICAL", "POSITION_UNKNOWN")],
    ),
    "a position told twice": (
        lambda d: d["positions"].append(dict(d["positions"][0])), [("CRITICAL", "POSITION_DUPLICATE")],
    ),
    "cash off by two cents": (_more("account", 0, "cash", "0.02"), [("WARN", "CASH_MISMATCH")]),
    "cash within a cent": (_more("account", 0, "cash", "-0.01"), [("INFO", "CASH_WITHIN_TOLERANCE")]),
    "an order under our name that we never sent": (
        lambda d: d["orders"].append(_order("PRF_99999999_aaaaaaaaaaaa")), [("CRITICAL", "ORDER_UNKNOWN")],
    ),
    "a dead order under our name": (
        lambda d: d["orders"].append(_order("PRF_99999999_aaaaaaaaaaaa", status="CANCELED")),
        [("WARN", "ORDER_UNKNOWN")],
    ),
    "an order of another engine": (lambda d: d["orders"].append(_order("EXP_1")), [("INFO", "ORDER_FOREIGN")]),
    "an order placed by hand": (lambda d: d["orders"].append(_order("hand-1")), [("WARN", "ORDER_FOREIGN")]),
    "a fill that is gone": (lambda d: d["fills"].pop(0), [("CRITICAL", "FILL_MISSING")]),
    "a fill told twice": (lambda d: d["fills"].append(dict(d["fills"][0])), [("CRITICAL", "FILL_DUPLICATE")]),
    "a fill at another price": (_more("fills", 0, "price", "0.000001"), [("CRITICAL", "FILL_MISMATCH")]),
    "a fill at another fee": (_more("fills", 0, "fee", "0.01"), [("WARN", "FILL_MISMATCH")]),
    "a fill we never had": (
        lambda d: d["fills"].append({**d["fills"][0], "broker_fill_id": "F9"}), [("CRITICAL", "FILL_UNKNOWN")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_of_the_document_is_found(compare: Callable[..., Reconciled], name: str) -> None:
    edit, expected = EDITS[name]
    reconciled = compare(edit)
    assert [(severity, code) for severity, code, *_ in found(reconciled)] == expected
    assert reconciled.report.mismatches == sum(severity != "INFO" for severity, _ in expected)


def test_an_ended_order_the_broker_still_lists_is_compared_with_ours(finished: Finished, compare) -> None:
    (cancelled,) = (t.order for t in finished.state.finished.values() if t.order and t.order.state.value == "CANCELLED")
    told = {"symbol": "HHH", "side": "SELL", "qty": "150"}
    same = _order(cancelled.client_order_id, status="CANCELED", **told)
    assert found(compare(lambda d: d["orders"].append(same))) == []
    alive = _order(cancelled.client_order_id, status="ACCEPTED", **told)
    (one,) = found(compare(lambda d: d["orders"].append(alive)))
    assert one == ("CRITICAL", "STATUS_MISMATCH", cancelled.client_order_id, "status")


def test_fills_before_a_stated_instant_are_not_expected(taken: Document, compare) -> None:
    since = parse_timestamp(taken["fills"][4]["ts_utc"])

    def recent(document: Document) -> None:
        document["fills"] = [fill for fill in document["fills"] if parse_timestamp(fill["ts_utc"]) >= since]

    assert {code for _, code, *_ in found(compare(recent))} == {"FILL_MISSING"}
    assert found(compare(recent, fills_since=since)) == []


def test_a_document_older_than_our_last_change_or_younger_than_the_clock_is_not_compared(
    finished: Finished, compare
) -> None:
    def at(instant: int) -> Callable[[Document], None]:
        return lambda document: document.update(captured_at_utc=format_timestamp(instant))

    now = finished.state.now
    last = max(entry.at for entry in finished.record if entry.kind.value.startswith(("ORDER_", "CORPORATE_")))
    assert found(compare(at(last))) == []
    with pytest.raises(Refused, match="SNAPSHOT_STALE"):
        compare(at(last - 1))
    with pytest.raises(Refused, match="SNAPSHOT_FUTURE"):
        compare(at(now + 1))
    assert found(compare(at(now + DAY), wall=Timestamp(now + DAY))) == []


def test_a_document_from_before_a_dividend_is_old_even_when_no_order_has_moved_since(
    full: Desk, tmp_path: Path
) -> None:
    desk = Desk(until(full.inputs, 9), full.database, full.folder)
    started, address = desk.run(), f"sqlite:///{full.folder / 'desk.db'}"
    document = snapshot_run(address, started.run_key, desk.folder)
    paid = full.inputs.calendar.session_on(parse_date("2026-01-15"))
    assert paid is not None and paid.close == started.composed.state.now

    def look(at: int) -> Reconciled:
        path = tmp_path / "snapshot.json"
        path.write_text(json.dumps({**document, "captured_at_utc": format_timestamp(at)}), encoding="utf-8")
        return reconcile_run(address, started.run_key, path, BEFORE_ALL)

    assert found(look(paid.open)) == []
    with pytest.raises(Refused, match="SNAPSHOT_STALE"):
        look(paid.open - 1)


def test_faults_are_refused_with_their_places_or_left_out_and_never_clean(compare) -> None:
    def broken(document: Document) -> None:
        document["positions"].append({"symbol": "ZZZ", "qty": "1e3", "avg_price": "1"})
        document["orders"].append(_order(""))

    with pytest.raises(DocumentRefused) as refused:
        compare(broken)
    assert [(d.code, d.pointer, d.line) for d in refused.value.diagnostics] == [
        ("SNAPSHOT_BAD_NUMBER", "/positions/2/qty", 1),
    ]
    lenient = compare(broken, is_lenient=True)
    assert [d.pointer for d in lenient.unread] == ["/positions/2/qty"]
    assert ("WARN", "SNAPSHOT_INCOMPLETE", "snapshot", "unread") in found(lenient)


def test_an_undated_document_is_refused_however_it_is_read(compare) -> None:
    def undated(document: Document) -> None:
        del document["captured_at_utc"]

    with pytest.raises(DocumentRefused):
        compare(undated)
    with pytest.raises(Refused, match="SNAPSHOT_UNDATED"):
        compare(undated, is_lenient=True)


def test_looking_at_a_brokers_book_changes_nothing_and_makes_none(finished: Finished, tmp_path: Path) -> None:
    path = finished.desk.book_path(finished.started)
    before = path.read_bytes()
    snapshot_run(address_of(finished), finished.run_key, finished.desk.folder)
    assert path.read_bytes() == before
    with pytest.raises(Refused, match="BROKER_BOOK_NONE"):
        snapshot_run(address_of(finished), finished.run_key, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_named_by_its_key_or_by_its_id(finished: Finished, taken: Document) -> None:
    assert snapshot_run(address_of(finished), finished.desk.inputs.run_id, finished.desk.folder) == taken
    with pytest.raises(Refused, match="RUN_UNKNOWN"):
        snapshot_run(address_of(finished), "run_0", finished.desk.folder)


class Crash(BaseException):
    """The process is gone: nothing in the desk may catch this."""


def test_a_run_that_died_before_it_heard_of_its_fills_differs_until_it_is_taken_up_again(
    few: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = few.database.engine.url.render_as_string(hide_password=False)
    path = tmp_path / "snapshot.json"

    def look(run_key: str) -> Reconciled:
        path.write_text(json.dumps(snapshot_run(address, run_key, few.folder)), encoding="utf-8")
        return reconcile_run(address, run_key, path, BEFORE_ALL)

    def die(inbox: Inbox, message: Message) -> None:
        if message.kind == "FILL":
            raise Crash
        apply(inbox, message)

    apply = Inbox._apply
    monkeypatch.setattr(Inbox, "_apply", die)
    started = few.crash(Crash)
    drift = look(started.run_key)
    codes = {(severity, code) for severity, code, *_ in found(drift)}
    assert {("CRITICAL", "FILL_UNKNOWN"), ("CRITICAL", "POSITION_UNKNOWN"), ("WARN", "CASH_MISMATCH")} <= codes
    monkeypatch.setattr(Inbox, "_apply", apply)
    again = few.run()
    assert again.resumed and found(look(again.run_key)) == []

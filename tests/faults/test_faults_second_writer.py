"""Two processes on one run: whoever came last holds the pen, the other is refused, and nothing is doubled."""

import os
import sqlite3
from pathlib import Path

import pytest

from engine.brokers.contract import Outcome, Ticket
from engine.brokers.paper import PaperBroker
from engine.runtime import composition
from engine.runtime.journal import SecondWriter
from engine.store.database import open_database
from tests.faults.conftest import Ground
from tests.faults.kill_case import begin_fork, end_fork, judge, run_in_fork
from tests.runtime.proof_market import Desk


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_process_that_wakes_up_after_another_took_over_is_refused(brief: Ground, nth: int) -> None:
    """It sleeps at the worst moment: its order is marked as leaving, and the broker has not been called."""
    folder = brief.folder / f"second-writer-{nth}"
    folder.mkdir()
    address = brief.fresh(folder)
    asleep, wake = os.pipe(), os.pipe()

    def sleeper() -> str:
        class Sleepy(PaperBroker):
            asked = 0

            def submit(self, ticket: Ticket) -> Outcome:
                Sleepy.asked += 1
                if Sleepy.asked == nth:
                    os.write(asleep[1], b"z")
                    os.read(wake[0], 1)
                return super().submit(ticket)

        vars(composition)["PaperBroker"] = Sleepy
        with open_database(address) as database:
            try:
                Desk(brief.inputs, database, folder).run()
            except SecondWriter as refused:
                return refused.code
        return "it went on"

    answer = folder / "sleeper.json"
    child = begin_fork(sleeper, answer)
    assert os.read(asleep[0], 1) == b"z"
    truth = run_in_fork(brief.inputs, address, folder)
    assert judge(truth, brief.reference) == []
    assert truth is not None and truth.returned == 1
    before = _content(folder)
    os.write(wake[1], b"!")
    assert end_fork(child, answer) == "SECOND_WRITER"
    assert _content(folder) == before
    for end in (*asleep, *wake):
        os.close(end)


def _content(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every order, trade and entry, in the desk's database and the broker's book."""
    (book,) = (folder / "books").glob("*.db")
    found: dict[str, list[tuple[object, ...]]] = {}
    for path, tables in ((folder / "desk.db", ("audit", "outbox", "fills", "runs")), (book, ("orders", "events"))):
        connection = sqlite3.connect(path)
        for table in tables:
            found[f"{path.name} {table}"] = connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        connection.close()
    return found

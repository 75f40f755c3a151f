"""The paper book under kill -9 and replay (RELIABILITY P2, P3)."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.brokers.contract import Accepted, BrokerOrder, CancelRequest, NotFound, ReplaceRequest
from engine.brokers.messages import KINDS
from engine.brokers.paper_book import PaperBook, PaperBookUnusable
from engine.execution.slippage import CostModel
from engine.model.numbers import MICRO, Money, Ratio
from engine.model.order import Side, TimeInForce
from tests.brokers.paper_world import SESSIONS, PaperWorld, price, shares

GTC = TimeInForce.GTC
COSTS = CostModel(
    base_slippage=Ratio(500),
    volatility_multiplier=Ratio(MICRO // 4),
    commission_per_share=Money(5_000),
    participation=Ratio(100_000),
)


def prologue(world: PaperWorld) -> None:
    """A first day and orders left over from it."""
    world.open(0, 100)
    world.bar(0, (100, 102, 99, 101), volume=1_000)
    world.submit("M1", count=150, tif=GTC)
    world.submit("L1", Side.SELL, 40, limit=103, tif=GTC)
    world.open(1, 101)
    world.bar(1, (101, 102, 100, 100), volume=1_500)


def story(world: PaperWorld) -> None:
    """A day with every kind of call; each call may have been made before and is then a repeat."""
    world.clock.advance_to(world.closes(1))
    world.submit("L2", Side.SELL, 40, limit=103, tif=GTC)
    world.submit("S2", Side.SELL, 30, stop=66)
    world.submit("BAD2", count=0)
    world.broker.replace(ReplaceRequest("R2", "L2", shares(50), price(102.5)))
    world.broker.cancel(CancelRequest("C2", "L1"))
    world.broker.cancel(CancelRequest("C3", "L1"))
    world.broker.replace(ReplaceRequest("R3", "L1", shares(90)))
    world.broker.on_split("SPY", 3, 2, price(68), world.opens(2))
    world.broker.on_dividend("SPY", 62_495_446, 10**8, world.opens(2))
    world.open(2, 67)
    world.bar(2, (67, 69, 43, 66), volume=1_500)


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything the book holds."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    held = {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names}
    connection.close()
    return held


def run_until(path: Path, statement: int) -> bool:
    """Tell the story in a child that kills itself before the n-th statement; return whether it ended."""
    child = os.fork()
    if child == 0:
        seen = 0

        def count(_: str) -> None:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        world = PaperWorld(path, COSTS)
        world.book.connection.set_trace_callback(count)
        story(world)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status) or os.WTERMSIG(status) == signal.SIGKILL
    return os.WIFEXITED(status)


def tell(path: Path) -> None:
    world = PaperWorld(path, COSTS)
    story(world)
    world.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a kill loses nothing there that it keeps on a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


@pytest.fixture
def begun(folder: Path) -> Path:
    """A closed book that holds the prologue."""
    path = folder / "begun.db"
    world = PaperWorld(path, COSTS)
    prologue(world)
    world.close()
    return path


def test_killed_before_any_statement_and_told_again_the_story_ends_the_same(folder: Path, begun: Path) -> None:
    whole = Path(shutil.copy(begun, folder / "whole.db"))
    tell(whole)
    expected = content(whole)
    kinds = {row[2] for row in expected["events"]}
    assert kinds == set(KINDS) - {"EXPIRED"}
    for statement in range(1, 1_000):
        path = Path(shutil.copy(begun, folder / f"{statement}.db"))
        if run_until(path, statement):
            break
        tell(path)
        assert content(path) == expected, f"killed before statement {statement}"
    assert statement > 60


def test_replay_from_the_start_after_the_end_changes_nothing(begun: Path) -> None:
    tell(begun)
    expected = content(begun)
    for _ in range(2):
        world = PaperWorld(begun, COSTS)
        prologue(world)
        story(world)
        world.close()
    assert content(begun) == expected


def test_killed_while_it_is_made_the_book_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    sqlite3.connect(path).close()
    book = PaperBook(path, 5 * MICRO)
    assert book.account() == ("USD", 5 * 10**12)
    book.close()


CHILD = """
import sys
from tests.brokers.paper_world import PaperWorld
world = PaperWorld(sys.argv[1])
for count in range(10_000):
    world.submit(f"A{count}", limit=1, count=1)
    print(f"A{count}", flush=True)
"""


def test_every_order_the_broker_said_it_accepted_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    command = [sys.executable, "-c", CHILD, str(path)]
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().strip() for _ in range(25)]
        child.kill()
        told += child.stdout.read().split()
    assert child.returncode == -signal.SIGKILL and len(told) < 10_000
    world = PaperWorld(path)
    assert len(told) >= 25 and all(isinstance(world.broker.query(key), BrokerOrder) for key in told)
    # At most the one order whose answer the child had no time to print is there as well.
    assert len(world.broker.snapshot().orders) - len(told) in (0, 1)
    missing = f"A{len(told) + 1}"
    assert isinstance(world.broker.query(missing), NotFound)
    again = world.submit(told[0], limit=1, count=1)
    assert isinstance(again, Accepted) and again.is_repeat
    world.close()


def test_absence_is_proven_and_the_proof_names_the_order(tmp_path: Path) -> None:
    world = PaperWorld(tmp_path / "paper.db")
    answer = world.broker.query("A1")
    assert isinstance(answer, NotFound) and answer.proof is not None and "A1" in answer.proof
    world.close()


def test_step_older_than_the_last_of_its_kind_is_ignored() -> None:
    world = PaperWorld(":memory:")
    world.clock.advance_to(SESSIONS[3].open)
    assert world.broker.on_open("SPY", price(100), SESSIONS[3].open) is True
    world.submit("M")
    assert world.broker.on_open("SPY", price(1), SESSIONS[2].open) is False
    assert world.fills() == []
    world.close()


def test_failed_step_leaves_nothing_behind(tmp_path: Path) -> None:
    world = PaperWorld(tmp_path / "paper.db")
    world.submit("M")
    before = content(tmp_path / "paper.db")
    with pytest.raises(ValueError, match="cannot open"):
        world.broker.on_open("SPY", price(0), world.opens(0))
    world.book.connection.execute("CREATE TRIGGER full BEFORE INSERT ON positions BEGIN SELECT RAISE(FAIL, 'x'); END")
    with pytest.raises(sqlite3.IntegrityError):
        world.open(0, 100)
    assert content(tmp_path / "paper.db") == before
    world.close()


@pytest.mark.parametrize("kind", ["text", "database"])
def test_file_that_is_no_paper_book_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "other.db"
    if kind == "text":
        path.write_text("not a database at all, but long enough to be read as one\n" * 20)
    else:
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE other (x)")
        other.close()
    with pytest.raises(PaperBookUnusable, match=r"other\.db cannot be used as a paper broker's book"):
        PaperBook(path, 0)


def test_book_is_committed_with_full_synchronisation_to_a_write_ahead_log(tmp_path: Path) -> None:
    book = PaperBook(tmp_path / "paper.db", 0)
    assert book.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert book.connection.execute("PRAGMA synchronous").fetchone() == (2,)
    book.close()

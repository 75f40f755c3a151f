"""`mqk run snapshot` and `mqk run reconcile` over runs of `mqk run start`, on both databases."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.cli.main import run
from engine.service.runs import list_runs
from engine.shipped import shipped

LAST_DAY = "2026-01-22"
"""The day the bars end: two positions are held then, and two orders wait for the next open."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished run, where it is stored, and where its files are."""

    address: str
    out: Path
    run_key: str

    @property
    def options(self) -> tuple[object, ...]:
        return self.run_key, "--db", self.address


def bars_until(day: str, folder: Path) -> Path:
    """Copy the demo's bars up to a day."""
    folder.mkdir()
    for path in sorted(shipped("demo").glob("[A-Z]*.csv")):
        head, *rows = path.read_text("utf-8").splitlines(keepends=True)
        kept = [row for row in rows if day >= next(cell[:10] for cell in row.split(",") if cell[:2] == "20")]
        (folder / path.name).write_text(head + "".join(kept), "utf-8")
    return folder


def begin(address: str, folder: Path) -> Ran:
    demo, config = shipped("demo"), folder / "config"
    shutil.copytree(shipped("config"), config)
    shutil.copyfile(demo / "engine.yaml", config / "engines" / "demo.yaml")
    bars = bars_until(LAST_DAY, folder / "bars")
    command = [
        "run", "start", "--engine", "demo", "--config", config, "--bars", bars, "--instruments",
        demo / "instruments.csv", "--lists", demo, "--cash", "250000", "--law-date", "2026-01-05", "--db", address,
        "--out", folder / "out",
    ]  # fmt: skip
    assert run([str(word) for word in command]) == 0
    (one,) = list_runs(address)
    return Ran(address, folder / "out", one.run_key)


@pytest.fixture(scope="module", params=("sqlite", "postgresql"))
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One run on each database, to look at."""
    folder = tmp_path_factory.mktemp("ran")
    if request.param == "sqlite":
        yield begin(f"sqlite:///{folder / 'desk.db'}", folder)
        return
    server = request.getfixturevalue("postgres_server")
    address = server.lend()
    yield begin(address, folder)
    server.take_back(address)


@pytest.fixture
def document(mqk, ran: Ran) -> dict:
    ended = mqk("run", "snapshot", *ran.options, "--out", ran.out)
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


@pytest.fixture
def reconcile(mqk, ran: Ran, tmp_path: Path):
    """Compare the run with a document."""

    def call(document: object, *options: object):
        path = tmp_path / "snapshot.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
        return mqk("run", "reconcile", *ran.options, "--snapshot", path, *options)

    return call


def test_a_run_and_its_paper_broker_agree_with_orders_still_working(document, reconcile, ran):
    assert [order["status"] for order in document["orders"]] == ["ACCEPTED", "ACCEPTED"]
    assert len(document["positions"]) == len(document["fills"]) == 2
    ended = reconcile(document)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("CLEAN: 0 of 0 differences count\n") and ran.run_key in ended.out


def test_differences_are_told_the_worst_first_and_end_with_one(document, reconcile):
    document["positions"][0]["qty"] = str(int(document["positions"][0]["qty"]) + 1)
    document["account"]["cash"] = "1"
    document["orders"].append({**document["orders"][0], "client_order_id": "DEMO_99999999_aaaaaaaaaaaa"})
    ended = reconcile(document)
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0].split() == ["severity", "subject", "id", "code", "field", "ours", "broker"]
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["CRITICAL", "ORDER"], ["CRITICAL", "POSITION"], ["WARN", "CASH"],
    ]  # fmt: skip
    assert lines[4] == "DRIFT: 3 of 3 differences count, worst CRITICAL"
    assert all(word in ended.out for word in ("ORDER_UNKNOWN", "POSITION_MISMATCH", "CASH_MISMATCH"))


def test_a_working_order_the_broker_does_not_have_or_has_ended_is_found(document, reconcile):
    first, second = document["orders"]
    document["orders"] = [{**first, "status": "CANCELED"}]
    ended = reconcile(document, "--format", "json")
    data = json.loads(ended.out)
    assert ended.code == 1
    assert [(d["id"], d["code"], d["severity"]) for d in data["differences"]] == [
        (first["client_order_id"], "STATUS_BEHIND", "WARN"), (second["client_order_id"], "ORDER_MISSING", "WARN"),
    ]  # fmt: skip
    assert [(r["client_order_id"], r["after"]) for r in data["repairs"]] == [(first["client_order_id"], "CANCELED")]
    assert f"provable repair: {first['client_order_id']} ACCEPTED to CANCELED" in reconcile(document).out


def test_information_is_shown_and_is_no_drift(document, reconcile):
    document["orders"].append({**document["orders"][0], "client_order_id": "MAIN_1"})
    ended = reconcile(document)
    assert ended.code == 0 and "ORDER_FOREIGN" in ended.out and "CLEAN: 0 of 1 differences count" in ended.out


def test_each_difference_is_a_line_for_machines(document, reconcile):
    document["positions"].clear()
    ended = reconcile(document, "--format", "jsonl")
    assert ended.code == 1
    assert [json.loads(line)["code"] for line in ended.out.splitlines()] == ["POSITION_MISMATCH"] * 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "J005"),
        ("[]", "SNAPSHOT_WRONG_SHAPE"),
        ('{"account": {"cash": 1.5}}', "J008"),
        ('{"orders": [], "orders": []}', "J006"),
        ("{}", "SNAPSHOT_BAD_TIME"),
        ("[" * 20, "J004"),
    ],
)
def test_a_document_that_cannot_be_read_ends_with_two_and_its_place(reconcile, text, code):
    ended = reconcile(text)
    assert (ended.code, ended.out) == (2, "")
    assert f"error[{code}]" in ended.err and "snapshot.json" in ended.err and "Traceback" not in ended.err


def test_a_faulty_record_refuses_the_document_or_is_left_out_of_it(document, reconcile):
    document["orders"].append({**document["orders"][0], "side": "SIDEWAYS"})
    strict = reconcile(document)
    assert strict.code == 2 and "error[SNAPSHOT_UNKNOWN_SIDE]" in strict.err and "/orders/2/side" in strict.err
    lenient = reconcile(document, "--lenient")
    assert lenient.code == 1 and "SNAPSHOT_INCOMPLETE" in lenient.out
    assert "warning[SNAPSHOT_UNKNOWN_SIDE]" in lenient.err


def test_an_old_document_is_refused_and_a_wrong_instant_is_a_usage_error(document, reconcile):
    old = reconcile({**document, "captured_at_utc": "2026-01-05T21:00:00Z"})
    assert old.code == 2 and "SNAPSHOT_STALE" in old.err
    since = reconcile(document, "--fills-since", "yesterday")
    assert since.code == 2 and "--fills-since" in since.err
    assert reconcile({**document, "fills": []}, "--fills-since", document["captured_at_utc"]).code == 0


def test_nothing_a_broker_says_steers_the_terminal(document, reconcile):
    document["orders"].append({**document["orders"][0], "client_order_id": "\x1b[2J\u202eevil"})
    ended = reconcile(document)
    assert ended.code == 1 and "evil" in ended.out
    assert not {"\x1b", "\u202e"} & set(ended.out + ended.err)


def test_files_and_runs_that_are_not_there_are_usage_errors(mqk, ran, tmp_path):
    assert "RUN_UNKNOWN" in mqk("run", "snapshot", "run_0", "--db", ran.address).err
    nowhere = mqk("run", "snapshot", *ran.options, "--out", tmp_path)
    assert nowhere.code == 2 and "BROKER_BOOK_NONE" in nowhere.err
    missing = mqk("run", "reconcile", *ran.options, "--snapshot", tmp_path / "none.json")
    assert missing.code == 2 and "none.json" in missing.err


def test_a_book_that_is_none_is_unavailable(mqk, ran, tmp_path):
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / f"{ran.run_key}.db").write_bytes(b"not a book, whatever it is called" * 100)
    ended = mqk("run", "snapshot", *ran.options, "--out", tmp_path)
    assert ended.code == 3 and "BROKER_BOOK" in ended.err and "Traceback" not in ended.err


ALTERED = "replace(CAST(record AS TEXT), '228', '227')"


@pytest.mark.parametrize("altered", [f"CAST({ALTERED} AS BLOB)", ALTERED, "'x'"])
def test_an_altered_record_ends_with_four(mqk, tmp_path, altered):
    path = tmp_path / "desk.db"
    own = begin(f"sqlite:///{path}", tmp_path)
    told = mqk("run", "snapshot", *own.options, "--out", own.out).out
    (tmp_path / "snapshot.json").write_text(told, "utf-8")
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(f"UPDATE audit SET record = {altered} WHERE kind = 'ORDER_FILLED'")
    connection.close()
    assert mqk("audit", "verify", "--db", own.address).code == 4
    ended = mqk("run", "reconcile", *own.options, "--snapshot", tmp_path / "snapshot.json")
    assert ended.code == 4 and "RECORD_NOT_INTACT" in ended.err and ended.out == ""


def test_a_decision_stream_has_no_books_of_its_own(mqk, lines, lists, tmp_path):
    stream, address = tmp_path / "stream.jsonl", f"sqlite:///{tmp_path / 'desk.db'}"
    stream.write_bytes(
        b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    )
    assert mqk("decide", stream, "--lists", lists, "--db", address).code == 1
    (one,) = list_runs(address)
    (tmp_path / "snapshot.json").write_text('{"captured_at_utc": "2026-03-03T00:00:00Z", "account": {"cash": "0"}, '
                                            '"orders": [], "fills": [], "positions": []}', "utf-8")  # fmt: skip
    ended = mqk("run", "reconcile", one.run_key, "--db", address, "--snapshot", tmp_path / "snapshot.json")
    assert ended.code == 2 and "RUN_WITHOUT_BOOKS" in ended.err
    assert "BROKER_BOOK_NONE" in mqk("run", "snapshot", one.run_key, "--db", address, "--out", tmp_path).err


def test_a_run_says_what_its_fills_cost_as_its_artifacts_do(mqk, tmp_path):
    demo = shipped("demo")
    ended = mqk("run", "start", "--mode", "BACKTEST", "--bars", demo, "--instruments", demo / "instruments.csv",
                "--lists", demo, "--law-date", "2026-01-05", "--set", "strategies.swing_trend_v1.timeframe=1D",
                "--set", "strategies.swing_trend_v1.symbols=[ALFA]", "--db", f"sqlite:///{tmp_path / 'desk.db'}",
                "--set", "strategies.swing_trend_v1.parameters.lookback=10",
                "--out", tmp_path / "out", "--format", "json")  # fmt: skip
    told = json.loads(ended.out)
    metrics = json.loads((Path(told["artifacts"]) / "metrics.json").read_bytes())["metrics"]
    assert told["execution"] == metrics["execution"] and told["execution"]["orders"] == told["fills"] > 0

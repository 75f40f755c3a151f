"""`mqk lists`: an edit is proposed, approved and applied; the file, the database and the log say the same."""

import json
from pathlib import Path

from tests.cli.test_cli_review import WORDS, House, house

__all__ = ["house"]


def say(mqk, house: House, step: str, *arguments: object, by: str = "cora") -> dict[str, object]:
    words = WORDS if step in ("add", "remove", "affirm", "propose") else ()
    folder = ("--lists", house.lists) if step not in ("approve", "deny", "withdraw") else ()
    ended = mqk("lists", step, *arguments, *house.by(by), *words, *folder, "--format", "json")
    assert ended.code == 0, ended.err
    return dict(json.loads(ended.out))


def carry(mqk, house: House, proposal: dict[str, object], *approvers: str) -> dict[str, object]:
    for name in approvers:
        say(mqk, house, "approve", proposal["proposal"], by=name)
    return say(mqk, house, "apply", proposal["proposal"], by="olivia")


def test_a_symbol_is_restricted_by_two_people_and_freed_by_three(mqk, house) -> None:
    path = house.lists / "restricted.csv"
    before = path.read_bytes()
    added = say(mqk, house, "add", "restricted", "GME", "AMC", "--column", "reason=deal team")
    assert (added["relation"], added["quorum"], added["version"]) == ("tighter", 1, 1)
    assert path.read_bytes() == before
    applied = carry(mqk, house, added, "rory")
    assert applied["file"] == str(path)
    text = path.read_text("utf-8")
    assert text.startswith("#! list restricted v1\n") and "#! rows 2\n" in text
    assert text.endswith("symbol,reason\nGME,deal team\nAMC,deal team\n")

    freed = say(mqk, house, "remove", "restricted", "GME")
    assert (freed["relation"], freed["quorum"]) == ("looser", 2)
    say(mqk, house, "approve", freed["proposal"], by="rory")
    early = mqk("lists", "apply", freed["proposal"], *house.by("olivia"), "--lists", house.lists)
    assert early.code == 2 and "REVIEW_STATE" in early.err and path.read_text("utf-8") == text
    carry(mqk, house, freed, "rhea")
    assert path.read_text("utf-8").endswith("symbol,reason\nAMC,deal team\n")

    for version, rows in ((0, 0), (1, 2), (2, 1)):
        out = house.folder / f"v{version}.csv"
        ended = mqk("lists", "export", "restricted", "--out", out, "--version", version, "--db", house.database)
        assert ended.code == 0 and f"#! rows {rows}\n" in out.read_text("utf-8")
    assert (house.folder / "v0.csv").read_bytes() == before
    assert (house.folder / "v2.csv").read_bytes() == path.read_bytes()
    log = mqk("lists", "log", "--config", house.config, "--db", house.database, "--format", "json")
    assert log.code == 0 and len(json.loads(log.out)) == 8
    assert mqk("rules", "log", "--config", house.config, "--db", house.database).out == "no step was taken\n"


def test_an_applied_list_is_what_a_stream_is_judged_by(mqk, house, lines, tmp_path) -> None:
    """The symbol of the stream is allowed before the edit and refused after it."""
    stream = tmp_path / "stream.jsonl"
    stream.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    freshen(house, "2026-03-02T14:30:00Z")

    def verdict() -> tuple[str, list[str]]:
        ended = mqk("decide", stream, "--dry-run", "--rules", house.rules, "--config", house.config)
        first = json.loads(ended.out.split("\n")[0])
        return first["verdict"], [finding["code"] for finding in first["findings"]]

    symbol = next(line["intent"]["symbol"] for line in lines if line["type"] == "intent")
    assert "RESTRICTED_SYMBOL" not in verdict()[1]
    carry(mqk, house, say(mqk, house, "add", "restricted", symbol), "rory")
    freshen(house, "2026-03-02T14:30:00Z")
    assert verdict()[0] == "reject" and "RESTRICTED_SYMBOL" in verdict()[1]


def freshen(house: House, at: str) -> None:
    """Date the file on the day of the stream: a list from the future of a replay is unknown to it."""
    path = house.lists / "restricted.csv"
    lines = path.read_text("utf-8").split("\n")
    path.write_text("\n".join([lines[0], f"#! as_of {at}", *lines[2:]]), "utf-8")


def test_a_file_changed_by_hand_is_found_and_written_back_or_proposed(mqk, house) -> None:
    carry(mqk, house, say(mqk, house, "add", "restricted", "GME"), "rory")
    path = house.lists / "restricted.csv"
    reviewed = path.read_text("utf-8")
    path.write_text(reviewed.replace("rows 1", "rows 0").replace("GME,\n", ""), "utf-8")

    shown = mqk("lists", "show", "--lists", house.lists, "--db", house.database)
    assert shown.code == 1 and "the file differs" in shown.out
    refused = mqk("lists", "add", "restricted", "AMC", *house.by("cora"), *WORDS, "--lists", house.lists)
    assert refused.code == 2 and "LIST_DRIFT" in refused.err
    proposed = say(mqk, house, "propose", path)
    assert (proposed["relation"], proposed["findings"][-1]) == ("looser", "removes GME")
    say(mqk, house, "deny", proposed["proposal"], "--reason", "nobody freed it", by="rory")
    assert mqk("lists", "export", "restricted", "--out", path, "--db", house.database).code == 0
    assert path.read_text("utf-8") == reviewed
    assert mqk("lists", "show", "--lists", house.lists, "--db", house.database).code == 0


def test_a_file_that_could_not_be_written_is_written_afterwards(mqk, house, monkeypatch) -> None:
    """The process dies between the database and the file: the version is in force, and the file is made good."""
    path = house.lists / "restricted.csv"
    before = path.read_bytes()
    added = say(mqk, house, "add", "restricted", "GME")
    say(mqk, house, "approve", added["proposal"], by="rory")

    def full(target: Path, raw: bytes) -> None:
        raise OSError(28, "No space left on device", str(target))

    with monkeypatch.context() as broken:
        broken.setattr("engine.service.list_review.write_whole", full)
        ended = mqk("lists", "apply", added["proposal"], *house.by("olivia"), "--lists", house.lists)
    assert ended.code == 2 and "No space left" in ended.err and path.read_bytes() == before
    assert mqk("lists", "show", "--lists", house.lists, "--db", house.database).code == 1
    assert mqk("lists", "export", "restricted", "--out", path, "--db", house.database).code == 0
    assert path.read_text("utf-8").endswith("GME,\n")
    assert mqk("lists", "show", "--lists", house.lists, "--db", house.database).code == 0
    assert [each.name for each in house.lists.iterdir()] == ["restricted.csv"]


def test_a_list_that_is_still_true_is_affirmed_by_one_other(mqk, house) -> None:
    carry(mqk, house, say(mqk, house, "add", "restricted", "GME"), "rory")
    before = json.loads(mqk("lists", "show", "restricted", "--db", house.database, "--format", "json").out)[0]
    affirmed = say(mqk, house, "affirm", "restricted")
    assert (affirmed["relation"], affirmed["quorum"]) == ("equal", 1)
    carry(mqk, house, affirmed, "rory")
    after = json.loads(mqk("lists", "show", "restricted", "--db", house.database, "--format", "json").out)[0]
    assert after["content"] == before["content"] and after["as_of"] > before["as_of"]
    assert (after["version"], after["direction"]) == (2, "more rows are tighter")


def test_without_a_folder_the_database_alone_moves(mqk, house) -> None:
    before = (house.lists / "restricted.csv").read_bytes()
    ended = mqk("lists", "add", "restricted", "GME", *house.by("cora"), *WORDS, "--format", "json")
    proposal = json.loads(ended.out)["proposal"]
    assert mqk("lists", "approve", proposal, *house.by("rory")).code == 0
    applied = mqk("lists", "apply", proposal, *house.by("olivia"))
    assert applied.code == 0 and "none; say --lists FOLDER" in applied.out
    assert (house.lists / "restricted.csv").read_bytes() == before
    shown = mqk("lists", "show", "restricted", "--db", house.database)
    assert "GME" in shown.out


def test_lists_are_shown_where_there_is_no_database_and_none_is_made(mqk, house, tmp_path) -> None:
    ended = mqk("lists", "show", "--lists", house.lists, "--db", f"sqlite:///{tmp_path / 'none.db'}")
    assert ended.code == 0 and "restricted  file" in ended.out
    assert not (tmp_path / "none.db").exists()


def test_what_is_no_list_or_no_entry_of_it_is_refused(mqk, house) -> None:
    options = (*house.by("cora"), *WORDS, "--lists", house.lists)
    for arguments, code in (
        (("add", "locates", "GME"), "LIST_UNKNOWN"),
        (("add", "restricted", "gme"), "LIST_CELL"),
        (("remove", "restricted", "GME"), "LIST_ROW_UNKNOWN"),
        (("add", "restricted", "GME", "--column", "why=x"), "LIST_COLUMN"),
        (("add", "restricted", "GME", "--column", "reason"), "LIST_COLUMN"),
    ):
        ended = mqk("lists", *arguments, *options)
        assert ended.code == 2 and code in ended.err, arguments
    unknown = mqk("lists", "show", "locates", "--lists", house.lists, "--db", house.database)
    assert unknown.code == 2 and "LIST_UNKNOWN" in unknown.err
    assert mqk("lists", "pending", "--db", house.database).out == "nothing waits\n"


def test_a_list_from_the_future_is_not_proposed(mqk, house) -> None:
    freshen(house, "2999-01-01T00:00:00Z")
    ended = mqk("lists", "propose", house.lists / "restricted.csv", *house.by("cora"), *WORDS)
    assert ended.code == 2 and "LIST_FUTURE" in ended.err

"""Rules from a folder into force, a run bound to them, and damage that is loud: the whole way by commands."""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.shipped import shipped
from engine.store.database import open_database
from tests.review.tampering import change

PEOPLE = ("rhea", "rory", "cora", "olivia")
CAP = "  2026-09-01 = 40_000 USD cite"
SESSIONS = 6
WORDS = ("--reason", "said so", "--cite", "Risk Committee 2026-11-27")


@dataclass
class House:
    """A firm's own folder: configuration with its own keys, rules, lists, and a database."""

    folder: Path
    database: str

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def rules(self) -> Path:
        return self.folder / "rules"

    @property
    def lists(self) -> Path:
        return self.rules / "lists"

    def by(self, name: str) -> tuple[object, ...]:
        """Return the options of a step taken by somebody."""
        return (*self.as_(name), "--db", self.database)

    def as_(self, name: str) -> tuple[object, ...]:
        return "--as", name, "--key", self.folder / f"{name}.pem", "--config", self.config


@pytest.fixture
def house(mqk, tmp_path, database_url) -> House:
    home = House(tmp_path / "home", database_url)
    shutil.copytree(shipped("config"), home.config)
    shutil.copytree(shipped("rules"), home.rules)
    shutil.copyfile(shipped("demo", "engine.yaml"), home.config / "engines" / "demo.yaml")
    text = (home.config / "principals.yaml").read_text("utf-8")
    for name in PEOPLE:
        made = mqk("keys", "new", "--out", home.folder / f"{name}.pem", "--format", "json")
        assert made.code == 0
        public = json.loads(made.out)["public_key"]
        text, count = re.subn(rf"(id: {name}\n(?:.*\n){{2}}    public_key: )\"[0-9a-f]+\"", rf'\1"{public}"', text)
        assert count == 1
    (home.config / "principals.yaml").write_text(text, "utf-8")
    return home


def build(mqk, house: House, name: str, author: str = "rhea", *more: object) -> Path:
    out = house.folder / name
    ended = mqk("rules", "build", house.rules, "--out", out, *house.as_(author), *more, "--db", house.database)
    assert ended.code == 0, ended.err
    return out


def propose(mqk, house: House, file: Path, author: str = "rhea") -> dict[str, object]:
    ended = mqk("rules", "propose", file, *house.by(author), *WORDS, "--format", "json")
    assert ended.code == 0, ended.err
    return dict(json.loads(ended.out))


def put_in_force(mqk, house: House, name: str, version: int) -> dict[str, object]:
    proposal = propose(mqk, house, build(mqk, house, name, "rhea", "--version", version))
    for who in ("rory", "cora")[: int(str(proposal["quorum"]))]:
        assert mqk("rules", "approve", proposal["proposal"], *house.by(who)).code == 0
    ended = mqk("rules", "activate", proposal["proposal"], *house.by("olivia"), "--format", "json")
    assert ended.code == 0, ended.err
    return dict(json.loads(ended.out))


def start_demo(mqk, house: House, *more: object, sessions: int = SESSIONS):
    """Run the demo over its first sessions."""
    demo, bars = shipped("demo"), house.folder / "bars"
    bars.mkdir(exist_ok=True)
    for path in demo.glob("[A-Z]*.csv"):
        head = path.read_text("utf-8").splitlines(keepends=True)[: sessions + 1]
        (bars / path.name).write_text("".join(head), "utf-8")
    return mqk(
        "run", "start", "--bars", bars, "--instruments", demo / "instruments.csv", "--lists", demo, "--engine", "demo",
        "--law-date", "2026-01-05", "--account", "demo", "--cash", "250000", "--out", house.folder / "out",
        "--config", house.config, "--db", house.database, "--format", "json", *more,
    )  # fmt: skip


def run_demo(mqk, house: House, *more: object, sessions: int = SESSIONS):
    """Run the demo over its first sessions; return its result, its manifest's content, and how it ended."""
    ended = start_demo(mqk, house, *more, sessions=sessions)
    assert ended.code == 0, ended.err
    result = json.loads(ended.out)
    manifest = json.loads((Path(result["artifacts"]) / "manifest.json").read_text("utf-8"))
    return result, manifest["content"], ended


def tighten(house: House) -> None:
    size = house.rules / "pre_trade" / "size.rules"
    text = size.read_text("utf-8")
    assert CAP in text
    size.write_text(text.replace(CAP, "  2026-09-01 = 35_000 USD cite"), "utf-8")


def test_rules_go_into_force_a_run_is_bound_to_them_and_damage_leaves_the_last_good_ones(mqk, house) -> None:
    file = build(mqk, house, "first.bundle", "rhea", "--version", 1)
    named = hashlib.sha256(file.read_bytes()).hexdigest()
    first = propose(mqk, house, file)
    assert (first["subject"], first["state"], first["relation"], first["quorum"]) == (named, "PROPOSED", "looser", 2)

    own = mqk("rules", "approve", first["proposal"], *house.by("rhea"))
    assert own.code == 2 and "REVIEW_AUTHOR" in own.err
    early = mqk("rules", "activate", first["proposal"], *house.by("olivia"))
    assert early.code == 2 and "REVIEW_STATE" in early.err
    for name in ("rory", "cora"):
        assert mqk("rules", "approve", first["proposal"], *house.by(name)).code == 0
    assert mqk("rules", "activate", first["proposal"], *house.by("olivia")).code == 0

    result, content, _ = run_demo(mqk, house, "--active")
    assert result["bundle"] == content["bundle_hash"] == named
    assert result["bundle_approved"] is True and content["bundle_approved"] is True

    tighten(house)
    assert run_demo(mqk, house, "--rules", house.rules)[1]["bundle_approved"] is False
    second = put_in_force(mqk, house, "second.bundle", 2)
    assert (second["relation"], second["approvers"], second["base"]) == ("tighter", ["rory"], named)

    with open_database(house.database) as database:
        change(database, "DELETE FROM documents WHERE sha256 = :own", own=second["subject"])
    _, content, ended = run_demo(mqk, house, "--active")
    assert content["bundle_hash"] == named and content["bundle_approved"] is True
    assert "error[BUNDLE_MISSING]: version 2 is not in force" in ended.err

    active = mqk("rules", "active", "--config", house.config, "--db", house.database, "--format", "json")
    assert active.code == 4 and json.loads(active.out)["version"] == 1
    log = mqk("rules", "log", "--config", house.config, "--db", house.database, "--format", "json")
    told = json.loads(log.out)
    assert log.code == 0
    assert [(line["event"], line["principal"]) for line in told] == [
        ("REVIEW_PROPOSED", "rhea"), ("REVIEW_APPROVED", "rory"), ("REVIEW_APPROVED", "cora"),
        ("REVIEW_ACTIVATED", "olivia"), ("REVIEW_PROPOSED", "rhea"), ("REVIEW_APPROVED", "rory"),
        ("REVIEW_SUPERSEDED", ""), ("REVIEW_ACTIVATED", "olivia"), ("BUNDLE_REFUSED", ""), ("BUNDLE_REFUSED", ""),
    ]  # fmt: skip
    assert {line["signature"] for line in told} == {"ok", ""}
    assert all(len(line["subject"]) == 64 for line in told)
    verified = mqk("audit", "verify", "--db", house.database)
    assert verified.code == 0, verified.out


def test_the_next_version_is_one_above_what_is_in_force(mqk, house) -> None:
    put_in_force(mqk, house, "first.bundle", 6)
    tighten(house)
    seal = json.loads(build(mqk, house, "next.bundle").with_name("next.bundle.seal").read_text("utf-8"))
    assert (seal["version"], seal["author"]) == (7, "rhea")


def test_a_bundle_is_written_once_and_unsigned_where_nobody_signs(mqk, house) -> None:
    out = house.folder / "plain.bundle"
    ended = mqk("rules", "build", house.rules, "--out", out)
    assert ended.code == 0 and "signed by nobody" in ended.out
    assert ended.out.split()[0] == hashlib.sha256(out.read_bytes()).hexdigest()
    again = mqk("rules", "build", house.rules, "--out", out)
    assert again.code == 2 and "FILE_EXISTS" in again.err
    unsigned = mqk("rules", "propose", out, *house.by("rhea"), *WORDS)
    assert unsigned.code == 2 and "BUNDLE_UNSIGNED" in unsigned.err
    lone = mqk("rules", "build", house.rules, "--out", house.folder / "x", "--version", 2)
    assert lone.code == 2 and "--as" in lone.err
    other = mqk("rules", "build", house.rules, "--out", house.folder / "x", *house.as_("olivia"), "--version", 1)
    assert other.code == 2 and "REVIEW_ROLE" in other.err and not (house.folder / "x").exists()


def test_a_file_changed_after_it_was_signed_is_an_integrity_failure(mqk, house) -> None:
    file = build(mqk, house, "first.bundle", "rhea", "--version", 1)
    file.write_bytes(file.read_bytes().replace(b"40_000 USD", b"90_000 USD"))
    ended = mqk("rules", "propose", file, *house.by("rhea"), *WORDS)
    assert ended.code == 4 and "BUNDLE_ALTERED" in ended.err
    assert mqk("rules", "log", "--config", house.config, "--db", house.database).out == "no step was taken\n"


def test_drafts_denials_and_withdrawals_are_shown_as_what_they_are(mqk, house) -> None:
    file = build(mqk, house, "first.bundle", "rhea", "--version", 1)
    draft = json.loads(mqk("rules", "draft", file, *house.by("rhea"), *WORDS, "--format", "json").out)
    assert draft["state"] == "DRAFT"
    proposed = propose(mqk, house, file)
    assert proposed["proposal"] == draft["proposal"]
    waiting = mqk("rules", "pending", "--db", house.database, "--format", "json")
    assert [each["state"] for each in json.loads(waiting.out)] == ["PROPOSED"]
    denied = mqk("rules", "deny", str(proposed["proposal"])[:12], *house.by("cora"), "--reason", "too wide")
    assert denied.code == 0 and "is rejected" in denied.out
    assert mqk("rules", "pending", "--db", house.database).out == "nothing waits\n"
    again = propose(mqk, house, file)
    taken = mqk("rules", "withdraw", again["proposal"], *house.by("rhea"), "--reason", "wrong file")
    assert taken.code == 0 and "is withdrawn" in taken.out
    log = mqk("rules", "log", "--config", house.config, "--db", house.database)
    assert "too wide" in log.out and "wrong file" in log.out


def test_an_approver_sees_what_changes_before_they_sign(mqk, house) -> None:
    put_in_force(mqk, house, "first.bundle", 1)
    tighten(house)
    proposal = propose(mqk, house, build(mqk, house, "second.bundle"))
    shown = mqk("rules", "show", proposal["proposal"], "--db", house.database)
    assert shown.code == 0
    assert "-  2026-09-01 = 40_000 USD cite" in shown.out and "+  2026-09-01 = 35_000 USD cite" in shown.out
    assert "tighter: pre_trade.size.max_order_notional 40_000.00 USD -> 35_000.00 USD from 2026-09-01" in shown.out
    data = json.loads(mqk("rules", "show", proposal["proposal"], "--db", house.database, "--format", "json").out)
    assert data["changes"].startswith("--- in force/pre_trade/size.rules")


def test_a_key_in_a_variable_signs_and_is_never_said(mqk, house, monkeypatch) -> None:
    monkeypatch.setenv("RORYS_KEY", (house.folder / "rory.pem").read_text("utf-8"))
    proposal = propose(mqk, house, build(mqk, house, "first.bundle", "rhea", "--version", 1))
    options = ("--as", "rory", "--config", house.config, "--db", house.database)
    ended = mqk("rules", "approve", proposal["proposal"], *options, "--key-env", "RORYS_KEY")
    assert ended.code == 0
    none = mqk("rules", "approve", proposal["proposal"], *options)
    assert none.code == 2 and "KEY_NONE" in none.err
    both = mqk("rules", "approve", proposal["proposal"], *options, "--key-env", "X", "--key", house.folder / "rory.pem")
    assert both.code == 2 and "KEY_NONE" in both.err
    missing = mqk("rules", "approve", proposal["proposal"], *options, "--key", house.folder / "none.pem")
    assert missing.code == 2 and "FILE" in missing.err
    secrets = [(house.folder / f"{name}.pem").read_text("utf-8").split("\n")[1] for name in PEOPLE]
    log = mqk("rules", "log", "--config", house.config, "--db", house.database, "--format", "json")
    for said in (ended, none, both, missing, log):
        assert not any(secret in said.out + said.err for secret in secrets)


def test_keys_are_made_once_and_shown_by_their_public_half(mqk, tmp_path) -> None:
    path = tmp_path / "rhea.pem"
    made = mqk("keys", "new", "--out", path)
    assert made.code == 0 and path.stat().st_mode & 0o777 == 0o600
    assert mqk("keys", "show", path).out.strip() == made.out.split("\n")[0]
    before = path.read_bytes()
    again = mqk("keys", "new", "--out", path)
    assert again.code == 2 and "KEY_EXISTS" in again.err and path.read_bytes() == before
    path.chmod(0o644)
    exposed = mqk("keys", "show", path)
    assert exposed.code == 2 and "KEY_EXPOSED" in exposed.err


def test_a_log_with_a_step_its_signer_did_not_sign_is_an_integrity_failure(mqk, house) -> None:
    propose(mqk, house, build(mqk, house, "first.bundle", "rhea", "--version", 1))
    text = (house.config / "principals.yaml").read_text("utf-8")
    public = json.loads(mqk("keys", "show", house.folder / "rhea.pem", "--format", "json").out)["public_key"]
    (house.config / "principals.yaml").write_text(text.replace(public, "ab" * 32), "utf-8")
    ended = mqk("rules", "log", "--config", house.config, "--db", house.database)
    assert ended.code == 4 and "REVIEW_SIGNATURE" in ended.out + ended.err


def test_one_key_under_two_names_is_refused_before_anybody_acts(mqk, house) -> None:
    """Who lists their own key as somebody else's could approve their own change."""
    proposal = propose(mqk, house, build(mqk, house, "first.bundle", "rhea", "--version", 1))
    text = (house.config / "principals.yaml").read_text("utf-8")
    keys = {n: json.loads(mqk("keys", "show", house.folder / f"{n}.pem", "--format", "json").out) for n in PEOPLE}
    twice = text.replace(keys["rory"]["public_key"], keys["rhea"]["public_key"])
    (house.config / "principals.yaml").write_text(twice, "utf-8")
    ended = mqk("rules", "approve", proposal["proposal"], "--as", "rory", "--key", house.folder / "rhea.pem",
                "--config", house.config, "--db", house.database)  # fmt: skip
    assert ended.code == 2 and "CFG_PRINCIPAL_TWICE" in ended.err


def test_nothing_in_force_and_words_left_out_are_usage_errors(mqk, house, tmp_path) -> None:
    none = mqk("rules", "active", "--config", house.config, "--db", house.database)
    assert none.code == 2 and "BUNDLE_NONE" in none.err
    demo = shipped("demo")
    both = mqk("run", "start", "--active", "--rules", house.rules, "--bars", demo, "--instruments", demo)
    assert both.code == 2 and "--active" in both.err
    file = build(mqk, house, "first.bundle", "rhea", "--version", 1)
    blank = mqk("rules", "propose", file, *house.by("rhea"), "--reason", " ", "--cite", "x")
    assert blank.code == 2 and "REVIEW_WORDS" in blank.err
    stranger = mqk("rules", "propose", file, "--as", "nobody", "--key", house.folder / "rhea.pem", *WORDS,
                   "--config", house.config, "--db", house.database)  # fmt: skip
    assert stranger.code == 2 and "PRINCIPAL_UNKNOWN" in stranger.err
    unknown = mqk("rules", "show", "prop_none", "--db", house.database)
    assert unknown.code == 2 and "REVIEW_UNKNOWN" in unknown.err

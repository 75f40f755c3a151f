"""`mqk rules diff`, `analyse` and `prove`: what the solver shows, how it is said, and how a command ends."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.judgement import EFFECT_STRENGTH
from engine.service.rule_files import load_bundle
from engine.shipped import shipped
from engine.store.database import open_database
from tests.cli.test_cli_process import COMMAND

CAP = "  2026-09-01 = 40_000 USD"
SIZE = Path("pre_trade") / "size.rules"
KILL = Path("kill") / "desk.rules"
PROOFS = """
prove SIZE-01 tighter as intent.quantity rises
prove SIZE-01 never looser than baseline
prove "too much" never allow when intent.increases_risk and order_notional > 29_999 USD
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the shipped rules."""
    return Path(shutil.copytree(shipped("rules"), tmp_path / "before"))


def changed(rules: Path, *replaced: tuple[str, str], added: str = "", book: Path = SIZE) -> Path:
    """Return another copy with something in a rulebook replaced or added, in its size rulebook where none is said."""
    target = rules.with_name(f"after{len(list(rules.parent.iterdir()))}")
    shutil.copytree(rules, target)
    text = (target / book).read_text(encoding="utf-8")
    for old, new in replaced:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (target / book).write_text(text + added, encoding="utf-8")
    return target


def streamed(rules: Path, other: Path, stream: Path) -> int:
    """Write the stream of a difference in a process of its own, as people do; return how it ended.

    z3 numbers its terms by all it met before, and which order it finds first depends on the numbers.
    """
    command = (*COMMAND, "rules", "diff", str(rules), str(other), "--stream", str(stream))
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert stream.exists(), ended.stderr
    return ended.returncode


def a_tick(rules: Path) -> Path:
    return changed(rules, (CAP, "  2026-09-01 = 40_000.01 USD"))


# ------------------------------------------------------------------------------------------ diff
def test_one_tick_of_one_threshold_is_looser_and_names_an_order(mqk, rules):
    ended = mqk("rules", "diff", rules, a_tick(rules))
    assert (ended.code, ended.err) == (1, "")
    assert "24 of 25 rules equal" in ended.out and "SIZE-01 Order notional: looser" in ended.out
    assert "from 2026-09-01: looser" in ended.out
    assert "A reject MAX_ORDER_NOTIONAL from SIZE-01" in ended.out and "B hold ORDER_REVIEW from SIZE-01" in ended.out
    assert "2026-09-01: 40_000.00 USD -> 40_000.01 USD (looser)" in ended.out
    assert ended.out.rstrip().endswith("B is looser than A")


def test_the_other_way_round_it_is_tighter_and_fine(mqk, rules):
    ended = mqk("rules", "diff", a_tick(rules), rules)
    assert ended.code == 0 and ended.out.rstrip().endswith("B is tighter than A")


def test_the_same_rules_are_equal_however_they_are_laid_out(mqk, rules):
    written = "let order_notional = intent.quantity * worst_price * instrument.multiplier"
    turned = "let order_notional =\n  worst_price * (intent.quantity\n  * instrument.multiplier)"
    ended = mqk("rules", "diff", rules, changed(rules, (written, turned)))
    assert ended.code == 0 and ended.out.rstrip().endswith("B is equal to A")


def test_a_law_date_narrows_what_is_compared(mqk, rules):
    other = a_tick(rules)
    assert mqk("rules", "diff", rules, other, "--law-date", "2026-08-31").code == 0
    assert mqk("rules", "diff", rules, other, "--law-date", "2026-09-01").code == 1


def test_machines_get_every_part_of_a_comparison(mqk, rules):
    ended = mqk("rules", "diff", rules, a_tick(rules), "--format", "json")
    data = json.loads(ended.out)
    assert [stage["relation"] for stage in data["stages"] if stage["stage"] != "pre_trade"] == ["equal"] * 5
    (stage,) = (stage for stage in data["stages"] if stage["stage"] == "pre_trade")
    moved = [rule for rule in stage["rules"] if rule["relation"] != "equal"]
    assert (data["relation"], stage["relation"], [rule["id"] for rule in moved]) == ("looser", "looser", ["SIZE-01"])
    (part,) = moved[0]["parts"]
    assert part["from"] == "2026-09-01" and part["until"] is None
    assert part["looser"]["says_all"] is True and part["looser"]["given"].startswith("given base with ")


def test_the_orders_shown_are_tests_that_pass_under_b_and_fail_under_a(mqk, rules):
    other = a_tick(rules)
    text = mqk("rules", "diff", rules, other, "--tests").out
    assert 'test "SIZE-01 from 2026-09-01: looser" of SIZE-01 {' in text
    for folder, fails in ((other, False), (rules, True)):
        path = folder / SIZE
        path.write_text(path.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")
        assert ("`SIZE-01 from 2026-09-01: looser` fails" in mqk("rules", "test", folder).out) is fails


@pytest.mark.parametrize(
    "replaced",
    [
        (CAP, "  2026-09-01 = 40_000.01 USD"),
        ("always = 30_000 USD", "always = 30_000.01 USD"),
        ("always = 5_000 shares", "always = 5_000.000001 shares"),
        ("always = 5_000 shares", "always = 4_999.999999 shares"),
    ],
)
def test_a_stream_of_the_difference_is_answered_differently_by_the_desk(mqk, rules, tmp_path, replaced):
    other, stream = changed(rules, replaced), tmp_path / "shown.jsonl"
    is_looser = "4_999" not in replaced[1]
    assert streamed(rules, other, stream) == int(is_looser)
    said = []
    for folder in (rules, other):
        ended = mqk("decide", stream, "--rules", folder, "--lists", f"{stream}.lists", "--dry-run")
        (answer,) = map(json.loads, ended.out.splitlines())
        said.append(EFFECT_STRENGTH[answer["verdict"]])
    assert said[1] < said[0] if is_looser else said[1] > said[0]


def test_a_difference_that_rests_on_what_happened_before_has_no_stream(mqk, rules, tmp_path):
    other = Path(shutil.copytree(rules, tmp_path / "rate"))
    rate = other / "pre_trade" / "rate.rules"
    rate.write_text(rate.read_text(encoding="utf-8").replace("always = 60 cite", "always = 61 cite"), encoding="utf-8")
    ended = mqk("rules", "diff", rules, other, "--stream", tmp_path / "none.jsonl")
    assert ended.code == 1 and "error[STREAM_NONE]" in ended.err and not (tmp_path / "none.jsonl").exists()


def test_a_stream_the_desk_does_not_answer_differently_is_not_written(mqk, rules, tmp_path):
    """The order found needs a closed session, and the desk itself knows that the session is open."""
    closed = """
rule SIZE-04 "Closed" {
  on       pre_trade
  reject   when not session.is_open as CLOSED
  cite     "House"
  owner    risk
  because  "closed"
}
"""
    other = changed(
        rules, ("uses intent, market, instrument", "uses intent, market, instrument, session"), added=closed
    )
    ended = mqk("rules", "diff", other, rules, "--stream", tmp_path / "none.jsonl")
    assert ended.code == 1 and "SIZE-04 Closed: removed" in ended.out
    assert "error[STREAM_NONE]" in ended.err and not (tmp_path / "none.jsonl").exists()


def test_recorded_decisions_are_judged_again_by_both_versions(mqk, rules, tmp_path):
    other, stream, kept = a_tick(rules), tmp_path / "shown.jsonl", tmp_path / "desk.db"
    assert streamed(rules, other, stream) == 1
    decided = mqk("decide", stream, "--rules", rules, "--lists", f"{stream}.lists", "--db", f"sqlite:///{kept}")
    assert json.loads(decided.out)["verdict"] == "reject"
    ended = mqk("rules", "diff", rules, other, "--replay", f"sqlite:///{kept}")
    assert "A: of 1 decisions 0 looser and 0 tighter than was decided" in ended.out
    assert "B: of 1 decisions 1 looser and 0 tighter than was decided" in ended.out
    data = json.loads(mqk("rules", "diff", rules, other, "--replay", kept, "--format", "json").out)
    assert data["history"]["after"]["examples"] == [json.loads(decided.out)["decision_id"]]


# ------------------------------------------------------------------------------------------ every stage
MOVES = [
    (KILL, ("always = 10 cite", "always = 11 cite"), "KIL-05", "looser", "A trip REJECT_STORM", "B allow"),
    (KILL, ("always = 10 cite", "always = 9 cite"), "KIL-05", "tighter", "A allow", "B trip REJECT_STORM"),
    (KILL, ("is DRIFT for 30 s", "is DRIFT for 40 s"), "KIL-10", "looser", "once it held for 30 s", "held for 40 s"),
    (KILL, ("including exits, alert", "including exits"), "KIL-07", "looser", "actions is looser by itself", ""),
    (Path("arming") / "desk.rules", ("always = 2_000 USD", "always = 1_999.99 USD"), "ARM-01", "looser",
     "A refuse TOO_LITTLE_CAPITAL", "B allow"),
    (Path("in_flight") / "conduct.rules", ("always = 2 cite", "always = 1 cite"), "RTE-09", "tighter",
     "A allow", "posture reduce_only"),
    (Path("post_trade") / "review.rules", ("always = 5 cite", "always = 6 cite"), "PST-13", "looser",
     "A note REJECTS_TO_REVIEW", "B allow"),
    (Path("promotion") / "gates.rules", ('5% cite "Promotion Policy 2.2"', '6% cite "Promotion Policy 2.2"'),
     "PRO-01", "looser", "A fail FOLD_DRAWDOWN", "B allow"),
]  # fmt: skip


@pytest.mark.parametrize(("book", "replaced", "rule", "relation", "was", "now"), MOVES)
def test_a_rule_of_any_stage_is_compared(mqk, rules, book, replaced, rule, relation, was, now):
    ended = mqk("rules", "diff", rules, changed(rules, replaced, book=book))
    assert ended.code == int(relation == "looser") and ended.err == ""
    shown = ended.out.partition(f"\n{rule} ")[2].partition("\n\n")[0]
    assert f": {relation}" in shown.splitlines()[0] and was in shown and now in shown
    assert ended.out.rstrip().endswith(f"B is {relation} than A")


def test_an_order_of_a_switch_is_a_test_that_passes_under_b_and_fails_under_a(mqk, rules):
    other = changed(rules, ("always = 10 cite", "always = 9 cite"), book=KILL)
    text = mqk("rules", "diff", rules, other, "--tests").out
    assert 'test "KIL-05 on every date: tighter" of KIL-05 {' in text
    for folder, fails in ((other, False), (rules, True)):
        path = folder / KILL
        path.write_text(path.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")
        assert ("`KIL-05 on every date: tighter` fails" in mqk("rules", "test", folder).out) is fails


def test_what_is_neither_weaker_nor_stronger_is_unknown_with_its_name_and_no_pass(mqk, rules):
    reset = (
        "by 1 risk_officer not in switch.tripped_by within 15 min after 10 min",
        "by 1 operator not in switch.tripped_by within 15 min after 10 min",
    )
    ended = mqk("rules", "diff", rules, changed(rules, reset, book=KILL))
    assert ended.code == 1 and "KIL-05 Reject storm: unknown" in ended.out
    assert "this changed and is neither weaker nor stronger by itself: reset" in ended.out


# ------------------------------------------------------------------------------------------ versions
def git(folder: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


def test_revisions_of_a_rules_folder_are_read_from_git(mqk, tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    folder = Path(shutil.copytree(shipped("rules"), repository / "desk" / "rules"))
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "one")
    path = folder / SIZE
    path.write_text(path.read_text(encoding="utf-8").replace(CAP, "  2026-09-01 = 39_999 USD"), encoding="utf-8")
    git(repository, "commit", "--quiet", "-am", "two")
    monkeypatch.chdir(repository)
    between = mqk("rules", "diff", "HEAD~1:desk/rules", "HEAD:desk/rules")
    assert between.code == 0 and between.out.rstrip().endswith("B is tighter than A")
    assert mqk("rules", "diff", "HEAD:desk/rules", "desk/rules").out.rstrip().endswith("B is equal to A")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nowhere", "RULES_NONE"), ("HEAD:", "RULES_NONE"), ("nobody:rules", "GIT_REVISION"),
        ("--upload-pack=x:rules", "GIT_REVISION"), ("HEAD:elsewhere", "GIT_REVISION"), ("0" * 64, "BUNDLE_WHERE"),
    ],
)  # fmt: skip
def test_a_version_nobody_knows_is_refused(mqk, tmp_path, monkeypatch, name, code):
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "nothing")
    monkeypatch.chdir(tmp_path)
    ended = mqk("rules", "diff", "--", shipped("rules"), name)
    assert ended.code == 2 and f"error[{code}]" in ended.err and "Traceback" not in ended.err


def test_without_git_revisions_are_unavailable(mqk, rules, monkeypatch):
    monkeypatch.setenv("PATH", "")
    ended = mqk("rules", "diff", rules, "HEAD:rules")
    assert ended.code == 3 and "error[GIT_NONE]" in ended.err


def test_a_bundle_is_compared_by_its_hash_and_by_its_file(mqk, rules, database_url, tmp_path):
    bundle = load_bundle(rules)
    with open_database(database_url) as database, database.write("run") as unit:
        unit.documents.put("bundle", bundle.hash, bundle.canonical)
    other = a_tick(rules)
    ended = mqk("rules", "diff", bundle.hash, other, "--against", database_url)
    assert ended.code == 1 and "SIZE-01 Order notional: looser" in ended.out
    unknown = mqk("rules", "diff", "0" * 64, other, "--against", database_url)
    assert unknown.code == 2 and "error[BUNDLE_NONE]" in unknown.err
    stored = tmp_path / "bundle.json"
    stored.write_bytes(bundle.canonical)
    assert mqk("rules", "diff", stored, other).code == 1
    stored.write_bytes(b'{"language": 99}')
    broken = mqk("rules", "diff", stored, other)
    assert broken.code == 2 and "error[BUNDLE_UNREADABLE]" in broken.err


def test_rules_that_do_not_compile_are_refused_on_either_side(mqk, rules):
    broken = changed(rules, ("reject   above max_order_quantity", "reject   above max_order_quantities"))
    for sides in ((rules, broken), (broken, rules)):
        ended = mqk("rules", "diff", *sides)
        assert ended.code == 1 and "error[E305]" in ended.err


# ------------------------------------------------------------------------------------------ prove
def test_proofs_are_kept_broken_and_not_judged(mqk, rules):
    folder = changed(rules, added=PROOFS)
    ended = mqk("rules", "prove", folder)
    assert ended.code == 1 and ended.out.rstrip().endswith("1 holds, 1 fails, 0 unknown, 1 not judged")
    assert "holds      SIZE-01 tighter as intent.quantity rises" in ended.out
    assert 'test "too much" {\n    given ordinary with ' in ended.out


def test_a_baseline_lets_every_proof_be_judged(mqk, rules):
    kept = PROOFS.rpartition("prove")[0]
    folder, looser = changed(rules, added=kept), changed(rules, (CAP, CAP.replace("40", "41")), added=kept)
    strict = mqk("rules", "prove", folder, "--strict")
    assert (strict.code, mqk("rules", "prove", folder).code) == (2, 0)
    assert mqk("rules", "prove", folder, "--baseline", rules, "--strict").code == 0
    ended = mqk("rules", "prove", looser, "--baseline", rules)
    assert ended.code == 1 and "# baseline: reject" in ended.out and "# now: hold" in ended.out


def test_what_is_not_decided_fails_unless_it_is_allowed_to(mqk, tmp_path):
    path = tmp_path / "hard.rules"
    example = (Path(__file__).parents[2] / "dsl" / "pages" / "A711.md").read_text(encoding="utf-8")
    path.write_text(example.split("```rules\n")[1].split("```")[0], encoding="utf-8")
    ended = mqk("rules", "prove", path)
    assert ended.code == 1 and "0 holds, 0 fails, 1 unknown" in ended.out
    assert mqk("rules", "prove", path, "--allow-unknown").code == 0


@pytest.mark.parametrize("form", ["json", "jsonl", "github", "sarif"])
def test_a_broken_proof_reaches_machines(mqk, rules, form):
    folder = changed(rules, added=PROOFS)
    ended = mqk("rules", "prove", folder, "--format", form)
    assert (ended.code, ended.err) == (1, "")
    if form == "json":
        standings = [proof["standing"] for proof in json.loads(ended.out)["proofs"]]
        assert standings == ["holds", "not judged", "fails"]
    elif form == "jsonl":
        assert [json.loads(line)["code"] for line in ended.out.splitlines()] == ["A710"]
    elif form == "github":
        assert ended.out.startswith(f"::error file={folder / SIZE},line=")
    else:
        (result,) = json.loads(ended.out)["runs"][0]["results"]
        assert (result["ruleId"], result["level"]) == ("A710", "error")


def test_a_bare_revision_is_the_same_folder_there(mqk, rules, monkeypatch):
    """What `--baseline origin/main` means in a checkout, wherever in it one stands."""
    git(rules, "init", "--quiet")
    folder = Path(shutil.copytree(rules, rules / "desk" / "rules", ignore=shutil.ignore_patterns("desk", ".git")))
    git(rules, "add", ".")
    git(rules, "commit", "--quiet", "-m", "one")
    path = folder / SIZE
    kept = "\nprove SIZE-01 never looser than baseline\n"
    path.write_text(path.read_text(encoding="utf-8").replace(CAP, CAP.replace("40", "41")) + kept, encoding="utf-8")
    monkeypatch.chdir(folder)
    ended = mqk("rules", "prove", folder, "--baseline", "HEAD")
    assert ended.code == 1 and "# baseline: reject" in ended.out
    unknown = mqk("rules", "prove", folder, "--baseline", "nobody")
    assert unknown.code == 2 and "error[GIT_REVISION]" in unknown.err


# ------------------------------------------------------------------------------------------ analyse
def test_idle_rules_are_named_with_their_places(mqk):
    ended = mqk("rules", "analyse")
    assert ended.code == 1 and "warning[A705]" in ended.out and "42 rules, 1 idle" in ended.out


def test_rules_that_all_judge_something_are_fine(mqk, tmp_path):
    path = tmp_path / "fine.rules"
    example = (Path(__file__).parents[2] / "dsl" / "pages" / "A703.md").read_text(encoding="utf-8")
    avoid, prefer = (part.split("```")[0] for part in example.split("```rules\n")[1:])
    path.write_text(prefer, encoding="utf-8")
    assert mqk("rules", "analyse", path).code == 0
    path.write_text(avoid, encoding="utf-8")
    sarif = json.loads(mqk("rules", "analyse", path, "--format", "sarif").out)
    (result,) = sarif["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (result["ruleId"], result["level"], region["startLine"], region["startColumn"]) == ("A703", "warning", 7, 3)
    assert result["relatedLocations"] and sarif["version"] == "2.1.0"


def test_ordinary_diagnostics_come_as_sarif_too(mqk, rules):
    broken = changed(rules, ("reject   above max_order_quantity", "reject   above max_order_quantities"))
    ended = mqk("rules", "check", broken, "--format", "sarif")
    (result,) = json.loads(ended.out)["runs"][0]["results"]
    assert ended.code == 1 and result["ruleId"] == "E305"


# ------------------------------------------------------------------------------------------ without the solver
@pytest.mark.parametrize("command", [("diff", "RULES", "RULES"), ("prove", "RULES"), ("analyse", "RULES")])
def test_without_the_solver_nothing_passes_unanalysed(mqk, rules, monkeypatch, command):
    monkeypatch.setitem(sys.modules, "z3", None)
    ended = mqk("rules", *(rules if word == "RULES" else word for word in command))
    assert ended.code == 3 and ended.out == ""
    assert "error[ANALYSIS_MISSING]" in ended.err and 'pip install "miniquantdesk[analysis]"' in ended.err


def test_rules_with_proofs_are_checked_and_tested_without_the_solver(mqk, rules, monkeypatch):
    monkeypatch.setitem(sys.modules, "z3", None)
    folder = changed(rules, added=PROOFS)
    assert mqk("rules", "check", folder, "--no-cache").code == 0
    assert mqk("rules", "test", folder).code == 0

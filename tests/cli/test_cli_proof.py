"""`mqk rules cover`, `mutate` and `ci`: what they say, how they end, and that a weakened rule does not get past."""

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import yaml

from tests.cli.conftest import Ended, Mqk
from tests.proof.rulebook import PROVEN, without

GAP = "without market.ask expect"
PASSED = {"check", "format", "lint", "test", "cover", "mutate"}
UNASKED = {"base", "mutate", "prove", "diff"}
REDUCING = "  given base with intent.reduces_only = true after intent.allowed at 0 s .. 2 s every 1 s expect allow\n"
PLANTED = {
    "a threshold": ([("reject   above 2 * cap", "reject   above 3 * cap")], "test"),
    "a comparison": ([("when sent >= 3", "when sent > 3")], "test"),
    "a tier, and its scenario with it": (
        [("reject   above 2 * cap", "flag     above 2 * cap"), ("expect reject MAX_VALUE", "expect flag MAX_VALUE")],
        "base",
    ),
    "a mode": (
        [("  when     intent.increases_risk\n", "  when     intent.increases_risk\n  mode     trial\n")],
        "base",
    ),
    "an exception nobody shows": ([(REDUCING, "")], "cover"),
    "what nobody would miss": (
        [(REDUCING, ""), ("  given base with market.ask = 1_000 USD/share expect warn\n", "")],
        "mutate",
    ),
}
"""What somebody changes, and the step that notices."""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder in a repository of git, whose first commit holds rules that are proven."""
    folder = tmp_path / "desk" / "rules" / "pre_trade"
    folder.mkdir(parents=True)
    (folder / "proven.rules").write_text(PROVEN, encoding="utf-8")
    git(tmp_path / "desk", "init", "--quiet", "--initial-branch=main")
    git(tmp_path / "desk", "add", ".")
    git(tmp_path / "desk", "commit", "--quiet", "--message", "Rules")
    return folder.parent


def git(where: Path, *arguments: str) -> None:
    """Run git as nobody in particular, with nobody's settings."""
    named = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *named, *arguments], cwd=where, check=True, capture_output=True)


def change(rules: Path, *changes: tuple[str, str]) -> None:
    """Replace words of the rulebook; each must be there once."""
    path = rules / "pre_trade" / "proven.rules"
    text = path.read_text(encoding="utf-8")
    for words, instead in changes:
        assert text.count(words) == 1, words
        text = text.replace(words, instead)
    path.write_text(text, encoding="utf-8")


def statuses(ended: Ended) -> dict[str, str]:
    """Return how each step of a JSON report came out."""
    return {step["step"]: step["status"] for step in json.loads(ended.out)["steps"]}


def test_rules_that_are_shown_whole_end_with_nothing_to_add(mqk: Mqk, rules: Path) -> None:
    ended = mqk("rules", "cover", rules)
    assert ended.code == 0 and "19 of 19 shown, 100.0 %" in ended.out and "A721" not in ended.out


def test_a_gap_is_shown_with_the_scenario_that_closes_it(mqk: Mqk, rules: Path, tmp_path: Path) -> None:
    (rules / "pre_trade" / "proven.rules").write_text(without(GAP), encoding="utf-8")
    ended = mqk("rules", "cover", rules, "--skeletons", tmp_path / "found")
    assert ended.code == 1 and "error[A721]: no scenario shows unknown: `market.ask` missing" in ended.out
    assert 'without: ["market.ask"]' in ended.out and "18 of 19 shown, 94.7 %" in ended.out
    assert mqk("rules", "cover", rules, "--fail-under", "94").code == 0
    written = sorted((tmp_path / "found").iterdir())
    assert [path.name for path in written] == ["val_01.yaml"]
    shutil.copy(written[0], rules / "val_01.yaml")
    assert mqk("rules", "test", rules).code == 0 and mqk("rules", "cover", rules).code == 0


def test_a_mutant_that_survives_is_shown_with_the_scenario_that_kills_it(mqk: Mqk, rules: Path, tmp_path: Path) -> None:
    (rules / "pre_trade" / "proven.rules").write_text(without("market.ask = 400 USD/share at"), encoding="utf-8")
    ended = mqk("rules", "mutate", rules, "--fail-under", "100", "--skeletons", tmp_path / "found")
    assert ended.code == 1 and "error[A722]: no scenario fails with tick: `cap` of 2026-09-01 a tick less" in ended.out
    assert "32 of 33 killed, 96.9 %" in ended.out
    assert mqk("rules", "mutate", rules).code == 0
    shutil.copy(tmp_path / "found" / "val_01.yaml", rules / "val_01.yaml")
    assert mqk("rules", "mutate", rules, "--fail-under", "100").code == 0


def test_data_names_every_gap_and_its_scenario(mqk: Mqk, rules: Path) -> None:
    (rules / "pre_trade" / "proven.rules").write_text(without(GAP), encoding="utf-8")
    covered = json.loads(mqk("rules", "cover", rules, "--format", "json").out)
    assert [one["obligation"] for one in covered["missing"]] == ["`market.ask` missing"]
    assert yaml.safe_load(covered["missing"][0]["skeleton"])["rulebook"] == "pre_trade.proven"
    mutated = json.loads(mqk("rules", "mutate", rules, "--format", "json").out)
    assert (mutated["killed"], mutated["mutants"], mutated["survivors"]) == (33, 33, [])


def test_nothing_is_judged_by_scenarios_that_fail(mqk: Mqk, rules: Path) -> None:
    change(rules, ("sent >= 3", "sent >= 4"))
    for command in ("cover", "mutate"):
        ended = mqk("rules", command, rules)
        assert ended.code == 1 and "E390" in ended.out + ended.err and "of 19" not in ended.out


def test_proven_rules_pass_every_step(mqk: Mqk, rules: Path) -> None:
    ended = mqk("rules", "ci", rules, "--base", "main", "--at", "2026-03-02", "--format", "json")
    assert ended.code == 0
    assert statuses(ended) == dict.fromkeys([*sorted(PASSED), "base", "diff"], "passed") | {"prove": "not asked"}
    alone = mqk("rules", "ci", rules, "--at", "2026-03-02", "--format", "json", "--mutants", "none")
    assert alone.code == 0 and {k for k, v in statuses(alone).items() if v == "not asked"} == UNASKED


@pytest.mark.parametrize(("planted", "failing"), PLANTED.values(), ids=PLANTED)
def test_a_planted_weakened_rule_fails(mqk: Mqk, rules: Path, planted: list[tuple[str, str]], failing: str) -> None:
    change(rules, *planted)
    ended = mqk("rules", "ci", rules, "--base", "main", "--at", "2026-03-02", "--format", "json")
    assert ended.code == 1 and statuses(ended)[failing] == "failed"


QUIET = """
rule QUIET-01 "Quiet" {
  on       pre_trade
  reject   when intent.quantity > 60_000 shares as QUIET
  cite     "Policy 9"
  owner    risk
  because  "{intent.quantity} is too many"
}
"""
"""A rule no scenario says anything of, so that only the solver sees it move."""


def test_a_looser_number_is_shown_with_an_order_where_no_scenario_of_the_base_notices(mqk: Mqk, rules: Path) -> None:
    book = rules / "pre_trade" / "proven.rules"
    book.write_text(PROVEN + QUIET, encoding="utf-8")
    git(rules, "add", ".")
    git(rules, "commit", "--quiet", "--message", "Quiet")
    change(rules, ("60_000 shares", "60_000.000001 shares"))
    ended = mqk("rules", "ci", rules, "--base", "main", "--at", "2026-03-02", "--format", "json")
    assert ended.code == 1 and (statuses(ended)["base"], statuses(ended)["diff"]) == ("passed", "failed")
    (step,) = (one for one in json.loads(ended.out)["steps"] if one["step"] == "diff")
    (note,) = (note for note in step["notes"] if "rule QUIET-01" in note)
    assert note.startswith("looser: ") and "60_000.000001 shares" in note and "reject" in note


@pytest.mark.parametrize(("least", "status"), [("1_000_000", "passed"), ("1", "failed")])
def test_a_promise_is_asked_of_the_solver(mqk: Mqk, rules: Path, least: str, status: str) -> None:
    promise = f'\nprove "large orders do not go" never allow when intent.quantity > {least} shares\n'
    (rules / "pre_trade" / "proven.rules").write_text(PROVEN + QUIET + promise, encoding="utf-8")
    ended = mqk("rules", "ci", rules, "--mutants", "none", "--format", "json")
    assert statuses(ended)["prove"] == status, ended.out


def test_the_repository_a_hook_names_is_not_the_one_the_rules_lie_in(
    mqk: Mqk, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere" / "index"))
    ended = mqk("rules", "ci", rules, "--base", "main", "--at", "2026-03-02", "--mutants", "none", "--format", "json")
    assert ended.code == 0 and statuses(ended)["base"] == "passed", ended.err


def test_without_the_solver_nothing_passes_unanalysed(mqk: Mqk, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsl.analysis.is_available", lambda: False)
    ended = mqk("rules", "ci", rules, "--base", "main", "--at", "2026-03-02", "--format", "json")
    assert ended.code == 1 and statuses(ended)["diff"] == "not judged" and "ANALYSIS_MISSING" in ended.out


def test_a_rule_that_is_gone_is_named(mqk: Mqk, rules: Path) -> None:
    start, end = PROVEN.index("rule SENT-01"), PROVEN.index("fixture base")
    text = (PROVEN[:start] + PROVEN[end:]).replace(
        "window sent = count of intent.allowed over 60 s per strategy\n\n", ""
    )
    (rules / "pre_trade" / "proven.rules").write_text(text[: text.index('test "three')], encoding="utf-8")
    ended = mqk("rules", "ci", rules, "--base", "main")
    assert ended.code == 1 and "error[A727]: the rule SENT-01 is gone" in ended.out


def test_a_file_laid_out_otherwise_fails(mqk: Mqk, rules: Path) -> None:
    change(rules, ('  owner    risk\n  because  "worth', '  owner risk\n  because  "worth'))
    ended = mqk("rules", "ci", rules, "--mutants", "none")
    assert ended.code == 1 and "error[A726]" in ended.out


def test_what_follows_a_failed_step_is_not_judged(mqk: Mqk, rules: Path) -> None:
    change(rules, ("intent.quantity * market.ask\n", "intent.quantity * market.aks\n"))
    ended = mqk("rules", "ci", rules, "--base", "main", "--format", "json")
    expected = {
        "check": "failed",
        "format": "passed",
        **dict.fromkeys(("lint", "test", "base", "cover", "mutate", "prove", "diff"), "not judged"),
    }
    assert ended.code == 1 and statuses(ended) == expected


def test_the_short_leg_tries_what_differs_from_the_base(mqk: Mqk, rules: Path) -> None:
    same = mqk("rules", "ci", rules, "--base", "main", "--at", "2026-03-02", "--mutants", "short", "--format", "json")
    assert same.code == 0 and "0 of 0 killed of 0 rules that differ" in same.out
    change(rules, ('  owner    risk\n  because  "worth', '  owner    desk\n  because  "worth'))
    other = mqk("rules", "ci", rules, "--base", "main", "--mutants", "short", "--format", "json")
    assert "33 of 33 killed of 2 rules that differ" in other.out
    assert mqk("rules", "ci", rules, "--mutants", "short").code == 1


def test_every_report_tells_the_steps_and_the_findings(mqk: Mqk, rules: Path) -> None:
    (rules / "pre_trade" / "proven.rules").write_text(without(GAP), encoding="utf-8")
    said = {
        form: mqk("rules", "ci", rules, "--format", form) for form in ("text", "github", "junit", "sarif", "markdown")
    }
    assert {ended.code for ended in said.values()} == {1}
    assert "the rules are not proven" in said["text"].out and "error[A721]" in said["text"].out
    assert said["github"].out.startswith("::error file=") and "cover: failed" in said["github"].err
    suites = {suite.get("name"): suite.get("failures") for suite in fromstring(said["junit"].out)}
    assert suites["cover"] == "1" and suites["test"] == "0" and len(suites) == 9
    assert [one["ruleId"] for one in json.loads(said["sarif"].out)["runs"][0]["results"]] == ["A721"]
    assert "| ❌ failed | cover |" in said["markdown"].out and "`market.ask` missing" in said["markdown"].out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["cover", "--fail-under", "most"], 2),
        (["mutate", "--fail-under", "101"], 2),
        (["mutate", "--jobs", "0"], 2),
        (["ci", "--base", "no-such-branch"], 2),
        (["ci", "--base", "--output=x"], 2),
        (["ci", "--cover", "1/0"], 2),
    ],
)
def test_what_cannot_be_asked_is_refused(mqk: Mqk, rules: Path, arguments: list[str], code: int) -> None:
    ended = mqk("rules", arguments[0], rules, *arguments[1:])
    assert ended.code == code and "Traceback" not in ended.err

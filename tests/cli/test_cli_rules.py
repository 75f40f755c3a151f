"""`mqk rules`: what it finds, how it says so, and how it ends."""

import json
import re
import shutil
import stat
from pathlib import Path

import pytest

from engine.service.check_cache import key_of
from engine.service.rule_files import read_rule_files
from engine.shipped import shipped

FIVE_MISTAKES = """rulebook pre_trade.bad "Bad"
calendar XNYS zone "America/New_York"
uses intent, market

param cap: money[USD] within 1_000 USD .. 5_000 USD tighter when lower {
  always = 9_000 USD cite "Policy 1"
}

rule BAD-01 "Unknown fact" {
  on       pre_trade
  reject   when market.asks > 1.00 USD/share as A
  cite     "Policy 1"
  owner    desk
  because  "asked"
}

rule BAD-02 "Unit clash" {
  on       pre_trade
  reject   when intent.quantity > 5 USD as B
  cite     "Policy 1"
  owner    desk
  because  "clash"
}

rule BAD-03 "No reason" {
  on       pre_trade
  reject   when intent.quantity > 5 shares as C
  cite     "Policy 1"
  owner    desk
}

rule BAD-04 "Syntax" {
  on       pre_trade
  reject   when intent.quantity > > 5 shares as D
  cite     "Policy 1"
  owner    desk
  because  "syntax"
}
"""
GOOD = """rulebook pre_trade.good "Good"
calendar XNYS zone "America/New_York"
uses intent

rule GOOD-01 "Size" {
  on       pre_trade
  reject   when intent.quantity > 5 shares as TOO_MANY
  cite     "Policy 1"
  owner    desk
  because  "{intent.quantity} is too many"
}

fixture base { intent.quantity = 5 shares }

test "five pass" of GOOD-01 {
  given base expect allow
  given base with intent.quantity = 6 shares expect reject TOO_MANY
}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "pre_trade").mkdir(parents=True)
    (folder / "pre_trade" / "good.rules").write_text(GOOD, encoding="utf-8")
    return folder


def write(rules: Path, name: str, text: str) -> Path:
    path = rules / "pre_trade" / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_rules_are_clean_and_their_tests_pass(mqk):
    checked = mqk("rules", "check", "--steps")
    assert (checked.code, checked.err) == (0, "")
    assert re.search(r"SIZE-01 +\d+  Order notional", checked.out)
    tested = mqk("rules", "test")
    assert tested.code == 0 and " 0 failed, 0 unreadable" in tested.out


def test_five_mistakes_are_reported_in_one_run_with_carets_and_fixes(mqk, rules):
    path = write(rules, "bad.rules", FIVE_MISTAKES)
    ended = mqk("rules", "check", rules)
    assert (ended.code, ended.err) == (1, "")
    assert "5 errors" in ended.out
    heads = re.findall(r"error\[(E\d{3})\]", ended.out)
    places = re.findall(rf"--> {re.escape(str(path))}:(\d+):\d+", ended.out)
    assert len(heads) == 5 and len(places) >= 5
    blocks = ((5, 7), (9, 15), (17, 23), (25, 30), (32, 38))
    assert all(any(first <= int(line) <= last for line in places) for first, last in blocks), places
    assert ended.out.count("= help:") == 5 and ended.out.count("^") >= 5


def test_a_single_file_is_checked_by_itself(mqk, rules):
    assert mqk("rules", "check", rules / "pre_trade" / "good.rules").code == 0


@pytest.mark.parametrize("form", ["json", "jsonl", "github"])
def test_machines_get_every_diagnostic_and_nothing_else(mqk, rules, form):
    path = write(rules, "bad.rules", FIVE_MISTAKES)
    ended = mqk("rules", "check", rules, "--format", form)
    assert (ended.code, ended.err) == (1, "")
    if form == "json":
        assert len(json.loads(ended.out)["diagnostics"]) == 5
    elif form == "jsonl":
        assert {json.loads(line)["span"]["file"] for line in ended.out.splitlines()} == {str(path)}
    else:
        assert all(line.startswith(f"::error file={path}") for line in ended.out.splitlines())


def test_a_clean_check_is_remembered_by_content_and_a_dirty_one_is_not(mqk, rules, monkeypatch):
    import engine.service.rule_check as module

    first = mqk("rules", "check", rules)
    monkeypatch.setattr(module, "compile_files", lambda files: pytest.fail("compiled again"))
    assert mqk("rules", "check", rules) == first
    monkeypatch.undo()
    write(rules, "bad.rules", FIVE_MISTAKES)
    assert mqk("rules", "check", rules).code == 1
    assert mqk("rules", "check", rules).code == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"v": 1}', '{"v":1,"key":"KEY","bundle":"x","rules":[[1]]}'])
def test_a_damaged_memory_is_not_believed(mqk, rules, monkeypatch, tmp_path, text):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    key = key_of(read_rule_files(rules))
    first = mqk("rules", "check", rules)
    folder = tmp_path / "cache" / "miniquantdesk" / "checks"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / f"{key}.json").write_text(text.replace("KEY", key), encoding="utf-8")
    assert mqk("rules", "check", rules) == first


def test_a_failing_test_is_shown_where_it_is_written_with_what_came_out(mqk, rules):
    path = write(rules, "good.rules", GOOD.replace("reject TOO_MANY\n", "warn TOO_MANY\n"))
    (rules / "scenario.yaml").write_text(
        'v: 1\nrulebook: pre_trade.good\nlaw_date: "2026-03-02"\nfixture: base\nexpect: [{effect: reject}]\n', "utf-8"
    )
    ended = mqk("rules", "test", rules)
    assert ended.code == 1
    assert f"--> {path}:17:" in ended.out and "expect reject TOO_MANY from GOOD-01" in ended.out
    assert f"--> {rules / 'scenario.yaml'}:" in ended.out
    assert "1 passed, 2 failed, 0 unreadable" in ended.out


def test_a_scenario_file_that_is_no_scenario_is_unreadable_not_skipped(mqk, rules):
    (rules / "scenario.yaml").write_text("v: 1\nrulebook: nowhere\n", "utf-8")
    ended = mqk("rules", "test", rules)
    assert ended.code == 1 and "2 passed, 0 failed" in ended.out and "scenario.yaml" in ended.out


def test_formatting_twice_changes_nothing_more_and_checking_changes_nothing(mqk, rules):
    path = write(rules, "good.rules", GOOD.replace("  on       pre_trade", "on    pre_trade"))
    before = path.read_bytes()
    checked = mqk("rules", "fmt", rules, "--check")
    assert (checked.code, checked.out, path.read_bytes()) == (1, f"{path}\n", before)
    assert mqk("rules", "fmt", rules).code == 0
    assert path.read_text("utf-8") == GOOD
    assert mqk("rules", "fmt", rules, "--check").out == ""


def test_a_file_that_cannot_be_read_as_rules_is_left_as_it_is(mqk, rules):
    path = write(rules, "bad.rules", FIVE_MISTAKES)
    ended = mqk("rules", "fmt", rules)
    assert ended.code == 1 and ended.out == "" and "error[E0" in ended.err
    assert path.read_text("utf-8") == FIVE_MISTAKES


def test_explain_shows_the_page_of_a_code(mqk):
    ended = mqk("rules", "explain", "e203")
    assert ended.code == 0 and ended.out.startswith("# E203: ")
    unknown = mqk("rules", "explain", "E999")
    assert unknown.code == 2 and unknown.out == "" and "CODE_UNKNOWN" in unknown.err


def test_limits_show_the_value_of_the_date_and_the_next_change(mqk):
    def cap(*more: str) -> dict[str, str]:
        rows = json.loads(mqk("rules", "limits", "--format", "json", *more).out)["numbers"]
        return next(row for row in rows if row["param"] == "pre_trade.size.max_order_notional")

    before, after = cap("--at", "2026-08-31"), cap("--at", "2026-09-01")
    assert (before["value"], before["change"]) == ("50_000.00 USD", "40_000.00 USD from 2026-09-01")
    assert (after["value"], after["since"], after["change"]) == ("40_000.00 USD", "2026-09-01", "")


def test_limits_show_which_layer_tightened_a_number(mqk):
    ended = mqk("rules", "limits", "--at", "2026-09-01", "--engine", "main", "--risk-profile", "experimental_tier_B",
                "--format", "json")  # fmt: skip
    origins = {row["origin"] for row in json.loads(ended.out)["numbers"]}
    assert any(origin.startswith("risk_profiles/experimental_tier_B.yaml:") for origin in origins), origins


@pytest.mark.parametrize("what", ["nowhere", "empty"])
def test_a_folder_without_rules_is_a_usage_error(mqk, tmp_path, what):
    (tmp_path / "empty").mkdir()
    ended = mqk("rules", "check", tmp_path / what)
    assert ended.code == 2 and ended.out == "" and "error[RULES_NONE]" in ended.err


def test_bytes_that_are_not_text_are_named_not_guessed(mqk, rules):
    (rules / "pre_trade" / "latin.rules").write_bytes(b'rulebook pre_trade.l "\xe9"\n')
    ended = mqk("rules", "check", rules)
    assert ended.code == 2 and "RULES_ENCODING" in ended.err


def test_a_copy_of_the_rules_elsewhere_is_the_same_bundle(mqk, tmp_path):
    shutil.copytree(shipped("rules"), tmp_path / "copy")
    here, there = mqk("rules", "check"), mqk("rules", "check", tmp_path / "copy")
    assert here.out == there.out

"""`mqk rules lint`: what it finds, in which forms, what it mends, and how it ends."""

import json
import stat
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from engine.service import rule_lint

RULES = """rulebook pre_trade.good "Good"
calendar XNYS zone "America/New_York"
uses intent

param most: quantity within 1 share .. 1_000 shares tighter when lower {
  always = 5 shares cite "Policy 1"
}

rule GOOD-01 "Size" {
  on       pre_trade
  when     intent.increases_risk
  reject   when intent.quantity > most as TOO_MANY
  cite     "Policy 1"
  owner    desk
  because  "{intent.quantity} is more than {most}"
}

fixture base { intent.quantity = 5 shares }

test "five pass" of GOOD-01 {
  given base expect allow
  given base with intent.quantity = 6 shares expect reject TOO_MANY
}
"""
NEGATED = RULES.replace("when     intent.increases_risk", "when     not intent.reduces_only")
WORSE = (
    NEGATED.replace("uses intent", "uses intent, market")
    .replace(" as TOO_MANY", "")
    .replace("reject TOO_MANY", "reject GOOD_01")
)
FORMS = ["text", "json", "jsonl", "github", "junit", "sarif"]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "pre_trade").mkdir(parents=True)
    return folder


def write(rules: Path, text: str) -> Path:
    path = rules / "pre_trade" / "good.rules"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_rules_have_nothing_to_remark(mqk):
    ended = mqk("rules", "lint", "--at", "2026-03-02")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "38 rules in 17 rulebooks, nothing to remark\n"


def test_a_warning_is_shown_with_its_place_and_what_would_be_mended(mqk, rules):
    path = write(rules, NEGATED)
    ended = mqk("rules", "lint", rules)
    assert (ended.code, ended.err) == (1, "")
    assert f"warning[W635]: this can be said without the negation\n  --> {path}:11:12" in ended.out
    assert "^^^^^" in ended.out and "= help: write `intent.increases_risk`" in ended.out
    assert ended.out.endswith("1 warning\n--fix mends 1 of them\n")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_the_warning_and_its_file(mqk, rules, form):
    path = write(rules, NEGATED)
    ended = mqk("rules", "lint", rules, "--format", form)
    assert (ended.code, ended.err) == (1, "")
    if form == "json":
        said = json.loads(ended.out)
        assert (said["rules"], said["rulebooks"], said["mended"]) == (1, 1, [])
        assert said["diagnostics"][0]["edit"]["text"] == "intent.increases_risk"
        assert said["diagnostics"][0]["edit"]["span"]["file"] == str(path)
    elif form == "jsonl":
        assert json.loads(ended.out)["code"] == "W635"
    elif form == "sarif":
        result = json.loads(ended.out)["runs"][0]["results"][0]
        assert result["ruleId"] == "W635" and result["fixes"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == str(path)
    elif form == "junit":
        suite = fromstring(ended.out)[0]
        assert (suite.get("name"), suite.get("failures")) == (str(path), "1")
    elif form == "github":
        assert ended.out.startswith(f"::warning file={path},line=11,col=12")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_nothing_ends_well(mqk, rules, form):
    write(rules, RULES)
    ended = mqk("rules", "lint", rules, "--format", form)
    assert (ended.code, ended.err) == (0, "")
    if form == "junit":
        assert fromstring(ended.out).get("failures") == "0"


@pytest.mark.parametrize("command", ["check", "test"])
@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_a_check_and_a_test_run_speak_those_forms_too(mqk, rules, command, form):
    path = write(rules, RULES.replace("always = 5", "always = 5_000"))
    broken = mqk("rules", command, rules, "--format", form)
    assert broken.code == 1
    write(rules, RULES)
    mqk("rules", "check", rules)
    clean = mqk("rules", command, rules, "--format", form)
    assert clean.code == 0
    if form == "junit":
        assert fromstring(clean.out)[0].get("name") == str(path)
    else:
        assert json.loads(clean.out)["runs"][0]["results"] == []


def test_rules_that_do_not_compile_are_told_and_nothing_else(mqk, rules):
    write(rules, WORSE.replace("intent.quantity >", "intent.quantty >"))
    ended = mqk("rules", "lint", rules, "--fix", "--format", "jsonl")
    assert ended.code == 1
    assert [json.loads(line)["code"] for line in ended.out.splitlines()] == ["E301"]


def test_a_test_that_cannot_be_read_is_an_error_of_the_rules(mqk, rules):
    write(rules, RULES.replace("given base with", "given bas with"))
    ended = mqk("rules", "lint", rules)
    assert ended.code == 1 and "error[E105]" in ended.out and "warning" not in ended.out


def test_codes_are_selected_and_ignored(mqk, rules):
    write(rules, WORSE)

    def codes(*more: str) -> list[str]:
        ended = mqk("rules", "lint", rules, "--format", "json", *more)
        found = [one["code"] for one in json.loads(ended.out)["diagnostics"]]
        assert ended.code == (1 if found else 0)
        return found

    assert codes() == ["W603", "W635", "W622"]
    assert codes("--select", "w635", "--select", "W622") == ["W635", "W622"]
    assert codes("--ignore", "W603", "--ignore", "W622") == ["W635"]
    assert codes("--select", "W622", "--ignore", "W622") == []


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_code_is_a_mistake_of_the_command(mqk, rules, option):
    write(rules, RULES)
    ended = mqk("rules", "lint", rules, option, "W999")
    assert ended.code == 2 and ended.out == ""
    assert "CODE_UNKNOWN" in ended.err and "W601 to W638" in ended.err


def test_fix_writes_what_mends_itself_and_tells_the_rest(mqk, rules):
    path = write(rules, WORSE)
    path.chmod(0o640)
    ended = mqk("rules", "lint", rules, "--fix")
    assert ended.code == 1
    assert path.read_text("utf-8") == WORSE.replace("not intent.reduces_only", "intent.increases_risk").replace(
        "uses intent, market", "uses intent"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o640 and list(path.parent.iterdir()) == [path]
    assert "W622" in ended.out and "W635" not in ended.out and f"mended {path}\n" in ended.out
    again = mqk("rules", "lint", rules, "--fix", "--format", "json")
    assert json.loads(again.out)["mended"] == []


def test_fix_leaves_alone_what_was_not_selected_or_is_allowed(mqk, rules):
    allowed = WORSE.replace("rule GOOD", "# lint: allow W635 because the old desk reads it so\nrule GOOD")
    path = write(rules, allowed)
    assert mqk("rules", "lint", rules, "--fix", "--ignore", "W603").code == 1
    assert path.read_text("utf-8") == allowed
    mqk("rules", "lint", rules, "--fix")
    assert path.read_text("utf-8") == allowed.replace("uses intent, market", "uses intent")


def test_fix_takes_as_many_rounds_as_it_needs(mqk, rules):
    path = write(rules, RULES.replace("intent.increases_risk", "not not not (not intent.increases_risk)"))
    assert mqk("rules", "lint", rules, "--fix").code == 0
    assert path.read_text("utf-8") == RULES


def test_a_file_with_carriage_returns_keeps_them(mqk, rules):
    path = rules / "pre_trade" / "good.rules"
    path.write_bytes(NEGATED.replace("\n", "\r\n").encode())
    assert mqk("rules", "lint", rules, "--fix").code == 0
    assert path.read_bytes() == RULES.replace("\n", "\r\n").encode()


def test_an_edit_that_would_change_a_judgement_is_never_written(mqk, rules, monkeypatch):
    path = write(rules, NEGATED)
    true_lint = rule_lint._lint

    def careless(files, codes, on):
        report, bundle = true_lint(files, codes, on)
        for edit in (found.edit for found in report.diagnostics if found.edit):
            object.__setattr__(edit, "text", "intent.reduces_only")
        return report, bundle

    monkeypatch.setattr(rule_lint, "_lint", careless)
    ended = mqk("rules", "lint", rules, "--fix")
    assert ended.code == 3 and "nothing was written" in ended.err
    assert path.read_text("utf-8") == NEGATED


def test_the_date_decides_which_trials_are_over(mqk, rules):
    write(
        rules, RULES.replace("  when     intent", "  effective until 2026-06-30\n  mode     trial\n  when     intent")
    )
    assert mqk("rules", "lint", rules, "--at", "2026-06-30").code == 0
    ended = mqk("rules", "lint", rules, "--at", "2026-07-01")
    assert ended.code == 1 and "W619" in ended.out


def test_scenario_files_count_as_tests_and_their_fixtures_as_used(mqk, rules):
    bare, rest = RULES.split('\ntest "five')
    write(rules, bare)
    assert {"W606", "W627"} == set(_codes(mqk, rules))
    (rules / "scenario.yaml").write_text(
        "v: 1\nrulebook: pre_trade.good\nlaw_date: 2026-03-02\nfixture: base\n"
        "with: {intent.quantity: {value: 6 shares}}\nexpect: [{effect: reject, code: TOO_MANY, rule: GOOD-01}]\n",
        encoding="utf-8",
    )
    assert _codes(mqk, rules) == []
    assert rest


def _codes(mqk, rules: Path) -> list[str]:
    ended = mqk("rules", "lint", rules, "--format", "json")
    return [one["code"] for one in json.loads(ended.out)["diagnostics"]]

"""Nothing may be set that the run does not read."""

import pytest

from engine.config.consumption import (
    UnusedPolicy,
    consumed_prefixes,
    judge_unused,
    policy_of,
    report_unused,
)
from engine.config.merge import Merged
from engine.config.mode import Mode
from engine.config.pointer import covers

UNUSED = {"unused": {"b": 1, "a": 2}, "engine": {"engine_id": "MAIN"}}


def test_unread_leaves_are_reported_sorted_and_once():
    report = report_unused({"unused_section": {"foo": 1, "bar": [1, {"x": 2}]}}, Mode.PAPER)
    assert report.unused == ("/unused_section/bar/0", "/unused_section/bar/1/x", "/unused_section/foo")
    assert report_unused(UNUSED, Mode.PAPER).unused == ("/unused/a", "/unused/b")


def test_warn_reports_each_leaf_and_fail_reports_one_error_naming_the_mode():
    merged = Merged(UNUSED, {})
    report = report_unused(UNUSED, Mode.LIVE_CAPITAL)
    warned = judge_unused(report, UnusedPolicy.WARN, merged)
    assert [(fault.code, fault.pointer) for fault in warned] == [
        ("CFG_UNUSED_KEY", "/unused/a"),
        ("CFG_UNUSED_KEY", "/unused/b"),
    ]
    [failed] = judge_unused(report, UnusedPolicy.FAIL, merged)
    assert failed.code == "CONFIG_UNUSED_KEYS"
    assert "(mode=LIVE-CAPITAL)" in failed.message
    assert "/unused/a, /unused/b" in failed.message


def test_failure_names_the_first_twelve_and_counts_the_rest():
    value = {f"x{index:02d}": 1 for index in range(15)}
    [fault] = judge_unused(report_unused(value, Mode.PAPER), UnusedPolicy.FAIL, Merged(value, {}))
    assert "/x11 and 3 more" in fault.message
    assert "/x12" not in fault.message


def test_configuration_of_consumed_keys_only_is_clean():
    value = {"engine": {"engine_id": "MAIN"}, "broker": {"keys_env": {"api_key": "K", "api_secret": "S"}}}
    assert report_unused(value, Mode.PAPER).unused == ()


def test_sibling_that_shares_a_prefix_stays_unused():
    value = {"engine": {"engine_id": "MAIN", "engine_id_extra": "X"}}
    assert report_unused(value, Mode.PAPER).unused == ("/engine/engine_id_extra",)


@pytest.mark.parametrize(
    ("prefix", "pointer", "covered"),
    [
        ("/a/gross", "/a/gross", True),
        ("/a/gross", "/a/gross/0", True),
        ("/a/gross", "/a/gross_extra", False),
        ("/a/gross", "/a", False),
        ("/a/*/c", "/a/b/c", True),
        ("/a/*/c", "/a/b/d", False),
        ("/a/*", "/a", False),
        ("", "/a", True),
    ],
)
def test_prefix_covers_whole_names_only(prefix, pointer, covered):
    assert covers(prefix, pointer) is covered


def test_elements_of_a_consumed_array_are_consumed():
    value = {"environment": {"offers": ["PAPER", "BACKTEST"]}}
    assert report_unused(value, Mode.PAPER).unused == ()


def test_every_mode_reads_what_the_reference_consumes_in_it():
    """The consumed pointers of BEHAVIOUR section 2, at their names here; limits moved to rules."""
    everywhere = {"/engine/engine_id", "/notifications/channels/run", "/notifications/channels/alerts"}
    connected = {"/broker/keys_env/api_key", "/broker/keys_env/api_secret", "/data/api_key_env"}
    live = {"/arming/require_manual_confirmation", "/broker/account_last4", "/arming/checklist"}
    for mode in Mode:
        read = set(consumed_prefixes(mode))
        assert everywhere <= read
        assert (connected <= read) is (mode is not Mode.BACKTEST)
        assert live <= read if mode.is_live else not live & read


def test_live_capital_reads_no_simulation():
    simulated = [prefix for prefix in consumed_prefixes(Mode.PAPER) if prefix.startswith("/execution/")]
    assert len(simulated) >= 8
    assert not any(prefix.startswith("/execution") for prefix in consumed_prefixes(Mode.LIVE_CAPITAL))


def test_live_modes_fail_and_the_others_warn():
    policies = {mode.value: policy_of(mode).value for mode in Mode}
    assert policies == {
        "BACKTEST": "WARN",
        "PAPER": "WARN",
        "LIVE-SHADOW": "FAIL",
        "LIVE-CAPITAL": "FAIL",
    }


def test_setting_of_another_mode_warns_in_a_backtest_and_stops_a_live_run(tree):
    config = tree.load(overrides=["engine.mode=BACKTEST", "broker.account_last4='1234'"])
    assert [(fault.code, fault.source, fault.pointer) for fault in config.diagnostics] == [
        ("CFG_UNUSED_KEY", "override 2", "/broker/account_last4")
    ]
    refused = tree.refuse("linux-prod", stress=["slippage_x2"], overrides=["engine.mode=LIVE-CAPITAL"])
    [fault] = refused.diagnostics
    assert (fault.code, fault.source) == ("CONFIG_UNUSED_KEYS", "stress_profiles/slippage_x2.yaml")

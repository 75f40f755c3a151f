"""Credentials come from the environment, by name, and only where the mode needs them."""

import json
import pickle

import pytest

from engine.config.credentials import Credentials, resolve_secrets
from engine.config.mode import Mode
from engine.config.secret import Secret

LIVE = {
    "ALPACA_API_KEY_LIVE_MAIN": "k-live",
    "ALPACA_API_SECRET_LIVE_MAIN": "s-live",
    "TWELVEDATA_API_KEY": "d-live",
    "ALPACA_LIVE_BASE_URL": "https://broker.invalid",
}
PAPER = {
    "ALPACA_API_KEY_PAPER_MAIN": "k-paper",
    "ALPACA_API_SECRET_PAPER_MAIN": "s-paper",
    "TWELVEDATA_API_KEY": "d-paper",
    "ALPACA_PAPER_BASE_URL": "https://paper.invalid",
}


def _settings(tree, mode, environment="linux-prod"):
    return tree.load(environment, overrides=[f"engine.mode={mode}"]).settings


@pytest.mark.parametrize("mode", ["LIVE-SHADOW", "LIVE-CAPITAL"])
def test_live_without_variables_is_refused_in_fixed_order_naming_each(tree, mode):
    missing = resolve_secrets(_settings(tree, mode), mode, {})
    assert isinstance(missing, tuple)
    assert {fault.code for fault in missing} == {"SECRETS_MISSING"}
    assert all(f"mode={mode}" in fault.message for fault in missing)
    assert [fault.message.split("'")[1] for fault in missing] == list(LIVE)


@pytest.mark.parametrize("absent", sorted(LIVE))
def test_live_needs_each_variable(tree, absent):
    environ = {name: value for name, value in LIVE.items() if name != absent}
    missing = resolve_secrets(_settings(tree, "LIVE-CAPITAL"), "LIVE-CAPITAL", environ)
    assert isinstance(missing, tuple)
    [fault] = missing
    assert absent in fault.message
    assert not any(value in str(fault) for value in environ.values())


def test_paper_on_an_external_broker_needs_its_keys(tree):
    settings = _settings(tree, "PAPER")
    missing = resolve_secrets(settings, "PAPER", {})
    assert isinstance(missing, tuple)
    assert "ALPACA_API_KEY_PAPER_MAIN" in missing[0].message
    found = resolve_secrets(settings, "PAPER", PAPER)
    assert isinstance(found, Credentials)
    assert found.broker_key == Secret("k-paper")
    assert found.data_key == Secret("d-paper")


def test_paper_on_the_built_in_broker_needs_nothing(tree):
    found = resolve_secrets(_settings(tree, "PAPER", "windows-dev"), "PAPER", {})
    assert found == Credentials(found.mode)


def test_backtest_needs_nothing_and_reads_nothing(tree):
    environ = {**LIVE, **PAPER, "DISCORD_WEBHOOK_BACKTEST": "x"}
    for available in ({}, environ):
        found = resolve_secrets(_settings(tree, "BACKTEST"), "BACKTEST", available)
        assert isinstance(found, Credentials)
        assert (found.broker_key, found.broker_secret, found.broker_url, found.data_key) == (None,) * 4
        assert found.channels == {}


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_value_counts_as_missing(tree, blank):
    environ = {**LIVE, "TWELVEDATA_API_KEY": blank}
    missing = resolve_secrets(_settings(tree, "LIVE-CAPITAL"), "LIVE-CAPITAL", environ)
    assert isinstance(missing, tuple)
    assert [fault.pointer for fault in missing] == ["/data/api_key_env"]


@pytest.mark.parametrize("mode", ["LIVE", "paper", "", "TURBO"])
def test_unknown_mode_is_refused(tree, mode):
    refused = resolve_secrets(_settings(tree, "PAPER"), mode, PAPER)
    assert isinstance(refused, tuple)
    assert [fault.code for fault in refused] == ["SECRETS_UNKNOWN_MODE"]


def test_credentials_of_another_mode_are_not_handed_out(tree):
    refused = resolve_secrets(_settings(tree, "PAPER"), "LIVE-CAPITAL", {**PAPER, **LIVE})
    assert isinstance(refused, tuple)
    assert [fault.code for fault in refused] == ["SECRETS_WRONG_MODE"]


def test_channels_are_optional_and_found_by_name(tree):
    found = resolve_secrets(_settings(tree, "PAPER"), "PAPER", {**PAPER, "DISCORD_WEBHOOK_ALERTS": "https://x"})
    assert isinstance(found, Credentials)
    assert list(found.channels) == ["alerts"]


def test_secret_never_shows_its_value():
    secret = Secret("hunter2-hunter2")
    holder = Credentials(Mode.PAPER, broker_key=secret)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", repr(holder), repr([secret])]
    assert not any("hunter2" in text for text in shown)
    assert repr(secret) == "<REDACTED>"
    assert secret.reveal() == "hunter2-hunter2"


def test_secret_cannot_be_written_anywhere():
    secret = Secret("hunter2-hunter2")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        hash(secret)


def test_canonical_configuration_holds_names_not_values(tree, monkeypatch):
    for name, value in LIVE.items():
        monkeypatch.setenv(name, value)
    raw = tree.load("linux-prod", overrides=["engine.mode=LIVE-CAPITAL"]).canonical_bytes
    assert b"ALPACA_API_KEY_LIVE_MAIN" in raw
    assert b"k-live" not in raw

"""Laws of the plugin registry, of parameters and of entry-point discovery (BEHAVIOUR 7)."""

import sys
from importlib.metadata import EntryPoint

import pytest

from engine.model.bar import Timeframe
from engine.strategy.discovery import discover, offered
from engine.strategy.faults import FaultCode
from engine.strategy.plugin import Plugin
from engine.strategy.registry import Registry, builtin_registry


def plugin_of(name, build, timeframes=tuple(Timeframe)) -> Plugin:
    return Plugin(name, "1.0", "a test plugin", timeframes, build)


def codes(result) -> list[FaultCode]:
    assert isinstance(result, tuple), result
    return [fault.code for fault in result]


def test_second_plugin_of_a_name_is_refused_and_the_first_stays(recorder):
    registry = Registry()
    first = plugin_of("x", lambda name, params: recorder(name))
    assert registry.register(first) is None
    fault = registry.register(plugin_of("x", lambda name, params: recorder(name)))
    assert fault is not None
    assert fault.code is FaultCode.DUPLICATE_NAME
    assert registry.plugins == (first,)


@pytest.mark.parametrize("name", ["", "  "])
def test_plugin_without_a_name_is_refused(recorder, name):
    fault = Registry().register(plugin_of(name, lambda n, params: recorder(n)))
    assert fault is not None
    assert fault.code is FaultCode.EMPTY_NAME


def test_registry_keeps_the_order_of_registration(recorder):
    registry = Registry()
    for name in ("b", "a", "c"):
        registry.register(plugin_of(name, lambda n, params: recorder(n)))
    assert [plugin.name for plugin in registry.plugins] == ["b", "a", "c"]


def test_deregister_says_whether_there_was_a_plugin(recorder):
    registry = Registry()
    registry.register(plugin_of("x", lambda n, params: recorder(n)))
    assert registry.deregister("x")
    assert not registry.deregister("x")


def test_every_build_gives_a_fresh_instance(recorder):
    registry = Registry()
    registry.register(plugin_of("x", lambda n, params: recorder(n)))
    assert registry.build("x", {}) is not registry.build("x", {})


def test_instances_of_one_plugin_carry_their_own_names():
    strategy = builtin_registry().build("swing_momentum", {"symbols": ["SPY"]}, "swing_trend_v1")
    assert not isinstance(strategy, tuple)
    assert strategy.spec.name == "swing_trend_v1"


def test_unknown_strategy_is_a_fault_that_suggests_the_nearest_name():
    (fault,) = builtin_registry().build("swing_momentun", {})
    assert fault.code is FaultCode.UNKNOWN_STRATEGY
    assert "swing_momentum" in fault.help


def test_strategy_without_a_name_is_a_fault():
    assert codes(builtin_registry().build("swing_momentum", {"symbols": ["SPY"]}, " ")) == [FaultCode.EMPTY_NAME]


def test_plugin_that_ignores_the_interval_asked_for_is_a_mismatch(recorder):
    registry = Registry()
    registry.register(plugin_of("x", lambda n, params: recorder(n, timeframe=Timeframe.MINUTE_1)))
    assert codes(registry.build("x", {"timeframe": "5m"})) == [FaultCode.TIMEFRAME_MISMATCH]
    assert not isinstance(registry.build("x", {"timeframe": "1m"}), tuple)


def test_instance_on_an_interval_its_plugin_does_not_offer_is_a_mismatch(recorder):
    registry = Registry()
    registry.register(plugin_of("x", lambda n, params: recorder(n), (Timeframe.DAY_1,)))
    assert codes(registry.build("x", {})) == [FaultCode.TIMEFRAME_MISMATCH]


def raising(name, params):
    raise OSError("gone")


@pytest.mark.parametrize("build", [raising, lambda n, p: (), lambda n, p: None, lambda n, p: object()])
def test_plugin_whose_own_code_fails_is_a_fault_and_no_traceback(build):
    registry = Registry()
    registry.register(plugin_of("x", build))
    assert codes(registry.build("x", {})) == [FaultCode.PLUGIN_BROKEN]


@pytest.mark.parametrize(
    ("params", "code", "where"),
    [
        ({}, FaultCode.MISSING_PARAMETER, "symbols"),
        ({"symbols": []}, FaultCode.INVALID_PARAMETER, "symbols"),
        ({"symbols": "spy"}, FaultCode.INVALID_PARAMETER, "symbols"),
        ({"symbols": ["SPY", 7]}, FaultCode.INVALID_PARAMETER, "symbols"),
        ({"symbols": ["SPY", "SPY"]}, FaultCode.INVALID_PARAMETER, "symbols"),
        ({"symbols": ["SPY"], "timeframe": "2h"}, FaultCode.INVALID_PARAMETER, "timeframe"),
        ({"symbols": ["SPY"], "lookback": 1}, FaultCode.INVALID_PARAMETER, "lookback"),
        ({"symbols": ["SPY"], "lookback": "twenty"}, FaultCode.INVALID_PARAMETER, "lookback"),
        ({"symbols": ["SPY"], "lookback": 20.0}, FaultCode.INVALID_PARAMETER, "lookback"),
        ({"symbols": ["SPY"], "lookback": 10**5000}, FaultCode.INVALID_PARAMETER, "lookback"),
        ({"symbols": ["SPY"], "target": 10**5000}, FaultCode.INVALID_PARAMETER, "target"),
        ({"symbols": ["SPY"], "lookback": True}, FaultCode.INVALID_PARAMETER, "lookback"),
        ({"symbols": ["SPY"], "threshold_bps": 0}, FaultCode.INVALID_PARAMETER, "threshold_bps"),
        ({"symbols": ["SPY"], "threshold_bps": 10_001}, FaultCode.INVALID_PARAMETER, "threshold_bps"),
        ({"symbols": ["SPY"], "target": "0"}, FaultCode.INVALID_PARAMETER, "target"),
        ({"symbols": ["SPY"], "target": "-1"}, FaultCode.INVALID_PARAMETER, "target"),
        ({"symbols": ["SPY"], "target": "0.0000001"}, FaultCode.INVALID_PARAMETER, "target"),
        ({"symbols": ["SPY"], "target": 1.5}, FaultCode.INVALID_PARAMETER, "target"),
        ({"symbols": ["SPY"], "target": "1e3"}, FaultCode.INVALID_PARAMETER, "target"),
        ({"symbols": ["SPY"], "lookbak": 5}, FaultCode.UNKNOWN_PARAMETER, "lookbak"),
    ],
)
def test_parameter_a_strategy_cannot_use_is_a_fault_that_names_it(params, code, where):
    (fault,) = builtin_registry().build("swing_momentum", params)
    assert (fault.code, fault.where) == (code, f"swing_momentum.{where}")
    assert fault.help


def test_all_faults_of_the_parameters_are_reported_at_once():
    faults = builtin_registry().build("swing_momentum", {"lookback": 0, "target": "x", "timeframe": "9"})
    assert sorted(fault.where for fault in faults) == [
        "swing_momentum.lookback",
        "swing_momentum.symbols",
        "swing_momentum.target",
        "swing_momentum.timeframe",
    ]


def test_numbers_written_as_text_mean_the_same():
    registry = builtin_registry()
    as_text = registry.build(
        "swing_momentum", {"symbols": "QQQ,SPY", "lookback": "5", "threshold_bps": "7", "target": "3"}
    )
    as_numbers = registry.build(
        "swing_momentum", {"symbols": ["SPY", "QQQ"], "lookback": 5, "threshold_bps": 7, "target": 3}
    )
    assert as_text == as_numbers


PLUGIN_SOURCE = """
from engine.strategy.builtin import swing_momentum
from dataclasses import replace
PLUGIN = replace(swing_momentum.PLUGIN, name="momentum_two")
MISNAMED = swing_momentum.PLUGIN
NOT_A_PLUGIN = 7
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package on the path that offers plugins, and its entry points."""
    (tmp_path / "strategy_fixture_package.py").write_text(PLUGIN_SOURCE)
    (tmp_path / "strategy_fixture_broken.py").write_text("raise RuntimeError('no')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield [
        EntryPoint(name, f"{module}:{attribute}", "mqk.strategies")
        for name, module, attribute in [
            ("momentum_two", "strategy_fixture_package", "PLUGIN"),
            ("misnamed", "strategy_fixture_package", "MISNAMED"),
            ("number", "strategy_fixture_package", "NOT_A_PLUGIN"),
            ("broken", "strategy_fixture_broken", "PLUGIN"),
        ]
    ]
    for module in ("strategy_fixture_package", "strategy_fixture_broken"):
        sys.modules.pop(module, None)


def test_wanted_plugin_of_an_installed_package_can_be_built(installed):
    registry = builtin_registry()
    assert discover(registry, ["momentum_two", "swing_momentum"], installed) == ()
    strategy = registry.build("momentum_two", {"symbols": ["SPY"]})
    assert not isinstance(strategy, tuple)


def test_plugin_nobody_wants_is_not_even_imported(installed):
    registry = builtin_registry()
    assert discover(registry, ["swing_momentum"], installed) == ()
    assert "strategy_fixture_broken" not in sys.modules
    assert offered(installed) == ("broken", "misnamed", "momentum_two", "number")


@pytest.mark.parametrize("name", ["misnamed", "number", "broken"])
def test_entry_point_that_is_no_plugin_is_a_fault(installed, name):
    registry = builtin_registry()
    assert codes(discover(registry, [name], installed)) == [FaultCode.PLUGIN_BROKEN]
    assert name not in [plugin.name for plugin in registry.plugins]


def test_two_packages_offering_one_name_are_a_fault(installed):
    registry = builtin_registry()
    faults = discover(registry, ["momentum_two"], [installed[0], installed[0]])
    assert codes(faults) == [FaultCode.DUPLICATE_NAME]


def test_discovery_reads_the_environment_when_no_points_are_given():
    assert isinstance(offered(), tuple)
    assert discover(builtin_registry(), ["swing_momentum"]) == ()

"""What is shipped loads and is clean: every environment, engine, profile, stress and mode."""

import json
from functools import reduce
from itertools import product
from pathlib import Path

import jsonschema
import pytest
import yaml

from engine.config.consumption import UnusedPolicy, judge_unused, report_unused
from engine.config.lint import Combination, lint_tree, list_combinations, load_combination, offered_modes
from engine.config.load import load_config
from engine.config.merge import Merged
from engine.config.mode import Mode

SPECS = Path(__file__).parents[2] / "specs"
RULES = Path(__file__).parents[2] / "rules"
ENVIRONMENTS = ("linux-prod", "windows-dev")
ENGINES = ("experimental", "main")
PROFILES = (None, "experimental_tier_B", "tier_A_consistent")
STRESSES = ((), ("latency_high",), ("slippage_x2",), ("latency_high", "slippage_x2"))
OFFERED = {"linux-prod": tuple(Mode), "windows-dev": (Mode.BACKTEST, Mode.PAPER)}
REFERENCE = yaml.safe_load(Path(__file__).with_name("config_reference_values.yaml").read_text())


def test_every_combination_in_every_mode_it_offers_is_clean_under_the_strict_policy(shipped):
    """One pass over the whole product; a combination that is not clean fails with its own name."""
    expected = {
        Combination(environment, engine, profile, stress, mode)
        for environment, engine, profile, stress in product(ENVIRONMENTS, ENGINES, PROFILES, STRESSES)
        for mode in OFFERED[environment]
        if not (stress and mode is Mode.LIVE_CAPITAL)
    }
    listed = list(list_combinations(shipped))
    assert set(listed) == expected
    assert len(listed) == len(expected) == 126
    hashes = {}
    for each in listed:
        config = load_combination(shipped, each)
        assert config.diagnostics == (), each
        report = report_unused(dict(config.value), each.mode)
        assert judge_unused(report, UnusedPolicy.FAIL, Merged({}, {})) == [], each
        assert config.mode is each.mode
        named = config.settings.engine.risk_profile
        hashes.setdefault(config.config_hash, set()).add((each.environment, each.engine, named, each.stress, each.mode))
    assert all(len(runs) == 1 for runs in hashes.values()), "two different runs share a hash"


def test_stress_is_not_on_offer_with_live_capital(shipped):
    assert offered_modes(shipped, "linux-prod") == tuple(Mode)
    assert Mode.LIVE_CAPITAL not in offered_modes(shipped, "linux-prod", ["slippage_x2"])


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: "-".join(map(str, case["run"])))
def test_shipped_numbers_are_those_of_the_reference(shipped, case):
    environment, engine, stress = case["run"]
    settings = load_config(shipped, environment, engine, stress=stress).settings
    for path, expected in case["values"].items():
        found = reduce(
            lambda value, name: value[name] if isinstance(value, dict) else getattr(value, name),
            path.split("."),
            settings,
        )
        assert (list(found) if isinstance(found, tuple) else found) == expected, path


def test_risk_profile_is_resolved_by_the_name_the_engine_states(shipped):
    main, experimental = (load_config(shipped, "windows-dev", engine) for engine in ("main", "experimental"))
    assert main.layers == ("base", "environment windows-dev", "engine main", "risk profile tier_A_consistent")
    assert experimental.layers[-1] == "risk profile experimental_tier_B"
    assert main.overlays == ()
    assert {each.param: each.value_text for each in experimental.overlays} == {
        "pre_trade.exposure.max_position_share": "10%",
        "pre_trade.loss.max_daily_loss": "1%",
        "pre_trade.loss.soft_drawdown": "8%",
        "kill.loss.hard_daily_loss": "1.5%",
        "kill.loss.max_drawdown": "10%",
    }


def test_risk_profile_named_by_the_caller_replaces_the_stated_one(shipped):
    config = load_config(shipped, "windows-dev", "main", risk_profile="experimental_tier_B")
    assert config.settings.engine.risk_profile == "experimental_tier_B"
    assert len(config.overlays) == 5
    assert b'"risk_profile":"experimental_tier_B"' in config.canonical_bytes


def test_layers_come_in_the_fixed_order(shipped):
    config = load_config(
        shipped,
        "linux-prod",
        "experimental",
        stress=["slippage_x2", "latency_high"],
        overrides=["execution.base_spread_bps=8"],
    )
    assert config.layers == (
        "base",
        "environment linux-prod",
        "engine experimental",
        "risk profile experimental_tier_B",
        "stress profile slippage_x2",
        "stress profile latency_high",
        "override 1",
    )
    assert config.settings.execution.base_spread_bps == 8
    assert str(config.origins["/execution/base_spread_bps"]) == "override 1"
    assert str(config.origins["/execution/max_slippage_cap_bps"]) == "stress_profiles/slippage_x2.yaml:7"
    assert str(config.origins["/execution/participation"]) == "engines/experimental.yaml:25"


def test_shipped_overlays_name_params_of_the_shipped_rules(shipped):
    overlays = load_config(shipped, "windows-dev", "experimental").overlays
    assert overlays
    for overlay in overlays:
        rulebook, _, param = overlay.param.rpartition(".")
        text = (RULES / f"{rulebook.replace('.', '/')}.rules").read_text(encoding="utf-8")
        assert f"rulebook {rulebook} " in text
        assert f"param {param}:" in text


def test_canonical_form_satisfies_the_published_contracts(shipped):
    whole, params = (
        jsonschema.Draft202012Validator(json.loads((SPECS / f"{name}.schema.json").read_text()))
        for name in ("config", "overlay")
    )
    for environment, engine in product(ENVIRONMENTS, ENGINES):
        value = json.loads(load_config(shipped, environment, engine).canonical_bytes)
        whole.validate(value)
        params.validate({"params": value["params"]})


def test_origin_points_at_the_line_that_holds_the_value(shipped):
    config = load_config(shipped, "linux-prod", "experimental", stress=["slippage_x2"])
    checked = 0
    for pointer, origin in config.origins.items():
        name = [part for part in pointer.split("/") if not part.isdigit()][-1]
        line = (shipped / origin.source).read_text(encoding="utf-8").splitlines()[origin.line - 1]
        assert f"{name}:" in line, (pointer, origin)
        checked += 1
    assert checked > 40


def test_engines_share_neither_id_nor_credential(tree):
    for name in ("latency_high", "slippage_x2"):
        (tree.root / f"stress_profiles/{name}.yaml").unlink()
    assert lint_tree(tree.root) == ()
    (tree.root / "engines/experimental.yaml").unlink()
    tree.write("engines/second.yaml", (tree.root / "engines/main.yaml").read_text())
    codes = {(fault.code, fault.pointer) for fault in lint_tree(tree.root)}
    assert codes == {
        ("CFG_ENGINE_SHARED", "/engine/engine_id"),
        ("CFG_ENGINE_SHARED", "/broker/keys_env/api_key"),
        ("CFG_ENGINE_SHARED", "/broker/keys_env/api_secret"),
    }


def test_lint_reports_a_broken_layer_once_and_the_principals_too(tree):
    tree.append("environments/windows-dev.yaml", "\nrisk: {x: 1}\n")
    tree.swap("principals.yaml", "[admin]", "[king]")
    (tree.root / "environments/linux-prod.yaml").unlink()
    assert [(fault.code, fault.source) for fault in lint_tree(tree.root)] == [
        ("CFG_BARE_LIMIT", "environments/windows-dev.yaml"),
        ("CFG_BAD_VALUE", "principals.yaml"),
    ]


def test_no_shipped_file_is_left_out_of_the_product(shipped):
    found = {path.relative_to(shipped).as_posix() for path in shipped.rglob("*.yaml")}
    known = {f"environments/{name}.yaml" for name in ENVIRONMENTS} | {f"engines/{name}.yaml" for name in ENGINES}
    known |= {f"risk_profiles/{name}.yaml" for name in PROFILES if name}
    known |= {f"stress_profiles/{name}.yaml" for names in STRESSES for name in names}
    assert found == known | {"defaults/base.yaml", "principals.yaml"}


def test_strategies_build_from_what_configuration_says(shipped):
    from engine.strategy.builtin import PLUGINS

    plugins = {plugin.name: plugin for plugin in PLUGINS}
    for engine in ENGINES:
        strategies = load_config(shipped, "windows-dev", engine).settings.strategies
        assert strategies
        for name, settings in strategies.items():
            built = plugins[settings.plugin].build(name, settings.build_parameters())
            assert not isinstance(built, tuple), built
            assert built.spec.symbols == tuple(sorted(settings.symbols))

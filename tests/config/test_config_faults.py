"""Every fault a person can make in a layer is reported by code, file, line and pointer (config_faults.yaml)."""

from pathlib import Path

import pytest
import yaml

CASES = yaml.safe_load(Path(__file__).with_name("config_faults.yaml").read_text(encoding="utf-8"))
CHOICES = ("environment", "engine", "risk_profile", "stress", "overrides")


@pytest.mark.parametrize("case", CASES, ids=[case["name"].replace(" ", "_") for case in CASES])
def test_fault_is_reported_where_it_stands(tree, case):
    for change in ("swap", "append", "write"):
        if change in case:
            getattr(tree, change)(*case[change])
    refused = tree.refuse(**{name: case[name] for name in CHOICES if name in case})
    found = [[fault.code, fault.source, fault.line, fault.pointer] for fault in refused.diagnostics]
    assert found == case["expect"], str(refused)
    assert case.get("says", "") in str(refused)
    assert all(fault.message and "\n" not in fault.message for fault in refused.diagnostics)


def test_no_two_cases_have_one_name():
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names)


def test_refusal_is_the_same_every_time(tree):
    tree.append("engines/main.yaml", "\nrisk: {a: 1}\nlimits: {b: 2}\ndata.x: {c: null}\n")
    assert tree.refuse().diagnostics == tree.refuse().diagnostics
    assert len(tree.refuse().diagnostics) == 3


def test_symbolic_link_is_not_followed(tree, tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text("environment: {offers: [PAPER]}\n")
    (tree.root / "environments/linked.yaml").symlink_to(outside)
    [fault] = tree.refuse("linked").diagnostics
    assert (fault.code, fault.source) == ("CFG_UNREADABLE", "environments/linked.yaml")


def test_file_beyond_the_size_bound_is_refused(tree):
    tree.append("environments/windows-dev.yaml", "#" + "x" * 300_000)
    [fault] = tree.refuse().diagnostics
    assert (fault.code[0], fault.source) == ("Y", "environments/windows-dev.yaml")


def test_missing_folder_is_a_diagnostic(tmp_path):
    from engine.config.load import load_config
    from engine.config.refusal import ConfigRefused

    with pytest.raises(ConfigRefused) as caught:
        load_config(tmp_path / "nothing", "windows-dev", "main")
    assert {fault.code for fault in caught.value.diagnostics} == {"CFG_UNKNOWN_LAYER"}

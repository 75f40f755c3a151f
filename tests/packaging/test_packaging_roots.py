"""Our import roots are generic words; nobody else in the environment may bring one of the same name."""

import importlib.metadata
import importlib.util
import tomllib

import pytest

from tests.packaging.installation import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
ROOTS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def _roots_of(distribution: importlib.metadata.Distribution) -> set[str]:
    files = distribution.files or []
    return {path.parts[0].removesuffix(".py") for path in files if path.suffix == ".py"}


@pytest.mark.parametrize("root", [*ROOTS, "tests", "scripts", "migrations"])
def test_no_other_distribution_brings_a_root_of_ours(root: str) -> None:
    owners = [
        distribution.metadata["Name"]
        for distribution in importlib.metadata.distributions()
        if distribution.metadata["Name"] != PROJECT["project"]["name"] and root in _roots_of(distribution)
    ]
    assert owners == []


def test_the_roots_of_another_distribution_are_seen() -> None:
    assert "pytest" in _roots_of(importlib.metadata.distribution("pytest"))


@pytest.mark.parametrize("root", ROOTS)
def test_a_root_is_imported_from_this_checkout(root: str) -> None:
    found = importlib.util.find_spec(root)
    assert found is not None and found.origin == str(CHECKOUT / root / "__init__.py")


def test_the_commands_we_promise_are_installed() -> None:
    entry_points = importlib.metadata.distribution(PROJECT["project"]["name"]).entry_points
    assert {one.name: one.value for one in entry_points if one.group == "console_scripts"} == {
        "mqk": "engine.cli.main:run"
    }
    assert [one.value for one in entry_points if one.group == "mqk.screens"] == ["tui.app:run"]
    assert [one.value for one in entry_points if one.group == "mqk.editors"] == ["dsl.language_server.stdio:serve"]

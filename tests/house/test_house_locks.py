"""One resolution: pyproject.toml, uv.lock and the hashed requirement files agree."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.source import CHECKOUT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
EXPORTS = {"requirements.txt": "dev", "scripts/golden-requirements.txt": "golden"}


def _project() -> dict[str, Any]:
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


def _locked() -> dict[str, dict[str, Any]]:
    lock = tomllib.loads((CHECKOUT / "uv.lock").read_text())
    return {package["name"]: package for package in lock["package"]}


def _blocks(export: str) -> dict[str, tuple[str, set[str]]]:
    """Return name -> (version, hashes) of a requirement file."""
    text = (CHECKOUT / export).read_text()
    starts = [(found.start(), found[1], found[2]) for found in PIN.finditer(text)]
    ends = [start for start, _, _ in starts[1:]] + [len(text)]
    return {
        name: (version, set(re.findall(r"--hash=(sha256:[0-9a-f]{64})", text[start:end])))
        for (start, name, version), end in zip(starts, ends, strict=True)
    }


def _wanted(group: str) -> list[Requirement]:
    project = _project()
    direct = project["project"]["dependencies"] if group == "dev" else []
    return [Requirement(line) for line in [*direct, *project["dependency-groups"][group]]]


@pytest.mark.parametrize("export", EXPORTS)
def test_every_requirement_is_pinned_by_the_hashes_of_the_lock(export: str) -> None:
    locked = _locked()
    for name, (version, hashes) in _blocks(export).items():
        files = [
            *locked[name].get("wheels", []),
            *([locked[name]["sdist"]] if "sdist" in locked[name] else []),
        ]
        assert version == locked[name]["version"], name
        assert hashes == {file["hash"] for file in files}, name


@pytest.mark.parametrize(("export", "group"), EXPORTS.items())
def test_every_declared_requirement_is_locked_within_its_bounds(export: str, group: str) -> None:
    blocks = _blocks(export)
    for requirement in _wanted(group):
        version, _ = blocks[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(Version(version), prereleases=True), requirement


def test_the_lock_was_made_for_the_declared_requirements() -> None:
    declared = {canonicalize_name(one.name) for group in EXPORTS.values() for one in _wanted(group)}
    own = _locked()[_project()["project"]["name"]]["metadata"]
    groups = [one for group in own["requires-dev"].values() for one in group]
    assert {one["name"] for one in [*own["requires-dist"], *groups]} == declared


def test_the_build_backend_is_the_one_that_is_locked() -> None:
    (backend,) = (Requirement(line) for line in _project()["build-system"]["requires"])
    version, hashes = _blocks("requirements.txt")[backend.name]
    assert backend.specifier.contains(version) and hashes

"""The wheel holds what the desk needs and nothing else, the same bytes each time."""

import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from engine import shipped
from tests.packaging.installation import CHECKOUT, build_wheel

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
SHIPPED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["shipped"]
ROOTS = ("dsl", "engine", "tui")
LEFT_BEHIND = {"__pycache__", ".mypy_cache", ".ruff_cache"}


@pytest.fixture(scope="module")
def members(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


def _files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found if not LEFT_BEHIND & set(path.parts)}


def test_the_shipped_folders_are_those_the_desk_looks_for() -> None:
    assert sorted(SHIPPED.values()) == sorted(f"engine/_shipped/{name}" for name in shipped.SHIPPED)


@pytest.mark.parametrize(("folder", "inside"), sorted(SHIPPED.items()))
def test_every_file_of_a_shipped_folder_is_in_the_wheel(folder: str, inside: str, members: list[str]) -> None:
    wanted = _files(CHECKOUT / folder)
    inner = {name.removeprefix(f"{inside}/") for name in members if name.startswith(f"{inside}/")}
    assert wanted and inner == wanted


@pytest.mark.parametrize("root", ROOTS)
def test_every_module_of_a_root_is_in_the_wheel(root: str, members: list[str]) -> None:
    inner = {name for name in members if name.startswith(f"{root}/") and "/_shipped/" not in name}
    assert inner == {f"{root}/{name}" for name in _files(CHECKOUT / root)}


def test_the_wheel_holds_only_our_roots(members: list[str]) -> None:
    (information,) = {name.partition("/")[0] for name in members if ".dist-info/" in name}
    assert {name.partition("/")[0] for name in members} == {*ROOTS, information}


def test_no_file_is_in_the_wheel_twice(members: list[str]) -> None:
    assert len(members) == len(set(members))


def test_the_wheel_is_the_same_bytes_each_time(wheel: Path, tmp_path: Path) -> None:
    assert build_wheel(tmp_path).read_bytes() == wheel.read_bytes()

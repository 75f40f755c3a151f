"""Installed from its wheel, the desk runs far from any checkout and does not look for one."""

from pathlib import Path

import pytest

from tests.packaging.installation import CHECKOUT, Installation, install

SHIPPED_FILE = """
from engine.shipped import shipped
print(shipped("specs", "intent.schema.json"))
"""


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(wheel, tmp_path_factory.mktemp("installation"))


def test_a_read_of_the_checkout_would_be_seen(installation: Installation, tmp_path: Path) -> None:
    answer = installation.run(["python", "-c", f"open({str(CHECKOUT / 'pyproject.toml')!r}).close()"], tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert installation.reads_of_checkout() == [f"open {CHECKOUT / 'pyproject.toml'}"]
    installation.log.unlink()


def test_shipped_files_come_out_of_the_wheel(installation: Installation, tmp_path: Path) -> None:
    answer = installation.run(["python", "-c", SHIPPED_FILE], tmp_path)
    assert answer.returncode == 0, answer.stderr
    path = Path(answer.stdout.strip())
    assert path.is_relative_to(installation.folder) and path.is_file()
    assert installation.reads_of_checkout() == []


def test_the_demo_runs_outside_the_checkout(installation: Installation, tmp_path: Path) -> None:
    answer = installation.run(["mqk", "demo"], tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.strip()
    assert installation.reads_of_checkout() == []


def test_the_rules_that_travel_with_the_wheel_compile(installation: Installation, tmp_path: Path) -> None:
    code = 'from engine.shipped import shipped; print(shipped("rules"))'
    rules = installation.run(["python", "-c", code], tmp_path).stdout.strip()
    answer = installation.run(["mqk", "rules", "check", rules], tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr

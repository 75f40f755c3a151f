"""Starting light: what a fresh interpreter must not have loaded once a module or the command's help is in."""

import json
import sys

import pytest

from tests.house.process import run
from tests.house.source import rules

REPORT = "import json, sys; print('\\n' + json.dumps(sorted(sys.modules)))"
HELP = f"""
import sys
sys.argv = ["mqk", "--help"]
from engine.cli.main import run
try:
    status = run()
except SystemExit as ended:
    status = ended.code
{REPORT}
raise SystemExit(status)
"""


def _loaded_roots(code: str) -> set[str]:
    """Run code that ends in REPORT in a fresh interpreter and return the top-level packages it had loaded."""
    answer = run([sys.executable, "-c", code])
    assert answer.returncode == 0, answer.stderr
    return {name.partition(".")[0] for name in json.loads(answer.stdout.splitlines()[-1])}


@pytest.mark.parametrize("start", rules()["startup"], ids=lambda start: str(start["module"]))
def test_importing_a_package_loads_no_library_it_has_no_use_for(start: dict[str, list[str]]) -> None:
    loaded = _loaded_roots(f"import {start['module']}\n{REPORT}")
    assert sorted(loaded & set(start["forbidden"])) == []


def test_the_help_of_the_command_loads_nothing_heavy() -> None:
    assert sorted(_loaded_roots(HELP) & set(rules()["help"]["forbidden"])) == []


def test_a_library_that_was_loaded_is_seen() -> None:
    assert "sqlalchemy" in _loaded_roots(f"import sqlalchemy.sql\n{REPORT}")

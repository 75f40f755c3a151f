"""What the README and the developers' page name can be found: files, make targets, commands."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.house.process import run
from tests.house.source import CHECKOUT

PAGES = ("README.md", "docs/dev/working.md")
PATH = re.compile(r"^(?:\.?[\w-]+/)+[\w.*-]*$|^[A-Z][\w-]*\.md$|^[\w-]+\.(?:toml|yaml|txt|lock)$")
MADE_LATER = (".venv", ".pythons", "dist", "build", "docs/evidence", "tests/campaigns")


def code_in(text: str) -> list[str]:
    """Return the code of a page: each line of a fenced block and each span in backticks."""
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.split("#")[0].strip() for block in fenced for line in block.splitlines()]
    return [code for code in [*lines, *re.findall(r"`([^`\n]+)`", prose)] if code]


def missing_paths(page: str, text: str) -> list[str]:
    """Return the paths that a page names in backticks or links to and that do not exist."""
    spans = [code for code in code_in(text) if PATH.match(code) and not code.startswith(MADE_LATER)]
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    missing = [path for path in spans if not any(CHECKOUT.glob(path.rstrip("/")))]
    beside = (CHECKOUT / page).parent
    return missing + [link for link in links if link and not (beside / link).exists()]


def missing_targets(text: str) -> list[str]:
    """Return the make targets that a page tells the reader to run and that make does not know."""
    make = shutil.which("make")
    assert make is not None
    named = {word for code in code_in(text) for word in re.findall(r"\bmake ([a-z][a-z-]*)(?![\w-])", code)}
    return [target for target in sorted(named - {"campaign-"}) if run([make, "--dry-run", target]).returncode != 0]


def commands_in(text: str) -> list[tuple[str, ...]]:
    """Return the `mqk` commands of a page as words, arguments and options left out."""
    lines = [code.removeprefix(".venv/bin/") for code in code_in(text)]
    calls = [re.match(r"mqk((?: [a-z][a-z-]*(?![\w./=]))*)", line) for line in lines]
    return sorted({tuple(call[1].split()) for call in calls if call is not None and call[1]})


@pytest.mark.parametrize("page", PAGES)
def test_every_path_of_a_page_exists(page: str) -> None:
    assert missing_paths(page, (CHECKOUT / page).read_text()) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_of_a_page_exists(page: str) -> None:
    assert missing_targets((CHECKOUT / page).read_text()) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_exists(page: str) -> None:
    for words in commands_in((CHECKOUT / page).read_text()):
        command = [sys.executable, "-c", "from engine.cli.main import run; run()", *words, "--help"]
        answer = run(command)
        assert answer.returncode == 0, f"mqk {' '.join(words)}: {answer.stderr or answer.stdout}"


PLANTED = """
Read `docs/nowhere.md` and `engine/model/bar.py`, then [this](docs/gone.md).
Run `make demo`, then `make nothing`:
```
mqk rules check rules/      # not a word of this
make campaign-fuzz
.venv/bin/mqk demo --seed 7
```
"""


def test_a_page_that_names_what_is_not_there_is_caught() -> None:
    assert missing_paths("README.md", PLANTED) == ["docs/nowhere.md", "docs/gone.md"]
    assert missing_targets(PLANTED) == ["nothing"]
    assert commands_in(PLANTED) == [("demo",), ("rules", "check")]


def test_the_pages_are_there() -> None:
    assert all(Path(CHECKOUT / page).read_text().strip() for page in PAGES)

"""The page of review names every code there is, and none that is not."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "specs" / "review.md").read_text("utf-8").split("## Codes")[1].split("## What")[0]
SOURCES = [
    *sorted((ROOT / "engine" / "review").glob("*.py")),
    *(ROOT / "engine" / "service" / f"{name}.py" for name in (
        "bundle_files", "list_files", "list_review", "reviewing", "rule_review", "signing_keys",
    )),
]  # fmt: skip
CODE = re.compile(r"\b(?:BUNDLE|FILE|KEY|LIST|REVIEW|RULE)_[A-Z_]+\b")

RAISED = re.compile(r'(?:altered|Refused)\(\s*"([A-Z_]+)"')


def test_every_code_is_on_the_page_and_every_code_on_the_page_exists() -> None:
    raised = {code for path in SOURCES for code in RAISED.findall(path.read_text("utf-8"))}
    assert len(raised) > 40
    assert set(CODE.findall(PAGE)) == (raised | {"BUNDLE_UNAPPROVED"}) - {"PRINCIPAL_UNKNOWN"}


def test_the_runbooks_name_only_codes_of_the_page() -> None:
    for path in sorted((ROOT / "docs" / "runbooks").glob("*.md")):
        named = set(CODE.findall(path.read_text("utf-8"))) - {"BUNDLE_"}
        assert named <= set(CODE.findall(PAGE)), path.name

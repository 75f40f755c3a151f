"""The page of the formats names every code and every contract there is."""

import re
from pathlib import Path

from engine.contracts import contract_names
from engine.contracts.schema import _KEYWORDS, _NOTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "specs" / "formats.md").read_text()
CODE = re.compile(r"\b[JYC]0[0-9]{2}\b")


def codes_of_the_program() -> set[str]:
    sources = [path.read_text() for path in sorted((ROOT / "engine" / "contracts").glob("*.py"))]
    found = {code for source in sources for code in re.findall(r'"([JYC]0[0-9]{2})"', source)}
    shared = {f"{family}{number}" for source in sources for number in re.findall(r'f"\{family\}(0[0-9]{2})"', source)
              for family in "JY"}  # fmt: skip
    return found | shared


def test_every_code_is_on_the_page_and_every_code_on_the_page_exists() -> None:
    assert set(CODE.findall(PAGE.split("## Codes")[1])) == codes_of_the_program()


def test_every_contract_is_on_the_page() -> None:
    listed = PAGE.split("## Contracts")[1].split("###")[0]
    assert set(contract_names()) == set(
        re.findall(r"[a-z][a-z-]*", " ".join(re.findall(r"^\| ([a-z, -]+) \|", listed, re.M)))
    ) - {"contract"}


def test_every_keyword_is_on_the_page() -> None:
    words = set(re.findall(r"`([$a-zA-Z-]+)`", PAGE)) | {"if", "then", "else"}
    assert words >= _KEYWORDS | (_NOTES - {"$schema", "$id", "title", "description"})

"""The page about proofs: every example does what the page says of it, line by line."""

import re

import pytest

from dsl.analysis.proofs import prove
from dsl.pipeline import compile_rules
from tests.dsl.checkout import ROOT, schemas, sources_of

PAGE = (ROOT / "docs" / "language" / "prove.md").read_text(encoding="utf-8")
EXAMPLES = [text for text in re.findall(r"```rules\n(.*?)```", PAGE, re.S) if "# expect" not in text]
SHOWN = re.findall(r"```\n(fails .*?)```", PAGE, re.S)


def stated(example: str, word: str) -> list[int]:
    return [int(line) for line in re.findall(rf"^# {word} (\d+)$", example, re.M)]


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_a_proof_stands_as_its_page_says(example: str) -> None:
    bundle, found = compile_rules(sources_of(example), schemas())
    assert bundle is not None, found
    lines: dict[str, list[int]] = {}
    for result in prove(bundle):
        lines.setdefault(result.standing.value, []).append(result.proof.span.line)
    assert lines.get("fails", []) == stated(example, "fails")
    assert lines.get("unknown", []) == stated(example, "unknown")
    written = sum(line.startswith("prove ") for line in example.split("\n"))
    assert sum(map(len, lines.values())) == written > 0


def test_what_the_page_shows_of_a_broken_proof_is_what_is_printed(tmp_path) -> None:
    from engine.service.rule_proofs import prove_rules, render_proofs

    (example,) = [text for text in EXAMPLES if "# fails 19" in text]
    path = tmp_path / "example.rules"
    path.write_text(example, encoding="utf-8")
    assert [render_proofs(prove_rules(path))] == SHOWN

"""Compiling again after an edit comes to what compiling afresh comes to, and does not do everything anew."""

import pytest

from dsl.contracts import read_contracts
from dsl.incremental import Compiler
from dsl.pipeline import compile_rules
from dsl.text import Source
from tests.dsl.checkout import schemas
from tests.language_server.desk_files import texts
from tests.language_server.typist import sessions

CONTRACTS = read_contracts(schemas())


def sources(texts: dict[str, str]) -> list[Source]:
    return [Source(name, text) for name, text in texts.items()]


@pytest.mark.parametrize("seed", range(6))
def test_after_any_edit_it_comes_to_what_a_fresh_compilation_comes_to(seed: int) -> None:
    compiler = Compiler(CONTRACTS)
    for typed in sessions(texts(), seed, edits=25):
        again = compiler.compile(sources(typed))
        bundle, found = compile_rules(sources(typed), schemas())
        assert list(again.found) == found
        assert (again.bundle is None) == (bundle is None)
        if bundle is not None and again.bundle is not None:
            assert again.bundle.ruleset == bundle.ruleset


def test_an_edit_of_one_file_leaves_the_others_as_they_were() -> None:
    compiler = Compiler(CONTRACTS)
    before = compiler.compile(sources(texts()))
    changed = {**texts(), "kill/storm.rules": texts()["kill/storm.rules"].replace("= 10 cite", "= 11 cite")}
    after = compiler.compile(sources(changed))
    same = {name for name in texts() if after.lowered[name] is before.lowered[name]}
    assert same == texts().keys() - {"kill/storm.rules"}
    assert after.ruleset.params["kill.storm.max_rejects"] != before.ruleset.params["kill.storm.max_rejects"]


def test_a_rule_that_others_name_is_looked_up_again_when_it_changes() -> None:
    """A switch another rulebook trips becomes a rule: the mistake is in the file that was not touched."""
    compiler = Compiler(CONTRACTS)
    assert not compiler.compile(sources(texts())).found
    gone = {**texts(), "kill/storm.rules": texts()["kill/storm.rules"].replace("KIL-01", "KIL-02")}
    found = compiler.compile(sources(gone)).found
    assert [(d.code, d.span.file) for d in found] == [("E105", "pre_trade/orders.rules")]
    assert not compiler.compile(sources(texts())).found


def test_a_file_that_is_gone_is_forgotten() -> None:
    compiler = Compiler(CONTRACTS)
    compiler.compile(sources(texts()))
    left = {name: text for name, text in texts().items() if name != "kill/storm.rules"}
    after = compiler.compile(sources(left))
    assert "kill.storm.max_rejects" not in after.ruleset.params
    assert [d.code for d in after.found] == ["E105"]


def test_declarations_that_did_not_move_are_the_same_objects() -> None:
    compiler = Compiler(CONTRACTS)
    before = compiler.compile(sources(texts())).files["pre_trade/orders.rules"].declarations
    text = texts()["pre_trade/orders.rules"]
    typed = {**texts(), "pre_trade/orders.rules": text.replace("energy, speed and sales", "energy, speed")}
    after = compiler.compile(sources(typed)).files["pre_trade/orders.rules"].declarations
    assert [one is other for one, other in zip(before, after, strict=True)].count(False) == 1

"""An edit in a large folder costs what it changes: the rest is neither read nor understood again."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from dsl.calendars import PLAIN
from dsl.contracts import read_contracts
from dsl.language_server import case_book, index
from dsl.language_server.environment import Environment
from dsl.language_server.folder import Folder
from dsl.language_server.index import Index
from engine.service.rule_files import read_schemas
from engine.service.rule_tests import read_scenario_text
from tests.language_server.big_folder import big_folder

ON = date(2026, 3, 2)
NAME = "pre_trade/book001.rules"


@pytest.fixture
def folder() -> Folder:
    """Two hundred rules, read and looked through."""
    opened = Folder(Environment(read_contracts(read_schemas()), PLAIN, (), {}), read_scenario_text)
    for name, text in big_folder(200).items():
        opened.put(name, text)
    assert opened.compiled.bundle is not None and len(opened.compiled.ruleset.rules) == 200
    opened.cases()
    return opened


def counted(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> Callable[[], int]:
    """Return what tells how often a function was called since."""
    calls = []
    real = getattr(owner, name)

    def call(*arguments: Any) -> Any:
        calls.append(name)
        return real(*arguments)

    monkeypatch.setattr(owner, name, call)
    return lambda: len(calls)


def test_names_are_found_again_only_in_the_declaration_that_changed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Index(folder)
    for name in folder.names:
        names.names(name)
    times = counted(monkeypatch, index, "occurrences")
    folder.put(NAME, folder.text(NAME).replace('"Notional 1 7"', '"Notional of seven"'))
    for name in folder.names:
        names.names(name)
    assert times() == 1


def test_a_test_is_read_again_alone(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    times = counted(monkeypatch, case_book.CaseBook, "_test")
    folder.put(
        NAME,
        folder.text(NAME).replace("given base at 2026-01-31 expect allow", "given base at 2026-01-30 expect allow", 1),
    )
    folder.cases()
    assert times() == 1


def test_a_param_of_another_name_has_every_test_read_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    times = counted(monkeypatch, case_book.CaseBook, "_test")
    text = folder.text(NAME)
    folder.put(NAME, text.replace("param cap_01: money[USD]", "param cap_00: money[USD]").replace("cap_01", "cap_00"))
    folder.cases()
    assert times() == 200

"""`mqk lsp` where it cannot serve: it says why and what to do, and ends before an editor waits for it."""

import importlib.metadata
from pathlib import Path

import pytest

from tests.cli.conftest import Mqk


def test_without_the_servers_library_it_says_what_to_install(mqk: Mqk, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(self: object) -> object:
        raise ModuleNotFoundError("No module named 'pygls'")

    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", lacking)
    ended = mqk("lsp")
    assert (ended.code, ended.out) == (3, "")
    assert "EDITOR_NONE" in ended.err and "pip install 'miniquantdesk[editor]'" in ended.err


def test_a_config_folder_without_engines_is_refused(mqk: Mqk, tmp_path: Path) -> None:
    ended = mqk("lsp", "--config", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "CONFIG_NONE" in ended.err and "holds no engines" in ended.err


def test_a_date_that_is_none_is_a_mistake_of_the_command_line(mqk: Mqk) -> None:
    assert mqk("lsp", "--at", "yesterday").code == 2

"""The extension for VS Code, short of running it: its files agree with each other, the server and the tables."""

import json
import re
from pathlib import Path

from lsprotocol import types as lsp

from dsl.language_server import features
from tests.language_server.editor import Editor

FOLDER = Path(__file__).parents[2] / "docs" / "editors" / "vscode"
MANIFEST = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
CODE = (FOLDER / "extension.js").read_text(encoding="utf-8")
LANGUAGE = json.loads((FOLDER / "language-configuration.json").read_text(encoding="utf-8"))


def test_every_file_the_manifest_names_is_there() -> None:
    contributed = MANIFEST["contributes"]
    named = [MANIFEST["main"], *(one["configuration"] for one in contributed["languages"])]
    named += [one["path"] for one in contributed["grammars"]]
    assert [name for name in named if not (FOLDER / name).is_file()] == []
    (grammar,) = contributed["grammars"]
    assert json.loads((FOLDER / grammar["path"]).read_text(encoding="utf-8"))["scopeName"] == grammar["scopeName"]


def test_the_code_reads_the_settings_and_registers_the_commands_of_the_manifest_and_no_others() -> None:
    settings = {f"mqkRules.{name}" for name in re.findall(r'settings\.get\("(\w+)"\)', CODE)}
    assert settings == set(MANIFEST["contributes"]["configuration"]["properties"])
    registered = set(re.findall(r'registerCommand\("([\w.]+)"', CODE))
    assert registered == {one["command"] for one in MANIFEST["contributes"]["commands"]}
    required = set(re.findall(r'require\("([\w-]+)', CODE)) - {"vscode"}
    assert required == set(MANIFEST["dependencies"])


def test_the_code_asks_for_commands_the_server_has(desk: Editor) -> None:
    provider = desk.server.capabilities.execute_command_provider
    assert provider is not None
    asked = set(re.findall(r'executeCommand\("([\w.]+)"', CODE))
    assert asked and asked <= set(provider.commands) == {features.RUN_TESTS, features.EXPLAIN}


def test_code_and_files_speak_of_one_language(desk: Editor) -> None:
    (language,) = MANIFEST["contributes"]["languages"]
    assert language["extensions"] == [".rules"]
    assert (
        f'language: "{language["id"]}"' in CODE
        and f"[{language['id']}]" in MANIFEST["contributes"]["configurationDefaults"]
    )
    params = lsp.HoverParams(*desk.at("pre_trade/orders.rules", "max_notional"))
    assert f"```{language['id']}\n" in desk.ask(lsp.TEXT_DOCUMENT_HOVER, params).contents.value


def test_a_word_of_the_language_is_a_word_of_the_editor() -> None:
    word = re.compile(LANGUAGE["wordPattern"], re.ASCII)
    for text in ("ORD-01", "intent.limit_price", "MAX_NOTIONAL", "50_000", "max_share"):
        match = word.match(text)
        assert match is not None and match[0] == text

"""Hostile texts: each is refused with its code, at a place, in under a second (RELIABILITY 0.3-0.6, 5)."""

import csv
import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.contracts import Diagnostic, Loaded, contract, load_json, load_yaml, yaml_text

CORPUS = Path(__file__).parents[1] / "fixtures" / "malformed"
EXPECTED = list(csv.DictReader((CORPUS / "expected.csv").read_text().splitlines()))
GENERATED = json.loads((CORPUS / "generated.json").read_text())
LOADERS = {"json": load_json, "yaml": load_yaml}


def read(raw: bytes, reader: str) -> list[Diagnostic]:
    started = time.process_time()
    if reader in LOADERS:
        result: Any = LOADERS[reader](raw, "file")
    else:
        loaded = load_json(raw, "file")
        assert isinstance(loaded, Loaded)
        result = contract(reader).parse(loaded)
    assert time.process_time() - started < 1
    assert isinstance(result, list), result
    return result


def check(faults: list[Diagnostic], code: str) -> None:
    assert faults[0].code == code, faults[0]
    for fault in faults:
        assert fault.source == "file"
        assert fault.line >= 1
        assert fault.column >= 1
        assert fault.message.isprintable()
        assert len(str(fault)) < 4_000
        assert not any(ord(mark) < 32 or 0x200B <= ord(mark) <= 0x2069 for mark in str(fault.message))


@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: row["file"])
def test_malformed_file_is_refused_with_its_code(row: dict[str, str]) -> None:
    check(read((CORPUS / row["file"]).read_bytes(), row["reader"]), row["code"])


@pytest.mark.parametrize("case", GENERATED, ids=lambda case: case["name"])
def test_oversized_text_is_refused_with_its_code(case: dict[str, Any]) -> None:
    raw = "".join(piece * count for piece, count in case["pieces"]).encode()
    check(read(raw, case["reader"]), case["code"])


def test_every_file_of_the_corpus_is_expected() -> None:
    present = {path.name for path in CORPUS.iterdir()} - {"expected.csv", "generated.json"}
    assert present == {row["file"] for row in EXPECTED}


@pytest.mark.parametrize("row", [row for row in EXPECTED if row["reader"] == "yaml"], ids=lambda row: row["file"])
def test_pyyaml_without_libyaml_refuses_the_same(row: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "LOADER", yaml.SafeLoader)
    check(read((CORPUS / row["file"]).read_bytes(), "yaml"), row["code"])


@pytest.mark.parametrize(
    "case", [case for case in GENERATED if case["reader"] == "yaml"], ids=lambda case: case["name"]
)
def test_pyyaml_without_libyaml_refuses_oversized_texts_in_time(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_text, "LOADER", yaml.SafeLoader)
    raw = "".join(piece * count for piece, count in case["pieces"]).encode()
    assert read(raw, "yaml")[0].code == case["code"]

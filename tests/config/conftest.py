"""A copy of the shipped configuration that a test may change, and short ways to load and to be refused."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.config.document import parse_document
from engine.config.layer import Layer, LayerKind
from engine.config.load import Config, load_config
from engine.config.refusal import ConfigRefused

SHIPPED = Path(__file__).parents[2] / "config"


class Tree:
    """A configuration folder under test."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, source: str, text: str) -> None:
        path = self.root / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def append(self, source: str, text: str) -> None:
        path = self.root / source
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def swap(self, source: str, old: str, new: str) -> None:
        path = self.root / source
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {source}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def load(self, environment: str = "windows-dev", engine: str = "main", **rest: Any) -> Config:
        return load_config(self.root, environment, engine, **rest)

    def refuse(self, environment: str = "windows-dev", engine: str = "main", **rest: Any) -> ConfigRefused:
        with pytest.raises(ConfigRefused) as caught:
            load_config(self.root, environment, engine, **rest)
        return caught.value


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "config"
    shutil.copytree(SHIPPED, root)
    return Tree(root)


@pytest.fixture
def shipped() -> Path:
    return SHIPPED


@pytest.fixture
def layer() -> Callable[..., Layer]:
    """Make a layer out of YAML text."""

    def make(text: str, kind: LayerKind = LayerKind.BASE, name: str = "base") -> Layer:
        document = parse_document(text, f"{name}.yaml")
        assert not isinstance(document, list), document
        return Layer(kind, name, document)

    return make

"""Layers of configuration by kind and name, in the one order in which they are merged."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.config.document import Document, read_document
from engine.contracts.diagnostic import Diagnostic, quote


class LayerKind(StrEnum):
    """Kinds of layer; the order here is the order of merging."""

    BASE = "base"
    ENVIRONMENT = "environment"
    ENGINE = "engine"
    RISK_PROFILE = "risk profile"
    STRESS_PROFILE = "stress profile"
    OVERRIDE = "override"


FOLDERS: Mapping[LayerKind, str] = {
    LayerKind.BASE: "defaults",
    LayerKind.ENVIRONMENT: "environments",
    LayerKind.ENGINE: "engines",
    LayerKind.RISK_PROFILE: "risk_profiles",
    LayerKind.STRESS_PROFILE: "stress_profiles",
}
BASE_NAME = "base"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Layer:
    """A document in its role as a layer."""

    kind: LayerKind
    name: str
    document: Document

    @property
    def label(self) -> str:
        return self.kind.value if self.kind is LayerKind.BASE else f"{self.kind.value} {self.name}"

    def fault(self, code: str, message: str, pointer: str, advice: str = "") -> Diagnostic:
        """Return a diagnostic that points into the layer's file."""
        return self.document.fault(code, message, pointer, advice)


def list_layers(root: Path, kind: LayerKind) -> tuple[str, ...]:
    """Return the names of the layers of a kind, sorted."""
    return tuple(sorted(path.stem for path in (root / FOLDERS[kind]).glob("*.yaml")))


def read_layer(root: Path, kind: LayerKind, name: str) -> Layer | list[Diagnostic]:
    """Read a layer by name; a name cannot lead out of the folder of its kind.

    Faults: CFG_UNKNOWN_LAYER and those of `read_document`.
    """
    known = list_layers(root, kind)
    if not _NAME.match(name) or name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none'}"
        message = f"no {kind.value} is named {quote(name)}"
        return [Diagnostic("CFG_UNKNOWN_LAYER", message, FOLDERS[kind], help=advice)]
    source = f"{FOLDERS[kind]}/{name}.yaml"
    document = read_document(root / source, source)
    return document if isinstance(document, list) else Layer(kind, name, document)

"""Merge layers into one value whose every leaf remembers where it came from. Pure."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.config.layer import Layer
from engine.config.mode import Mode
from engine.config.pointer import child, covers, leaves, parent
from engine.contracts.diagnostic import Diagnostic

IN_MODES = "in_modes"
PARAMS = "params"
_DIRECTIVES = (IN_MODES, PARAMS)
NULL_HELP = "leave the key out, or give it a value; a later layer cannot unset an earlier one"
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: the layer, its file relative to the root, and the line (from 1)."""

    layer: str
    source: str
    line: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Part:
    """A tree to be merged, and the pointer in its layer at which it stands."""

    layer: Layer
    tree: dict[str, Any]
    prefix: str = ""

    def origin(self, pointer: str) -> Origin:
        """Return the origin of the value at a pointer of the merged configuration."""
        line = self.layer.document.at(self.prefix + pointer).line
        return Origin(self.layer.label, self.layer.document.source, line)


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged value and the origin of each of its leaves by JSON pointer."""

    value: dict[str, Any]
    origins: Mapping[str, Origin]


def parts_of(layer: Layer, mode: Mode | None) -> list[Part]:
    """Return what a layer says in a mode: its common part, then each `in_modes` block that names the mode.

    The layer must have passed `structure.check_layer`.
    """
    common = {name: member for name, member in layer.document.value.items() if name not in _DIRECTIVES}
    parts = [Part(layer, common)]
    for index, block in enumerate(layer.document.value.get(IN_MODES, ())):
        if mode is not None and mode.value in block["modes"]:
            parts.append(Part(layer, block["set"], f"/{IN_MODES}/{index}/set"))
    return parts


def merge(parts: Iterable[Part]) -> tuple[Merged, list[Diagnostic]]:
    """Merge parts in order: maps merge deeply, scalars and arrays replace.

    Faults: CFG_NULL (nothing can be deleted by a later layer) and CFG_SHAPE_CHANGED (a map and a
    scalar or array never replace one another). A faulty value leaves the earlier one in place.
    """
    value: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    faults: list[Diagnostic] = []
    for part in parts:
        _merge_map(value, part.tree, "", part, origins, faults)
    return Merged(value, dict(sorted(origins.items()))), faults


def _merge_map(
    target: dict[str, Any],
    tree: dict[str, Any],
    pointer: str,
    part: Part,
    origins: dict[str, Origin],
    faults: list[Diagnostic],
) -> None:
    for name, new in tree.items():
        at = child(pointer, name)
        old = target.get(name, _ABSENT)
        if new is None:
            faults.append(part.layer.fault("CFG_NULL", "null is not a value", part.prefix + at, NULL_HELP))
        elif old is not _ABSENT and isinstance(old, dict) != isinstance(new, dict):
            before = origin_near(origins, at)
            message = f"a {_shape(new)} may not replace the {_shape(old)} set at {before}"
            faults.append(part.layer.fault("CFG_SHAPE_CHANGED", message, part.prefix + at))
        elif isinstance(old, dict) and isinstance(new, dict):
            if new:
                origins.pop(at, None)
            _merge_map(old, new, at, part, origins, faults)
        elif isinstance(new, dict) and new:
            target[name] = {}
            _merge_map(target[name], new, at, part, origins, faults)
        else:
            target[name] = copy.deepcopy(new)
            if old is not _ABSENT:
                for stale in [known for known in origins if covers(at, known)]:
                    del origins[stale]
            for leaf, _ in leaves(new, at):
                origins[leaf] = part.origin(leaf)


def find_duplicates(parts: Sequence[Part]) -> list[Diagnostic]:
    """Return CFG_DUPLICATE_VALUE for each leaf that two parts of one kind both set.

    Between kinds the order decides; within one kind nothing does, so the second is a mistake. A block
    of a layer may refine the common part of the same layer.
    """
    faults: list[Diagnostic] = []
    for index, later in enumerate(parts):
        mine = {pointer for pointer, _ in leaves(later.tree)} if later.tree else set()
        for earlier in parts[:index]:
            refines = earlier.layer is later.layer and not earlier.prefix
            if refines or earlier.layer.kind is not later.layer.kind:
                continue
            for pointer, _ in leaves(earlier.tree):
                if earlier.tree and pointer in mine:
                    message = f"is also set by {earlier.origin(pointer)}, a layer of the same kind"
                    advice = "keep the value in one of the two"
                    at = later.prefix + pointer
                    faults.append(later.layer.fault("CFG_DUPLICATE_VALUE", message, at, advice))
    return faults


def origin_near(origins: Mapping[str, Origin], pointer: str) -> Origin | None:
    """Return the origin of a value, or the first one in the nearest section around it that has any."""
    while pointer:
        inside = [origin for leaf, origin in origins.items() if covers(pointer, leaf)]
        if inside:
            return min(inside, key=lambda origin: (origin.source, origin.line))
        pointer = parent(pointer)
    return None


def _shape(value: Any) -> str:
    return "map" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"

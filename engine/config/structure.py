"""What a single layer may look like, before anything is merged."""

import re
from typing import Any

from engine.config.layer import Layer, LayerKind
from engine.config.merge import IN_MODES, NULL_HELP, PARAMS
from engine.config.mode import Mode, mode_of
from engine.config.pointer import child
from engine.contracts.diagnostic import Diagnostic, quote

MAY_TIGHTEN = frozenset({LayerKind.ENGINE, LayerKind.RISK_PROFILE})
"""Kinds of layer that may carry `params`; all others would be a second home for limits."""

_BLOCK = "in_modes is a list of {modes: [MODE, …], set: {section: …}}"
_FIXED = frozenset({"mode", "risk_profile"})
"""Members of `engine` that decide which blocks and layers are merged."""
_LIMIT_SECTIONS = frozenset({"risk", "limits", "promotion"})
_LIMIT_NAME = re.compile(
    r"(^|_)(max|min)_(order|position|gross|sector|leverage|drawdown|daily|day_trades|rejects|loss|exposure|sharpe)"
    r"|loss_limit|drawdown|leverage|(^|_)exposure|(^|_)pdt(_|\Z)|reject_storm"
)


def check_layer(layer: Layer) -> list[Diagnostic]:
    """Return every fault of shape in a layer.

    CFG_NULL, CFG_DOTTED_KEY, CFG_BARE_LIMIT (a risk limit outside the rules), CFG_OVERLAY_LAYER,
    CFG_PROFILE_SCOPE (a risk profile that does more than tighten), CFG_IN_MODES.
    """
    faults: list[Diagnostic] = []
    for name, member in layer.document.value.items():
        if name == PARAMS:
            if layer.kind not in MAY_TIGHTEN:
                faults.append(_misplaced_overlay(layer))
        elif layer.kind is LayerKind.RISK_PROFILE:
            message = "a risk profile may only tighten limits"
            advice = "write limits under params; other settings belong to an environment or an engine"
            faults.append(layer.fault("CFG_PROFILE_SCOPE", message, child("", name), advice))
        elif name == IN_MODES:
            _check_blocks(layer, member, faults)
        else:
            _check_member(layer, name, member, "", faults)
    return faults


def _misplaced_overlay(layer: Layer) -> Diagnostic:
    message = f"a limit may not be set in a layer of kind {layer.kind.value}"
    advice = "params belong to an engine or a risk profile, and only tighten what a rule says"
    return layer.fault("CFG_OVERLAY_LAYER", message, f"/{PARAMS}", advice)


def _check_blocks(layer: Layer, blocks: Any, faults: list[Diagnostic]) -> None:
    if not isinstance(blocks, list):
        faults.append(layer.fault("CFG_IN_MODES", "is not a list of blocks", f"/{IN_MODES}", _BLOCK))
        return
    for index, block in enumerate(blocks):
        at = f"/{IN_MODES}/{index}"
        if not isinstance(block, dict) or set(block) != {"modes", "set"}:
            faults.append(layer.fault("CFG_IN_MODES", "a block has exactly modes and set", at, _BLOCK))
            continue
        modes, tree = block["modes"], block["set"]
        if not isinstance(modes, list) or not modes or not isinstance(tree, dict):
            message = "modes is a list of names and set is a map"
            faults.append(layer.fault("CFG_IN_MODES", message, at, _BLOCK))
            continue
        for place, text in enumerate(modes):
            if mode_of(text) is None or text in modes[:place]:
                message, advice = "is not the name of a mode, or named twice", f"modes: {', '.join(Mode)}"
                faults.append(layer.fault("CFG_IN_MODES", message, f"{at}/modes/{place}", advice))
        for name, member in tree.items():
            if name in (IN_MODES, PARAMS):
                message = f"{name} may not stand inside a block"
                faults.append(layer.fault("CFG_IN_MODES", message, child(f"{at}/set", name), _BLOCK))
            elif name == "engine" and isinstance(member, dict) and (fixed := _FIXED & member.keys()):
                message = f"{min(fixed)} may not depend on the mode"
                faults.append(layer.fault("CFG_IN_MODES", message, f"{at}/set/engine/{min(fixed)}"))
            else:
                _check_member(layer, name, member, f"{at}/set", faults)


def _check_member(layer: Layer, name: str, value: Any, parent: str, faults: list[Diagnostic]) -> None:
    at = child(parent, name)
    is_section = not parent or parent.endswith("/set")
    if "." in name:
        message = f"the key {quote(name)} holds a dot and would merge with nothing"
        faults.append(layer.fault("CFG_DOTTED_KEY", message, at, "nest one map inside the other"))
    elif (is_section and name in _LIMIT_SECTIONS) or _LIMIT_NAME.search(name):
        message = "a risk limit is not a setting"
        advice = "limits live in rules; tighten one with params: {rulebook.name: {value, from, cite}}"
        faults.append(layer.fault("CFG_BARE_LIMIT", message, at, advice))
    elif value is None:
        faults.append(layer.fault("CFG_NULL", "null is not a value", at, NULL_HELP))
    elif isinstance(value, dict):
        for inner, member in value.items():
            _check_member(layer, inner, member, at, faults)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            if element is None:
                faults.append(layer.fault("CFG_NULL", "null is not a value", child(at, index), NULL_HELP))

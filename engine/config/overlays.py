"""Parameter overlays: how an engine or a risk profile tightens a limit that a rule holds.

Form (FORMATS, "Parameter overlay"): `params: {rulebook.name: {key?, value, from, cite}}`, or a list of
such maps where several keys are tightened. Overlays of several layers add up; none replaces another,
because in force is the tightest. Whether a value is tighter is judged against the bundle, by `dsl`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.config.layer import Layer, LayerKind
from engine.config.merge import PARAMS, Origin, Part
from engine.config.pointer import child
from engine.config.structure import MAY_TIGHTEN
from engine.contracts.diagnostic import Diagnostic, quote
from engine.model.time import TimeFault, parse_date

_PARAM = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+\Z", re.ASCII)
_VALUE = re.compile(r"(?:-?[0-9][0-9_]*(?:\.[0-9]+)?(?: ?[A-Za-z%][A-Za-z0-9/]*| ?%)?|[A-Z][A-Z0-9_]*)\Z", re.ASCII)
_MEMBERS = ("key", "value", "from", "cite")
_FORM = "an overlay is {key?, value, from, cite}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """One tightening: a literal of the rule language for a param (and key) from a date on.

    `key` holds one text per key of the param, in its order; empty for a param without keys.
    """

    param: str
    key: tuple[str, ...]
    value_text: str
    from_date: date
    cite: str
    origin: Origin

    @property
    def sort_key(self) -> tuple[str, tuple[str, ...], date, str, str]:
        return (self.param, self.key, self.from_date, self.value_text, self.cite)


def read_overlays(layers: Iterable[Layer]) -> tuple[tuple[Overlay, ...], list[Diagnostic]]:
    """Return the overlays of all layers, sorted, and their faults.

    CFG_OVERLAY_PARAM, CFG_OVERLAY_SHAPE, CFG_OVERLAY_VALUE, CFG_OVERLAY_DATE, CFG_OVERLAY_WITHOUT_CITE and
    CFG_DUPLICATE_OVERLAY. Layers that may not carry overlays are passed over.
    """
    found: list[tuple[Overlay, LayerKind]] = []
    faults: list[Diagnostic] = []
    for layer in layers:
        if layer.kind in MAY_TIGHTEN and PARAMS in layer.document.value:
            _read_layer(layer, layer.document.value[PARAMS], found, faults)
    return tuple(sorted((overlay for overlay, _ in found), key=lambda each: each.sort_key)), faults


def render_overlays(overlays: Iterable[Overlay]) -> dict[str, list[dict[str, Any]]]:
    """Return overlays as the data that enters the configuration hash."""
    rendered: dict[str, list[dict[str, Any]]] = {}
    for overlay in sorted(overlays, key=lambda each: each.sort_key):
        body: dict[str, Any] = {"key": list(overlay.key)} if overlay.key else {}
        body |= {"value": overlay.value_text, "from": overlay.from_date.isoformat(), "cite": overlay.cite}
        body["origin"] = f"{overlay.origin.source}:{overlay.origin.line}"
        rendered.setdefault(overlay.param, []).append(body)
    return rendered


def _read_layer(layer: Layer, params: Any, found: list[tuple[Overlay, LayerKind]], faults: list[Diagnostic]) -> None:
    if not isinstance(params, dict):
        faults.append(layer.fault("CFG_OVERLAY_SHAPE", "params is a map of param names", f"/{PARAMS}", _FORM))
        return
    for name, body in params.items():
        at = child(f"/{PARAMS}", name)
        if not _PARAM.match(name):
            message = f"{quote(name)} is not the name of a param"
            faults.append(layer.fault("CFG_OVERLAY_PARAM", message, at, "write rulebook.name in lower case"))
            continue
        several = isinstance(body, list) and bool(body)
        for index, one in enumerate(body if several else [body]):
            pointer = child(at, index) if several else at
            overlay = _read_one(layer, name, one, pointer, faults)
            if overlay is not None:
                _refuse_duplicate(layer, overlay, pointer, found, faults)
                found.append((overlay, layer.kind))


def _read_one(layer: Layer, name: str, body: Any, at: str, faults: list[Diagnostic]) -> Overlay | None:
    before = len(faults)
    if not isinstance(body, dict):
        faults.append(layer.fault("CFG_OVERLAY_SHAPE", "a bare value has no date and no citation", at, _FORM))
        return None
    for member in body:
        if member not in _MEMBERS:
            message = f"{quote(member)} is not part of an overlay"
            faults.append(layer.fault("CFG_OVERLAY_SHAPE", message, child(at, member), _FORM))
    key = _read_key(layer, body, at, faults)
    value = _read_value(layer, body, at, faults)
    start = _read_date(layer, body, at, faults)
    cite = body.get("cite")
    if not isinstance(cite, str) or not cite.strip():
        message = "a limit is tightened without saying on whose authority"
        faults.append(layer.fault("CFG_OVERLAY_WITHOUT_CITE", message, child(at, "cite"), "add cite: TEXT"))
    if len(faults) > before or start is None:
        return None
    return Overlay(name, key, value, start, str(cite).strip(), Part(layer, {}).origin(at))


def _read_key(layer: Layer, body: dict[str, Any], at: str, faults: list[Diagnostic]) -> tuple[str, ...]:
    if "key" not in body:
        return ()
    key = body["key"]
    texts = key if isinstance(key, list) else [key]
    if not texts or not all(isinstance(text, str) and 0 < len(text) <= 64 for text in texts):
        message = "key is a text, or a list of texts, one per key of the param"
        faults.append(layer.fault("CFG_OVERLAY_SHAPE", message, child(at, "key"), _FORM))
        return ()
    return tuple(texts)


def _read_value(layer: Layer, body: dict[str, Any], at: str, faults: list[Diagnostic]) -> str:
    value = body.get("value")
    text = str(value) if isinstance(value, int) else value
    if isinstance(text, str) and len(text) <= 64 and _VALUE.match(text):
        return text
    message = "is not a literal of the rule language"
    advice = 'write a number with its unit, like "40_000 USD" or "2%", or an enum value'
    faults.append(layer.fault("CFG_OVERLAY_VALUE", message, child(at, "value"), advice))
    return ""


def _read_date(layer: Layer, body: dict[str, Any], at: str, faults: list[Diagnostic]) -> date | None:
    start = body.get("from")
    try:
        if isinstance(start, str):
            return parse_date(start)
    except TimeFault:
        pass
    message = "needs the date from which it tightens"
    faults.append(layer.fault("CFG_OVERLAY_DATE", message, child(at, "from"), "add from: YYYY-MM-DD"))
    return None


def _refuse_duplicate(
    layer: Layer,
    overlay: Overlay,
    at: str,
    found: list[tuple[Overlay, LayerKind]],
    faults: list[Diagnostic],
) -> None:
    for other, kind in found:
        is_same = other.sort_key[:3] == overlay.sort_key[:3]
        if is_same and (kind is layer.kind or other.value_text == overlay.value_text):
            message = f"the same limit is already set at {other.origin}"
            advice = "a number has one home: keep one of the two"
            faults.append(layer.fault("CFG_DUPLICATE_OVERLAY", message, at, advice))
            return

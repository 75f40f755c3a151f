"""Load a configuration: read the layers, refuse what may not be, merge, hash, validate. The order of work.

Layers, later wins: base, environment, engine, risk profile (by the name the merged configuration
states), stress profiles, overrides of this one run.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.audit.canonical import NotCanonical, canonical
from engine.config.consumption import UnusedPolicy, judge_unused, missing_values, policy_of, report_unused
from engine.config.document import Document, parse_document
from engine.config.laws import check_laws, check_offer, check_stress
from engine.config.layer import BASE_NAME, Layer, LayerKind, read_layer
from engine.config.merge import PARAMS, Merged, Origin, Part, find_duplicates, merge, origin_near, parts_of
from engine.config.mode import Mode, mode_of
from engine.config.model_faults import explain_faults
from engine.config.overlays import Overlay, read_overlays, render_overlays
from engine.config.pointer import look_up
from engine.config.refusal import ConfigRefused, in_order
from engine.config.secret_scan import find_secrets
from engine.config.settings import Settings
from engine.config.structure import check_layer
from engine.contracts.diagnostic import Diagnostic, Position


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration that passed every check.

    `value` is the merged data with the overlays under `params`, `canonical_bytes` its canonical JSON and
    `config_hash` the lower-case hex SHA-256 of those bytes. `origins` tells, by JSON pointer, where each leaf
    was written; overlays carry their own. `diagnostics` are warnings only.
    """

    settings: Settings
    canonical_bytes: bytes
    config_hash: str
    origins: Mapping[str, Origin]
    overlays: tuple[Overlay, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    layers: tuple[str, ...] = ()
    value: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def mode(self) -> Mode:
        return self.settings.engine.mode


def load_config(
    root: Path,
    environment: str,
    engine: str,
    risk_profile: str | None = None,
    stress: Sequence[str] = (),
    overrides: Sequence[str] = (),
) -> Config:
    """Return the configuration of a run. Raises ConfigRefused with every fault found.

    `root` is the `config/` folder. `risk_profile` replaces the name the layers state. An override is
    `path.to.setting=VALUE` with a YAML value; it cannot touch limits.
    """
    layers = _read_layers(root, environment, engine, risk_profile, stress, overrides)
    _refuse(fault for layer in layers for fault in find_secrets(layer.document))
    _refuse(fault for layer in layers for fault in check_layer(layer))
    mode = mode_of(_last_stated(layers, "mode"))
    parts = [part for layer in layers for part in parts_of(layer, mode)]
    merged, faults = merge(parts)
    faults += find_duplicates(parts)
    faults += _check_stress(parts)
    overlays, overlay_faults = read_overlays(layers)
    _refuse(faults + overlay_faults)
    return _finish(merged, overlays, mode, layers)


def hash_value(value: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return the canonical bytes of a merged value and their lower-case hex SHA-256. Raises NotCanonical."""
    raw = canonical(value)
    return raw, hashlib.sha256(raw).hexdigest()


def _finish(merged: Merged, overlays: tuple[Overlay, ...], mode: Mode | None, layers: Sequence[Layer]) -> Config:
    def place(pointer: str) -> tuple[str, Position]:
        origin = origin_near(merged.origins, pointer)
        return (origin.source, Position(origin.line, 1)) if origin else ("", Position(0, 0))

    unused: list[Diagnostic] = []
    failing: list[Diagnostic] = []
    if mode is not None:
        _refuse(check_offer(mode, merged))
        unused = judge_unused(report_unused(merged.value, mode), policy_of(mode), merged)
        failing = unused if policy_of(mode) is UnusedPolicy.FAIL else []
    try:
        settings = Settings.model_validate_json(canonical(merged.value), strict=True)
        value = {**merged.value, PARAMS: render_overlays(overlays)}
        raw, config_hash = hash_value(value)
    except NotCanonical as fault:
        source, at = place(fault.path)
        raise ConfigRefused(
            [Diagnostic("CFG_NOT_CANONICAL", fault.reason, source, at.line, at.column, fault.path)]
        ) from None
    except ValidationError as error:
        faults = explain_faults(error, Settings, place)
        # A section the mode does not read is refused as such; what else it lacks is beside the point.
        faults = [fault for fault in faults if not failing or fault.code != "CFG_VALUE_MISSING"]
        raise ConfigRefused(failing + faults) from None
    mode = settings.engine.mode
    faults = check_laws(settings, merged)
    for pointer in missing_values(settings, mode):
        source, at = place(pointer)
        message = f"has no value in any layer, and mode {mode} reads it"
        faults.append(Diagnostic("CFG_VALUE_MISSING", message, source, at.line, at.column, pointer))
    _refuse(faults + failing)
    names = tuple(layer.label for layer in layers)
    return Config(settings, raw, config_hash, merged.origins, overlays, in_order(unused), names, value)


def _read_layers(
    root: Path,
    environment: str,
    engine: str,
    risk_profile: str | None,
    stress: Sequence[str],
    overrides: Sequence[str],
) -> list[Layer]:
    faults: list[Diagnostic] = []

    def take(layer: Layer | list[Diagnostic]) -> list[Layer]:
        if isinstance(layer, list):
            faults.extend(layer)
            return []
        return [layer]

    first = [
        *take(read_layer(root, LayerKind.BASE, BASE_NAME)),
        *take(read_layer(root, LayerKind.ENVIRONMENT, environment)),
        *take(read_layer(root, LayerKind.ENGINE, engine)),
    ]
    said = list(overrides)
    if risk_profile is not None:
        said.append(f"engine.risk_profile={risk_profile}")
    last = [layer for index, text in enumerate(said, 1) for layer in take(read_override(index, text))]
    _refuse(faults + [fault for layer in first + last for fault in find_secrets(layer.document)])
    profile = _last_stated(first + last, "risk_profile")
    if isinstance(profile, str):
        middle = take(read_layer(root, LayerKind.RISK_PROFILE, profile))
    else:
        at, message = "/engine/risk_profile", "no layer names a risk profile"
        advice = "state engine.risk_profile in a layer, or name one"
        faults.append(Diagnostic("CFG_VALUE_MISSING", message, pointer=at, help=advice))
        middle = []
    for index, name in enumerate(stress):
        if name in stress[:index]:
            faults.append(Diagnostic("CFG_STRESS_TWICE", f"the stress profile {name} is named twice"))
        else:
            middle += take(read_layer(root, LayerKind.STRESS_PROFILE, name))
    _refuse(faults)
    return [*first, *middle, *last]


def read_override(index: int, text: str) -> Layer | list[Diagnostic]:
    """Return `path.to.setting=VALUE` as a layer of its own; VALUE is read as YAML."""
    path, equals, value = text.partition("=")
    source, names = f"override {index}", path.strip().split(".")
    if not equals or not all(names):
        advice = "write path.to.setting=VALUE"
        return [Diagnostic("CFG_OVERRIDE", "an override is a path and a value", source, help=advice)]
    document = parse_document(f"value: {value.strip()}\n", source)
    if isinstance(document, list):
        return document
    if set(document.value) != {"value"}:
        return [Diagnostic("CFG_OVERRIDE", "the value is not one YAML value", source)]
    tree: Any = document.value["value"]
    for name in reversed(names):
        tree = {name: tree}
    return Layer(LayerKind.OVERRIDE, str(index), Document(source, tree))


def _check_stress(parts: Sequence[Part]) -> list[Diagnostic]:
    stressed = [part for part in parts if part.layer.kind is LayerKind.STRESS_PROFILE]
    if not stressed:
        return []
    order = list(LayerKind)
    place = order.index(LayerKind.STRESS_PROFILE)
    before, _ = merge(part for part in parts if order.index(part.layer.kind) < place)
    return check_stress(before, stressed)


def _last_stated(layers: Iterable[Layer], name: str) -> Any:
    """Return what the last layer that says so gives as `engine.NAME`, outside any `in_modes` block."""
    stated = [look_up(layer.document.value, "engine", name) for layer in layers]
    return next((value for value in reversed(stated) if value is not None), None)


def _refuse(faults: Iterable[Diagnostic]) -> None:
    found = list(faults)
    if found:
        raise ConfigRefused(found)

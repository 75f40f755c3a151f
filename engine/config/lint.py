"""Check a whole `config/` folder: every combination it can be asked for, in every mode on offer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from engine.config.consumption import report_unused
from engine.config.layer import Layer, LayerKind, list_layers, read_layer
from engine.config.load import Config, load_config
from engine.config.mode import Mode
from engine.config.pointer import look_up
from engine.config.principals import FILE, load_principals
from engine.config.refusal import ConfigRefused, in_order
from engine.contracts.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Combination:
    """What one run may be started with; `risk_profile` None takes the profile the layers name."""

    environment: str
    engine: str
    risk_profile: str | None
    stress: tuple[str, ...]
    mode: Mode


def lint_tree(root: Path) -> tuple[Diagnostic, ...]:
    """Return everything wrong in a configuration folder, warnings too, each once.

    Beyond what `load_config` says of each combination: CFG_ENGINE_SHARED (two engines with one id or
    one credential) and the faults of the principals file.
    """
    found: list[Diagnostic] = []
    owners: dict[tuple[str, str], str] = {}
    for each in list_combinations(root):
        try:
            config = load_combination(root, each)
        except ConfigRefused as refused:
            found += refused.diagnostics
            continue
        found += config.diagnostics
        found += _shared(config, each.engine, owners)
    try:
        load_principals(root / FILE)
    except ConfigRefused as refused:
        found += refused.diagnostics
    return in_order(found)


def load_combination(root: Path, each: Combination) -> Config:
    """Return the configuration of a combination. Raises ConfigRefused."""
    overrides = (f"engine.mode={each.mode}",)
    return load_config(root, each.environment, each.engine, each.risk_profile, each.stress, overrides)


def list_combinations(root: Path) -> Iterator[Combination]:
    """Yield every combination of layers with every mode it offers, in a fixed order.

    A mode is on offer when the environment says so and reads all that the stress profiles set. An
    environment that cannot be read is taken to offer every mode, so that loading it reports why.
    """
    stresses = list_layers(root, LayerKind.STRESS_PROFILE)
    subsets = [chosen for size in range(len(stresses) + 1) for chosen in combinations(stresses, size)]
    for environment in list_layers(root, LayerKind.ENVIRONMENT):
        for stress in subsets:
            modes = offered_modes(root, environment, stress)
            for engine in list_layers(root, LayerKind.ENGINE):
                for profile in (None, *list_layers(root, LayerKind.RISK_PROFILE)):
                    for mode in modes:
                        yield Combination(environment, engine, profile, stress, mode)


def offered_modes(root: Path, environment: str, stress: Sequence[str] = ()) -> tuple[Mode, ...]:
    """Return the modes in which an environment can run under the given stress profiles."""
    host = read_layer(root, LayerKind.ENVIRONMENT, environment)
    offers = look_up(host.document.value, "environment", "offers") if isinstance(host, Layer) else None
    modes = [mode for mode in Mode if not isinstance(offers, list) or mode.value in offers]
    layers = [read_layer(root, LayerKind.STRESS_PROFILE, name) for name in stress]
    values = [layer.document.value for layer in layers if isinstance(layer, Layer)]
    return tuple(mode for mode in modes if not any(report_unused(value, mode).unused for value in values))


def _shared(config: Config, engine: str, owners: dict[tuple[str, str], str]) -> Iterator[Diagnostic]:
    keys = config.settings.broker.keys_env
    claims = [("engine_id", config.settings.engine.engine_id, "/engine/engine_id")]
    if keys is not None:
        claims.append(("variable", keys.api_key, "/broker/keys_env/api_key"))
        claims.append(("variable", keys.api_secret, "/broker/keys_env/api_secret"))
    for kind, name, pointer in claims:
        owner = owners.setdefault((kind, name), engine)
        if owner != engine:
            origin = config.origins[pointer]
            message = f"{name} belongs to the engine {owner} already"
            advice = "engines share neither an id nor a credential"
            yield Diagnostic("CFG_ENGINE_SHARED", message, origin.source, origin.line, 1, pointer, advice)

"""Laws between settings that no single field can state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.config.consumption import harsher_directions
from engine.config.merge import Merged, Part, origin_near
from engine.config.mode import Mode
from engine.config.pointer import leaves, look_up
from engine.config.settings import Settings
from engine.config.values import Harsher
from engine.contracts.diagnostic import Diagnostic
from engine.model.numbers import NumberFault, parse_decimal


@dataclass(frozen=True, slots=True)
class _Breach:
    code: str
    message: str
    pointer: str
    advice: str = ""


def check_laws(settings: Settings, merged: Merged) -> list[Diagnostic]:
    """Return every broken law between settings, placed at the value that breaks it.

    CFG_VALUE_MISSING (credentials of an external party), CFG_SIMULATED_BROKER,
    CFG_ENGINE_ISOLATION and CFG_CONFIRMATION_OFF.
    """
    return [_placed(breach, merged) for breach in _breaches(settings)]


def check_offer(mode: Mode, merged: Merged) -> list[Diagnostic]:
    """Return CFG_MODE_NOT_OFFERED when the environment says which modes it offers and this is not one."""
    offers = look_up(merged.value, "environment", "offers")
    if not isinstance(offers, list) or mode.value in offers:
        return []
    message = f"this environment does not offer {mode}"
    advice = f"it offers {', '.join(str(each) for each in offers)}"
    return [_placed(_Breach("CFG_MODE_NOT_OFFERED", message, "/engine/mode", advice), merged)]


def has_token(name: str, token: str) -> bool:
    """Return whether an underscore-separated name contains the upper-cased token as one of its parts."""
    return token.upper() in name.split("_")


def check_stress(before: Merged, parts: Sequence[Part]) -> list[Diagnostic]:
    """Return CFG_STRESS_SCOPE and CFG_STRESS_LOOSENS: a stress profile only makes the simulation harsher.

    `before` is what the stress profiles were merged upon.
    """
    directions = harsher_directions()
    faults: list[Diagnostic] = []
    for part in parts:
        for pointer, value in leaves(part.tree):
            at = part.prefix + pointer
            if pointer and pointer not in directions:
                message = "a stress profile may only make simulated execution harsher"
                faults.append(part.layer.fault("CFG_STRESS_SCOPE", message, at))
            elif pointer and _is_kinder(before, pointer, value, directions[pointer]):
                origin = origin_near(before.origins, pointer)
                message = f"is kinder than the value it stresses, set at {origin}"
                advice = f"a stressed value here is {directions[pointer]}"
                faults.append(part.layer.fault("CFG_STRESS_LOOSENS", message, at, advice))
    return faults


def _breaches(settings: Settings) -> Iterator[_Breach]:
    mode, broker, data = settings.engine.mode, settings.broker, settings.data
    if broker.adapter.is_external and mode is not Mode.BACKTEST:
        for name, value in (("keys_env", broker.keys_env), ("base_url_env", broker.base_url_env)):
            if value is None:
                message = f"the broker {broker.adapter} cannot be reached without it"
                yield _Breach("CFG_VALUE_MISSING", message, f"/broker/{name}")
    if mode is Mode.BACKTEST and broker.adapter.is_external:
        message = f"a backtest never reaches {broker.adapter}"
        yield _Breach("CFG_SIMULATED_BROKER", message, "/broker/adapter", "use paper")
    if mode is Mode.LIVE_CAPITAL and not broker.adapter.is_external:
        message = "live capital needs a real broker"
        yield _Breach("CFG_SIMULATED_BROKER", message, "/broker/adapter")
    if data.api_key_env is None and (mode.is_live or (data.provider.is_external and mode is Mode.PAPER)):
        message = f"the data provider cannot be reached in mode {mode} without it"
        yield _Breach("CFG_VALUE_MISSING", message, "/data/api_key_env")
    if broker.keys_env is not None:
        names = {"api_key": broker.keys_env.api_key, "api_secret": broker.keys_env.api_secret}
        for field, name in names.items():
            if not has_token(name, settings.engine.engine_id):
                message = f"{name} does not name the engine {settings.engine.engine_id}"
                advice = f"must include engine_id token: end it with _{settings.engine.engine_id}"
                yield _Breach("CFG_ENGINE_ISOLATION", message, f"/broker/keys_env/{field}", advice)
        if broker.keys_env.api_key == broker.keys_env.api_secret:
            message = "key and secret name the same variable"
            yield _Breach("CFG_ENGINE_ISOLATION", message, "/broker/keys_env/api_secret")
    arming = settings.arming
    if mode is Mode.LIVE_CAPITAL and arming is not None and not arming.require_manual_confirmation:
        message = "live capital is armed by a person or not at all"
        yield _Breach("CFG_CONFIRMATION_OFF", message, "/arming/require_manual_confirmation")


def _is_kinder(before: Merged, pointer: str, value: Any, direction: Harsher) -> bool:
    old = look_up(before.value, *pointer.split("/")[1:])
    try:
        new_number, old_number = parse_decimal(str(value)), parse_decimal(str(old))
    except NumberFault:
        return False  # not a number: the settings model says so
    return new_number < old_number if direction is Harsher.HIGHER else new_number > old_number


def _placed(breach: _Breach, merged: Merged) -> Diagnostic:
    origin = origin_near(merged.origins, breach.pointer)
    source, line = (origin.source, origin.line) if origin else ("", 0)
    return Diagnostic(breach.code, breach.message, source, line, 1 if line else 0, breach.pointer, breach.advice)

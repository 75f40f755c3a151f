"""Resolve the credentials a mode needs from the environment, by the names configuration gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.config.mode import Mode, mode_of
from engine.config.secret import Secret
from engine.config.settings import Settings
from engine.contracts.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a run may present to others; None where the mode or the adapter needs nothing."""

    mode: Mode
    broker_key: Secret | None = None
    broker_secret: Secret | None = None
    broker_url: Secret | None = None
    data_key: Secret | None = None
    channels: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Need:
    role: str
    name: str | None
    pointer: str
    required: bool


def resolve_secrets(settings: Settings, mode: str, environ: Mapping[str, str]) -> Credentials | tuple[Diagnostic, ...]:
    """Return the credentials of a mode, or what is missing: names of variables, never values.

    A blank value counts as missing. BACKTEST reads no credential. PAPER needs what its broker adapter
    and data provider need. Live modes always need broker key, broker secret and data key, checked in
    that order. Codes: SECRETS_UNKNOWN_MODE, SECRETS_WRONG_MODE, SECRETS_MISSING.
    """
    known = mode_of(mode)
    if known is None:
        message, advice = "there is no such mode to resolve credentials for", f"modes: {', '.join(Mode)}"
        return (Diagnostic("SECRETS_UNKNOWN_MODE", message, pointer="/engine/mode", help=advice),)
    if known is not settings.engine.mode:
        message = f"mode={known}: the configuration was merged for {settings.engine.mode}"
        advice = "load the configuration for the mode that runs"
        return (Diagnostic("SECRETS_WRONG_MODE", message, pointer="/engine/mode", help=advice),)
    if known is Mode.BACKTEST:
        return Credentials(known)
    needs = {need.role: need for need in _needs(settings, known)}
    values = {role: _read(environ, need.name) for role, need in needs.items()}
    missing = tuple(_missing(known, need) for role, need in needs.items() if need.required and values[role] is None)
    if missing:
        return missing
    return Credentials(
        known,
        values["broker key"],
        values["broker secret"],
        values["broker address"],
        values["data key"],
        _channels(settings, environ),
    )


def _needs(settings: Settings, mode: Mode) -> Iterator[_Need]:
    broker, data = settings.broker, settings.data
    to_broker = mode.is_live or broker.adapter.is_external
    keys = broker.keys_env
    yield _Need("broker key", keys.api_key if keys else None, "/broker/keys_env/api_key", to_broker)
    yield _Need("broker secret", keys.api_secret if keys else None, "/broker/keys_env/api_secret", to_broker)
    to_data = mode.is_live or data.provider.is_external
    yield _Need("data key", data.api_key_env, "/data/api_key_env", to_data)
    address = broker.base_url_env
    yield _Need("broker address", address, "/broker/base_url_env", broker.adapter.is_external)


def _channels(settings: Settings, environ: Mapping[str, str]) -> dict[str, Secret]:
    named = settings.notifications.channels
    found = {name: _read(environ, getattr(named, name)) for name in sorted(type(named).model_fields)}
    return {name: secret for name, secret in found.items() if secret is not None}


def _read(environ: Mapping[str, str], name: str | None) -> Secret | None:
    value = environ.get(name, "").strip() if name else ""
    return Secret(value) if value else None


def _missing(mode: Mode, need: _Need) -> Diagnostic:
    if need.name is None:
        message = f"mode={mode}: no environment variable is named for the {need.role}"
    else:
        message = f"mode={mode}: required env var '{need.name}' ({need.role}) is not set or blank"
    advice = "set it in the environment of the process"
    return Diagnostic("SECRETS_MISSING", message, pointer=need.pointer, help=advice)

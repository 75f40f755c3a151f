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
class Variable:
    """An environment variable a configuration names, or the lack of a name where `role` needs one.

    `role` is what the variable is for; a variable that is not required is never read for its value,
    but for the addresses of channels, which are silent without one.
    """

    role: str
    name: str | None
    pointer: str
    required: bool


def variables_of(settings: Settings) -> tuple[Variable, ...]:
    """Return what the configuration's mode may read from the environment, in the order it is checked.

    BACKTEST reads nothing. Live modes need broker key, broker secret and data key whatever the adapter.
    """
    if settings.engine.mode is Mode.BACKTEST:
        return ()
    return (*_parties(settings), *_channels(settings))


def is_set(environ: Mapping[str, str], name: str | None) -> bool:
    """Return whether a variable has a value; a blank one counts as missing."""
    return name is not None and bool(environ.get(name, "").strip())


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
    needs = {each.role: each for each in _parties(settings)}
    missing = tuple(
        _missing(known, each) for each in needs.values() if each.required and not is_set(environ, each.name)
    )
    if missing:
        return missing
    values = {role: _read(environ, each.name) if each.required else None for role, each in needs.items()}
    channels = {each.role.removeprefix(_CHANNEL): _read(environ, each.name) for each in _channels(settings)}
    return Credentials(
        known,
        values["broker key"],
        values["broker secret"],
        values["broker address"],
        values["data key"],
        {name: secret for name, secret in channels.items() if secret is not None},
    )


_CHANNEL = "channel "


def _parties(settings: Settings) -> Iterator[Variable]:
    """Yield what broker and data provider need."""
    mode, broker, data = settings.engine.mode, settings.broker, settings.data
    to_broker = mode.is_live or broker.adapter.is_external
    keys = broker.keys_env
    yield Variable("broker key", keys.api_key if keys else None, "/broker/keys_env/api_key", to_broker)
    yield Variable("broker secret", keys.api_secret if keys else None, "/broker/keys_env/api_secret", to_broker)
    to_data = mode.is_live or data.provider.is_external
    yield Variable("data key", data.api_key_env, "/data/api_key_env", to_data)
    yield Variable("broker address", broker.base_url_env, "/broker/base_url_env", broker.adapter.is_external)


def _channels(settings: Settings) -> Iterator[Variable]:
    named = settings.notifications.channels
    for channel in sorted(type(named).model_fields):
        name = getattr(named, channel)
        yield Variable(f"{_CHANNEL}{channel}", name, f"/notifications/channels/{channel}", False)


def _read(environ: Mapping[str, str], name: str | None) -> Secret | None:
    return Secret(environ[name].strip()) if name is not None and is_set(environ, name) else None


def _missing(mode: Mode, need: Variable) -> Diagnostic:
    if need.name is None:
        message = f"mode={mode}: no environment variable is named for the {need.role}"
    else:
        message = f"mode={mode}: required env var '{need.name}' ({need.role}) is not set or blank"
    advice = "set it in the environment of the process"
    return Diagnostic("SECRETS_MISSING", message, pointer=need.pointer, help=advice)

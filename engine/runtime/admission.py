"""Whether a run of a configuration may start at all, asked before anything is read, opened or written."""

from collections.abc import Mapping

from engine.config.credentials import Credentials, resolve_secrets
from engine.config.mode import Mode
from engine.config.settings import Adapter, Provider, Settings
from engine.runtime.halt import RunRefused

FED_FROM_FILES = (Mode.BACKTEST, Mode.PAPER)
"""Modes whose bars are files and whose broker is the desk's own."""


def admit(settings: Settings, mode: str, environ: Mapping[str, str]) -> None:
    """Let a run of these settings start; `environ` is the environment of the process, by name.

    Raises RunRefused for the first that applies: a live mode (RUN_LIVE_UNAVAILABLE), whatever the
    environment holds; a variable that is missing (SECRETS_MISSING, all of them by name, never a value);
    a broker or provider this version cannot speak to (RUN_BROKER_UNAVAILABLE, RUN_PROVIDER_UNAVAILABLE).
    """
    refuse_live(mode)
    credentials = resolve_secrets(settings, mode, environ)
    if not isinstance(credentials, Credentials):
        told = "\n".join(fault.message for fault in credentials)
        raise RunRefused(credentials[0].code, told, credentials[0].help)
    adapter, provider = settings.broker.adapter, settings.data.provider
    if adapter is not Adapter.PAPER:
        what = f"no broker of this version is {adapter}"
        raise RunRefused("RUN_BROKER_UNAVAILABLE", what, "set broker.adapter=paper")
    if provider is not Provider.CSV:
        what = f"no run of this version takes its bars from {provider}"
        raise RunRefused("RUN_PROVIDER_UNAVAILABLE", what, "set data.provider=csv")


def refuse_live(mode: str) -> None:
    """Raise RunRefused (RUN_LIVE_UNAVAILABLE) for a live mode; arming with checklist and signatures is not here."""
    if mode not in FED_FROM_FILES:
        what = f"mode {mode} cannot be armed by this version"
        raise RunRefused("RUN_LIVE_UNAVAILABLE", what, "run in mode PAPER or BACKTEST")

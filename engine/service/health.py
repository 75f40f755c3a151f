"""Is this machine fit to run the desk: one examination per thing the desk needs, each with its remedy."""

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.model.numbers import format_decimal
from engine.model.time import DAY, Timestamp, format_timestamp

OLDEST_PYTHON, FIRST_UNTRIED = (3, 11), (3, 14)
OLDEST_SQLITE = (3, 37, 0)
LEAST_SPACE = 500_000_000
"""Bytes that should be free where runs are written."""
EARLIEST = Timestamp(1_767_225_600_000_000)
"""2026-01-01: a clock before it was never set."""
LEAST_SESSIONS = 60
"""Sessions the calendar should still know ahead of now."""


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at: `problem` and `remedy` are empty when it is well."""

    name: str
    found: str
    problem: str = ""
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        return not self.problem

    def as_data(self) -> dict[str, Any]:
        return {**asdict(self), "is_well": self.is_well}


@dataclass(frozen=True, slots=True)
class Layers:
    """Which configuration's environment variables are looked at; `config` None is the shipped folder."""

    config: Path | None = None
    environment: str = "windows-dev"
    engine: str = "main"
    overrides: Sequence[str] = ()


def examine_machine(
    database: str | None, rules: Path | None, folder: Path, now: Timestamp, layers: Layers, environ: Mapping[str, str]
) -> Iterator[Examined]:
    """Yield every examination in a fixed order; one that itself breaks is a problem like any other.

    Of `environ` only whether a variable has a value is told, never the value.
    """
    steps: tuple[tuple[str, Callable[[], Examined | tuple[Examined, ...]]], ...] = (
        ("python", _python),
        ("sqlite", _sqlite),
        ("installation", _installation),
        ("rules", lambda: _rules(rules)),
        ("configuration", _configuration),
        ("variables", lambda: _variables(layers, environ)),
        ("calendar", lambda: _calendar(now)),
        ("clock", lambda: _clock(now)),
        ("disk", lambda: _disk(folder)),
        ("database", lambda: _database(database)),
    )
    for name, step in steps:
        try:
            examined = step()
            yield from (examined,) if isinstance(examined, Examined) else examined
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            yield Examined(name, "", f"{type(error).__name__}: {text}", "run the command that uses it to see more")


def _python() -> Examined:
    version = sys.version_info
    found = ".".join(map(str, version[:3]))
    if OLDEST_PYTHON <= version[:2] < FIRST_UNTRIED:
        return Examined("python", found)
    return Examined("python", found, "this version was never tried", "use Python 3.11, 3.12 or 3.13")


def _sqlite() -> Examined:
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= OLDEST_SQLITE:
        return Examined("sqlite", found)
    return Examined("sqlite", found, "it lacks STRICT tables", "use a Python that is linked with SQLite 3.37 or later")


def _installation() -> Examined:
    from engine.shipped import SHIPPED, shipped

    missing = []
    for part in SHIPPED:
        try:
            shipped(part)
        except FileNotFoundError:
            missing.append(part)
    found = str(shipped("specs").parent)
    if missing:
        return Examined("installation", found, f"{', '.join(missing)} is missing", "install the program again")
    return Examined("installation", found)


def _rules(path: Path | None) -> Examined:
    from engine.service.rule_check import check_rules

    report = check_rules(path)
    found = f"{len(report.rules)} rules, bundle {report.bundle[:12]}"
    if report.is_clean:
        return Examined("rules", found)
    return Examined("rules", found, f"{len(report.diagnostics)} mistake(s)", "run `mqk rules check`")


def _configuration() -> Examined:
    from engine.config.lint import lint_tree
    from engine.shipped import shipped

    found = lint_tree(shipped("config"))
    if found:
        return Examined("configuration", "", f"{len(found)} finding(s)", "run `mqk config lint`")
    return Examined("configuration", "every combination of layers loads")


def _variables(layers: Layers, environ: Mapping[str, str]) -> tuple[Examined, ...]:
    from engine.config.credentials import is_set, variables_of
    from engine.config.load import load_config
    from engine.shipped import shipped

    root = layers.config or shipped("config")
    settings = load_config(root, layers.environment, layers.engine, None, (), tuple(layers.overrides)).settings
    mode, found = settings.engine.mode, []
    for each in variables_of(settings):
        if each.name is None:
            continue
        stands = "set" if is_set(environ, each.name) else "not set"
        told = f"{stands}; {each.role}, {'needed' if each.required else 'not needed'} in {mode}"
        name = f"variable {each.name}"
        if each.required and stands == "not set":
            problem = "no run of this configuration starts without it"
            found.append(Examined(name, told, problem, "set it in the environment of the process"))
        else:
            found.append(Examined(name, told))
    return tuple(found) or (Examined("variables", f"{mode} reads none"),)


def _calendar(now: Timestamp) -> Examined:
    from engine.marketdata.calendar import load_calendar, sessions_left

    calendar = load_calendar()
    left = sessions_left(calendar, now)
    found = f"{calendar.code} until {calendar.last_day}, {left} sessions ahead"
    if left < LEAST_SESSIONS:
        return Examined("calendar", found, "the table ends soon", "update the program for a longer table")
    return Examined("calendar", found)


def _clock(now: Timestamp) -> Examined:
    found = format_timestamp(now - now % 1_000_000)
    if now < EARLIEST or now > EARLIEST + 50 * 365 * DAY:
        return Examined("clock", found, "the machine's clock was not set", "start its time service (chrony, ntpd)")
    return Examined("clock", found)


def _disk(folder: Path) -> Examined:
    place = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.is_dir())
    free = shutil.disk_usage(place).free
    found = f"{format_decimal(free // 1_000_000, 3)} GB free at {place}"
    if free < LEAST_SPACE:
        return Examined("disk", found, "a run may fill it", "make room or name another folder")
    return Examined("disk", found)


def _database(address: str | None) -> Examined:
    from engine.service.schema import schema_of

    if address is None:
        return Examined("database", "none named")
    report = schema_of(address)
    if report.status.is_current:
        return Examined("database", f"{report.address}: {report.state}")
    remedy = "use a later version of the program" if report.status.is_newer else "run `mqk db migrate`"
    return Examined("database", report.address, f"its schema is {report.state}", remedy)

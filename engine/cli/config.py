"""`mqk config`: show, hash and lint configurations."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.diagnostics import warn
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json, say_rows, say_table

if TYPE_CHECKING:
    from engine.config.load import Config

app = typer.Typer(no_args_is_help=True, help="See what a run would be configured with.")
RootOption = Annotated[Path | None, typer.Option("--config", help="Config folder; the shipped one by default.")]
EnvironmentOption = Annotated[str, typer.Option("--environment", help="Layer of config/environments.")]
EngineOption = Annotated[str, typer.Option("--engine", help="Layer of config/engines.")]
ProfileOption = Annotated[str | None, typer.Option("--risk-profile", help="Another risk profile.")]
StressOption = Annotated[list[str] | None, typer.Option("--stress", help="Stress profile; may be repeated.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Override one setting.")]


@app.command()
def show(
    environment: EnvironmentOption = "windows-dev",
    engine: EngineOption = "main",
    risk_profile: ProfileOption = None,
    stress: StressOption = None,
    overrides: SetOption = None,
    config: RootOption = None,
    origins: Annotated[bool, typer.Option("--origins", help="Show where each value was written.")] = False,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Show the merged configuration; secrets are never in it, only the names they have in the environment."""
    loaded = _load(config, environment, engine, risk_profile, stress, overrides)
    leaves = list(_leaves(loaded.value, ""))
    rows = [
        {"setting": at, "value": value, "origin": _origin(loaded, at)} if origins else {"setting": at, "value": value}
        for at, value in leaves
    ]
    if form is Format.JSON and not origins:
        say_json(loaded.value)
    elif form is not Format.TEXT:
        say_rows(rows, form)
    elif origins:
        say_table(("setting", "value", "origin"), [(at, _shown(v), _origin(loaded, at)) for at, v in leaves])
    else:
        say_table(("setting", "value"), [(at, _shown(value)) for at, value in leaves])
    return Exit.FINE


@app.command("hash")
def show_hash(
    environment: EnvironmentOption = "windows-dev",
    engine: EngineOption = "main",
    risk_profile: ProfileOption = None,
    stress: StressOption = None,
    overrides: SetOption = None,
    config: RootOption = None,
) -> Exit:
    """Show the hash that runs and decisions are bound to."""
    say(_load(config, environment, engine, risk_profile, stress, overrides).config_hash)
    return Exit.FINE


@app.command()
def lint(config: RootOption = None, form: FormatOption = Format.TEXT) -> Exit:
    """Load every combination of layers a run could be started with and report everything wrong."""
    from dataclasses import asdict

    from engine.config.lint import lint_tree
    from engine.shipped import shipped

    found = lint_tree(config or shipped("config"))
    if form is not Format.TEXT:
        say_rows([asdict(fault) for fault in found], form)
    else:
        for fault in found:
            say(str(fault))
        say(f"{len(found)} finding{'' if len(found) == 1 else 's'}")
    return Exit.FINDINGS if found else Exit.FINE


def _load(
    root: Path | None, environment: str, engine: str, risk_profile: str | None, stress: list[str] | None,
    overrides: list[str] | None,
) -> "Config":  # fmt: skip
    from engine.config.load import load_config
    from engine.shipped import shipped

    folder = root or shipped("config")
    loaded = load_config(folder, environment, engine, risk_profile, tuple(stress or ()), tuple(overrides or ()))
    for fault in loaded.diagnostics:
        warn(fault.code, str(fault), fault.help)
    return loaded


def _leaves(value: Any, at: str) -> Any:
    """Yield every value that is no map by its JSON pointer."""
    if isinstance(value, dict) and value:
        for name, member in sorted(value.items()):
            yield from _leaves(member, f"{at}/{name.replace('~', '~0').replace('/', '~1')}")
    else:
        yield at, value


def _origin(config: "Config", at: str) -> str:
    found = config.origins.get(at) or config.origins.get(f"{at}/0")
    if found is None and at.startswith("/params/"):
        name = at.removeprefix("/params/")
        return ", ".join(str(overlay.origin) for overlay in config.overlays if overlay.param == name)
    return str(found) if found else ""


def _shown(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)

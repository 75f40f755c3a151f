"""`mqk run`: start a run over files of bars, and see which runs there are."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.diagnostics import complain
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json, say_rows, say_table

if TYPE_CHECKING:
    from engine.service.running import Running, RunResult

app = typer.Typer(no_args_is_help=True, help="Start runs and see how they stand.")
Day = Annotated[datetime | None, typer.Option("--law-date", formats=["%Y-%m-%d"], help="The date whose rules apply.")]
DatabaseOption = Annotated[
    str, typer.Option("--db", envvar="MQK_DATABASE", help="sqlite:///FILE or postgresql://USER@HOST/NAME.")
]
DEFAULT_DATABASE = "sqlite:///mqk.db"


@app.command()
def start(
    bars: Annotated[Path, typer.Option("--bars", help="Folder of bar files.")],
    instruments: Annotated[Path, typer.Option("--instruments", help="Classification of the instruments.")],
    mode: Annotated[str, typer.Option("--mode", help="BACKTEST or PAPER.")] = "PAPER",
    engine: Annotated[str, typer.Option("--engine", help="Layer of config/engines.")] = "main",
    environment: Annotated[str, typer.Option("--environment", help="Layer of config/environments.")] = "windows-dev",
    risk_profile: Annotated[str | None, typer.Option("--risk-profile", help="Another risk profile.")] = None,
    stress: Annotated[list[str] | None, typer.Option("--stress", help="Stress profile; may be repeated.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting, path.to.it=VALUE; may be repeated. Never a limit.")
    ] = None,
    lists: Annotated[Path | None, typer.Option("--lists", help="Folder of maintained lists.")] = None,
    approvals: Annotated[Path | None, typer.Option("--approvals", help="Scripted approvals, JSONL.")] = None,
    law_date: Day = None,
    account: Annotated[str, typer.Option("--account", help="Account that trades.")] = "paper",
    cash: Annotated[str, typer.Option("--cash", help="Cash at the start, in USD.")] = "100000",
    operator: Annotated[str, typer.Option("--as", help="Principal who arms the run.")] = "olivia",
    db: DatabaseOption = DEFAULT_DATABASE,
    out: Annotated[Path, typer.Option("--out", help="Folder of run folders.")] = Path("exports"),
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules folder; the shipped one by default.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Config folder; the shipped one by default.")] = None,
    active: Annotated[bool, typer.Option("--active", help="Judge by the bundle in force in the database.")] = False,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Run a desk over files of bars to their end; a run that was broken off is taken up again."""
    import os

    if active and rules is not None:
        raise typer.BadParameter("say either --active or --rules FOLDER", param_hint="--active")
    from engine.model.numbers import Money
    from engine.service.running import RunRequest
    from engine.service.running import start as begin

    request = RunRequest(
        mode=mode, engine=engine, environment=environment, bars=bars, instruments=instruments, out=out, database=db,
        rules=rules, lists=lists, config=config, risk_profile=risk_profile, stress=tuple(stress or ()),
        overrides=tuple(settings or ()),
        approvals=approvals, law_date=law_date.date() if law_date else None, account=account,
        cash=Money(money(cash)), operator=operator, is_active=active,
    )  # fmt: skip
    result = drive(begin(request, os.environ, _alert))
    if form is Format.TEXT:
        say_result(result)
    else:
        say_json(as_data(result))
    return Exit.FINE if result.audit.is_intact else Exit.INTEGRITY


@app.command()
def status(
    db: DatabaseOption = DEFAULT_DATABASE,
    engine: Annotated[str | None, typer.Option("--engine", help="Only runs of this engine id.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many runs to show.")] = 20,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Show the runs of a database, newest first."""
    from engine.service.runs import list_runs

    runs = list_runs(db, engine, limit)
    if form is not Format.TEXT:
        say_rows([run.as_data() for run in runs], form)
        return Exit.FINE
    heads = ("run", "engine", "mode", "status", "law date", "created", "decisions")
    say_table(heads, [run.as_cells() for run in runs])
    return Exit.FINE


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    db: DatabaseOption = DEFAULT_DATABASE,
    run: Annotated[str | None, typer.Option("--run", help="Run key; every run of the database by default.")] = None,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Write the decisions of runs to a Parquet file, for a warehouse or for `mqk rules replay`."""
    from engine.cli.progress import progress
    from engine.service.journal_export import export_journal

    with progress("exporting") as tick:
        written = export_journal(db, run, out, tick)
    if form is Format.TEXT:
        say(f"{written.decisions:,} decisions, {written.bytes:,} bytes in {written.path}")
    else:
        say_json({"path": str(written.path), "decisions": written.decisions, "bytes": written.bytes})
    return Exit.FINE


def _alert(code: str, what: str) -> None:
    complain(code, what, "the last good bundle is in force: see `mqk rules log`, verify the audit chain")


def drive(running: "Running") -> "RunResult":
    """Take a run to its end with its progress shown; what it holds open is closed however it ends."""
    from engine.cli.progress import progress

    try:
        with progress("running") as tick:
            for step in running.progress():
                tick(step.events, None)
        return running.finish()
    finally:
        running.close()


def say_result(result: "RunResult") -> None:
    """Write how a run ended."""
    from engine.model.numbers import format_decimal

    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in result.verdicts.items()) or "none"
    equity = "unknown" if result.final_equity is None else f"{format_decimal(result.final_equity)} USD"
    say(f"run        {result.run_key}{' (taken up again)' if result.resumed else ''}")
    say(f"decisions  {verdicts}")
    say(f"fills      {result.fills}, final equity {equity}")
    say(f"execution  {_cost(result)}")
    say(f"audit      {result.audit}")
    say(f"bundle     {result.bundle[:12]} {'approved' if result.is_bundle_approved else 'unapproved'}")
    say(f"content    {result.content_hash}")
    say(f"artifacts  {result.artifacts}")
    say(f"database   {result.database}")


def _cost(result: "RunResult") -> str:
    """Return what the fills cost against the quotes their orders were decided on."""
    figures = result.execution
    if figures.arrival_bps is None:
        return f"cost unknown: {figures.undefined['arrival_bps']}"
    return f"{figures.arrival_bps} bps against arrival, {figures.arrival_cost} USD over {figures.arrival_orders} orders"


def as_data(result: "RunResult") -> dict[str, object]:
    """Return how a run ended as JSON data."""
    from dataclasses import asdict

    from engine.model.numbers import format_decimal

    equity = None if result.final_equity is None else format_decimal(result.final_equity)
    return {
        "run_id": result.run_id, "run_key": result.run_key, "resumed": result.resumed, "verdicts": result.verdicts,
        "codes": result.codes, "fills": result.fills, "final_equity": equity,
        "execution": asdict(result.execution), "bundle": result.bundle, "bundle_approved": result.is_bundle_approved,
        "audit": str(result.audit),
        "content_hash": result.content_hash, "artifacts": str(result.artifacts), "database": result.database,
    }  # fmt: skip


def money(text: str) -> int:
    """Return an amount of the command line in micros. Raises BadParameter."""
    from engine.model.numbers import NumberFault, parse_decimal

    try:
        return parse_decimal(text)
    except NumberFault as fault:
        raise typer.BadParameter(f"--cash: {fault}") from None

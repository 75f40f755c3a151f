"""`mqk md`: take bar files over into canonical form, and see what they are worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json, say_rows, say_table

if TYPE_CHECKING:
    from engine.service.market_files import FileWorth

app = typer.Typer(no_args_is_help=True, help="Read bar files and judge their quality.")
PathArgument = Annotated[Path, typer.Argument(metavar="PATH", help="A bar file, or a folder of them.")]
SymbolOption = Annotated[str | None, typer.Option("--symbol", help="Symbol, where the file names none.")]
TimeframeOption = Annotated[
    str | None, typer.Option("--timeframe", help="1m, 5m, 1H or 1D, where the file names none.")
]
PartialOption = Annotated[bool, typer.Option("--accept-partial", help="Keep sound rows of a file with bad ones.")]


@app.command("ingest")
def take_over(
    path: PathArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    symbol: SymbolOption = None,
    timeframe: TimeframeOption = None,
    accept_partial: PartialOption = False,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Write bar files in canonical form beside a quality report; a refused file is not written."""
    import json

    from engine.service.market_files import REPORT, write_bars

    worths = _examined(path, symbol, timeframe, accept_partial)
    out.mkdir(parents=True, exist_ok=True)
    for worth in worths:
        if not worth.result.is_refused:
            write_bars(worth, out)
    reports = [worth.as_data() for worth in worths]
    text = json.dumps({"v": 1, "files": reports}, sort_keys=True, indent=2) + "\n"
    (out / REPORT).write_text(text, encoding="utf-8")
    return _say(worths, form)


@app.command()
def quality(
    path: PathArgument,
    symbol: SymbolOption = None,
    timeframe: TimeframeOption = None,
    accept_partial: PartialOption = False,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Show what bar files are worth: rows kept and refused, gaps, outliers, and every fault with its place."""
    return _say(_examined(path, symbol, timeframe, accept_partial), form)


def _examined(path: Path, symbol: str | None, timeframe: str | None, accept_partial: bool) -> "list[FileWorth]":
    from engine.cli.progress import progress
    from engine.service.market_files import bar_files, examine

    worths = []
    with progress("reading bars") as tick:
        total = len(bar_files(path))
        for worth in examine(path, symbol, timeframe, accept_partial):
            worths.append(worth)
            tick(len(worths), total)
    return worths


def _say(worths: "list[FileWorth]", form: Format) -> Exit:
    code = Exit.FINDINGS if any(not worth.result.report.is_clean for worth in worths) else Exit.FINE
    if form is Format.JSON:
        say_json([worth.as_data() for worth in worths])
        return code
    if form is Format.JSONL:
        say_rows([worth.as_data() for worth in worths], form)
        return code
    rows = []
    for worth in worths:
        report = worth.result.report
        state = "refused" if worth.result.is_refused else "clean" if report.is_clean else "findings"
        counts = (report.rows_read, report.rows_ok, report.rows_rejected, len(report.findings))
        rows.append((worth.path.name, *map(str, counts), state))
    say_table(("file", "rows", "kept", "refused", "findings", "state"), rows)
    for worth in worths:
        for fault in worth.result.report.faults:
            say(f"{fault.where}: {fault.code} {fault.what}; {fault.help}")
        for found in worth.as_data()["findings"]:
            missing = f", {found['missing_bars']} bars missing" if found["missing_bars"] else ""
            say(f"{worth.path.name}: {found['symbol']} {found['end_ts']} {found['state']}{missing}")
    return code

"""`mqk rules ci`: everything that proves rules, as one command, one exit code and one report."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import rule_proof
from engine.cli.diagnostics import note
from engine.cli.exits import Exit
from engine.cli.output import say, say_block, say_json, say_table
from engine.cli.reports import ReportFormat, as_rows, say_report
from engine.cli.rules import AtOption, RulesArgument

if TYPE_CHECKING:
    from engine.service.rule_ci import CiReport

app = rule_proof.app


class CiFormat(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    SARIF = "sarif"
    MARKDOWN = "markdown"


class Mutants(StrEnum):
    """How much is mutated."""

    FULL = "full"
    SHORT = "short"
    NONE = "none"


@app.command()
def ci(
    path: RulesArgument = None,
    base: Annotated[
        str | None, typer.Option("--base", metavar="REF", help="Revision of git the rules are held against.")
    ] = None,
    form: Annotated[
        CiFormat, typer.Option("--format", help="How the report is written.", show_default=True)
    ] = CiFormat.TEXT,
    cover: Annotated[str, typer.Option("--cover", metavar="PERCENT", help="Least share to be shown.")] = "100",
    mutate: Annotated[str, typer.Option("--mutate", metavar="PERCENT", help="Least share to be killed.")] = "95",
    mutants: Annotated[
        Mutants, typer.Option("--mutants", help="All, those of rulebooks that differ from the base, or none.")
    ] = Mutants.FULL,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=64, help="Processes; one per core by default.")
    ] = None,
    at: AtOption = None,
) -> Exit:
    """Check, format, lint, test, cover and mutate the rules, and hold them against a base."""
    from engine.cli.progress import progress
    from engine.service.rule_ci import Asked, Leg, run_ci

    # A person who names no date means the one on their own wall.
    day = (at or datetime.now().astimezone()).date()
    least = (rule_proof.percentage(cover, "--cover"), rule_proof.percentage(mutate, "--mutate"))
    asked = Asked(day, base, *least, Leg(mutants.value), jobs)
    with progress("proving rules") as tick:
        report = run_ci(asked, path, lambda step, done, total: tick(done, total))
    _say(report, form)
    return Exit.FINE if report.is_clean else Exit.FINDINGS


def _say(report: "CiReport", form: CiFormat) -> None:
    found = report.diagnostics
    match form:
        case CiFormat.JSON:
            say_json({**report.as_data(), "diagnostics": as_rows(found)})
        case CiFormat.MARKDOWN:
            from engine.service.rule_ci_text import as_markdown

            say_block(as_markdown(report))
        case CiFormat.JUNIT:
            from dsl.junit import as_suites

            steps = [(step.name, step.diagnostics, _failure(step.status.value, step.summary)) for step in report.steps]
            say_block(as_suites(steps, report.texts, "mqk rules ci"))
        case CiFormat.TEXT:
            say_report(found, report.texts, ReportFormat.TEXT, "mqk rules ci")
            say_table(("step", "status", "it comes to"), [(s.name, s.status.value, s.summary) for s in report.steps])
            for step in report.steps:
                for remark in step.notes:
                    say(f"{step.name}: {remark}")
            say("the rules are proven" if report.is_clean else "the rules are not proven")
        case _:
            say_report(found, report.texts, ReportFormat(form.value), "mqk rules ci")
            # A log for tools holds findings alone; the steps are told beside it.
            for step in report.steps:
                note(f"{step.name}: {step.status.value}, {step.summary}")


def _failure(status: str, summary: str) -> str:
    return f"{status}: {summary}" if status in ("failed", "not judged") else ""

"""`mqk rules`: check, test, lint, fmt, explain, limits and replay; what the solver shows is in rule_analysis."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import replay
from engine.cli.diagnostics import complain
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_block, say_json, say_rows, say_table
from engine.cli.reports import ReportFormat, ReportOption, as_rows, say_report

if TYPE_CHECKING:
    from engine.service.rule_limits import LimitsReport

app = typer.Typer(
    no_args_is_help=True, help="Read, check, test, compare and prove rule files, and take them through review."
)
app.command()(replay.replay)
RulesArgument = Annotated[
    Path | None, typer.Argument(metavar="[PATH]", help="A rules folder or one file; the shipped rules by default.")
]
AtOption = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="The date; today's by default.")]


@app.command()
def check(
    path: RulesArgument = None,
    form: ReportOption = ReportFormat.TEXT,
    steps: Annotated[bool, typer.Option("--steps", help="Show the most steps each rule can take.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Compile even what was checked before.")] = False,
) -> Exit:
    """Compile rule files and report every mistake with its place and a remedy."""
    from engine.service.rule_check import check_rules

    # What is remembered of a clean check is not which files there were, and a JUnit report names them.
    report = check_rules(path, is_cached=not no_cache and form is not ReportFormat.JUNIT)
    if form is ReportFormat.JSON:
        rules = [
            {"id": r.id, "title": r.title, "stage": r.stage, "mode": r.mode, "steps": r.steps} for r in report.rules
        ]
        found = as_rows(report.diagnostics)
        say_json({"bundle": report.bundle, "rulebooks": report.rulebooks, "rules": rules, "diagnostics": found})
    else:
        say_report(report.diagnostics, report.texts, form, "mqk rules check")
    if form is ReportFormat.TEXT and report.is_clean:
        if steps:
            say_table(("rule", "steps", "title"), [(r.id, f"{r.steps:>5}", r.title) for r in report.rules])
        say(f"{len(report.rules)} rules in {report.rulebooks} rulebooks, bundle {report.bundle}")
    return Exit.FINE if report.is_clean else Exit.FINDINGS


@app.command()
def test(
    path: RulesArgument = None,
    form: ReportOption = ReportFormat.TEXT,
) -> Exit:
    """Run the tests of rule files, inline and in scenario files."""
    from engine.cli.progress import progress
    from engine.service.rule_tests import run_rule_tests

    with progress("testing rules") as tick:
        report = run_rule_tests(path, tick)
    found = report.everything()
    if form is ReportFormat.JSON:
        counts = {"passed": report.passed, "failed": len(report.failures), "untested": list(report.untested)}
        say_json({**counts, "diagnostics": as_rows(found)})
    else:
        say_report(found, report.texts, form, "mqk rules test")
    if form is ReportFormat.TEXT:
        say(f"{report.passed} passed, {len(report.failures)} failed, {len(report.diagnostics)} unreadable")
        if report.untested:
            say("no test names " + ", ".join(report.untested))
    return Exit.FINE if report.is_clean else Exit.FINDINGS


@app.command()
def lint(
    path: RulesArgument = None,
    form: ReportOption = ReportFormat.TEXT,
    select: Annotated[list[str] | None, typer.Option("--select", help="Look for these codes alone.")] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="Leave these codes out.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="First mend what mends itself.")] = False,
    at: AtOption = None,
) -> Exit:
    """Find what compiles and is still not what somebody meant."""
    from engine.service.rule_lint import lint_rules

    # A person who names no date means the one on their own wall.
    day = (at or datetime.now().astimezone()).date()
    report = lint_rules(day, path, select or (), ignore or (), fix)
    found = report.diagnostics
    if form is ReportFormat.JSON:
        counts = {"rules": report.rules, "rulebooks": report.rulebooks, "mended": list(report.mended)}
        say_json({**counts, "on": day.isoformat(), "diagnostics": as_rows(found)})
    else:
        say_report(found, report.texts, form, "mqk rules lint")
    if form is ReportFormat.TEXT:
        for name in report.mended:
            say(f"mended {name}")
        if report.mendable:
            say(f"--fix mends {report.mendable} of them")
        if not found:
            say(f"{report.rules} rules in {report.rulebooks} rulebooks, nothing to remark")
    return Exit.FINDINGS if found else Exit.FINE


@app.command()
def fmt(
    path: RulesArgument = None,
    check_only: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if a file would change.")] = False,
) -> Exit:
    """Lay rule files out; comments and the author's line breaks are kept."""
    from engine.service.rule_format import format_rules, write_laid

    changed = [laid for laid in format_rules(path) if laid.is_changed]
    for laid in changed:
        if not check_only:
            write_laid(laid)
        say(laid.name)
    return Exit.FINDINGS if check_only and changed else Exit.FINE


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="A code like E203, as a diagnostic shows it.")],
) -> Exit:
    """Show what a diagnostic code means, why it matters, and an example to avoid and one to prefer."""
    from dsl.codes import codes, page

    found = page(code.upper())
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(code.upper(), codes(), 3)
        help_ = f"did you mean {', '.join(near)}?" if near else f"codes run from {codes()[0]} to {codes()[-1]}"
        complain("CODE_UNKNOWN", f"no diagnostic has the code {code[:20]!r}", help_)
        return Exit.USAGE
    say_block(found.text)
    return Exit.FINE


@app.command()
def limits(
    path: RulesArgument = None,
    at: AtOption = None,
    engine: Annotated[str | None, typer.Option("--engine", help="Show the tightenings of this engine.")] = None,
    environment: Annotated[str, typer.Option("--environment", help="Layer of config/environments.")] = "windows-dev",
    risk_profile: Annotated[str | None, typer.Option("--risk-profile", help="Another risk profile.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Config folder; the shipped one by default.")] = None,
    lists: Annotated[Path | None, typer.Option("--lists", help="Folder of lists; `lists` beside the rules.")] = None,
    db: Annotated[str | None, typer.Option("--db", help="Database with reviewed lists and approvals.")] = None,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Show everything in force on a date: numbers and thresholds, their origin, what changes next and what runs out."""
    from engine.service.rule_limits import ConfigChoice, LimitsPlace, limits_at
    from engine.service.running import WallClock

    is_tightened = engine or risk_profile or config
    chosen = ConfigChoice(environment, engine or "main", risk_profile, config) if is_tightened else None
    # A person who names no date means the one on their own wall.
    day = (at or datetime.now().astimezone()).date()
    report = limits_at(day, WallClock(), LimitsPlace(path, lists, db), chosen)
    if form is Format.TEXT:
        _say_limits(report)
    elif form is Format.JSONL:
        say_rows(report.as_rows(), form)
    else:
        say_json(report.as_data())
    return Exit.FINE


def _say_limits(report: "LimitsReport") -> None:
    say(f"numbers in force on {report.at}, rules {report.bundle[:12]}")
    say_table(
        ("param", "key", "value", "tighter", "range", "since", "origin", "next", "cite"),
        [
            (i.param, i.key, i.value, i.tighter, i.range, i.since, i.place if i.origin == "rule file" else i.origin,
             i.change, i.cite) for i in report.numbers
        ],
    )  # fmt: skip
    say("\nthresholds")
    say_table(
        ("rule", "stage", "effect", "value", "origin", "next", "as written"),
        [
            (i.rule, i.stage, i.effect if i.mode == "enforced" else f"{i.effect} ({i.mode})", i.value, i.place,
             i.change, "; ".join((i.text, *i.windows))) for i in report.thresholds
        ],
    )  # fmt: skip
    if report.lists:
        say("\nlists")
        say_table(
            ("list", "kept in", "owner", "rows", "as of", "good for", "until", "state"),
            [
                (i.name, i.kept, i.owner, "" if i.rows is None else str(i.rows), i.as_of, ", ".join(i.bounds),
                 i.good_until, f"{i.state}: {i.why}" if i.why else i.state) for i in report.lists
            ],
        )  # fmt: skip
    if report.active and report.active != report.bundle:
        say(f"\nother rules are in force in the database: {report.active[:12]}")
    if report.approvals:
        say("\napprovals")
        say_table(
            ("proposal", "target", "version", "state", "approved", "runs out"),
            [
                (i.proposal, i.target, str(i.version), i.state, f"{i.given} of {i.quorum}", i.expires_at)
                for i in report.approvals
            ],
        )  # fmt: skip


@app.command()
def doc(
    out: Annotated[Path, typer.Option("--out", help="Folder the handbook is written into; made if it is not there.")],
    path: RulesArgument = None,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Write the handbook of the rules, as Markdown and as HTML: words, citations, dates, tests and history."""
    from engine.cli.progress import progress
    from engine.service.handbook import write_handbook

    with progress("testing rules") as tick:
        written = write_handbook(path, out, tick)
    if form is not Format.TEXT:
        say_json(written.as_data())
    else:
        say(written.markdown)
        say(written.html)
        failing = f", {written.failing} of them FAIL" if written.failing else ""
        say(f"{written.entries} entries of {written.rulebooks} rulebooks, {written.tests} scenarios{failing}")
        if written.history:
            say(f"without history: {written.history}")
    return Exit.FINDINGS if written.failing else Exit.FINE

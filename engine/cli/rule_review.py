"""`mqk rules` through review: build, draft, propose, show, pending, approve, deny, withdraw, activate, active, log."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli import rule_ci, rules
from engine.cli.diagnostics import complain
from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_block, say_json
from engine.cli.reviewing import (
    AsOption,
    CiteOption,
    ConfigOption,
    HoursOption,
    KeyEnvOption,
    KeyOption,
    ProposalArgument,
    ReasonOption,
    acting,
    machine_clock,
    say_log,
    say_pending,
    say_proposal,
)
from engine.cli.run import DEFAULT_DATABASE, DatabaseOption

app = rule_ci.app
KIND = "rules"
BundleArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A built bundle; its seal lies beside it.")]


@app.command()
def build(
    out: Annotated[Path, typer.Option("--out", help="File to write; FILE.seal beside it is the signature.")],
    path: rules.RulesArgument = None,
    principal: Annotated[str | None, typer.Option("--as", help="Author who signs; nobody by default.")] = None,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    version: Annotated[
        int | None, typer.Option("--version", min=1, max=1_000_000_000, help="One above the one in force by default.")
    ] = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Compile rule files into a bundle named by its hash, and sign it as its author."""
    from engine.service.bundle_files import build_bundle

    author = None if principal is None else acting(principal, key, key_env, config)
    if author is None and (key is not None or key_env is not None or version is not None):
        raise typer.BadParameter("a key and a version belong to an author", param_hint="--as")
    built = build_bundle(path, out, author, version, db, machine_clock())
    if form is not Format.TEXT:
        say_json(built.as_data())
    else:
        signed = f"version {built.version}, sealed by {built.author}" if built.seal else "signed by nobody"
        say(f"{built.hash}  {built.file}")
        say(f"{built.rules} rules, {signed}")
    return Exit.FINE


@app.command()
def draft(
    file: BundleArgument,
    principal: AsOption,
    reason: ReasonOption,
    cite: CiteOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Put a built bundle on the record without asking anybody to approve it yet."""
    from engine.service.rule_review import draft_rules

    who = acting(principal, key, key_env, config)
    say_proposal(draft_rules(db, file, who, reason, cite, machine_clock()), form)
    return Exit.FINE


@app.command()
def propose(
    file: BundleArgument,
    principal: AsOption,
    reason: ReasonOption,
    cite: CiteOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Propose a built bundle: it is compared with what is in force, which says how many must approve it."""
    from engine.service.rule_review import propose_rules

    who = acting(principal, key, key_env, config)
    say_proposal(propose_rules(db, file, who, reason, cite, machine_clock()), form)
    return Exit.FINE


@app.command()
def pending(db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT) -> Exit:
    """Show the drafts, and what waits for approvals or activation."""
    from engine.service.reviewing import pending as waiting

    return say_pending(waiting(db, KIND, machine_clock()), form)


@app.command()
def show(proposal: ProposalArgument, db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT) -> Exit:
    """Show a proposal in full, with the difference of every rulebook's text to what it was compared with."""
    from engine.service.rule_review import show_rules

    shown = show_rules(db, proposal, machine_clock())
    if form is not Format.TEXT:
        say_json(shown.as_data())
        return Exit.FINE
    say_proposal(shown.line, form)
    say()
    say_block(shown.changes)
    return Exit.FINE


@app.command()
def approve(
    proposal: ProposalArgument,
    principal: AsOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    hours: HoursOption = 24,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Approve a proposal of somebody else: this bundle, against this base, until the approval runs out."""
    from engine.model.time import HOUR, Duration
    from engine.service.reviewing import approve as give

    who, life = acting(principal, key, key_env, config), Duration(hours * HOUR)
    say_proposal(give(db, KIND, proposal, who, machine_clock(), life), form)
    return Exit.FINE


@app.command()
def deny(
    proposal: ProposalArgument,
    principal: AsOption,
    reason: ReasonOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Refuse a proposal of somebody else for good."""
    from engine.service.reviewing import deny as refuse

    who = acting(principal, key, key_env, config)
    say_proposal(refuse(db, KIND, proposal, who, reason, machine_clock()), form)
    return Exit.FINE


@app.command()
def withdraw(
    proposal: ProposalArgument,
    principal: AsOption,
    reason: ReasonOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Take back one's own proposal or draft."""
    from engine.service.reviewing import withdraw as take_back

    who = acting(principal, key, key_env, config)
    say_proposal(take_back(db, KIND, proposal, who, reason, machine_clock()), form)
    return Exit.FINE


@app.command()
def activate(
    proposal: ProposalArgument,
    principal: AsOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Put an approved bundle in force, after proving its seal, its approvals and its version again."""
    from engine.service.rule_review import activate_rules

    who = acting(principal, key, key_env, config)
    say_proposal(activate_rules(db, proposal, who, machine_clock()), form)
    return Exit.FINE


@app.command()
def active(
    config: ConfigOption = None, db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT
) -> Exit:
    """Show the bundle in force, proven again; 4 when something newer is damaged and the last good one holds."""
    from engine.service.rule_review import rules_in_force

    found = rules_in_force(db, config, machine_clock())
    for code, what in found.alerts:
        complain(code, what, "verify the audit chain, then propose the change again")
    if form is not Format.TEXT:
        say_json(found.as_data())
    else:
        say(f"version {found.version}, {found.rules} rules, in force since {found.activated_at}")
        say(f"  bundle    {found.hash}")
        say(f"  proposal  {found.proposal}")
        say(f"  author    {found.author}; approved by {', '.join(found.approvers)}")
    return Exit.INTEGRITY if found.alerts else Exit.FINE


@app.command()
def log(config: ConfigOption = None, db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT) -> Exit:
    """Show who did what to the rules and when, from the audit chain; 4 when a signature is not sound."""
    from engine.service.reviewing import review_log

    return say_log(review_log(db, KIND, config), form)

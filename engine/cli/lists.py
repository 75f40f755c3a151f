"""`mqk lists`: maintained lists, edited by proposal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json, say_rows, say_table
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

if TYPE_CHECKING:
    from engine.service.list_review import ListPlace

app = typer.Typer(no_args_is_help=True, help="See maintained lists, and change them by proposal.")
KIND = "list:"
ListArgument = Annotated[str, typer.Argument(metavar="LIST", help="The list's name, as its header has it.")]
EntriesArgument = Annotated[list[str], typer.Argument(metavar="ENTRY...", help="What the first column says.")]
FolderOption = Annotated[
    Path | None, typer.Option("--lists", help="Folder of list files to keep in step; only the database by default.")
]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="Rules that use the lists, while none are in force; the shipped ones.")
]


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="[LIST]", help="One list with its rows; all by default.")
    ] = None,
    folder: FolderOption = None,
    rules: RulesOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Show the lists: version, as-of, owner, which way an edit is looser; 1 when a file is not the version in force."""
    from engine.service.list_review import LIST_HEADS, show_lists

    lines = show_lists(_place(db, folder, rules), name)
    if form is not Format.TEXT:
        say_rows([line.as_data() for line in lines], form)
    else:
        say_table(LIST_HEADS, [line.as_cells() for line in lines])
        if name is not None:
            say()
            say_table(lines[0].columns, lines[0].content)
    return Exit.FINDINGS if any(line.drift for line in lines) else Exit.FINE


@app.command()
def add(
    name: ListArgument,
    entries: EntriesArgument,
    principal: AsOption,
    reason: ReasonOption,
    cite: CiteOption,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="NAME=TEXT", help="A further cell of each added row.")
    ] = None,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    folder: FolderOption = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Propose rows to add to a list."""
    from engine.service.list_review import ListEdit, edit_list

    edit = ListEdit(add=tuple(entries), columns=tuple(column or ()))
    who = acting(principal, key, key_env, config)
    say_proposal(edit_list(_place(db, folder, rules), name, edit, who, reason, cite, machine_clock()), form)
    return Exit.FINE


@app.command()
def remove(
    name: ListArgument,
    entries: EntriesArgument,
    principal: AsOption,
    reason: ReasonOption,
    cite: CiteOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    folder: FolderOption = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Propose rows to take out of a list."""
    from engine.service.list_review import ListEdit, edit_list

    edit = ListEdit(remove=tuple(entries))
    who = acting(principal, key, key_env, config)
    say_proposal(edit_list(_place(db, folder, rules), name, edit, who, reason, cite, machine_clock()), form)
    return Exit.FINE


@app.command()
def affirm(
    name: ListArgument,
    principal: AsOption,
    reason: ReasonOption,
    cite: CiteOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    folder: FolderOption = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Propose that a list is still true as it is: the same rows, as of now."""
    from engine.service.list_review import ListEdit, edit_list

    who = acting(principal, key, key_env, config)
    say_proposal(edit_list(_place(db, folder, rules), name, ListEdit(), who, reason, cite, machine_clock()), form)
    return Exit.FINE


@app.command()
def propose(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A whole list file with its header.")],
    principal: AsOption,
    reason: ReasonOption,
    cite: CiteOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    folder: FolderOption = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Propose a whole file as the next version of the list it names."""
    from engine.service.list_review import propose_list

    who = acting(principal, key, key_env, config)
    say_proposal(propose_list(_place(db, folder, rules), file, who, reason, cite, machine_clock()), form)
    return Exit.FINE


@app.command()
def pending(db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT) -> Exit:
    """Show what waits for approvals, or approved to be applied."""
    from engine.service.reviewing import pending as waiting

    return say_pending(waiting(db, KIND, machine_clock()), form)


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
    """Approve an edit of somebody else, until the approval runs out."""
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
    """Refuse an edit of somebody else for good."""
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
    """Take back one's own edit."""
    from engine.service.reviewing import withdraw as take_back

    who = acting(principal, key, key_env, config)
    say_proposal(take_back(db, KIND, proposal, who, reason, machine_clock()), form)
    return Exit.FINE


@app.command()
def apply(
    proposal: ProposalArgument,
    principal: AsOption,
    key: KeyOption = None,
    key_env: KeyEnvOption = None,
    folder: FolderOption = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Put an approved version in force and, with --lists, write it over the file in one step."""
    from engine.service.list_review import apply_list

    who = acting(principal, key, key_env, config)
    applied = apply_list(_place(db, folder, rules), proposal, who, machine_clock())
    if form is not Format.TEXT:
        say_json(applied.as_data())
        return Exit.FINE
    say_proposal(applied.line, form)
    say(f"  file      {applied.file or 'none; say --lists FOLDER, or write it with `mqk lists export`'}")
    return Exit.FINE


@app.command("export")
def write_out(
    name: ListArgument,
    out: Annotated[Path, typer.Option("--out", help="File to write; one that is there is replaced.")],
    version: Annotated[int | None, typer.Option("--version", min=0, help="The one in force by default.")] = None,
    db: DatabaseOption = DEFAULT_DATABASE,
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Write a version of a list out of the database; 0 is the file the first edit began from."""
    from engine.service.list_review import ListPlace, export_list

    digest = export_list(ListPlace(db), name, out, version)
    if form is not Format.TEXT:
        say_json({"file": str(out), "sha256": digest})
    else:
        say(f"{digest}  {out}")
    return Exit.FINE


@app.command()
def log(config: ConfigOption = None, db: DatabaseOption = DEFAULT_DATABASE, form: FormatOption = Format.TEXT) -> Exit:
    """Show who did what to the lists and when, from the audit chain; 4 when a signature is not sound."""
    from engine.service.reviewing import review_log

    return say_log(review_log(db, KIND, config), form)


def _place(db: str, folder: Path | None, rules: Path | None) -> "ListPlace":
    from engine.service.list_review import ListPlace

    return ListPlace(db, folder, rules)

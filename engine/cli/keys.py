"""`mqk keys`: the key pair a principal signs with."""

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.exits import Exit
from engine.cli.output import Format, FormatOption, say, say_json

app = typer.Typer(no_args_is_help=True, help="Make the key pair a principal signs with.")


@app.command()
def new(
    out: Annotated[Path, typer.Option("--out", help="File for the private half; nothing is written over.")],
    form: FormatOption = Format.TEXT,
) -> Exit:
    """Make an Ed25519 key: the private half into a file only you may read, the public half here."""
    from engine.service.signing_keys import make_key

    public = make_key(out)
    if form is not Format.TEXT:
        say_json({"file": str(out), "public_key": public})
    else:
        say(f'public_key: "{public}"')
        say(f"private half in {out}: keep it to yourself; list the public one in principals.yaml")
    return Exit.FINE


@app.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A private key file.")], form: FormatOption = Format.TEXT
) -> Exit:
    """Show the public half of a key file, as principals.yaml lists it."""
    from engine.service.signing_keys import public_half

    public = public_half(file)
    if form is not Format.TEXT:
        say_json({"file": str(file), "public_key": public})
    else:
        say(f'public_key: "{public}"')
    return Exit.FINE

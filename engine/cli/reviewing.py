"""What the commands of a review share: who acts, how a proposal and the log are shown."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from engine.cli.diagnostics import complain
from engine.cli.exits import Exit
from engine.cli.output import Format, say, say_json, say_rows, say_table

if TYPE_CHECKING:
    from engine.model.clock import Clock
    from engine.service.review_lines import LogLine, ProposalLine
    from engine.service.signing_keys import Acting

ProposalArgument = Annotated[str, typer.Argument(metavar="PROPOSAL", help="Its id, or a beginning no other has.")]
AsOption = Annotated[str, typer.Option("--as", help="Principal who acts, of principals.yaml.")]
KeyOption = Annotated[Path | None, typer.Option("--key", help="File with the principal's private key.")]
KeyEnvOption = Annotated[
    str | None, typer.Option("--key-env", metavar="NAME", help="Environment variable that holds the private key.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Config folder with principals.yaml; the shipped one by default.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in words.")]
CiteOption = Annotated[str, typer.Option("--cite", help="The policy, rule or decision it rests on.")]
HoursOption = Annotated[int, typer.Option("--hours", min=1, max=24, help="How long the approval counts.")]


class Row(Protocol):
    """A result that can be shown as data."""

    def as_data(self) -> dict[str, object]: ...


def acting(principal: str, key: Path | None, key_env: str | None, config: Path | None) -> "Acting":
    """Return who acts, as the use cases take it."""
    from engine.service.signing_keys import Acting

    return Acting(principal, key, key_env, config)


def machine_clock() -> "Clock":
    """Return the clock steps are taken by."""
    from engine.service.running import WallClock

    return WallClock()


def say_proposal(line: "ProposalLine", form: Format) -> None:
    """Write how a proposal stands after a step."""
    if form is not Format.TEXT:
        say_json(line.as_data())
        return
    say(f"{line.proposal} is {line.state.lower()}: version {line.version} of {line.target}")
    say(f"  subject   {line.subject}")
    say(f"  base      {line.base or 'nothing is in force'}")
    say(f"  author    {line.author}: {line.reason} [{line.cite}]")
    if line.relation is not None:
        given = ", ".join(line.approvers) or "nobody yet"
        say(f"  change    {line.relation}; approved by {given}, {line.quorum} needed")
        for finding in line.findings:
            say(f"            {finding}")
    if line.expires_at is not None and line.state in ("PROPOSED", "APPROVED", "EXPIRED"):
        say(f"  expires   {line.expires_at}")


def say_pending(lines: "tuple[ProposalLine, ...]", form: Format) -> Exit:
    """Write what waits."""
    from engine.service.review_lines import PROPOSAL_HEADS

    if form is not Format.TEXT:
        say_rows([line.as_data() for line in lines], form)
    elif lines:
        say_table(PROPOSAL_HEADS, [line.as_cells() for line in lines])
    else:
        say("nothing waits")
    return Exit.FINE


def say_log(lines: "tuple[LogLine, ...]", form: Format) -> Exit:
    """Write who did what when; 4 when a step is not signed by whom it names."""
    from engine.service.review_lines import LOG_HEADS

    if form is not Format.TEXT:
        say_rows([line.as_data() for line in lines], form)
    elif lines:
        say_table(LOG_HEADS, [line.as_cells() for line in lines])
    else:
        say("no step was taken")
    unsound = [line for line in lines if not line.is_sound]
    for line in unsound:
        complain(line.signature, f"record {line.seq}: {line.event} of {line.proposal} is not {line.principal}'s word")
    return Exit.INTEGRITY if unsound else Exit.FINE

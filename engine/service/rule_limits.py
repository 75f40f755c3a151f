"""Everything in force on a date: numbers and thresholds, where each comes from, what changes next, what runs out."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from dsl.bundle import Bundle
from dsl.program import Overlay
from engine.model.clock import Clock
from engine.service.limits_lists import ListStanding, list_standings
from engine.service.limits_numbers import NumberLine, number_lines
from engine.service.limits_thresholds import ThresholdLine, threshold_lines
from engine.service.rule_files import load_bundle
from engine.shipped import shipped


@dataclass(frozen=True, slots=True)
class ConfigChoice:
    """The configuration whose tightenings are taken into account."""

    environment: str
    engine: str
    risk_profile: str | None = None
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class LimitsPlace:
    """Where what is in force is looked up.

    `rules` None: the shipped ones; `lists` None: the folder `lists` beside the rules. `database` holds the lists
    that went through review, and what waits for approval.
    """

    rules: Path | None = None
    lists: Path | None = None
    database: str | None = None

    @property
    def folder(self) -> Path:
        """The folder of list files."""
        if self.lists is not None:
            return self.lists
        root = self.rules or shipped("rules")
        return (root if root.is_dir() else root.parent) / "lists"


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """A proposal that waits, with the instant at which it and the approvals it has run out."""

    proposal: str
    target: str
    version: int
    state: str
    given: int
    quorum: int | None
    expires_at: str


@dataclass(frozen=True, slots=True)
class LimitsReport:
    """What is in force on a date. `active` is the hash of the bundle the database has in force, empty where none."""

    at: str
    bundle: str
    active: str
    numbers: tuple[NumberLine, ...]
    thresholds: tuple[ThresholdLine, ...]
    lists: tuple[ListStanding, ...]
    approvals: tuple[ApprovalLine, ...] = field(default=())

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    def as_rows(self) -> list[dict[str, Any]]:
        """Return every line as one row, `kind` saying what it is."""
        groups: Sequence[tuple[str, Sequence[Any]]] = (
            ("number", self.numbers), ("threshold", self.thresholds), ("list", self.lists),
            ("approval", self.approvals),
        )  # fmt: skip
        return [{"kind": kind, **asdict(line)} for kind, lines in groups for line in lines]


def limits_at(
    day: date, clock: Clock, place: LimitsPlace | None = None, choice: ConfigChoice | None = None
) -> LimitsReport:
    """Return what is in force on `day`, tightened by a configuration where one is chosen.

    `clock` says which approvals have run out. Raises Refused, RulesRefused, ConfigRefused and the store's errors.
    """
    where = place or LimitsPlace()
    bundle = load_bundle(where.rules)
    overlays = _overlays(bundle, choice)
    with ExitStack() as opened:
        unit = None
        if where.database is not None:
            from engine.service.runs import open_existing

            unit = opened.enter_context(opened.enter_context(open_existing(where.database)).read())
        lists, read = list_standings(bundle, where.folder, unit, day)
        active, approvals = _reviews(unit, clock) if unit is not None else ("", ())
    return LimitsReport(
        day.isoformat(), bundle.hash, active, number_lines(bundle, day, overlays, read),
        threshold_lines(bundle, day, overlays), lists, approvals,
    )  # fmt: skip


def _overlays(bundle: Bundle, choice: ConfigChoice | None) -> tuple[Overlay, ...]:
    if choice is None:
        return ()
    from engine.config.load import load_config
    from engine.service.overlays import bind_overlays

    root = choice.root or shipped("config")
    return bind_overlays(bundle, load_config(root, choice.environment, choice.engine, choice.risk_profile))


def _reviews(unit: Any, clock: Clock) -> tuple[str, tuple[ApprovalLine, ...]]:
    """Return the hash of the bundle in force, and what waits to be, the first to run out first."""
    from engine.review.proof import RULES
    from engine.service.review_lines import proposal_line
    from engine.store.reviews import AWAITED

    head, now = unit.reviews.head(RULES), clock.now()
    lines = [proposal_line(unit, each, now) for each in unit.reviews.list(None, *AWAITED)]
    waiting = [
        ApprovalLine(
            line.proposal, line.target, line.version, line.state, len(line.approvers), line.quorum,
            line.expires_at or "",
        )
        for line in lines
    ]  # fmt: skip
    active = head.subject or "" if head is not None else ""
    return active, tuple(sorted(waiting, key=lambda line: (line.expires_at, line.proposal)))

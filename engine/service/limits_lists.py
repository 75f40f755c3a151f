"""The lists the rules read as they stand on a date: where they are kept, how fresh, and when they run out."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl import ir
from dsl.bundle import Bundle
from dsl.contracts import Age
from engine.facts.entry import expiry
from engine.marketdata.calendar import load_calendar
from engine.marketdata.lists import NamedList
from engine.model.calendar import SessionCalendar
from engine.model.time import DAY, format_timestamp, parse_timestamp
from engine.runtime.halt import RunRefused
from engine.runtime.maintained_lists import find_kept, list_content

if TYPE_CHECKING:
    from engine.store.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class ListStanding:
    """A list as it stands on a date.

    `state` is fresh, expires (during the session of that date), stale, later (as of a later session), absent or
    refused; `why` says what is wrong. `bounds` are how old rules let it be, the tightest decides `good_until`.
    """

    name: str
    kept: str
    owner: str
    rows: int | None
    as_of: str
    bounds: tuple[str, ...]
    good_until: str
    state: str
    why: str
    place: str


def list_standings(
    bundle: Bundle, folder: Path, unit: "UnitOfWork | None", day: date
) -> tuple[tuple[ListStanding, ...], dict[str, tuple[NamedList, tuple[Mapping[str, Any], ...]]]]:
    """Return how every list stands on `day`, and those kept as records that can be read, by slot path.

    Lists from a database are absent without a `unit` of it.
    """

    def reviewed(name: str) -> bytes | None:
        document = unit.reviews.list_document(name) if unit is not None else None
        return None if document is None else document.content

    calendar = load_calendar()
    lines: list[ListStanding] = []
    read: dict[str, tuple[NamedList, tuple[Mapping[str, Any], ...]]] = {}
    for name, listed in sorted(bundle.ruleset.lists.items()):
        path = f"list:{name}"
        bounds = _bounds(bundle, listed, path)
        try:
            found = find_kept(listed, folder, reviewed)
            content = list_content(bundle, path, found[0]) if found is not None else None
        except RunRefused as refused:
            lines.append(_unread(listed, bounds, "refused", f"{refused.code} {refused.reason}"))
            continue
        if found is None:
            what = "no version is in force" if unit is not None else "a list of the database, and none was named"
            what = what if listed.origin == "database" else f"there is no {listed.place} among the lists"
            lines.append(_unread(listed, bounds, "absent", what))
            continue
        lines.append(_standing(listed, found[0], bounds, calendar, day))
        if isinstance(content, tuple):
            read[path] = found[0], content
    return tuple(lines), read


def _bounds(bundle: Bundle, listed: ir.ListUse, path: str) -> tuple[tuple[Age, str], ...]:
    """Return how old a list may be, each with who says so: the list's own bound and those of rules."""
    own = [(listed.age, f"{listed.age}")] if listed.age is not None else []
    needs = [(need.age, f"{need.age} by {rule.id}") for rule in bundle.ruleset.rules for need in rule.needs
             if need.fact.path == path and need.age is not None]  # fmt: skip
    return (*own, *sorted(needs, key=lambda pair: pair[1]))


def _unread(listed: ir.ListUse, bounds: tuple[tuple[Age, str], ...], state: str, why: str) -> ListStanding:
    told = tuple(words for _, words in bounds)
    return ListStanding(listed.name, _kept(listed), listed.owner, None, "", told, "", state, why, str(listed.span))


def _standing(
    listed: ir.ListUse, read: NamedList, bounds: tuple[tuple[Age, str], ...], calendar: SessionCalendar, day: date
) -> ListStanding:
    ends = [end for age, _ in bounds if (end := expiry(age, read.as_of, None, calendar)) is not None]
    last = min(ends, default=None)
    state = _state(read.as_of, last, _span(calendar, day))
    return ListStanding(
        listed.name, _kept(listed), listed.owner, len(read.rows), format_timestamp(read.as_of),
        tuple(words for _, words in bounds), "" if last is None else format_timestamp(last), state, "",
        str(listed.span),
    )  # fmt: skip


def _state(as_of: int, last: int | None, span: tuple[int, int]) -> str:
    begins, ends = span
    if as_of > ends:
        return "later"
    if last is None or last >= ends:
        return "fresh"
    return "stale" if last <= begins else "expires"


def _span(calendar: SessionCalendar, day: date) -> tuple[int, int]:
    """Return the first and last instant of the first session on or after a date; of the date itself off the table."""
    at = bisect_left(calendar.sessions, day, key=lambda session: session.day)
    if calendar.first_day <= day and at < len(calendar.sessions):
        return calendar.sessions[at].open, calendar.sessions[at].close
    begins = parse_timestamp(f"{day.isoformat()}T00:00:00Z")
    return begins, begins + DAY


def _kept(listed: ir.ListUse) -> str:
    return f"{listed.origin} {listed.place}"

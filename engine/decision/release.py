"""What would lift a posture: an instant, people, or that something no longer holds."""

from fractions import Fraction

from dsl import ir
from dsl.bundle import Bundle
from dsl.calendars import Calendars, sessions_of
from dsl.postures import Cause
from dsl.types import SESSIONS, show
from dsl.watch import MISSING
from engine.model.time import format_timestamp


def ends(bundle: Bundle, calendars: Calendars, stretch: ir.Stretch, begin: int) -> int | None:
    """Return the last instant a stretch covers; sessions are those of the bundle's first calendar."""
    if not stretch.sessions:
        return begin + stretch.micros
    code = next((book.calendar.code for book in bundle.books if book.calendar is not None), "")
    sessions = sessions_of(calendars, code)
    return sessions.last(begin, stretch.sessions) if sessions is not None else None


def release_of(cause: Cause, bundle: Bundle, calendars: Calendars) -> str:
    """Return what lifts the posture a cause holds up, in words."""
    rule = bundle.rule(cause.rule)
    if cause.until:
        return f"until {format_timestamp(cause.until)}, then it ends by itself"
    if rule is None:
        return f"until {cause.rule} lets go"
    if isinstance(rule.own, ir.Checklist):
        return "until its facts are told" if cause.line == MISSING else "until it is armed again"
    if not isinstance(rule.own, ir.Switch):
        return "as long as its condition holds: when that ends cannot be foreseen" + _longer(rule, cause)
    if cause.line == MISSING and cause.code == "FACT_MISSING" and cause.posture != rule.own.posture:
        return f"until its facts are told, or {cause.rule} trips{_patience(rule.own, cause, bundle, calendars)}"
    return f"until it is reset {reset_words(rule.own.reset)}{_earliest(rule.own.reset, cause, bundle, calendars)}"


def reset_words(reset: ir.Reset) -> str:
    """Return who may reset a switch, and under which conditions."""
    who = f"{reset.count} distinct {reset.role}" if reset.count > 1 else f"a {reset.role}"
    words = [f"by {who} who had no part in tripping it"]
    if reset.count > 1:
        words.append(f"within {show_stretch(ir.Stretch(reset.within))} of one another")
    if reset.requires:
        words.append(f"while {', '.join(reset.requires)} hold{'s' if len(reset.requires) == 1 else ''}")
    words.append("while its condition does not hold")
    return ", ".join(words)


def show_stretch(stretch: ir.Stretch) -> str:
    """Return how long something lasts, in the largest unit that is whole."""
    if stretch.sessions:
        return show(Fraction(stretch.sessions), SESSIONS)
    for size, name in ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s")):
        if stretch.micros % size == 0:
            return f"{stretch.micros // size} {name}"
    return f"{stretch.micros} µs"


def _longer(rule: ir.Rule, cause: Cause) -> str:
    line = rule.lines[cause.line - 1] if 0 < cause.line <= len(rule.lines) else None
    stretch = line.posture.stretch if line is not None and line.posture is not None else None
    return f", and {show_stretch(stretch)} longer" if stretch is not None else ""


def _patience(own: ir.Switch, cause: Cause, bundle: Bundle, calendars: Calendars) -> str:
    until = ends(bundle, calendars, own.missing, cause.since) if cause.since else None
    return "" if until is None else f" at {format_timestamp(until)}"


def _earliest(reset: ir.Reset, cause: Cause, bundle: Bundle, calendars: Calendars) -> str:
    if reset.after is None or not cause.since:
        return ""
    opens = ends(bundle, calendars, reset.after, cause.since)
    if opens is None:
        return f", not before {show_stretch(reset.after)} are over"
    return f", not before {format_timestamp(opens + 1)}"

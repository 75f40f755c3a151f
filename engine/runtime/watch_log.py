"""What watched rules wrote down, entry by entry, as lines people read: the artifact and the command line."""

from collections.abc import Iterable, Iterator

from engine.artifacts.tables import WatchRow
from engine.model.event import EventType
from engine.model.time import format_timestamp
from engine.runtime.entry import Entry

SPOKEN = ("FIRED", "LAPSED", "EXTENDED", "MISSING", "FOUND")
"""Changes worth a line; when a condition began or ended that has not lasted yet is for the record alone."""


def lines_of(entries: Iterable[Entry]) -> Iterator[WatchRow]:
    """Yield the lines of a run's watch entries, in order."""
    for entry in entries:
        match entry.kind:
            case EventType.WATCH_CHANGED:
                yield from _changes(entry)
            case EventType.POST_TRADE_JUDGED:
                for found in entry.body["findings"]:
                    yield _line(entry, found["effect"], found["rule"], found["key"], found["code"], found["because"])
            case _:
                yield _single(entry)


def _changes(entry: Entry) -> Iterator[WatchRow]:
    told = {(f["rule"], f["line"]): f["because"] for f in entry.body["findings"]}
    for change in entry.body["changes"]:
        if change["kind"] not in SPOKEN:
            continue
        line = change["line"]
        text = told.get((change["rule"], line if line > 0 else ~line), "") if change["kind"] == "FIRED" else ""
        if "until" in change:
            text = f"until {format_timestamp(change['until'])}"
        code = change.get("code", "")
        yield _line(entry, change["kind"].lower(), change["rule"], change["key"], code, text)


def _single(entry: Entry) -> WatchRow:
    body = entry.body
    match entry.kind:
        case EventType.KILL_SWITCH_TRIPPED | EventType.KILL_SWITCH_RESET_ASKED | EventType.KILL_SWITCH_RESET:
            what = {"KILL_SWITCH_TRIPPED": "tripped", "KILL_SWITCH_RESET": "reset"}.get(entry.kind.value, "reset asked")
            return _line(entry, what, body["switch"], body["key"], body["change"].get("code", ""), body["because"])
        case EventType.KILL_SWITCH_REFUSED:
            what = f"{body['asked']} refused"
            text = f"{body['principal']}: {body['reason']}"
            return _line(entry, what, body["switch"], body["key"], body["code"], text)
        case EventType.DISARMED:
            text = f'"{body["line"]}" is lost: {body["because"]}'
            return _line(entry, "disarmed", body["checklist"], body["key"], body["change"].get("code", ""), text)
        case EventType.ALERT_RAISED:
            return _line(entry, "alert", body["rule"], body["key"], body["code"], body["because"])
        case EventType.TASK_OPENED:
            text = f"{body['title']} ({body['role']}, due {due_text(body['due'], body.get('at'))})"
            return _line(entry, "task", body["rule"], body["key"], body["code"], text)
        case EventType.STRATEGY_DEMOTED:
            return _line(entry, "demoted", body["rule"], [body["strategy"]], "", f"to {body['to']}")
        case EventType.ACTION_TAKEN:
            orders = len(body["intents"])
            return _line(
                entry, body["action"], body["rule"], body["key"], "", f"{orders} order(s)" if orders else "begun"
            )
        case _:
            return _line(entry, body["action"], body["rule"], body["key"], "", "confirmed")


def due_text(due: str, at: int | None) -> str:
    """Return when a task is due: a day, and a time of it where it has one."""
    if at is None:
        return due
    minutes = at // 60_000_000
    return f"{due} {minutes // 60:02d}:{minutes % 60:02d}"


def _line(entry: Entry, what: str, rule: str, key: Iterable[str], code: str, text: str) -> WatchRow:
    return WatchRow(entry.at, what, rule, " ".join(key), code, text)

"""Orders and durations in a few words."""

from collections.abc import Mapping
from typing import Any

from dsl import ir
from engine.model.time import DAY, HOUR, MINUTE, SECOND


def describe_order(intent: Mapping[str, Any]) -> str:
    """Return an intent in a few words: kind, side, quantity, symbol, type and prices."""
    words = [] if intent["kind"] == "NEW" else [intent["kind"]]
    words += [intent["side"], intent["quantity"], intent["symbol"], intent["type"]]
    for name, word in (("limit_price", "at"), ("stop_price", "stop")):
        if name in intent:
            words += [word, intent[name]]
    if "target" in intent:
        words += ["of", intent["target"]]
    return " ".join(words)


def show_duration(micros: int) -> str:
    """Return a duration in its two largest units, rounded down; below a second in milliseconds."""
    if micros < SECOND:
        return f"{micros // 1_000} ms" if micros else "0 s"
    words = []
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
        count, micros = divmod(micros, unit)
        if count:
            words.append(f"{count} {name}")
    return " ".join(words[:2])


def show_window(window: ir.Window) -> str:
    """Return what a window counts, as a rule file says it."""
    over = f"over {show_duration(window.duration)}" if window.duration else f"since {window.since}"
    if window.sessions:
        over = f"over {window.sessions} session{'' if window.sessions == 1 else 's'}"
    per = f" per {', '.join(window.per)}" if window.per else ""
    field = f".{window.field}" if window.field else ""
    return f"{window.function} of {window.event}{field} {over}{per}"


def short_name(path: str) -> str:
    """Return a name as a rule file has it: windows, lists and params without their rulebook."""
    return path.rpartition(".")[2] if ":" in path or path.count(".") > 1 else path

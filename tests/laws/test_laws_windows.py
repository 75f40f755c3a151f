"""Windows kept as events happen equal a plain recount of every event, at every instant anyone may ask."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from dsl import ir
from dsl.calendars import PLAIN, WEEKDAYS
from dsl.pipeline import compile_rules
from dsl.text import Source
from dsl.windows import Happening, contributors, recount
from engine.facts.windows import WindowCounters

SECOND = 1_000_000
DAY = 86_400 * SECOND
FIELDS = {
    "account": {"x-unit": "text"}, "strategy": {"x-unit": "text"}, "symbol": {"x-unit": "symbol"},
    "side": {"x-unit": "enum", "enum": ["BUY", "SELL"]}, "quantity": {"x-unit": "quantity"},
    "worth": {"x-unit": "money[USD]"}, "sent": {"x-unit": "time"}, "is_exit": {"x-unit": "bool"},
}  # fmt: skip
KEYS = {name: FIELDS[name] for name in ("account", "strategy", "symbol")}
SCHEMAS = {
    "intent": {"x-namespace": "intent", "properties": KEYS, "required": list(KEYS)},
    "event": {
        "x-window-events": {
            name: {
                "properties": FIELDS,
                "required": ["account", "side", "quantity"],
                **({"x-market": True} if name == "quote" else {}),
            }
            for name in ("intent.allowed", "fill", "quote", "ack")
        }
    },
}
WHERES = (
    "", "", " where event.side is BUY", " where event.quantity > 5 shares", " where event.sent >= 09:30",
    " where event.side is SELL or event.is_exit", " where not event.is_exit",
    ' where event.symbol in ["AAPL", "MSFT"] and event.quantity <= 3 shares',
    " where event.worth > 2 * (event.worth - 4 USD)",
)  # fmt: skip


def drawn_windows(random: Random) -> dict[str, ir.Window]:
    text = 'rulebook pre_trade.w "W"\ncalendar XNYS zone "America/New_York"\nuses intent\n'
    for at in range(6):
        function = random.choice(("count", "sum", "max", "min", "first", "last", "distinct"))
        fields = (".quantity", ".worth") if function in ("sum", "max", "min") else (".quantity", ".symbol", ".side")
        field = "" if function == "count" else random.choice(fields)
        per = random.choice(("", " per account", " per symbol", " per strategy, account"))
        event = random.choice(("intent.allowed", "fill", "quote"))
        reach = random.choice(
            ("over 1 s", "over 3 s", "over 250 ms", "over 1 min", "over 1 session", "over 3 sessions", "since ack",
             "since fill")
        )  # fmt: skip
        text += f"window w{at} = {function} of {event}{field} {reach}{per}{random.choice(WHERES)}\n"
    bundle, found = compile_rules([Source("pre_trade/w.rules", text)], SCHEMAS)
    assert bundle is not None, found
    return bundle.ruleset.windows


def drawn_event(random: Random, at: int) -> Happening:
    fields: dict[str, Any] = {
        "account": random.choice("ab"), "strategy": random.choice(("s", "t", None)),
        "symbol": random.choice(("AAPL", "IBM", None)), "side": random.choice(("BUY", "SELL")),
        "quantity": random.randrange(0, 9) * SECOND + random.choice((0, 0, 1)),
        "worth": random.choice((None, *range(-3 * SECOND, 9 * SECOND, SECOND))),
        "principal": random.choice(("ann", "bob", None)),
        "sent": random.choice((None, 34_200 * SECOND, 34_199 * SECOND)), "is_exit": random.choice((True, False, None)),
    }  # fmt: skip
    kept = {name: value for name, value in fields.items() if value is not None or random.random() < 0.5}
    return Happening(random.choice(("intent.allowed", "fill", "quote", "ack", "other")), at, kept)


def asked_keys(window: ir.Window, seen: list[Happening]) -> list[tuple[Any, ...]]:
    keys = {tuple(event.fields.get(name) for name in window.per): None for event in seen}
    return [*keys, tuple("nobody" for _ in window.per)]


def first_difference(windows: dict[str, ir.Window], random: Random, steps: int) -> tuple[Any, ...] | None:
    """Return the first answer of the running counters that a recount contradicts."""
    counters, seen, now = WindowCounters(windows, PLAIN), list[Happening](), 10**15
    edges = sorted({window.duration for window in windows.values() if window.duration})
    for _ in range(steps):
        if random.random() < 0.7 or not seen:
            now += random.choice(
                (0, 0, 1, 1, SECOND // 4, SECOND, random.randrange(5 * SECOND), DAY * (random.random() < 0.3))
            )
            happening = drawn_event(random, now)
            counters.observe(happening)
            seen.append(happening)
        else:  # the very instant an event leaves a window, and the microsecond before
            due = [
                e.at + edge - near for e in seen[-20:] for edge in edges for near in (0, 1) if e.at + edge - near >= now
            ]
            now = min(due, default=now)
        for name, window in windows.items():
            for key in asked_keys(window, seen[-30:]):
                kept, counted = counters.value(name, key, now), recount(window, seen, now, key, WEEKDAYS)
                if kept != counted:
                    return window, key, now, kept, counted
                people, named = counters.principals(name, key, now), contributors(window, seen, now, key, WEEKDAYS)
                if people != named:
                    return window, key, now, people, named
    return None


@pytest.mark.parametrize("seed", range(60))
def test_running_windows_equal_a_recount(seed: int) -> None:
    random = Random(seed)
    assert first_difference(drawn_windows(random), random, 120) is None


def test_a_window_of_another_length_is_told_from_the_recount() -> None:
    """The comparison can fail: counters of windows one microsecond longer differ at an edge."""
    random = Random(3)
    windows = drawn_windows(random)
    longer = {name: replace(window, duration=window.duration + 1) for name, window in windows.items()}

    class Longer(WindowCounters):
        def __init__(self, *_: object) -> None:
            super().__init__(longer, PLAIN)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.WindowCounters", Longer)
        assert first_difference(windows, random, 400) is not None


def count_of_fills(where: str = "") -> ir.Window:
    text = 'rulebook pre_trade.w "W"\ncalendar XNYS zone "America/New_York"\nuses intent\n'
    bundle, found = compile_rules(
        [Source("pre_trade/w.rules", f"{text}window w = count of fill over 1 s{where}\n")], SCHEMAS
    )
    assert bundle is not None, found
    return next(iter(bundle.ruleset.windows.values()))


@pytest.mark.parametrize(("asked", "expected"), [(0, 1), (999_999, 1), (1_000_000, 0), (1_000_001, 0)])
def test_an_event_counts_from_its_instant_until_the_duration_is_over(asked: int, expected: int) -> None:
    window = count_of_fills()
    counters = WindowCounters({window.name: window})
    event = Happening("fill", 10**15, {})
    counters.observe(event)
    assert counters.value(window.name, (), 10**15 + asked) == expected
    assert recount(window, [event], 10**15 + asked, (), None) == expected


@pytest.mark.parametrize(
    ("where", "fields", "expected"),
    [
        ("event.sent >= 09:30", {"sent": 34_200 * SECOND}, 1),
        ("event.sent >= 09:30", {"sent": 34_200 * SECOND - 1}, 0),
        ("event.sent >= 09:30", {}, 0),
        ("event.quantity > 5 shares", {"quantity": 5 * SECOND + 1}, 1),
        ("event.quantity > 5 shares", {"quantity": 5 * SECOND}, 0),
        ("not event.is_exit", {}, 0),
        ("event.is_exit or event.side is BUY", {"side": "BUY"}, 1),
        ("event.is_exit and event.side is BUY", {"side": "BUY"}, 0),
        ("if event.side is BUY then event.quantity > 5 shares else true", {"side": "SELL"}, 1),
        ("if event.side is BUY then event.quantity > 5 shares else true", {"side": "BUY", "quantity": SECOND}, 0),
        ("if event.side is BUY then event.quantity > 5 shares else true", {"quantity": 9 * SECOND}, 0),
    ],
)
def test_an_event_counts_only_where_its_condition_is_known_true(
    where: str, fields: dict[str, Any], expected: int
) -> None:
    window = count_of_fills(f" where {where}")
    assert recount(window, [Happening("fill", 10**15, fields)], 10**15, (), None) == expected

"""Lists and windows: facts a rulebook declares for itself."""

from fractions import Fraction

from dsl import ir
from dsl import syntax as s
from dsl import types as t
from dsl.contracts import Contracts, Fact
from dsl.expressions import Names, Typer
from dsl.keywords import WINDOWS
from dsl.suggest import nearest
from dsl.types import Kind, Type
from dsl.workbench import Workbench


def lower_list(bench: Workbench, declared: s.ListUse) -> None:
    """Check a list and put it on the bench."""
    if declared.origin is None:
        bench.say(
            "E115",
            f"list `{declared.name}` does not say where it comes from",
            declared.span,
            'add `from file "NAME.csv"` or `from database "NAME"`',
        )
    if declared.minimum_rows is None:
        bench.say(
            "E115",
            f"list `{declared.name}` does not say whether it may be empty",
            declared.span,
            "add `may be empty` or `at least 1 row`",
        )
    if declared.owner is None:
        bench.say("E110", f"list `{declared.name}` has no owner", declared.span, "add `owner WHO`")
    if declared.fresh is None:
        bench.say(
            "W605",
            f"list `{declared.name}` does not say how old it may be",
            declared.span,
            "add `fresh 1 session`",
        )
    if (declared.element == "record") != bool(declared.columns):
        bench.say(
            "E115",
            f"list `{declared.name}` is of {declared.element} and has {len(declared.columns)} columns",
            declared.span,
            "write `column NAME: TYPE` for each column of a list of record, and for no other",
        )
    for word in declared.repeated:
        bench.say("E111", f"`{word}` is written twice in {declared.name}", declared.span, "keep one of them")
    kind: Type | None
    if declared.element == "record":
        fields = [(name, bench.written_type(written)) for name, written in declared.columns]
        kind = Type(Kind.LIST, fields=tuple((n, k) for n, k in fields if k is not None))
    else:
        element = bench.written_type(s.TypeName(declared.span, declared.element))
        kind = t.set_of(element) if element else None
    if kind is None:
        return
    age = bench.age(declared.fresh) if declared.fresh else None
    bench.lists[declared.name] = ir.ListUse(
        bench.qualified(declared.name),
        declared.title,
        *(declared.origin or ("", "")),
        kind,
        age,
        declared.minimum_rows or 0,
        declared.owner or "",
        declared.span,
    )


def lower_window(bench: Workbench, declared: s.Window) -> None:
    """Check a window and put it on the bench."""
    event, field = declared.event, None
    if event not in bench.contracts.events:
        event, _, field = declared.event.rpartition(".")
    fields = bench.contracts.events.get(event)
    if fields is None:
        near = nearest(declared.event, bench.contracts.events)
        bench.say(
            "E307",
            f"there is no event `{declared.event}`",
            declared.span,
            f"did you mean `{near}`?" if near else "events are " + ", ".join(sorted(bench.contracts.events)),
        )
        return
    if declared.function not in WINDOWS:
        near = nearest(declared.function, WINDOWS)
        bench.say(
            "E208",
            f"a window cannot take the `{declared.function}`",
            declared.span,
            f"did you mean `{near}`?" if near else "one of " + ", ".join(WINDOWS),
        )
        return
    if (declared.function == "count") != (field is None) or (field is not None and field not in fields):
        near = nearest(field or "", fields)
        bench.say(
            "E308",
            f"`{declared.function} of {declared.event}` does not fit",
            declared.span,
            f"did you mean `{event}.{near}`?" if near else "count an event; sum or keep one of its fields",
        )
        return
    kind = _window_type(bench, declared, fields[field].type if field else t.COUNT)
    reach = _reach(bench, declared)
    if kind is None or reach is None or not _has_keys(bench, declared, event, fields):
        return
    where = None
    if declared.where is not None:
        # An event is counted by what it carries: nothing else is known when it happens.
        nothing = Names(Contracts({}, ()), {}, {}, {}, lambda _: None, ())
        where = Typer(nothing, bench.bounds, bench.found, event=fields).condition(declared.where)
    duration, sessions = reach
    bench.windows[declared.name] = ir.Window(
        bench.qualified(declared.name), declared.function, event, field, duration, sessions,
        bench.names.calendar, declared.since,
        event in bench.contracts.market_events, declared.per, where, kind, declared.span,
    )  # fmt: skip


def _window_type(bench: Workbench, declared: s.Window, kind: Type) -> Type | None:
    if declared.function == "distinct":
        return t.COUNT
    if declared.function in ("first", "last") or kind.is_number:
        return kind
    message = f"a window takes the {declared.function} of numbers, `{declared.event}` is {kind}"
    bench.say("E202", message, declared.span, "sum an amount, or count the event")
    return None


def _reach(bench: Workbench, declared: s.Window) -> tuple[int, int] | None:
    """Return how far back a window looks: microseconds and sessions, both 0 for one since an event."""
    if declared.since is not None:
        if declared.since not in bench.contracts.events:
            near = nearest(declared.since, bench.contracts.events)
            help_ = f"did you mean `{near}`?" if near else "events are " + ", ".join(sorted(bench.contracts.events))
            bench.say("E307", f"there is no event `{declared.since}`", declared.span, help_)
            return None
        return 0, 0
    assert declared.over is not None
    over = bench.typer.value(declared.over)
    if isinstance(over, ir.Const) and isinstance(over.value, Fraction) and over.value > 0:
        if over.type == t.SESSIONS and over.value.denominator == 1:
            if not bench.names.calendar:
                help_ = 'add `calendar XNYS zone "America/New_York"` to the rulebook'
                bench.say("E219", "the rulebook does not say whose sessions are counted", declared.over.span, help_)
                return None
            return 0, int(over.value)
        if over.type == t.DURATION:
            return int(over.value * 1_000_000), 0
    bench.say(
        "E217", "a window reaches over a duration or a number of sessions", declared.over.span, "write `over 60 s`"
    )
    return None


def _has_keys(bench: Workbench, declared: s.Window, event: str, fields: dict[str, Fact]) -> bool:
    """Return whether the event, and the one it begins at, carry every key and a reader can name it."""
    begins = bench.contracts.events.get(declared.since or "", fields)
    for key in declared.per:
        readable = {f"intent.{key}", f"scope.{key}"} & bench.contracts.facts.keys()
        if key not in fields or not readable:
            near = nearest(key, fields)
            help_ = f"did you mean `{near}`?" if near else "fields are " + ", ".join(fields)
            bench.say("E308", f"`{event}` carries no `{key}` to count by", declared.span, help_)
            return False
        if key not in begins:
            help_ = "fields are " + ", ".join(begins)
            bench.say("E308", f"`{declared.since}` carries no `{key}` to count by", declared.span, help_)
            return False
    return True

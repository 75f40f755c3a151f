"""`mqk tui`: the terminal over one run, live while it goes or afterwards. It reads and never writes."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from textual import work
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from engine.service.desk_lines import BookNews, DeskNews, RunLine
from engine.service.display import clean
from engine.service.why_text import WhyLine
from tui.actions import ACTIONS, bindings, footer_text
from tui.lines import Lines
from tui.search import parse
from tui.signs import LIMITS, VERDICTS
from tui.status import StatusBar
from tui.tables import Limits, Orders, Violations
from tui.tape import Tape
from tui.why import HelpScreen, WhyPane, WhyScreen

POLL_SECONDS = 0.2
BOOK_EVERY = 5
"""Polls between two looks at orders and executions."""
PANES = ("tape", "violations", "limits", "orders", "why")
WIDE = 120


class Follower(Protocol):
    """Reads one run; every call may come from a thread."""

    def poll(self) -> DeskNews: ...

    def book(self) -> BookNews: ...

    def explain(self, decision_id: str, width: int) -> tuple[WhyLine, ...]: ...


class View(Protocol):
    """What the terminal needs of a desk."""

    def runs(self) -> tuple[RunLine, ...]: ...

    def follow(self, run_key: str) -> Follower: ...


class DeskApp(App[int]):
    """The terminal over one run. `poll_seconds` None means that somebody else calls `poll_once`."""

    CSS_PATH = "desk.tcss"
    BINDINGS = bindings()  # type: ignore[assignment]
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide"), (180, "-huge")]  # noqa: RUF012 (as Textual declares it)
    TITLE = "MiniQuantDesk"

    def __init__(
        self, follower: Follower, *, poll_seconds: float | None = POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        super().__init__()
        self._follower, self._poll_seconds, self._clock = follower, poll_seconds, clock
        self._polls = 0
        self._is_polling = False
        self._is_opened = False
        self._heard_at = clock()
        self._asked = ""

    # -- layout ----------------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        yield StatusBar()
        with Horizontal(id="desk"):
            with Vertical(id="left"):
                yield Tape()
                with Horizontal(id="below"):
                    yield Violations()
                    yield Limits()
                yield Orders()
            yield WhyPane()
        yield Input(id="filter", select_on_focus=False)
        yield Static(Content(""), id="footer", classes="footer")

    def on_mount(self) -> None:
        box = self.query_one("#filter", Input)
        box.display = box.cursor_blink = False
        box.border_title = Content("words  verdict:reject  rule:EXP  symbol:ALFA  -strategy:mean")
        self.action_pane("tape")
        if self._poll_seconds is not None:
            self.set_interval(self._poll_seconds, self.poll_once)

    def on_resize(self, event: Resize) -> None:
        self.query_one("#footer", Static).update(Content(footer_text(event.size.width)))
        if self.focused is not None and self.focused.id == "why" and event.size.width < WIDE:
            self.action_pane("tape")

    @property
    def is_wide(self) -> bool:
        """Whether there is room for the why beside the tape."""
        return self.size.width >= WIDE

    # -- news ------------------------------------------------------------------------------------
    def poll_once(self) -> None:
        """Look for news in a thread, unless the last look is still on its way."""
        if not self._is_polling:
            self._is_polling = True
            self._poll()

    @work(thread=True, group="poll")
    def _poll(self) -> None:
        try:
            news = self._follower.poll()
            book = self._follower.book() if self._polls % BOOK_EVERY == 0 else None
        except Exception as fault:  # a store that cannot be read leaves the screen standing, marked as old
            self.call_from_thread(self._take_fault, str(fault))
            return
        self._polls += 1
        self.call_from_thread(self._take_news, news, book)

    def _take_news(self, news: DeskNews, book: BookNews | None) -> None:
        self._is_polling = False
        self._heard_at = self._clock()
        self.screen_stack[0].query_one(StatusBar).put(news.run, news.verdicts, len(news.holds))
        tape = self._first(Tape)
        tape.add(news.decisions)
        self._first(Violations).put(news.violations)
        self._first(Limits).put(news.limits)
        self._first(Orders).put(news.holds, book)
        if not self._is_opened and news.decisions and not news.is_behind:
            self._is_opened = True
            if news.run.status != "RUNNING":  # a run that goes on is followed, a finished one is looked into
                tape.to_latest("reject")
            self._explain_selected()
        if news.is_behind:
            self.poll_once()

    def _take_fault(self, reason: str) -> None:
        self._is_polling = False
        age = int(self._clock() - self._heard_at)
        self.screen_stack[0].query_one(StatusBar).put_stale(age, reason)

    def _first(self, kind: type[Any]) -> Any:
        """Return a pane of the desk, whatever screen lies over it."""
        return self.screen_stack[0].query_one(kind)

    # -- why -------------------------------------------------------------------------------------
    def on_lines_moved(self, event: Lines.Moved) -> None:
        if self.is_wide and isinstance(self.focused, Tape):
            self._explain_selected()

    def _explain_selected(self) -> None:
        line = self._first(Tape).selected
        if line is not None and (self.is_wide or self._asked == "push"):
            room = self._first(WhyPane).room - 2 if self.is_wide else self.size.width - 6
            self._explain(line.decision_id, f"Why #{line.seq}", room)

    @work(thread=True, group="why", exclusive=True)
    def _explain(self, decision_id: str, title: str, room: int) -> None:
        try:
            lines = self._follower.explain(decision_id, room)
        except Exception as fault:  # whatever keeps a decision from being explained is itself shown
            lines = (WhyLine("finding", "✖ cannot be explained"), WhyLine("reason", f"  {clean(str(fault))}"))
            lines += (WhyLine("reason", f"  {clean(str(getattr(fault, 'help', '')))}"),)
        self.call_from_thread(self._show_why, lines, title)

    def _show_why(self, lines: tuple[WhyLine, ...], title: str) -> None:
        if self._asked == "push" and not self.is_wide:
            self.push_screen(WhyScreen(lines, title))
        else:
            self._first(WhyPane).put(lines, title)
        self._asked = ""

    # -- actions ---------------------------------------------------------------------------------
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Over a screen of its own only leaving works; the desk's actions would act unseen."""
        return len(self.screen_stack) == 1 or action in ("quit", "move", "page", "dismiss")

    def action_why(self) -> None:
        """Explain the decision under the cursor."""
        if isinstance(self.focused, Violations) and self.focused.selected is not None:
            chosen = self.focused.selected
            self._search(f"rule:{chosen.rule} code:{chosen.code}" if chosen.rule != "desk" else f"code:{chosen.code}")
            self.action_pane("tape")
            return
        self._asked = "push"
        self._explain_selected()

    def action_freeze(self) -> None:
        """Hold the tape still or let it go on."""
        self.query_one(Tape).freeze()

    def action_filter(self) -> None:
        """Open the filter line."""
        box = self.query_one("#filter", Input)
        box.value = self.query_one(Tape).search.text
        box.display = True
        box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._search(event.value)
        self._close_filter()

    def _search(self, text: str) -> None:
        self.query_one(Tape).set_search(parse(text))
        if self.is_wide:
            self._explain_selected()

    def _close_filter(self) -> None:
        self.query_one("#filter", Input).display = False
        self.action_pane("tape")

    def action_close(self) -> None:
        """Close the filter line, else clear the filter."""
        if self.query_one("#filter", Input).display:
            self._close_filter()
        elif self.query_one(Tape).search.text:
            self._search("")

    def action_pane(self, name: str) -> None:
        """Go to a pane; in a narrow terminal it takes the place of the one shown."""
        for pane in self.query(".pane"):
            pane.set_class(pane.id == name, "current")
        self.query_one("#below").set_class(name in ("violations", "limits"), "current")
        self.query_one(f"#{name}").focus()

    def _step_pane(self, by: int) -> None:
        panes = [name for name in PANES if name != "why" or self.is_wide]
        here = self.focused.id if self.focused is not None and self.focused.id in panes else panes[0]
        self.action_pane(panes[(panes.index(here or panes[0]) + by) % len(panes)])

    def action_next_pane(self) -> None:
        """Go to the next pane."""
        self._step_pane(1)

    def action_previous_pane(self) -> None:
        """Go to the pane before."""
        self._step_pane(-1)

    def action_first(self) -> None:
        """Go to the first row of the focused pane."""
        if isinstance(self.focused, Lines):
            self.focused.action_move(-(10**9))

    def action_last(self) -> None:
        """Go to the last row of the focused pane."""
        if isinstance(self.focused, Lines):
            self.focused.action_move(10**9)

    def action_help(self) -> None:
        """Show every key."""
        signs = [f"{sign}" for sign in (*VERDICTS.values(), *LIMITS.values())]
        self.push_screen(HelpScreen(ACTIONS, ["  ".join(signs[:7]), "  ".join(signs[7:])]))


def run(view: View, run_key: str | None = None) -> int:
    """Open the terminal over a run, the latest one where none is named; returns when the person leaves.

    Raises what `view.follow` raises for a run that is not there, LookupError when there is no run.
    """
    if run_key is None:
        runs = view.runs()
        if not runs:
            raise LookupError("this database holds no run; start one with `mqk run start`")
        run_key = runs[0].run_key
    return DeskApp(view.follow(run_key)).run() or 0

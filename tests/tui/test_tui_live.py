"""The terminal over a run that goes on: bounded, never ahead of the store, and it says when it is old."""

from dataclasses import replace

from textual.widget import Widget

from engine.service.desk_lines import BookNews, DeskNews
from engine.service.why_text import WhyLine
from tests.tui.driving import look, press, screen_text
from tests.tui.stored_run import StoredRun
from tui.app import DeskApp
from tui.search import parse
from tui.tape import Tape


class Flood:
    """A run that adds a full batch at every look."""

    def __init__(self, news: DeskNews, batch: int) -> None:
        self._news, self._batch, self._at = news, batch, 0

    def poll(self) -> DeskNews:
        lines = self._news.decisions
        first, self._at = self._at, self._at + self._batch
        made = tuple(replace(lines[n % len(lines)], seq=n + 1) for n in range(first, self._at))
        return replace(self._news, decisions=made, run=replace(self._news.run, status="RUNNING"))

    def book(self) -> BookNews:
        return BookNews((), ())

    def explain(self, decision_id: str, width: int) -> tuple[WhyLine, ...]:
        return (WhyLine("verdict", decision_id),)


async def test_two_thousand_rows_a_look_make_no_widget_and_render_only_what_is_seen(played: StoredRun) -> None:
    app = DeskApp(Flood(played.follow().poll(), 2_000), poll_seconds=None)
    async with app.run_test(size=(120, 40)) as pilot:
        await look(pilot)
        widgets, tape = len(app.screen.query(Widget)), app.query_one(Tape)
        rendered = 0
        words = tape.words

        def counted(row: object, width: int) -> object:
            nonlocal rendered
            rendered += 1
            return words(row, width)

        tape.words = counted  # type: ignore[method-assign, assignment]
        for _ in range(10):
            await look(pilot)
        assert len(tape.rows()) == 22_000 and tape.selected is not None and tape.selected.seq == 22_000
        assert len(app.screen.query(Widget)) == widgets
        assert rendered <= 10 * 3 * tape.size.height, "rows off the screen are never rendered"


async def test_the_tape_keeps_a_bounded_number_of_rows_and_the_cursor_its_decision(played: StoredRun) -> None:
    app = DeskApp(Flood(played.follow().poll(), 400), poll_seconds=None)
    async with app.run_test(size=(80, 24)) as pilot:
        tape = app.query_one(Tape)
        tape.__init__(kept=1_000)  # type: ignore[misc]
        await look(pilot)
        await look(pilot)
        tape.move_to(700)
        tape.is_following = False
        chosen = tape.selected
        await look(pilot)
        assert len(tape.rows()) == 1_000 and tape.rows()[0].seq == 201
        assert tape.selected == chosen


async def test_a_filter_holds_for_what_comes_later(played: StoredRun) -> None:
    app = DeskApp(Flood(played.follow().poll(), 120), poll_seconds=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await look(pilot)
        app.query_one(Tape).set_search(parse("verdict:hold verdict:clip"))
        before = len(app.query_one(Tape).rows())
        await look(pilot)
        tape = app.query_one(Tape)
        assert {row.verdict for row in tape.rows()} == {"hold", "clip"} and len(tape.rows()) == 2 * before


async def test_a_run_is_followed_while_it_goes(live: StoredRun) -> None:
    app = DeskApp(live.follow(), poll_seconds=None)
    async with app.run_test(size=(120, 40)) as pilot:
        await look(pilot)
        assert "nothing decided" in screen_text(app) and "no decisions yet" in screen_text(app)
        live.desk.judge(live.desk.intent("BUY", 10, "CHRL", "18.20"))
        live.file()
        await look(pilot)
        shown = screen_text(app)
        assert "✖ reject 1" in shown and "RESTRICTED_SYMBOL" in shown and "CHRL" in shown


async def test_a_store_that_cannot_be_read_is_said_and_recovered_from(played: StoredRun) -> None:
    follower, now = played.follow(), [0.0]
    poll = follower.poll

    def broken() -> DeskNews:
        raise OSError("disk \x1b[31mgone")

    app = DeskApp(follower, poll_seconds=None, clock=lambda: now[0])
    async with app.run_test(size=(120, 40)) as pilot:
        await look(pilot)
        follower.poll = broken  # type: ignore[method-assign]
        now[0] = 7.0
        await look(pilot)
        shown = screen_text(app)
        assert "STALE 7 s" in shown and "disk �[31mgone" in shown
        assert "reject 7" not in shown, "counters that may be wrong are not shown as current"
        await press(pilot, "space", "down")
        follower.poll = poll  # type: ignore[method-assign]
        await look(pilot)
        assert "STALE" not in screen_text(app) and "reject 7" in screen_text(app)


async def test_what_cannot_be_explained_says_why(played: StoredRun) -> None:
    follower = played.follow()

    def refuse(decision_id: str, width: int) -> tuple[WhyLine, ...]:
        raise LookupError("the bundle is gone")

    follower.explain = refuse  # type: ignore[method-assign]
    app = DeskApp(follower, poll_seconds=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await look(pilot)
        await press(pilot, "enter")
        assert "cannot be explained" in screen_text(app) and "the bundle is gone" in screen_text(app)


def test_search_terms() -> None:
    search = parse("verdict:reject verdict:hold rule:EXP -symbol:ALFA cap colour:red")
    assert search.unknown == ("colour",)
    assert [(t.field, t.value, t.excludes) for t in search.terms] == [
        ("verdict", "reject", False), ("verdict", "hold", False), ("rule", "exp", False), ("symbol", "alfa", True),
        ("", "cap", False),
    ]  # fmt: skip


def test_searches_let_through_what_they_say(played: StoredRun) -> None:
    lines = played.follow().poll().decisions
    shown = {text: [line.seq for line in lines if parse(text).matches(line)] for text in _SEARCHES}
    assert shown == _SEARCHES


_SEARCHES = {
    "": list(range(1, 13)), "verdict:allow": [1, 7], "verdict:allow verdict:warn": [1, 2, 7], "rule:SIZE": [3, 12],
    "side:sell": [6, 7], "symbol:CHRL": [5, 11], "-verdict:reject": [1, 2, 7, 8, 9], "strategy:swing": [7, 9, 12],
    "short_sale": [6], "code:collar": [4], "rule:exp -symbol:dlta": [2, 8, 9, 10], "nothing-like-it": [],
}  # fmt: skip

"""Every action of the terminal does what its help says."""

import pytest

from tests.tui.driving import look, press, screen_text, settle, text_of
from tests.tui.stored_run import StoredRun
from tui.actions import ACTIONS, Action, bindings, footer_text
from tui.app import DeskApp
from tui.tables import Limits, Orders, Violations
from tui.tape import Tape
from tui.why import HelpScreen, WhyPane, WhyScreen

NARROW, WIDE = (80, 24), (120, 40)


def app_of(run: StoredRun) -> DeskApp:
    return DeskApp(run.follow(), poll_seconds=None)


async def test_the_tape_shows_every_decision_with_glyph_and_word(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=NARROW) as pilot:
        await look(pilot)
        shown = text_of(app.query_one(Tape))
        assert [line for line in shown if line] == [line for line in shown if line][: len(played.desk.records)]
        for line, record in zip(shown, played.desk.records, strict=False):
            assert record["verdict"].upper() in line and record["intent"]["symbol"] in line
        assert "✖ REJECT DLTA" in shown[2] and "1200→0" in shown[2]


async def test_enter_pushes_the_why_where_there_is_no_room_beside_the_tape(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=NARROW) as pilot:
        await look(pilot)
        await press(pilot, "home", "down", "down", "enter")
        assert isinstance(app.screen, WhyScreen)
        assert "✖ REJECT  BUY 1200 DLTA" in screen_text(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, WhyScreen)
        assert app.query_one(Tape).cursor == 2


async def test_a_wide_terminal_explains_the_decision_under_the_cursor_beside_the_tape(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=WIDE) as pilot:
        await look(pilot)
        assert "REJECT" in text_of(app.query_one(WhyPane))[0], "the latest reject is explained at first"
        await press(pilot, "home")
        assert "ALLOW" in text_of(app.query_one(WhyPane))[0]
        await press(pilot, "down", "down", "down")
        assert "COLLAR_BUY" in "\n".join(text_of(app.query_one(WhyPane)))
        assert len(app.screen_stack) == 1


async def test_space_freezes_the_tape_and_counts_what_is_new(live: StoredRun) -> None:
    app = app_of(live)
    async with app.run_test(size=NARROW) as pilot:
        desk = live.desk
        desk.judge(desk.intent("BUY", 1, "ALFA", "52.00"))
        live.file()
        await look(pilot)
        await press(pilot, "space")
        for count in range(2, 5):
            desk.judge(desk.intent("BUY", count, "ALFA", "52.00"))
        live.file()
        await look(pilot)
        tape = app.query_one(Tape)
        assert len(tape.rows()) == 1 and "+3 new" in str(tape.border_subtitle)
        assert "allow 4" in screen_text(app), "counters go on while the tape stands still"
        await press(pilot, "space")
        assert len(tape.rows()) == 4 and tape.cursor == 3 and not tape.border_subtitle


async def test_slash_filters_by_words_and_terms_and_escape_clears(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=NARROW) as pilot:
        await look(pilot)
        await press(pilot, "slash", *"verdict:reject", "space", *"symbol:chrl", "enter")
        tape = app.query_one(Tape)
        assert [(row.verdict, row.symbol) for row in tape.rows()] == [("reject", "CHRL")] * 2
        assert "/verdict:reject symbol:chrl" in str(tape.border_subtitle)
        assert app.focused is tape
        await press(pilot, "escape")
        assert len(tape.rows()) == len(played.desk.records)


async def test_escape_leaves_the_filter_line_without_filtering(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=NARROW) as pilot:
        await look(pilot)
        await press(pilot, "slash", "x", "escape")
        assert len(app.query_one(Tape).rows()) == len(played.desk.records)
        assert app.focused is app.query_one(Tape)


async def test_a_field_that_does_not_exist_is_said(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=NARROW) as pilot:
        await look(pilot)
        await press(pilot, "slash", *"colour:red", "enter")
        assert "no field colour" in str(app.query_one(Tape).border_subtitle)


@pytest.mark.parametrize("size", [NARROW, WIDE, (200, 60)])
async def test_number_keys_go_to_panes_and_the_pane_is_on_screen(played: StoredRun, size: tuple[int, int]) -> None:
    app = app_of(played)
    async with app.run_test(size=size) as pilot:
        await look(pilot)
        for key, kind in (("2", Violations), ("3", Limits), ("4", Orders), ("1", Tape)):
            await press(pilot, key)
            pane = app.query_one(kind)
            assert app.focused is pane
            assert pane.size.height > 2 and pane.size.width > 20, f"{kind.__name__} has no room at {size}"
            assert any(text_of(pane))


async def test_tab_goes_round_every_pane_and_back(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=WIDE) as pilot:
        await look(pilot)
        seen = []
        for _ in range(5):
            await press(pilot, "tab")
            seen.append(app.focused.id if app.focused else "")
        assert seen == ["violations", "limits", "orders", "why", "tape"]
        await press(pilot, "shift+tab")
        assert app.focused is app.query_one(WhyPane)


async def test_enter_on_a_violation_shows_its_decisions(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=NARROW) as pilot:
        await look(pilot)
        await press(pilot, "2")
        chosen = app.query_one(Violations).selected
        assert chosen is not None
        await press(pilot, "enter")
        tape = app.query_one(Tape)
        assert app.focused is tape and tape.rows()
        assert all(chosen.rule in row.rules for row in tape.rows())


async def test_first_and_last_move_the_cursor_and_the_last_row_is_followed(live: StoredRun) -> None:
    app = app_of(live)
    async with app.run_test(size=NARROW) as pilot:
        desk = live.desk
        for count in range(1, 40):
            desk.judge(desk.intent("BUY", count, "ALFA", "52.00"))
        live.file()
        await look(pilot)
        tape = app.query_one(Tape)
        await press(pilot, "home")
        assert tape.cursor == 0 and not tape.is_following and tape.scroll_offset.y == 0
        desk.judge(desk.intent("BUY", 41, "ALFA", "52.00"))
        live.file()
        await look(pilot)
        assert tape.cursor == 0, "a person who reads is not carried away"
        await press(pilot, "end")
        assert tape.cursor == 39 and tape.is_following
        desk.judge(desk.intent("BUY", 42, "ALFA", "52.00"))
        live.file()
        await look(pilot)
        assert tape.cursor == 40


async def test_help_names_every_action_and_nothing_acts_behind_it(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=(120, 60)) as pilot:
        await look(pilot)
        await press(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        shown = screen_text(app)
        assert all(action.help in shown for action in ACTIONS)
        await press(pilot, "space", "slash", "2")
        assert isinstance(app.screen, HelpScreen)
        await press(pilot, "escape")
        assert not app.query_one(Tape).is_frozen and app.focused is app.query_one(Tape)


async def test_q_leaves(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=NARROW) as pilot:
        await look(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running or app._exit


async def test_a_terminal_that_is_made_narrow_keeps_a_pane_on_screen(played: StoredRun) -> None:
    app = app_of(played)
    async with app.run_test(size=WIDE) as pilot:
        await look(pilot)
        await press(pilot, "shift+tab")
        for size in ((80, 24), (20, 5), (200, 60)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert app.focused is not None and app.focused.region.width > 0


def test_one_key_starts_one_action(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(bindings()) == sum(len(action.keys) for action in ACTIONS)
    twice = (*ACTIONS, Action("other", ("q",), "other", "clashes"))
    monkeypatch.setattr("tui.actions.ACTIONS", twice)
    with pytest.raises(ValueError, match="q starts both quit and other"):
        bindings()


def test_every_action_of_the_table_exists_on_the_app() -> None:
    for action in ACTIONS:
        assert hasattr(DeskApp, f"action_{action.name.partition('(')[0]}"), action.name


def test_the_footer_never_cuts_a_word() -> None:
    for width in range(10, 200):
        text = footer_text(width)
        assert len(text) <= width
        assert footer_text(500).startswith(text) and text[-1:] in ("", " ")

"""Pictures of every screen at every size; a change is looked at before it is taken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.shipped import shipped
from tests.tui.conftest import picture
from tests.tui.driving import look, press, screen_text
from tests.tui.stored_run import StoredRun
from tui.app import DeskApp

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
SCREENS = {
    "desk": [], "why": ["home", "down", "down", "enter"], "violations": ["2"], "limits": ["3"], "orders": ["4"],
    "help": ["question_mark"], "frozen": ["space"], "filter": ["slash", *"verdict:hold", "enter"],
}  # fmt: skip
PICTURES = [*((screen, "80x24") for screen in SCREENS), ("desk", "120x40"), ("orders", "120x40"), ("desk", "200x60")]


@pytest.mark.parametrize(("screen", "size"), PICTURES)
async def test_a_screen_looks_as_it_was_seen(
    played: StoredRun, matches: Callable[[DeskApp, str], None], screen: str, size: str
) -> None:
    app = DeskApp(played.follow(), poll_seconds=None)
    async with app.run_test(size=SIZES[size]) as pilot:
        await look(pilot)
        await press(pilot, *SCREENS[screen])
        matches(app, f"{screen}-{size}")


async def test_without_colours_the_screen_says_the_same(played: StoredRun, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for setting in (None, "1"):
        if setting is None:
            monkeypatch.delenv("NO_COLOR", raising=False)
        else:
            monkeypatch.setenv("NO_COLOR", setting)
        app = DeskApp(played.follow(), poll_seconds=None)
        async with app.run_test(size=SIZES["120x40"]) as pilot:
            await look(pilot)
            said.append(screen_text(app))
            colours = {part[:7] for part in picture(app).split("fill: ")[1:] if part.startswith("#")}
            colours -= {"#c5c8c6"}  # the window around the picture
            is_grey = all(len({c[1:3], c[3:5], c[5:7]}) == 1 for c in colours)
            assert is_grey == (setting is not None)
    assert said[0] == said[1]
    assert "✖ REJECT" in said[1] and "? LOSS-01" in said[1] and "UNKNOWN" in said[1]


async def test_two_looks_at_one_run_give_one_picture(played: StoredRun) -> None:
    drawn = []
    for _ in range(2):
        app = DeskApp(played.follow(), poll_seconds=None)
        async with app.run_test(size=SIZES["80x24"]) as pilot:
            await look(pilot)
            drawn.append(picture(app))
    assert drawn[0] == drawn[1]


def test_every_picture_belongs_to_a_test() -> None:
    wanted = {f"{screen}-{size}.svg" for screen, size in PICTURES}
    assert {path.name for path in (Path(__file__).parent / "snapshots").glob("*")} == wanted


def test_the_style_sheet_is_shipped_with_the_package() -> None:
    assert Path(DeskApp.CSS_PATH).name == "desk.tcss"
    assert (shipped("rules").parent / "tui" / "desk.tcss").is_file()

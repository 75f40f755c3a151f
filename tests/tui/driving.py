"""How tests drive the terminal: one look at the store at a time, never by the clock."""

from typing import Any

from textual.pilot import Pilot

from tui.app import DeskApp
from tui.lines import Lines


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until every worker has ended and what it brought is drawn."""
    await pilot.pause()
    while any(not worker.is_finished for worker in pilot.app.workers):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
    before, now = None, _drawn(pilot)
    while now != before:  # a layout that is still on its way draws once more
        await pilot.pause()
        before, now = now, _drawn(pilot)


def _drawn(pilot: Pilot[Any]) -> list[str]:
    screen = pilot.app.screen
    return ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips()]


async def look(pilot: Pilot[Any]) -> None:
    """Let the terminal look at the store once."""
    assert isinstance(pilot.app, DeskApp)
    pilot.app.poll_once()
    await settle(pilot)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys and wait for what they start."""
    await pilot.press(*keys)
    await settle(pilot)


def text_of(widget: Lines) -> list[str]:
    """Return the lines a list shows, as they are on the screen."""
    return ["".join(segment.text for segment in widget.render_line(y)).rstrip() for y in range(widget.size.height)]


def screen_text(app: DeskApp) -> str:
    """Return everything on the screen as text."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)

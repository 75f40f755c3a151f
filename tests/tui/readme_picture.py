"""The picture of the README: the terminal over a run, standing on its latest reject."""

from tests.tui.conftest import picture
from tests.tui.driving import look, press
from tui.app import DeskApp, Follower

SIZE = (140, 44)


async def draw_terminal(follower: Follower, *keys: str) -> str:
    """Return the SVG of the terminal over a finished run after these keys."""
    app = DeskApp(follower, poll_seconds=None)
    async with app.run_test(size=SIZE) as pilot:
        await look(pilot)
        await press(pilot, *keys)
        return picture(app)

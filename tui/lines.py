"""A list on the line API: only the rows on screen are ever rendered, whatever the list holds."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.service.display import clean
from tui.actions import keys_of

Words = Sequence[tuple[str, str]]
"""Text and style class, piece by piece."""
STYLES = ("good", "quiet", "warn", "wait", "bad", "strong", "label", "cursor")
DATED_FROM = 72
"""From this width on a row says the day as well as the time."""


class Lines(ScrollView, can_focus=True):
    """Rows of one line each with a cursor. Subclasses say what rows there are and what they look like."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{style}" for style in STYLES}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        *(Binding(key, f"app.{name}", show=False) for name in ("first", "last") for key in keys_of(name)),
    ]
    HAS_CURSOR = True

    class Moved(Message):
        """The cursor was moved by hand."""

    def __init__(self, title: str, id: str, empty: str) -> None:
        super().__init__(id=id, classes="pane")
        self.border_title = Content(title)
        self.cursor = 0
        self._empty = empty

    # -- what subclasses say ---------------------------------------------------------------------
    def rows(self) -> Sequence[Any]:
        """Return the rows, first to last."""
        raise AssertionError("said by each kind of list")

    def words(self, row: Any, width: int) -> Words:
        """Return what a row looks like in a width."""
        raise AssertionError("said by each kind of list")

    # -- drawing ---------------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        rows, at = self.rows(), self.scroll_offset.y + y
        width, base = self.room, self.rich_style
        if not rows and y == 0:
            return self._strip([(f" {self._empty}", "quiet")], width, base)
        if at >= len(rows):
            return Strip.blank(width, base)
        if at == self.cursor and self.HAS_CURSOR:
            base += self.get_component_rich_style("lines--cursor", partial=True)
        return self._strip(self.words(rows[at], width), width, base)

    def _strip(self, words: Words, width: int, base: Style) -> Strip:
        pieces = [Segment(clean(text), self._style(style)) for text, style in words if text]
        return Strip(pieces).adjust_cell_length(width).apply_style(base)

    def _style(self, name: str) -> Style | None:
        return self.get_component_rich_style(f"lines--{name}", partial=True) if name else None

    @property
    def room(self) -> int:
        """Columns a row may take, beside the scroll bar."""
        return self.scrollable_content_region.width

    # -- moving ----------------------------------------------------------------------------------
    def changed(self) -> None:
        """Take note that the rows are other ones: keep cursor and view inside them, and draw."""
        count = len(self.rows())
        self.cursor = max(0, min(self.cursor, count - 1))
        self.virtual_size = Size(self.room, count)
        self.refresh()

    def move_to(self, at: int) -> None:
        """Put the cursor on a row and bring it into view."""
        self.cursor = max(0, min(at, len(self.rows()) - 1))
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
        self.refresh()

    def action_move(self, by: int) -> None:
        if not self.HAS_CURSOR:
            self.scroll_relative(y=by, animate=False)
            return
        self.move_to(self.cursor + by)
        self.post_message(self.Moved())

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 1))

    def on_resize(self) -> None:
        self.changed()

    def on_click(self, event: Any) -> None:
        if self.HAS_CURSOR:
            self.move_to(self.scroll_offset.y + event.get_content_offset_capture(self).y)
            self.post_message(self.Moved())


def moment(timestamp: str) -> str:
    """Return month, day and time of an RFC 3339 timestamp: `01-16 21:00:00`; the why-tree has it whole."""
    return timestamp[5:19].replace("T", " ")


def fit(text: str, width: int) -> str:
    """Return text cleaned and cut or filled to a width."""
    text = clean(text)
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"

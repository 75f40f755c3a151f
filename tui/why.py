"""The why of one decision: the rule with values beneath its words, where each came from, what would flip it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from engine.service.display import clean
from engine.service.why_text import WhyLine
from tui.actions import Action
from tui.lines import Lines, Words
from tui.signs import VERDICTS

_STYLES = {
    "verdict": "strong", "finding": "strong", "detail": "quiet", "place": "quiet", "label": "label",
    "unknown": "wait", "change": "good",
}  # fmt: skip
_BY_GLYPH = {sign.glyph: sign.style for sign in VERDICTS.values()}


class WhyPane(Lines):
    """The explanation of the decision under the cursor of the tape."""

    HAS_CURSOR = False

    def __init__(self, id: str = "why") -> None:
        super().__init__("Why", id, "enter explains the decision under the cursor")
        self._rows: tuple[WhyLine, ...] = ()

    def rows(self) -> Sequence[Any]:
        return self._rows

    def put(self, lines: Sequence[WhyLine], title: str) -> None:
        """Show this explanation from its first line."""
        self._rows = tuple(lines)
        self.border_title = Content(clean(title))
        self.changed()
        self.scroll_home(animate=False)

    def words(self, row: Any, width: int) -> Words:
        line: WhyLine = row
        style = _STYLES.get(line.kind, "")
        if line.kind in ("verdict", "finding"):
            style = _BY_GLYPH.get(line.text.strip()[:1], style)
        return [(" " + line.text, style)]


class WhyScreen(Screen[None]):
    """The explanation on a screen of its own, where the terminal has no room for a pane."""

    BINDINGS: ClassVar[list[Any]] = [("escape,q,enter", "dismiss", "back")]

    def __init__(self, lines: Sequence[WhyLine], title: str) -> None:
        super().__init__()
        self._lines, self._title = lines, title

    def compose(self) -> ComposeResult:
        yield WhyPane(id="why-alone")
        yield Static(Content(" esc back  ↑↓ scroll"), classes="footer")

    def on_mount(self) -> None:
        pane = self.query_one(WhyPane)
        pane.put(self._lines, self._title)
        pane.focus()


class HelpScreen(Screen[None]):
    """Every action with its keys, and how to read the signs."""

    BINDINGS: ClassVar[list[Any]] = [("escape,q,question_mark,enter", "dismiss", "back")]

    def __init__(self, actions: Sequence[Action], signs: Sequence[str]) -> None:
        super().__init__()
        self._actions, self._signs = actions, signs

    def compose(self) -> ComposeResult:
        pane = WhyPane(id="help")
        yield pane
        yield Static(Content(" esc back"), classes="footer")

    def on_mount(self) -> None:
        lines = [WhyLine("finding", "Keys")]
        for action in self._actions:
            keys = " ".join([action.key_shown, *action.keys[1:]])
            lines.append(WhyLine("", f"  {keys:<12} {action.help}"))
        lines += [WhyLine("blank", ""), WhyLine("finding", "Filter")]
        lines += [WhyLine("", f"  {text}") for text in _FILTER_HELP]
        lines += [WhyLine("blank", ""), WhyLine("finding", "Signs")]
        lines += [WhyLine("", f"  {text}") for text in self._signs]
        pane = self.query_one(WhyPane)
        pane.put(lines, "Help")
        pane.focus()


_FILTER_HELP = (
    "words match anywhere; all must match",
    "verdict:reject rule:EXP symbol:ALFA strategy:mean code:CAP side:BUY",
    "one field twice means either; a leading - leaves out",
)
"""How to write a filter."""

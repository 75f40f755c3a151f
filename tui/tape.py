"""The tape of decisions: follows the newest, can be held still, shows what a filter lets through."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from textual.content import Content

from engine.service.desk_lines import DecisionLine
from engine.service.display import clean
from tui.lines import DATED_FROM, Lines, Words, fit, moment
from tui.search import Search
from tui.signs import VERDICTS, sign_of

KEPT = 100_000


class Tape(Lines):
    """Decisions, oldest first. Rows beyond KEPT leave the view, never the counters of the status bar."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__("1 Decisions", "tape", "no decisions yet")
        self._all: deque[DecisionLine] = deque(maxlen=kept)
        self._shown: deque[DecisionLine] = deque(maxlen=kept)
        self._held: deque[DecisionLine] = deque(maxlen=kept)
        self._held_count = 0
        self.search = Search()
        self.is_frozen = False
        self.is_following = True

    def rows(self) -> Sequence[Any]:
        return self._shown

    @property
    def selected(self) -> DecisionLine | None:
        """The decision under the cursor."""
        return self._shown[self.cursor] if self._shown else None

    # -- rows ------------------------------------------------------------------------------------
    def add(self, lines: Sequence[DecisionLine]) -> None:
        """Take new decisions, oldest first; while frozen they wait and are counted."""
        if self.is_frozen:
            self._held.extend(lines)
            self._held_count += len(lines)
        else:
            self._append(lines)
        self._entitle()

    def _append(self, lines: Iterable[DecisionLine]) -> None:
        before = self.selected
        self._all.extend(new := list(lines))
        wanted = [line for line in new if self.search.matches(line)]
        gone = max(0, len(self._shown) + len(wanted) - (self._shown.maxlen or 0))
        self._shown.extend(wanted)
        if not self.is_following and before is not None:
            self.cursor = max(0, self.cursor - gone)
            if gone:
                self.set_scroll(None, max(0, self.scroll_offset.y - gone))
        self.changed()
        if self.is_following:
            self.to_last()

    def freeze(self) -> None:
        """Hold the tape still, or let it go on with everything that waited."""
        self.is_frozen = not self.is_frozen
        if not self.is_frozen:
            waiting, self._held_count = list(self._held), 0
            self._held.clear()
            self.is_following = True
            self._append(waiting)
        self._entitle()

    def set_search(self, search: Search) -> None:
        """Show only what matches; the cursor stays on its decision where that is still shown."""
        before = self.selected
        self.search = search
        self._shown = deque((line for line in self._all if search.matches(line)), maxlen=self._shown.maxlen)
        at = next((n for n, line in enumerate(self._shown) if before and line.seq == before.seq), None)
        self.changed()
        if at is None:
            self.to_last()
        else:
            self.move_to(at)
        self._entitle()

    def to_last(self) -> None:
        """Go to the newest decision and stay with the newest from now on."""
        self.is_following = True
        self.move_to(len(self._shown) - 1)

    def to_latest(self, verdict: str) -> None:
        """Put the cursor on the latest decision with that verdict, where there is one."""
        for at in range(len(self._shown) - 1, -1, -1):
            if self._shown[at].verdict == verdict:
                self.move_to(at)
                self.is_following = at == len(self._shown) - 1
                return

    def action_move(self, by: int) -> None:
        super().action_move(by)
        self.is_following = self.cursor == len(self._shown) - 1

    # -- look ------------------------------------------------------------------------------------
    def _entitle(self) -> None:
        words = [f"/{self.search.text}"] if self.search.text else []
        if self.search.unknown:
            words.append(f"no field {', '.join(self.search.unknown)}")
        if self.search.text:
            words.append(f"{len(self._shown)} of {len(self._all)}")
        if self.is_frozen:
            words.append(f"‖ FROZEN +{self._held_count} new (space to go on)")
        self.border_subtitle = Content(clean(" · ".join(words)))

    def words(self, row: Any, width: int) -> Words:
        line: DecisionLine = row
        sign = sign_of(VERDICTS, line.verdict)
        moved = line.asked if line.asked == line.granted else f"{line.asked}→{line.granted}"
        order = f"{line.side:<4} {moved}"
        at = moment(line.at) if width >= DATED_FROM else moment(line.at)[6:]
        words = [
            (f" {at} ", "quiet"), (fit(str(sign), 9), sign.style), (fit(line.symbol, 6), "strong"),
            (" " + fit(order, 15), ""),
        ]  # fmt: skip
        rest = width - 34 - len(at)
        if rest < 24:
            return [*words, (fit(f"{line.rule} {line.code}".strip() or "-", max(1, rest)), "")]
        words.append((" " + fit(line.rule or "-", 9), sign.style if line.rule else "quiet"))
        rest -= 10
        if rest < 46:
            return [*words, (" " + fit(line.code, max(1, rest - 2)), "")]
        words += [(" " + fit(line.code, 20), ""), (" " + fit(line.strategy, 16), "quiet")]
        return [*words, (" " + fit(line.because, max(1, rest - 40)), "quiet")]

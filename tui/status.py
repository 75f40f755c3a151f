"""The status bar: which run this is, in which mode, under which rules, and what was decided so far."""

from collections.abc import Mapping

from textual.content import Content
from textual.widgets import Static

from engine.service.desk_lines import RunLine
from engine.service.display import clean
from tui.signs import MODES, RUNS, VERDICTS, sign_of


class StatusBar(Static):
    """One line over everything. Its colour is the mode's; what is old says so and since when."""

    def __init__(self) -> None:
        super().__init__(Content(""), id="status")
        self._run: RunLine | None = None
        self._verdicts: Mapping[str, int] = {}
        self._holds = 0
        self._stale = ""

    def put(self, run: RunLine, verdicts: Mapping[str, int], holds: int) -> None:
        """Show where the run stands."""
        self._run, self._verdicts, self._holds, self._stale = run, verdicts, holds, ""
        self.set_classes(sign_of(MODES, run.mode).style)
        self.show()

    def put_stale(self, seconds: int, reason: str) -> None:
        """Say that what is shown is old."""
        self._stale = f"◌ STALE {seconds} s: {clean(reason, 60)}"
        self.show()

    def on_resize(self) -> None:
        self.show()

    def show(self) -> None:
        """Write the line, the most important first; what does not fit is left out, part by part."""
        if self._run is None:
            self.update(Content(f" {self._stale or 'opening the run'}"))
            return
        run = self._run
        counts = " ".join(
            f"{sign.glyph} {sign.word.lower()} {self._verdicts[verdict]}"
            for verdict, sign in reversed(VERDICTS.items())
            if self._verdicts.get(verdict)
        )
        parts = [self._stale, str(sign_of(MODES, run.mode)), str(sign_of(RUNS, run.status)), clean(run.halt_reason)]
        parts += ["" if self._stale else counts or "nothing decided", clean(run.run_key)[:28]]
        parts += [f"rules {clean(run.bundle)[:8]}", f"law {clean(run.law_date)}"]
        parts += [f"‖ {self._holds} waiting" if self._holds else ""]
        text = ""
        for part in parts:
            joined = f"{text} │ {part}" if text else f" {part}"
            if part and len(joined) <= self.size.width:
                text = joined
        self.update(Content(text))

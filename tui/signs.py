"""Signs of states: a glyph, a word and a style class each, so that no meaning rests on colour alone."""

from dataclasses import dataclass

from engine.service.why_text import GLYPHS


@dataclass(frozen=True, slots=True)
class Sign:
    """How one state is shown. `style` names a component class of the widget that shows it."""

    glyph: str
    word: str
    style: str

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


_STYLES = {
    "allow": "good", "note": "quiet", "warn": "warn", "flag": "warn", "clip": "warn", "hold": "wait", "reject": "bad"
}  # fmt: skip
VERDICTS = {verdict: Sign(glyph, verdict.upper(), _STYLES[verdict]) for verdict, glyph in GLYPHS.items()}
LIMITS = {
    "unknown": Sign("?", "UNKNOWN", "wait"), "crossed": Sign("✖", "CROSSED", "bad"), "near": Sign("▲", "NEAR", "warn"),
    "ok": Sign("✔", "OK", "good"), "unmeasured": Sign("·", "NOT MEASURED", "quiet"),
}  # fmt: skip
RUNS = {
    "CREATED": Sign("○", "CREATED", "quiet"), "ARMED": Sign("●", "ARMED", "warn"),
    "RUNNING": Sign("▶", "RUNNING", "good"), "STOPPED": Sign("■", "STOPPED", "quiet"),
    "HALTED": Sign("✖", "HALTED", "bad"),
}  # fmt: skip
MODES = {
    "BACKTEST": Sign("◇", "BACKTEST", "mode-backtest"), "PAPER": Sign("◆", "PAPER", "mode-paper"),
    "LIVE-SHADOW": Sign("◉", "LIVE-SHADOW", "mode-live"), "LIVE-CAPITAL": Sign("◉", "LIVE-CAPITAL", "mode-live"),
}  # fmt: skip


def sign_of(signs: dict[str, Sign], state: str) -> Sign:
    """Return the sign of a state; one this program does not know keeps its own word."""
    return signs.get(state) or Sign("?", state.upper()[:12], "wait")

"""Signs of states: a glyph, a word and a style class each, so that no meaning rests on colour alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """How one state is shown. `style` names a component class of the widget that shows it."""

    glyph: str
    word: str
    style: str

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


VERDICTS = {
    "allow": Sign("✔", "ALLOW", "good"), "note": Sign("·", "NOTE", "quiet"), "warn": Sign("▲", "WARN", "warn"),
    "flag": Sign("⚑", "FLAG", "warn"), "clip": Sign("◐", "CLIP", "warn"), "hold": Sign("‖", "HOLD", "wait"),
    "reject": Sign("✖", "REJECT", "bad"),
}  # fmt: skip
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

"""The panes beside the tape: violations, limits, orders; small lists that are replaced as a whole."""

from collections.abc import Sequence
from typing import Any

from engine.service.desk_lines import BookNews, HoldLine, LimitLine, OrderLine, ViolationLine
from tui.lines import DATED_FROM, Lines, Words, fit, moment
from tui.signs import LIMITS, VERDICTS, sign_of


class Violations(Lines):
    """Findings counted by rule and code, the most frequent first."""

    def __init__(self) -> None:
        super().__init__("2 Violations", "violations", "no rule has spoken")
        self._rows: tuple[ViolationLine, ...] = ()

    def rows(self) -> Sequence[Any]:
        return self._rows

    @property
    def selected(self) -> ViolationLine | None:
        """The violation under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def put(self, lines: tuple[ViolationLine, ...]) -> None:
        """Show these instead."""
        if lines != self._rows:
            self._rows = lines
            self.changed()

    def words(self, row: Any, width: int) -> Words:
        line: ViolationLine = row
        sign = sign_of(VERDICTS, line.effect)
        words = [
            (" " + fit(str(sign), 9), sign.style), (fit(line.rule, 9), "strong"),
            (f"{line.count:>6,} ".replace(",", "_"), "strong"), (fit(line.code, max(1, min(24, width - 28))), ""),
        ]  # fmt: skip
        if width >= 60:
            at = moment(line.last_at) if width >= DATED_FROM else moment(line.last_at)[:5]
            words.append((f"  last {at} #{line.last_seq}", "quiet"))
        return words


class Limits(Lines):
    """How much of each limit is used: unknown first, then the worst."""

    def __init__(self) -> None:
        super().__init__("3 Limits (worst first)", "limits", "no limit has been applied yet")
        self._rows: tuple[LimitLine, ...] = ()

    def rows(self) -> Sequence[Any]:
        return self._rows

    def put(self, lines: tuple[LimitLine, ...]) -> None:
        """Show these instead."""
        if lines != self._rows:
            self._rows = lines
            self.changed()

    def words(self, row: Any, width: int) -> Words:
        line: LimitLine = row
        sign = sign_of(LIMITS, line.state)
        named = 14 if width >= 56 else 9
        head = [(f" {sign.glyph} ", sign.style), (fit(line.rule, 8), "strong"), (" " + fit(line.key, named) + " ", "")]
        room = width - 13 - named
        if line.state in ("unknown", "unmeasured"):
            told = f"{sign.word} {', '.join(line.unknown)}".strip()
            return [*head, (fit(told, max(1, room - 1)), sign.style)]
        share = "    n/a" if line.permille is None else f"{line.permille // 10:>4}.{line.permille % 10}%"
        amounts = f" {line.measure} of {line.bound}"
        length = max(4, min(24, room - 17 - (len(amounts) if width >= 84 else 0)))
        words = [*head, (bar(line.permille, length), sign.style), (share, sign.style), (f" {sign.word:<7}", sign.style)]
        if width >= 84:
            words.append((amounts, "quiet"))
        return words


def bar(permille: int | None, length: int) -> str:
    """Return a bar of that many cells; any use shows, and it is full only at the line itself."""
    if permille is None:
        return "·" * length
    filled = min(length, -(-permille * length // 1000))
    if permille < 1000:
        filled = min(filled, length - 1)
    return "█" * filled + "░" * (length - filled)


class Orders(Lines):
    """What waits for people, what works at the broker, and what was executed last."""

    def __init__(self) -> None:
        super().__init__("4 Orders", "orders", "nothing waits, works or was executed")
        self._holds: tuple[HoldLine, ...] = ()
        self._book = BookNews((), ())
        self._rows: tuple[Any, ...] = ()

    def rows(self) -> Sequence[Any]:
        return self._rows

    def put(self, holds: tuple[HoldLine, ...], book: BookNews | None = None) -> None:
        """Show these instead; without a book the one shown stays."""
        self._holds, self._book = holds, book or self._book
        rows = (*self._holds, *self._book.orders, *self._book.fills)
        if rows != self._rows:
            self._rows = rows
            self.changed()

    def words(self, row: Any, width: int) -> Words:
        if isinstance(row, HoldLine):
            what = f"{row.symbol} {row.strategy} waits for {row.wanted} until {moment(row.expires_at)}"
            return [(" ‖ HOLD   ", "wait"), (fit(row.rule, 9), "strong"), (fit(what, max(1, width - 20)), "")]
        if isinstance(row, OrderLine):
            limit = f" at {row.limit}" if row.limit else ""
            what = f"{row.symbol} {row.side} {row.filled}/{row.quantity} {row.type}{limit}"
            return [(" ▷ ORDER  ", "warn"), (fit(row.state, 17), "strong"), (fit(what, max(1, width - 28)), "")]
        what = f"{row.symbol} {row.side} {row.quantity} at {row.price}  {row.client_order_id}"
        return [(" ✔ FILL   ", "good"), (fit(moment(row.at), 15), "quiet"), (fit(what, max(1, width - 26)), "")]

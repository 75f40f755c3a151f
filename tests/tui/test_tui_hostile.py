"""Text from brokers and markets cannot steer the terminal, whatever field it arrives in."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.service.desk_lines import BookNews, DeskNews
from engine.service.display import clean
from engine.service.why_text import WhyLine
from tests.tui.driving import look, press, screen_text
from tests.tui.stored_run import StoredRun
from tui.app import DeskApp

CORPUS = [
    line.encode("raw_unicode_escape", "surrogatepass").decode("unicode_escape")
    for line in (Path(__file__).parent / "hostile.txt").read_text(encoding="utf-8").splitlines()
]
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class HostileFollower:
    """A run in which every text a screen shows is hostile."""

    def __init__(self, news: DeskNews, book: BookNews, texts: Sequence[str]) -> None:
        self._news, self._book, self._texts = news, book, texts

    def poll(self) -> DeskNews:
        news, texts = self._news, self._texts
        return replace(
            news, run=replace(news.run, run_key=texts[0], bundle=texts[0], halt_reason=texts[0], law_date=texts[0]),
            decisions=tuple(
                replace(
                    news.decisions[n % len(news.decisions)], seq=n, symbol=text, strategy=text, because=text, code=text,
                    rule=text, side=text, verdict=text if n % 3 else "reject", asked=text, at=text,
                )
                for n, text in enumerate(texts)
            ),
            violations=tuple(replace(news.violations[0], rule=text, code=text, effect=text) for text in texts),
            limits=tuple(replace(news.limits[0], rule=text, key=text, unknown=(text,)) for text in texts),
            holds=tuple(replace(news.holds[0], rule=text, symbol=text, wanted=text) for text in texts),
        )  # fmt: skip

    def book(self) -> BookNews:
        return BookNews(
            tuple(replace(self._book.orders[0], symbol=text, state=text) for text in self._texts),
            tuple(replace(self._book.fills[0], symbol=text, client_order_id=text) for text in self._texts),
        )

    def explain(self, decision_id: str, width: int) -> tuple[WhyLine, ...]:
        return tuple(WhyLine("reason", text) for text in self._texts)


@pytest.mark.parametrize("text", CORPUS, ids=lambda text: ascii(text)[:30])
def test_cleaned_text_holds_nothing_that_steers_a_terminal(text: str) -> None:
    cleaned = clean(text)
    assert all(unicodedata.category(c) not in FORBIDDEN for c in cleaned)
    assert all(c == " " or unicodedata.category(c) != "Zs" for c in cleaned)
    assert clean(cleaned) == cleaned


def test_ordinary_text_is_left_as_it_is() -> None:
    for text in ("plain ASCII ~!", "Zürich €", "中文", "naïve", "╰ 40_000.00 USD"):
        assert clean(text) == text


def test_long_text_is_cut_with_a_sign() -> None:
    assert clean("x" * 10, 4) == "xxxx…"
    assert len(clean("\x1b" * 50_000)) == 2_001


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_no_screen_shows_a_control_or_obeys_markup(played: StoredRun, size: tuple[int, int]) -> None:
    follower = played.follow()
    hostile = HostileFollower(follower.poll(), follower.book(), CORPUS)
    app = DeskApp(hostile, poll_seconds=None)
    async with app.run_test(size=size) as pilot:
        await look(pilot)
        seen = ""
        for keys in (["1"], ["2"], ["3"], ["4"], ["1", "home", "enter"], ["escape", "slash", *"[/]", "enter"]):
            await press(pilot, *keys)
            seen += screen_text(app) + "\n"
        assert "[bold red]markup" in seen, "markup is shown, not obeyed"
        found = {c for c in seen if c != "\n" and unicodedata.category(c) in FORBIDDEN}
        assert found == set(), [hex(ord(c)) for c in found]
        assert app.is_running

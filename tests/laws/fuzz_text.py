"""Random rule texts, most of them wrong, and what must hold of each: an answer in time and without an exception.

Kinds: the corpus with pieces moved, doubled, dropped and swapped between files; soup of the language's own tokens; deep
nesting of everything that nests; control and other odd characters; long lines; texts cut off anywhere.
"""

import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from dsl.codes import codes
from dsl.diagnostics import Diagnostic
from dsl.format import format_text
from dsl.parse import MAX_DEPTH, parse
from dsl.pipeline import compile_rules
from dsl.text import Source
from tests.dsl.checkout import schemas
from tests.dsl.test_dsl_format import meaning

CHECKOUT = Path(__file__).resolve().parents[2]
NAME = "pre_trade/fuzz.rules"
SECONDS = 10
"""No text of these sizes may take longer on a busy machine; a loop that does not end is caught by it."""
COMPILED_SHARE = 0.02
"""Of texts that do not parse, how many are compiled all the same; texts that parse are always compiled."""
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[\w.]+|\.\.|[<>]=?|\s+|.', re.S)
_ODD = (
    "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\u200b", "\u202e", "\u2028", "\ufeff", "\ud800", "\U0001f600", "é",
    "٣", "Ａ", "\r", "\t", "\v", "\f", "\\", "#", "##", "'", "`", "$", "@", "%", "~",
)  # fmt: skip


@cache
def corpus() -> tuple[str, ...]:
    """Return the declarations of every rule file and documented example of the checkout, each a text."""
    paths = [*sorted((CHECKOUT / "rules").rglob("*.rules")), *sorted((CHECKOUT / "tests").rglob("*.rules"))]
    texts = [path.read_text("utf-8") for path in paths]
    for path in sorted((CHECKOUT / "docs" / "language").glob("*.md")):
        texts += re.findall(r"```rules\n(.*?)```", path.read_text("utf-8"), re.S)
    pieces = [piece for text in texts for piece in re.split(r"\n\n+", text) if piece.strip()]
    return tuple(dict.fromkeys(pieces))


@cache
def words() -> tuple[str, ...]:
    """Return the tokens of the corpus, the language's words among them."""
    found = Counter(token for text in corpus() for token in _TOKEN.findall(text) if not token.isspace())
    return tuple(token for token, _ in found.most_common(900))


# ------------------------------------------------------------------------------------------ drawing
def draw_text(random: Random) -> tuple[str, str]:
    """Return the kind of a text and the text."""
    kind = random.choice(tuple(KINDS))
    return kind, KINDS[kind](random)


def _whole(random: Random) -> str:
    return "\n\n".join(random.choice(corpus()) for _ in range(random.choice((1, 1, 1, 2, 3)))) + "\n"


def _mutated(random: Random) -> str:
    tokens = _TOKEN.findall(_whole(random))
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at = random.randrange(len(tokens)) if tokens else 0
        other = random.choice(words())
        change = random.randrange(6)
        if change == 0:
            tokens[at : at + 1] = []
        elif change == 1:
            tokens[at:at] = [other, " "]
        elif change == 2:
            tokens[at : at + 1] = [other]
        elif change == 3:
            tokens[at:at] = tokens[at : at + random.randrange(1, 12)]
        elif change == 4:
            there = random.randrange(len(tokens)) if tokens else 0
            tokens[at : at + 1], tokens[there : there + 1] = tokens[there : there + 1], tokens[at : at + 1]
        else:
            tokens[at : at + random.randrange(1, 30)] = []
        if not tokens:
            break
    return "".join(tokens)


def _bytes(random: Random) -> str:
    text = _whole(random)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(text) + 1)
        piece = random.choice((*_ODD, chr(random.randrange(0x20, 0x7F)), chr(random.randrange(0x110000))))
        text = text[:at] + piece + text[at + random.choice((0, 1)) :]
    return text


def _cut(random: Random) -> str:
    text = _whole(random)
    return text[: random.randrange(len(text) + 1)]


def _soup(random: Random) -> str:
    glue = random.choice((" ", " ", "\n", ""))
    return glue.join(random.choice(words()) for _ in range(random.randrange(1, 120)))


def _nested(random: Random) -> str:
    depth = random.choice((1, 8, MAX_DEPTH - 2, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 4 * MAX_DEPTH, 2_000))
    core = random.choice(("intent.quantity", "1", "true", '"x"', ""))
    opened, closed = random.choice(
        (("(", ")"), ("not ", ""), ("-", ""), ("abs(", ")"), ("[", "]"), ("if true then ", " else 1"), ("min(1, ", ")"),
         ("sum(", " for each p in projected.positions)"), ("{", "}"), ("1 + ", ""), ("(not ", ")"), ("true and (", ")"))
    )  # fmt: skip
    inside = opened * depth + core + closed * random.choice((depth, depth, depth - 1, depth + 1, 0))
    return f'rulebook pre_trade.fuzz "F"\nuses intent\n\nlet deep = {inside}\n'


def _long(random: Random) -> str:
    piece = random.choice((*words(), *_ODD))
    return random.choice(("", "let x = ", "# ", '"', "rule R-1 ")) + piece * random.randrange(1, 4_000)


KINDS: dict[str, Callable[[Random], str]] = {
    "whole": _whole, "mutated": _mutated, "odd characters": _bytes, "cut off": _cut, "soup": _soup, "nested": _nested,
    "long": _long,
}  # fmt: skip


# ------------------------------------------------------------------------------------------ laws
@dataclass(slots=True)
class Reading:
    """What has been read so far: texts by kind, how many were sound, codes met, and what broke a law."""

    texts: Counter[str] = field(default_factory=Counter)
    parsed: Counter[str] = field(default_factory=Counter)
    compiled: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "Reading") -> None:
        """Add another reading to this one."""
        self.texts.update(other.texts)
        self.parsed.update(other.parsed)
        self.compiled += other.compiled
        self.codes.update(other.codes)
        self.broken += other.broken


class TooLong(BaseException):
    """Reading one text took longer than it may; no handler of exceptions may swallow it."""


def read_seed(seed: int, count: int) -> Reading:
    """Draw texts and hold each to the laws."""
    random, reading = Random(seed), Reading()
    with _deadline():
        for _ in range(count):
            kind, text = draw_text(random)
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            reading.texts[kind] += 1
            try:
                problem = hold(text, kind, reading, random.random() < COMPILED_SHARE)
            except TooLong:
                problem = f"took longer than {SECONDS} s"
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            if problem:
                reading.broken.append((problem, text))
    return reading


@contextmanager
def _deadline() -> Iterator[None]:
    def ring(_: int, __: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def hold(text: str, kind: str, reading: Reading, is_compiled_anyway: bool) -> str:
    """Return which law a text breaks, or nothing."""
    source = Source(NAME, text)
    file, found = parse(source)
    reading.codes.update(one.code for one in found)
    problem = _ill_told(found, text)
    if problem:
        return problem
    if not found:
        reading.parsed[kind] += 1
        problem = _formats(source, file)
    if not problem and (is_compiled_anyway or not found):
        bundle, told = compile_rules([source], schemas())
        reading.compiled += bundle is not None
        reading.codes.update(one.code for one in told)
        problem = _ill_told(told, text)
        if bundle is None and not told:
            problem = "refused without a word"
    return problem


@cache
def _known_codes() -> frozenset[str]:
    return frozenset(codes())


def _ill_told(found: list[Diagnostic], text: str) -> str:
    """A diagnostic has a code with a page, and a place inside the text."""
    lines = text.count("\n") + text.count("\r") + 2
    for one in found:
        if one.code not in _known_codes():
            return f"no such code as {one.code}"
        if not 1 <= one.span.line <= lines or one.span.column < 1:
            return f"{one.code} points outside the text: {one.span}"
        if not one.message or "Traceback" in one.message or "Error(" in one.message:
            return f"{one.code} says: {one.message!r}"
    return ""


def _formats(source: Source, file: Any) -> str:
    once, found = format_text(source)
    if once is None:
        return f"parses and cannot be formatted: {found[:1]}"
    laid_out = Source(NAME, once)
    again, found = parse(laid_out)
    if found or meaning(again) != meaning(file):
        return "formatting changed what it says"
    return "" if format_text(laid_out)[0] == once else "formatting twice is not formatting once"

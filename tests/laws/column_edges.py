"""Cases that drawn bundles rarely reach: products a float64 cannot tell apart, and divisors their contract forbids."""

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

from dsl.pipeline import compile_rules
from dsl.program import Program, in_force
from dsl.snapshot import Snapshot
from dsl.text import Source

RULES = """rulebook pre_trade.edges "Edges"
calendar XNYS zone "America/New_York"
uses book, intent

param cap: count within 1 .. 100 tighter when lower per strategy {
  "one" always     = 3 cite "C"
  "two" 2027-01-01 = 4 cite "C"
}

table band "Band" {
  given   book.a
  gives   ratio
  cite    "C"
  owner   o
  row < -3     = 1%
  row -3 .. 9  = 12%
  row > 9      = 40%
}
table later "Later" {
  given   book.a
  gives   ratio
  cite    "C"
  owner   o
  2027-01-01
    row <= 0 = 1%
    row > 0  = 2%
}

limit E-01 "Products" {
  on       pre_trade
  measure  book.a * book.b
  warn     above book.c * book.d
  reject   at or above book.c * book.d
  cite     "C"
  owner    o
  because  "p"
}
rule E-02 "Equal products" {
  on       pre_trade
  reject   when book.a * book.b is book.c * book.d
  cite     "C"
  owner    o
  because  "p"
}
rule E-03 "Quotients of either branch" {
  on       pre_trade
  reject   when (if book.flag then book.a / book.e else book.b / book.f) > book.c / book.d
  cite     "C"
  owner    o
  because  "p"
}
rule E-04 "Rounded by what may be nothing" {
  on       pre_trade
  reject   when rounded(book.a, book.e, half_up) > book.b or book.c is a multiple of book.f
  cite     "C"
  owner    o
  because  "p"
}
rule E-05 "A guard that divides" {
  on       pre_trade
  when     book.flag
  warn     when -3 * book.a / book.e <= (book.b - book.c) / 2
  cite     "C"
  owner    o
  because  "p"
}
rule E-06 "Multiples that never meet a number" {
  on       pre_trade
  warn     when 3 * book.a is 10 or 3 * book.b is -11
  reject   when 3 * book.a <= 10 and 3 * book.b > -11 and 3 * book.c < 11 and 3 * book.a >= -10
  cite     "C"
  owner    o
  because  "p"
}
rule E-07 "A row of a param" {
  on       pre_trade
  reject   when known(cap[book.word]) and cap[book.word] < book.a
  warn     when not known(cap[book.word]) or book.b > 2 * cap[book.word]
  flag     when cap[book.word] is 3
  cite     "C"
  owner    o
  because  "p"
}
rule E-08 "A table" {
  on       pre_trade
  reject   when band > 10% unless book.flag
  warn     when later > 1% unless book.flag
  cite     "C"
  owner    o
  because  "p"
}
rule E-09 "Days between" {
  on       pre_trade
  reject   when law_date - book.day >= 10 days
  cite     "C"
  owner    o
  because  "p"
}
"""
_POSITIVE = {"x-unit": "count", "x-exclusive-minimum": "0"}
SCHEMAS: dict[str, Any] = {
    "intent": {
        "x-namespace": "intent",
        "properties": {"reduces_only": {"x-unit": "bool", "readOnly": True, "x-total": True}},
        "required": ["reduces_only"],
    },
    "book": {
        "x-namespace": "book",
        "properties": {
            **{name: {"x-unit": "count"} for name in "abc"}, **dict.fromkeys("def", _POSITIVE),
            "flag": {"x-unit": "bool"}, "word": {"x-unit": "text"}, "day": {"x-unit": "date"},
        },
        "required": [*"abcdef", "flag", "word", "day"],
    },
}  # fmt: skip


def edge_program() -> Program:
    """Return the rules above, in force."""
    bundle, found = compile_rules([Source("pre_trade/edges.rules", RULES)], SCHEMAS)
    assert bundle is not None, found
    return in_force(bundle, "pre_trade", date(2026, 1, 5))


def near_products(random: Random) -> dict[str, int]:
    """Return a * b and c * d of some 2^90 that differ by 2^28, too little for a float64, or by 2^40 or 2^48."""
    a, b, c = random.randrange(2**44, 2**45), random.randrange(2**44, 2**45), random.randrange(2**27, 2**28)
    d = a * b // c + random.choice((0, 0, 1, 2**12, 2**20, -(2**20)))
    if random.random() < 0.2:  # exactly equal
        c, share = 2**27, random.randrange(2**17, 2**18)
        a, d = c * share, share * b
    sign = random.choice((1, 1, -1))
    return {"a": a * sign, "b": b, "c": c * sign, "d": d, "e": random.randrange(1, 9), "f": random.randrange(1, 9)}


def small(random: Random) -> dict[str, int]:
    """Return small numbers, divisors outside their contract among them."""
    out = {name: random.randrange(-30, 30) for name in "abc"}
    return out | {name: random.choice((1, 2, 3, 7, -2, 0)) for name in "def"}


def edge_snapshots(program: Program, kind: Callable[[Random], dict[str, int]], count: int) -> list[Snapshot]:
    """Return snapshots of the rules above with numbers of a kind."""
    random = Random(11)
    out = []
    for _ in range(count):
        facts: dict[str, Any] = {f"book.{name}": value for name, value in kind(random).items()}
        facts |= {"book.flag": random.random() < 0.5, "intent.reduces_only": random.random() < 0.3}
        facts |= {"book.word": random.choice(("one", "two", "three")), "law_date": program.law_date.toordinal()}
        facts["book.day"] = program.law_date.toordinal() - random.choice((9, 10, 11, 400, -3))
        out.append(Snapshot(tuple(facts[slot.path] for slot in program.slots)))
    return out

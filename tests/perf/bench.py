"""The benchmark of one decision: ours beside a hand-written function, and beside its peers where there are any."""

import json
import platform
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.perf import history, measure, ours
from tests.perf.measure import Call, Engine
from tests.perf.pack import Raw, Rules, intents, oracle, pack

HAND = "py hand-written"
DECIDE, PREPARE, SUM, RAW = "ours decide", "ours prepare", "ours prepare + decide", "ours from raw floats"
FLAT = (1_000, 10_000)
COMPILED, COMPILED_SECONDS = 2_000, 15.0


@dataclass(frozen=True, slots=True)
class Field:
    """Who runs and on what: packs by number of rules, intents, the oracle, and the peers as makers by name.

    `columnar` are the peers that judge many intents at once.
    """

    pack: Callable[[int], Rules]
    intents: Callable[[int], list[Raw]]
    oracle: Callable[[Rules], Callable[[Raw], list[str]]]
    hand: Callable[[Rules], Call]
    peers: Callable[[Rules], dict[str, Callable[[], tuple[Call, Call]]]]
    columnar: history.Peers


OWN = Field(pack, intents, oracle, ours.hand_written, lambda rules: {}, lambda drawn: {})


def run(field: Field, arguments: Sequence[str]) -> int:
    """Measure every pack, print tables and gates; return the number of gates missed."""
    options = _options(arguments)
    print(f"Python {platform.python_version()} on {platform.machine()}, {options.rounds} rounds", flush=True)
    records: list[Any] = []
    missed = 0
    for size in options.packs:
        engines = _one_pack(field, size, options)
        named = {engine.name: engine for engine in engines}
        measure.show(engines, named[HAND])
        missed += _gates(size, named)
        records += measure.rows(size, engines, named[HAND])
    if options.flat:
        missed += _flat(options)
    if options.compiled:
        missed += _compiled(options.compiled)
    if options.history:
        missed += history.run(options.history, options.rounds, options.sample, field.columnar)
    if options.json:
        Path(options.json).write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    return missed


def _options(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.perf")
    parser.add_argument("--packs", type=lambda text: [int(n) for n in text.split(",") if n], default=[12, 60, 1_000])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.1, help="of every engine in every round")
    parser.add_argument("--intents", type=int, default=2_000)
    parser.add_argument("--verify", type=float, default=5, help="seconds of comparison with the oracle, per engine")
    parser.add_argument("--no-flat", dest="flat", action="store_false", help="leave out the 10,000 keyed limits")
    parser.add_argument("--compiled", type=int, default=COMPILED, help="rules compiled from text; 0 leaves it out")
    parser.add_argument("--history", type=int, default=1_000_000, help="intents judged in columns; 0 leaves them out")
    parser.add_argument("--sample", type=int, default=5_000, help="of them compared row by row")
    parser.add_argument("--json", help="also write the rows to this file")
    return parser.parse_args(arguments)


def our_engines(rules: Rules) -> list[Engine]:
    """Return our rows: the two halves of a decision, their sum, and the sum with conversion from floats."""
    built: list[ours.Ours] = []

    def make() -> tuple[Call, Call]:
        built.append(ours.build(rules))
        return built[0].judge.judge, lambda raw: built[0].prepare(ours.arrive(raw))

    decide = measure.build(DECIDE, make)
    decide.ids = ours.ids
    engine = built[0]
    return [
        decide, Engine(PREPARE, engine.prepare, ours.arrive), Engine(SUM, engine.whole(), ours.arrive, ours.ids),
        Engine(RAW, engine.from_raw, lambda raw: raw, ours.ids),
    ]  # fmt: skip


def _one_pack(field: Field, size: int, options: Namespace) -> list[Engine]:
    rules, data = field.pack(size), field.intents(options.intents)
    broken = field.oracle(rules)
    expected = [sorted(broken(raw)) for raw in data]
    print(f"\n== {size} rules, {len(data)} intents, {sum(map(len, expected)) / len(data):.2f} broken rules an intent")
    hand = field.hand(rules)
    engines = [measure.build(HAND, lambda: (hand, lambda raw: raw)), *our_engines(rules)]
    for name, make in field.peers(rules).items():
        try:
            engines.append(measure.build(name, make))
        except Exception as fault:  # a peer that cannot build a pack is a result
            print(f"  {name}: cannot build: {type(fault).__name__}: {str(fault)[:200]}")
    agreeing = []
    for engine in engines:
        problem = "" if engine.name == PREPARE else measure.verify(engine, data, expected, options.verify)
        if problem:
            print(f"  {engine.name}: DISAGREES after {engine.verified}: {problem}")
        if not problem or engine.name == HAND:
            agreeing.append(engine)
    measure.measure(agreeing, data, options.rounds, options.seconds)
    return agreeing


def _gates(size: int, named: dict[str, Engine]) -> int:
    """Print the gates of a pack; return how many were missed."""
    missing = [name for name in (DECIDE, SUM) if name not in named]
    if missing:
        print(f"  MISS  {missing} disagreed with the oracle")
        return len(missing)
    met: list[bool] = []
    if size >= 60:
        met.append(measure.show_gate("decide over hand-written", measure.ratio(named[DECIDE], named[HAND]), 1.0, False))
    peers = [engine for name, engine in named.items() if name not in (HAND, DECIDE, PREPARE, SUM, RAW, *_FLOORS)]
    if peers and size >= 60:
        fastest = min(peers, key=lambda engine: engine.p50)
        least = 8 if size >= 1_000 else 4
        met.append(measure.show_gate(f"{fastest.name} over decide", measure.ratio(fastest, named[DECIDE]), 10, True))
        text = f"{fastest.name} over prepare + decide"
        met.append(measure.show_gate(text, measure.ratio(fastest, named[SUM]), least, True))
    return met.count(False)


_FLOORS = ("py lambdas", "py codegen locals", "py codegen indexed", "C via cffi, row ready", "C via cffi, from dict")
"""Not engines but what is possible at all: shown, never the fastest peer."""


def _compiled(size: int) -> int:
    """Time rules from their text to a judge that has judged, contracts and all, on nothing that was kept."""
    rules, (raw,) = pack(size), intents(1)
    print(f"\n== {size:,} rules compiled")
    started = time.perf_counter()
    judged = ours.build(rules).from_raw(raw)
    seconds = time.perf_counter() - started
    assert sorted(ours.ids(judged)) == sorted(oracle(rules)(raw))
    return int(not measure.show_gate(f"seconds to compile {size:,} rules", seconds, COMPILED_SECONDS, False))


def _flat(options: Namespace) -> int:
    """Compare a thousand keyed limits with ten thousand, of which ten apply to any intent."""
    few, many = (ours.build(pack(size)) for size in FLAT)
    print(f"\n== {FLAT[1]:,} keyed limits beside {FLAT[0]:,}")
    engines = [
        Engine(f"{what} {size}", call, ready)
        for size, built in zip(FLAT, (few, many), strict=True)
        for what, call, ready in (
            ("decide", built.judge.judge, lambda raw, b=built: b.prepare(ours.arrive(raw))),
            ("sum", built.whole(), ours.arrive),
        )
    ]
    measure.measure(engines, intents(options.intents), options.rounds, options.seconds)
    measure.show(engines, None)
    named = {engine.name: engine for engine in engines}
    met = [
        measure.show_gate(f"{what}: {FLAT[1]:,} over {FLAT[0]:,}", measure.ratio(
            named[f"{what} {FLAT[1]}"], named[f"{what} {FLAT[0]}"]), 1.5, False)
        for what in ("decide", "sum")
    ]  # fmt: skip
    return met.count(False)


def main() -> int:
    """Run on our own packs."""
    run(OWN, sys.argv[1:])
    return 0

"""Timing engines in turns, and the table and gates that come of it."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Call = Callable[[Any], Any]
_clock = time.perf_counter_ns


@dataclass(slots=True)
class Engine:
    """A contender: `decide` is timed call by call on what `prepare` made of an intent, untimed.

    `ids` reads the ids of the broken rules off the answer, for the comparison with the oracle.
    """

    name: str
    decide: Call
    prepare: Call
    ids: Call = list
    build_ms: float = 0.0
    verified: int = 0
    batch: int = 0
    times: list[int] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median of all samples in microseconds."""
        return statistics.median(self.times) / 1e3

    @property
    def p99(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.99)] / 1e3


def build(name: str, make: Callable[[], tuple[Call, Call]]) -> Engine:
    """Return an engine with the time it took to make."""
    start = _clock()
    decide, prepare = make()
    return Engine(name, decide, prepare, build_ms=(_clock() - start) / 1e6)


def verify(engine: Engine, data: Sequence[Any], expected: Sequence[list[str]], seconds: float) -> str:
    """Compare ids with the oracle's on as many intents as fit the budget; return the first difference, or nothing."""
    stop = time.perf_counter() + seconds
    for intent, wanted in zip(data, expected, strict=False):
        got = sorted(engine.ids(engine.decide(engine.prepare(intent))))
        if got != wanted:
            return f"intent {engine.verified}: {sorted(set(got) ^ set(wanted))[:4]} differ"
        engine.verified += 1
        if time.perf_counter() > stop and engine.verified >= 10:
            break
    return ""


def measure(engines: Sequence[Engine], data: Sequence[Any], rounds: int, seconds: float) -> None:
    """Let the engines take turns, `seconds` each a round; compare only what ran in the same round.

    The requests of a round are made before its first sample, so that every engine finds them alike.
    """
    for engine in engines:
        each = min(_seconds(engine.decide, engine.prepare(intent)) for intent in data[:5] * 4)
        engine.batch = max(3, min(len(data), int(seconds / max(each, 1e-7))))
    gc.collect()
    gc.freeze()
    for turn in range(rounds):
        for engine in engines:
            first = turn * engine.batch
            requests = [engine.prepare(data[(first + at) % len(data)]) for at in range(engine.batch)]
            decide, samples = engine.decide, []
            for request in requests:
                start = _clock()
                decide(request)
                samples.append(_clock() - start)
            engine.times += samples
            engine.medians.append(statistics.median(samples))


def _seconds(decide: Call, request: Any) -> float:
    start = _clock()
    decide(request)
    return (_clock() - start) / 1e9


def ratio(one: Engine, other: Engine) -> float:
    """Return how many times slower `one` is than `other`: the median over rounds of a round's medians."""
    return statistics.median(a / b for a, b in zip(one.medians, other.medians, strict=True))


def show(engines: Sequence[Engine], reference: Engine | None) -> None:
    """Print the table, fastest first."""
    print(f"  {'engine':<30}{'p50 us':>10}{'p99 us':>10}{'x hand':>9}{'build ms':>10}{'verified':>9}{'samples':>9}")
    for engine in sorted(engines, key=lambda e: e.p50):
        times = f"{ratio(engine, reference):.2f}" if reference else "-"
        print(
            f"  {engine.name:<30}{engine.p50:>10.2f}{engine.p99:>10.2f}{times:>9}{engine.build_ms:>10.0f}"
            f"{engine.verified:>9}{len(engine.times):>9}",
            flush=True,
        )


def show_gate(text: str, value: float, bound: float, is_least: bool) -> bool:
    """Print a gate with what was measured; return whether it was met."""
    is_met = value >= bound if is_least else value <= bound
    print(f"  {'pass' if is_met else 'MISS'}  {text}: {value:.2f} ({'at least' if is_least else 'at most'} {bound:g})")
    return is_met


def rows(rules: int, engines: Sequence[Engine], reference: Engine | None) -> list[Mapping[str, Any]]:
    """Return the table as records."""
    return [
        {
            "rules": rules, "engine": e.name, "p50": e.p50, "p99": e.p99, "build_ms": e.build_ms,
            "verified": e.verified, "samples": len(e.times), "x_hand": ratio(e, reference) if reference else None,
        }
        for e in engines
    ]  # fmt: skip

"""Runs in the peers' own environment: their adapters, their packs and oracle, our engine among them."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.perf import bench
from tests.perf.columns import Columns
from tests.perf.history import Hits, Run
from tests.perf.measure import Call
from tests.perf.pack import Raw, Rules, pack

LEFT_OUT = ("durable_rules", "business-rules", "numba njit, row ready", bench.HAND)
"""Slower by orders of magnitude, or minutes to build; the reference is ours to place."""


def load(harness: str) -> bench.Field:
    """Return the field of a harness folder."""
    sys.path.insert(0, harness)
    packs, engines = import_module("pack"), import_module("engines")

    def peers(rules: Rules) -> dict[str, Callable[[], tuple[Call, Call]]]:
        wanted = os.environ.get("PEERS_ENGINES")
        names = wanted.split(";") if wanted else [name for name in engines.ENGINES if name not in LEFT_OUT]
        return {name: _maker(engines.ENGINES[name][0], rules) for name in names if _can_build(name, rules)}

    def hand(rules: Rules) -> Call:
        made: Call = engines.ENGINES[bench.HAND][0](rules)
        return made

    return bench.Field(packs.pack, packs.intents, packs.oracle, hand, peers, columnar)


COLUMNAR = ("polars", "duckdb", "numpy blocks of 16k", "numba 2 threads", "pyarrow acero")


def columnar(drawn: Columns) -> dict[str, tuple[Run, Callable[[Any], Hits]]]:
    """Return the harness's columnar engines on the drawn intents; the pack of both must be the same rules."""
    packs, batch = import_module("pack"), import_module("batch")
    if list(packs.pack(60).values()) != list(pack(60).values()):
        raise ValueError("the harness's pack of 60 rules is another one")
    names, given = list(pack(60)), drawn.floats(packs.CATS)

    def counted(result: Any) -> Hits:
        return dict(zip(names, batch.masks(result), strict=True))

    wanted = os.environ.get("PEERS_COLUMNAR")
    chosen = wanted.split(";") if wanted else COLUMNAR
    return {name: (batch.ENGINES[name](given), counted) for name in chosen}


def _can_build(name: str, rules: Rules) -> bool:
    return name != "py codegen indexed" or len(rules) >= 1_000


def _maker(make: Callable[[Rules], Any], rules: Rules) -> Callable[[], tuple[Call, Call]]:
    def build() -> tuple[Call, Call]:
        made = make(rules)
        return made if isinstance(made, tuple) else (made, _as_it_is)

    return build


def _as_it_is(raw: Raw) -> Raw:
    return raw


if __name__ == "__main__":
    bench.run(load(os.environ["PEERS_HARNESS"]), sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # some peers leave threads running

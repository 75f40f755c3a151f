"""A short run that sees everything: its inputs, strategies that follow a script, and how to drive it.

Three symbols over fourteen sessions: a split with a position and a working order, a dividend, orders that fill
over two bars, one that is cancelled, and every verdict there is (tests/fixtures/runtime).
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from engine.artifacts.folder import Written
from engine.artifacts.manifest import Envelope
from engine.model.bar import Timeframe
from engine.model.ids import derived_id
from engine.model.numbers import MICRO, Money, Quantity
from engine.model.time import Timestamp
from engine.runtime import composition
from engine.runtime.export import export_run
from engine.runtime.halt import HaltRequired
from engine.runtime.inputs import RunInputs
from engine.runtime.run import Started, drive, start_run
from engine.service.running import RunRequest, read_inputs
from engine.shipped import shipped
from engine.store.database import Database
from engine.strategy.contract import Context, StrategySpec, Target
from engine.strategy.plugin import Plugin
from engine.strategy.registry import Registry, builtin_registry

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "runtime"
CASH = Money(100_000 * MICRO)
OPERATOR = "olivia"

Plan = Mapping[str, Mapping[int, Mapping[str, int] | None]]
"""Symbol, index of its bar, and the positions wanted then in shares; None breaks the strategy."""


class StillWall:
    """A wall clock that stands; it reaches nothing but envelopes."""

    def now(self) -> Timestamp:
        return Timestamp(1_800_000_000_000_000)


@dataclass(frozen=True, slots=True)
class Scripted:
    """A strategy that wants what its script says."""

    spec: StrategySpec
    plan: Plan

    def on_bar(self, context: Context) -> tuple[Target, ...]:
        """Return the positions the script names for this bar."""
        script = self.plan.get(context.symbol, {})
        if context.index not in script:
            return ()
        wanted = script[context.index]
        if wanted is None:
            raise RuntimeError("the script breaks here")
        return tuple(Target(symbol, Quantity(shares * MICRO)) for symbol, shares in sorted(wanted.items()))


def registry_of(plans: Mapping[str, Plan]) -> Callable[[], Registry]:
    """Return what stands in for `builtin_registry`: the plugin `scripted` is known too."""

    def build(name: str, parameters: Mapping[str, Any]) -> Scripted:
        frame = Timeframe(str(parameters["timeframe"]))
        spec = StrategySpec(name, "1", frame, tuple(parameters["symbols"]), 1, "follows a script")
        return Scripted(spec, plans.get(name, {}))

    def registry() -> Registry:
        known = builtin_registry()
        known.register(Plugin("scripted", "1", "follows a script", tuple(Timeframe), build))
        return known

    return registry


def script_strategies(plans: Mapping[str, Plan]) -> None:
    """Let the composition root of this process know the plugin `scripted`."""
    vars(composition)["builtin_registry"] = registry_of(plans)


def written_plans() -> dict[str, Plan]:
    """Return the plans of tests/fixtures/runtime/targets.yaml."""
    plans: dict[str, Plan] = yaml.safe_load((FIXTURES / "targets.yaml").read_text(encoding="utf-8"))
    return plans


def proof_inputs(folder: Path) -> RunInputs:
    """Read the whole proof market; `folder` receives its configuration and rules."""
    script_strategies(written_plans())
    config, rules = folder / "config", folder / "rules"
    shutil.copytree(shipped("config"), config)
    shutil.copyfile(FIXTURES / "engine.yaml", config / "engines" / "proof.yaml")
    shutil.copytree(FIXTURES / "rules", rules)
    shutil.copy(shipped("rules") / "pre_trade" / "reconcile.rules", rules / "pre_trade")
    request = RunRequest(
        mode="PAPER", engine="proof", environment="windows-dev", bars=FIXTURES / "bars",
        instruments=FIXTURES / "instruments.csv", out=folder, database="sqlite://", rules=rules, lists=FIXTURES,
        config=config, approvals=FIXTURES / "approvals.jsonl", account="proof", cash=CASH, operator=OPERATOR,
    )  # fmt: skip
    return read_inputs(request, {})


def renamed(inputs: RunInputs, name: str, **changes: Any) -> RunInputs:
    """Return the inputs of another run: some parts replaced, the identity derived from its name."""
    changed = replace(inputs, identity=inputs.identity[:-1] + f',"variant":"{name}"}}'.encode(), **changes)
    return replace(changed, run_id=derived_id("run", changed.identity))


def until(inputs: RunInputs, sessions: int) -> RunInputs:
    """Return the inputs cut after a number of daily sessions, approvals included."""
    last = inputs.bars["AAA"][sessions - 1].end_ts
    bars = {s: tuple(bar for bar in series if bar.end_ts <= last) for s, series in inputs.bars.items()}
    bars = {symbol: series for symbol, series in bars.items() if series}
    script = tuple(line for line in inputs.script if line.at <= last + 20 * 3_600 * MICRO)
    return renamed(inputs, f"until {sessions}", bars=bars, script=script)


def short(inputs: RunInputs) -> RunInputs:
    """Return three sessions without the hourly symbol: orders, fills, a hold and its approval."""
    cut = until(inputs, 3)
    daily = {name: chosen for name, chosen in cut.config.settings.strategies.items() if name != "hourly"}
    config = replace(cut.config, settings=cut.config.settings.model_copy(update={"strategies": daily}))
    return renamed(cut, "short", bars={symbol: cut.bars[symbol] for symbol in ("AAA", "BBB")}, config=config)


@dataclass(slots=True)
class Desk:
    """A run on a database, started and driven in this process."""

    inputs: RunInputs
    database: Database
    folder: Path

    def start(self) -> Started:
        """Start the run, or take it up again."""
        return start_run(self.inputs, self.database, self.folder / "books", OPERATOR, StillWall())

    def drive(self, started: Started) -> None:
        """Drive a started run to its end and close it."""
        try:
            for _ in drive(started, self.inputs, self.database, StillWall()):
                pass
        finally:
            started.composed.close()

    def run(self) -> Started:
        """Start and drive."""
        started = self.start()
        self.drive(started)
        return started

    def halt(self) -> HaltRequired:
        """Run and return why it halted; fails when it did not."""
        try:
            self.run()
        except HaltRequired as halt:
            return halt
        raise AssertionError("the run did not halt")

    def crash(self, error: type[BaseException]) -> Started:
        """Run until something planted raises `error`, and give up the process's hold on everything."""
        started = self.start()
        with suppress(error):
            self.drive(started)
            raise AssertionError("nothing crashed")
        return started

    def export(self, started: Started) -> Written:
        """Write the artifacts of a finished run."""
        attempt = int(started.run_key.rpartition(".")[2])
        envelope = Envelope("host", "build", attempt, StillWall().now(), StillWall().now())
        out = self.folder / f"out-{attempt}"
        return export_run(started, self.inputs, self.database, out, envelope)

    def book_path(self, started: Started) -> Path:
        return self.folder / "books" / f"{started.run_key}.db"

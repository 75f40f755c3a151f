"""Strategies offered by installed packages through the entry-point group `mqk.strategies`."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from engine.strategy.failure import describe_failure
from engine.strategy.faults import FaultCode, StrategyFault
from engine.strategy.parameters import Faults
from engine.strategy.plugin import Plugin
from engine.strategy.registry import Registry

GROUP = "mqk.strategies"


def offered(points: Iterable[EntryPoint] | None = None) -> tuple[str, ...]:
    """Return the sorted names of the plugins that installed packages offer, without importing them."""
    return tuple(sorted(point.name for point in _points(points)))


def discover(registry: Registry, wanted: Iterable[str], points: Iterable[EntryPoint] | None = None) -> Faults:
    """Load the `wanted` plugins that are not registered yet, and return what went wrong.

    Only what configuration names is imported, so an installed package runs no code in a desk that
    does not use it. An entry point must resolve to a Plugin of the same name. `points` replaces the
    environment's entry points of the group.
    """
    known = {plugin.name for plugin in registry.plugins}
    names = set(wanted) - known
    faults: list[StrategyFault] = []
    for point in sorted(_points(points), key=lambda point: (point.name, point.value)):
        if point.name not in names:
            continue
        try:
            plugin = point.load()
        except Exception as error:
            faults.append(_broken(point, f"loading it failed: {describe_failure(error)}"))
            continue
        if not isinstance(plugin, Plugin):
            faults.append(_broken(point, "it is not a strategy plugin"))
        elif plugin.name != point.name:
            faults.append(_broken(point, f"it calls itself {plugin.name[:40]!r}"))
        elif fault := registry.register(plugin):
            faults.append(fault)
    return tuple(faults)


def _points(points: Iterable[EntryPoint] | None) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP) if points is None else points)


def _broken(point: EntryPoint, what: str) -> StrategyFault:
    return StrategyFault(
        FaultCode.PLUGIN_BROKEN,
        what,
        point.name,
        f"the entry point {point.value} of group {GROUP} promises a plugin",
        "fix or remove the package that offers it",
    )

"""The registry of strategy plugins; it keeps the order in which they were registered."""

import difflib
from collections.abc import Mapping

from engine.model.bar import Timeframe
from engine.strategy.builtin import PLUGINS
from engine.strategy.contract import Strategy, StrategySpec
from engine.strategy.failure import describe_failure
from engine.strategy.faults import FaultCode, StrategyFault
from engine.strategy.parameters import Faults
from engine.strategy.plugin import Plugin


class Registry:
    """Plugins by name. Every `build` gives a fresh instance; nothing is shared between instances."""

    def __init__(self) -> None:
        self._plugins: dict[str, Plugin] = {}

    def register(self, plugin: Plugin) -> StrategyFault | None:
        """Add a plugin; return EMPTY_NAME or DUPLICATE_NAME when it cannot be addressed."""
        if not plugin.name.strip():
            return StrategyFault(
                FaultCode.EMPTY_NAME,
                "a plugin has no name",
                "registry",
                "configuration could not refer to it",
                "give the plugin a name",
            )
        if plugin.name in self._plugins:
            return StrategyFault(
                FaultCode.DUPLICATE_NAME,
                "a plugin of this name is registered already",
                plugin.name,
                "a later plugin must never replace an earlier one silently",
                "rename the plugin or remove one of the packages",
            )
        self._plugins[plugin.name] = plugin
        return None

    def deregister(self, name: str) -> bool:
        """Remove a plugin; return whether there was one."""
        return self._plugins.pop(name, None) is not None

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins in the order of their registration."""
        return tuple(self._plugins.values())

    def build(self, kind: str, params: Mapping[str, object], name: str | None = None) -> Strategy | Faults:
        """Return a fresh strategy of the plugin `kind`, called `name` (by default as its plugin).

        A fault is UNKNOWN_STRATEGY, EMPTY_NAME, a fault of the parameters, PLUGIN_BROKEN when the
        plugin's own code fails, or TIMEFRAME_MISMATCH when the instance does not work on the interval
        asked for.
        """
        plugin = self._plugins.get(kind)
        if plugin is None:
            return (_unknown(kind, tuple(self._plugins)),)
        instance = plugin.name if name is None else name
        if not instance.strip():
            return (
                StrategyFault(
                    FaultCode.EMPTY_NAME,
                    "a strategy has no name",
                    kind,
                    "its orders and positions could not be attributed",
                    "name the strategy",
                ),
            )
        try:
            built = plugin.build(instance, params)
            spec = None if isinstance(built, tuple) else built.spec
        except Exception as error:
            return (_broken(instance, f"building it failed: {describe_failure(error)}"),)
        if isinstance(built, tuple):
            return built or (_broken(instance, "building it gave neither a strategy nor a fault"),)
        if not isinstance(spec, StrategySpec):
            return (_broken(instance, "it has no strategy spec"),)
        mismatch = _timeframe_fault(plugin, spec, params)
        return (mismatch,) if mismatch else built


def builtin_registry() -> Registry:
    """Return a registry that holds the built-in strategies."""
    registry = Registry()
    for plugin in PLUGINS:
        registry.register(plugin)
    return registry


def _timeframe_fault(plugin: Plugin, spec: StrategySpec, params: Mapping[str, object]) -> StrategyFault | None:
    wanted = params.get("timeframe")
    if spec.timeframe in plugin.timeframes and wanted in (None, spec.timeframe):
        return None
    expected = str(wanted) if wanted is not None else ", ".join(plugin.timeframes)
    return StrategyFault(
        FaultCode.TIMEFRAME_MISMATCH,
        f"it works on {spec.timeframe} bars, expected {expected[:40]}",
        spec.name,
        "bars of another interval would give it signals it was not made for",
        f"this plugin works on {', '.join(plugin.timeframes) or Timeframe.DAY_1}",
    )


def _unknown(kind: str, known: tuple[str, ...]) -> StrategyFault:
    near = difflib.get_close_matches(kind, known, n=1)
    return StrategyFault(
        FaultCode.UNKNOWN_STRATEGY,
        f"there is no strategy {kind[:40]!r}",
        kind[:40],
        "the run would trade without it",
        f"did you mean {near[0]!r}?" if near else f"known strategies: {', '.join(known) or 'none'}",
    )


def _broken(name: str, what: str) -> StrategyFault:
    return StrategyFault(
        FaultCode.PLUGIN_BROKEN,
        what,
        name,
        "a plugin that cannot be built cannot be trusted with orders",
        "fix or remove the package that offers it",
    )

"""Parameters of a threshold strategy: read from configuration, validated, all faults at once."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.bar import Timeframe
from engine.model.numbers import MICRO, NumberFault, Quantity, format_decimal, parse_decimal
from engine.strategy.faults import FaultCode, StrategyFault

Faults = tuple[StrategyFault, ...]

NAMES = ("lookback", "symbols", "target", "threshold_bps", "timeframe")
ONE_SHARE = Quantity(MICRO)
MAX_LOOKBACK = 10_000
MAX_THRESHOLD_BPS = 10_000
MAX_TARGET = Quantity(1_000_000_000 * MICRO)
MAX_SYMBOLS = 1_000

_SYMBOL = re.compile(r"[A-Z][A-Z0-9.]{0,15}\Z", re.ASCII)
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,8})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a strategy takes when configuration is silent, and the least it accepts."""

    timeframe: Timeframe
    lookback: int
    threshold_bps: int
    least_lookback: int = 1
    least_threshold_bps: int = 1
    target: Quantity = ONE_SHARE


@dataclass(frozen=True, slots=True)
class Settings:
    """Validated parameters: bars, basis points, and a positive size in micros of a share."""

    timeframe: Timeframe
    symbols: tuple[str, ...]
    lookback: int
    threshold_bps: int
    target: Quantity


def read_settings(name: str, params: Mapping[str, object], defaults: Defaults) -> Settings | Faults:
    """Return the settings of strategy `name`, or every fault found in `params`.

    Integers may come as integers or as decimal text, the target as decimal text or whole shares,
    symbols as a list or as text separated by commas. Nothing is coerced silently.
    """
    reader = _Reader(name, params)
    reader.refuse_unknown()
    timeframe = reader.timeframe(defaults.timeframe)
    symbols = reader.symbols()
    lookback = reader.integer("lookback", defaults.lookback, defaults.least_lookback, MAX_LOOKBACK)
    threshold = reader.integer("threshold_bps", defaults.threshold_bps, defaults.least_threshold_bps, MAX_THRESHOLD_BPS)
    target = reader.size("target", defaults.target)
    if reader.faults:
        return tuple(reader.faults)
    return Settings(timeframe, symbols, lookback, threshold, target)


class _Reader:
    def __init__(self, name: str, params: Mapping[str, object]) -> None:
        self.name, self.params = name, params
        self.faults: list[StrategyFault] = []

    def _invalid(self, parameter: str, what: str, remedy: str) -> None:
        self.faults.append(
            StrategyFault(
                FaultCode.INVALID_PARAMETER,
                what,
                f"{self.name}.{parameter}",
                "a strategy never starts on a parameter it would have to guess",
                remedy,
            )
        )

    def refuse_unknown(self) -> None:
        for key in sorted(str(key) for key in self.params):
            if key in NAMES:
                continue
            near = difflib.get_close_matches(key, NAMES, n=1)
            self.faults.append(
                StrategyFault(
                    FaultCode.UNKNOWN_PARAMETER,
                    f"there is no parameter {key[:40]!r}",
                    f"{self.name}.{key[:40]}",
                    "a misspelt parameter would leave the default in force unnoticed",
                    f"did you mean {near[0]!r}?" if near else f"known parameters: {', '.join(NAMES)}",
                )
            )

    def timeframe(self, default: Timeframe) -> Timeframe:
        value = self.params.get("timeframe", default)
        try:
            return Timeframe(value) if isinstance(value, str) else Timeframe("")
        except ValueError:
            choices = ", ".join(Timeframe)
            self._invalid("timeframe", f"{_shown(value)} is not a bar interval", f"one of {choices}")
            return default

    def symbols(self) -> tuple[str, ...]:
        value = self.params.get("symbols")
        if value is None:
            self.faults.append(
                StrategyFault(
                    FaultCode.MISSING_PARAMETER,
                    "no symbols are given",
                    f"{self.name}.symbols",
                    "a strategy trades only what it is told to",
                    "list the symbols, for example [SPY, QQQ]",
                )
            )
            return ()
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not items or len(items) > MAX_SYMBOLS:
            self._invalid("symbols", f"is not a list of 1 to {MAX_SYMBOLS} symbols", "for example [SPY, QQQ]")
            return ()
        found = tuple(item.strip() if isinstance(item, str) else "" for item in items)
        bad = [_shown(item) for item, text in zip(items, found, strict=True) if not _SYMBOL.match(text)]
        if bad:
            self._invalid("symbols", f"{bad[0]} is not a symbol", "upper-case letters, digits and points")
        if len(set(found)) != len(found):
            self._invalid("symbols", "names a symbol twice", "name each symbol once")
        return tuple(sorted(found))

    def integer(self, parameter: str, default: int, least: int, most: int) -> int:
        value = self.params.get(parameter, default)
        if isinstance(value, str) and _INTEGER.match(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self._invalid(parameter, f"{_shown(value)} is not a whole number", f"{least} to {most}")
            return default
        if not least <= value <= most:
            self._invalid(parameter, f"{_shown(value)} is out of range", f"{least} to {most}")
            return default
        return value

    def size(self, parameter: str, default: Quantity) -> Quantity:
        value = self.params.get(parameter, format_decimal(default))
        try:
            if type(value) is int and abs(value) <= MAX_TARGET:
                value = str(value)
            if not isinstance(value, str):
                raise NumberFault(_shown(value), "is not a plain decimal number")
            quantity = parse_decimal(value)
        except NumberFault as fault:
            what = f"{_shown(value)} {fault.reason}"
            self._invalid(parameter, what, "a decimal number of shares, for example 10 or 0.5")
            return default
        if not 0 < quantity <= MAX_TARGET:
            self._invalid(
                parameter, f"{_shown(value)} is out of range", f"above 0, at most {format_decimal(MAX_TARGET)}"
            )
            return default
        return Quantity(quantity)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value[:40])
    # Text of an unbounded integer may cost minutes or be refused by the interpreter.
    return str(value) if type(value) is int and abs(value) < 10**18 else f"this {type(value).__name__}"

"""The settings a run reads: one model per section, every field with its meaning, unit and modes.

No field has a silent default: what a mode reads must be written in a layer. Risk limits are not
settings, they live in rules. `ReadIn` is the only list of what each mode consumes.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from engine.config.mode import CONNECTED, LIVE, SIMULATED, Mode
from engine.config.values import (
    BasisPointsValue,
    DateValue,
    DurationValue,
    EnvName,
    Harsher,
    MoneyValue,
    Name,
    QuantityValue,
    RatioValue,
    ReadIn,
    Symbol,
)
from engine.model.bar import Timeframe
from engine.model.numbers import MICRO, format_decimal
from engine.model.time import DAY, HOUR


class Section(BaseModel):
    """A closed set of named values; unknown names are refused and nothing is coerced."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class EngineSettings(Section):
    """Who trades, and how real it is."""

    engine_id: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,15}$")]
    """Token of the engine; prefixes its client order ids and its credential names."""
    mode: Mode
    """How the run faces the market."""
    risk_profile: Name
    """Name of the risk profile whose overlays tighten the limits."""
    trading_enabled: Annotated[bool | None, ReadIn(frozenset({Mode.LIVE_CAPITAL}))] = None
    """Whether orders may leave for a live account at all; false refuses to arm."""


class EnvironmentSettings(Section):
    """What this kind of host is for."""

    offers: Annotated[tuple[Mode, ...], Field(min_length=1, max_length=4)]
    """Modes that may run here; any other is refused."""


class RuntimeSettings(Section):
    """The loop around the decisions."""

    max_decision_age: Annotated[DurationValue, Field(le=HOUR)]
    """Oldest decision, in time, that the gateway still sends."""
    reconcile_interval: Annotated[DurationValue | None, Field(le=DAY), ReadIn(CONNECTED)] = None
    """Time between two comparisons with the broker's books."""
    deadman_file: Annotated[str | None, Field(min_length=1, max_length=255), ReadIn(CONNECTED)] = None
    """File, relative to the working folder, whose absence disarms the run."""
    deadman_ttl: Annotated[DurationValue | None, Field(le=DAY), ReadIn(CONNECTED)] = None
    """Longest silence of the heartbeat before the run is halted."""


class Adapter(StrEnum):
    """Brokers the desk can speak to."""

    PAPER = "paper"
    ALPACA = "alpaca"

    @property
    def is_external(self) -> bool:
        return self is not Adapter.PAPER


class AccountKind(StrEnum):
    """What a broker lends on an account."""

    CASH = "CASH"
    MARGIN = "MARGIN"


class KeysEnv(Section):
    """Names of the environment variables that hold the broker's credentials."""

    api_key: EnvName
    """Variable of the key; its name contains the engine id as a token."""
    api_secret: EnvName
    """Variable of the secret; its name contains the engine id as a token."""


class BrokerSettings(Section):
    """Where orders go."""

    adapter: Adapter
    """The broker adapter; `paper` is the built-in book and needs no credentials."""
    account_kind: AccountKind
    """Whether the account is cash or on margin; a fact the margin rules read."""
    iml_adopted_on: Annotated[DateValue | None, ReadIn(required=False)] = None
    """Day the broker put the account under the intraday margin level; left out while it has not said one."""
    keys_env: Annotated[KeysEnv | None, ReadIn(CONNECTED, required=False)] = None
    """Names of the credentials; mandatory for an external adapter."""
    base_url_env: Annotated[EnvName | None, ReadIn(CONNECTED, required=False)] = None
    """Variable that holds the broker's address; mandatory for an external adapter."""
    account_last4: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{4}$"), ReadIn(LIVE)] = None
    """Last four digits of the account, typed back by whoever arms the run."""


class Provider(StrEnum):
    """Sources of bars."""

    CSV = "csv"
    PARQUET = "parquet"
    TWELVEDATA = "twelvedata"

    @property
    def is_external(self) -> bool:
        return self is Provider.TWELVEDATA


class Series(StrEnum):
    """Whether prices are as traded or adjusted for corporate actions."""

    RAW = "RAW"
    ADJUSTED = "ADJUSTED"


class IntegritySettings(Section):
    """When the state of a feed is no longer CLEAN; what follows from that is for the rules."""

    stale_after: Annotated[DurationValue, Field(le=DAY)]
    """Silence after which a feed is STALE."""
    gap_tolerance_bars: Annotated[int, Field(ge=0, le=1_000)]
    """Missing bars, by session calendar, that are not yet a GAP."""
    outlier_threshold: Annotated[RatioValue, Field(gt=0, le=10 * MICRO)]
    """Move against the previous close, as a ratio, from which a bar is an OUTLIER."""
    compare_feeds: bool
    """Whether two feeds that differ about one bar are a DISAGREEMENT."""


class DataSettings(Section):
    """Where bars come from and what they must satisfy."""

    provider: Provider
    """Source of the bars."""
    api_key_env: Annotated[EnvName | None, ReadIn(CONNECTED, required=False)] = None
    """Variable of the provider's key; mandatory for an external provider and in live modes."""
    series: Series
    """Which series of prices decisions are made on."""
    calendar: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4}$")]
    """Exchange calendar, by market identifier code (ISO 10383)."""
    integrity: IntegritySettings
    """Bounds of the quality gate."""


class LatencySettings(Section):
    """Delay of the simulated broker, in market events."""

    submit: Annotated[int, Field(ge=0, le=1_000), Harsher.HIGHER]
    """Events before a submitted order works."""
    cancel: Annotated[int, Field(ge=0, le=1_000), Harsher.HIGHER]
    """Events before a cancel takes effect."""
    replace: Annotated[int, Field(ge=0, le=1_000), Harsher.HIGHER]
    """Events before a replace takes effect."""


class ExecutionSettings(Section):
    """How simulated orders fill; always against us."""

    base_spread_bps: Annotated[BasisPointsValue, Harsher.HIGHER]
    """Full spread of the quote derived from a bar."""
    base_slippage_bps: Annotated[BasisPointsValue, Harsher.HIGHER]
    """Slippage beyond half the spread."""
    volatility_multiplier: Annotated[RatioValue, Field(ge=0, le=100 * MICRO), Harsher.HIGHER]
    """Share of the bar's own range that is added to the slippage."""
    max_slippage_cap_bps: Annotated[BasisPointsValue, Harsher.HIGHER]
    """Most slippage a simulated fill may suffer."""
    participation: Annotated[RatioValue, Field(gt=0, le=MICRO), Harsher.LOWER]
    """Largest share of a bar's volume one order may take; 1 takes it all."""
    commission_bps: Annotated[BasisPointsValue, Harsher.HIGHER]
    """Commission on the value of a fill."""
    commission_per_share: Annotated[MoneyValue, Field(ge=0, le=100 * MICRO), Harsher.HIGHER]
    """Commission per share."""
    latency: LatencySettings
    """Delays of the simulated broker."""


class ArmingSettings(Section):
    """How a live run is armed; what must hold is said by the checklist in the rules."""

    checklist: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
    """Rule id of the checklist that an arming request is judged by."""
    require_manual_confirmation: bool
    """Whether a person types the checklist's confirmation text; must be true with live capital."""
    armed_for: Annotated[DurationValue, Field(le=DAY)]
    """Life of an arming record."""


class StrategySettings(Section):
    """One strategy instance; several run side by side."""

    plugin: Name
    """Registered strategy to instantiate."""
    timeframe: Timeframe
    """Bars it decides on."""
    symbols: Annotated[tuple[Symbol, ...], Field(min_length=1, max_length=1_000)]
    """Symbols it may hold."""
    target: Annotated[QuantityValue, Field(gt=0)]
    """Position it takes when it has a view, in shares."""
    parameters: Annotated[dict[Name, int | str], Field(max_length=64)]
    """Lookback, thresholds and what else the plugin declares; checked by the plugin."""
    shadow: bool
    """Whether its intents are judged and recorded but never executed."""

    def build_parameters(self) -> dict[str, Any]:
        """Return everything the plugin's `build` takes, in its own names."""
        shared = {
            "timeframe": self.timeframe.value,
            "symbols": list(self.symbols),
            "target": format_decimal(self.target),
        }
        return {**self.parameters, **shared}


class ArtifactSettings(Section):
    """What a run leaves behind."""

    directory: Annotated[str, Field(min_length=1, max_length=255)]
    """Folder that receives one folder per run."""
    export_on_completion: bool
    """Whether reports are written when the run ends."""


class ChannelSettings(Section):
    """Names of the variables that hold web-hook addresses; a channel left out is silent."""

    run: Annotated[EnvName | None, ReadIn(required=False)] = None
    """Fills and state changes of this run."""
    alerts: Annotated[EnvName | None, ReadIn(required=False)] = None
    """Trips, rejects and drift."""
    heartbeat: Annotated[EnvName | None, ReadIn(CONNECTED, required=False)] = None
    """Signs of life."""
    c2: Annotated[EnvName | None, ReadIn(CONNECTED, required=False)] = None
    """Commands acknowledged."""


class NotificationSettings(Section):
    """Who hears about it."""

    channels: ChannelSettings
    """Web-hooks by purpose."""


class Settings(Section):
    """Everything a run reads from configuration, except limits."""

    engine: EngineSettings
    """Who trades."""
    environment: EnvironmentSettings
    """What the host is for."""
    runtime: RuntimeSettings
    """The loop."""
    broker: BrokerSettings
    """Where orders go."""
    data: DataSettings
    """Where bars come from."""
    execution: Annotated[ExecutionSettings | None, ReadIn(SIMULATED)] = None
    """How simulated orders fill."""
    arming: Annotated[ArmingSettings | None, ReadIn(LIVE)] = None
    """How a live run is armed."""
    strategies: Annotated[dict[Name, StrategySettings], Field(max_length=256)]
    """Strategy instances by name."""
    artifacts: ArtifactSettings
    """What a run leaves behind."""
    notifications: NotificationSettings
    """Who hears about it."""

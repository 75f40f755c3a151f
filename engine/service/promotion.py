"""Judge strategies that are offered for promotion, and put on record what was found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from dsl.keywords import RUNGS
from engine.config.load import load_config
from engine.contracts import Diagnostic
from engine.marketdata.calendar import as_rule_calendars, load_calendar
from engine.model.event import EventType
from engine.model.time import Timestamp
from engine.promotion.evaluations import Evaluation, read_evaluations
from engine.promotion.gates import Gates, Verdicts
from engine.service.overlays import bind_overlays
from engine.service.refusal import Refused
from engine.service.rule_files import load_bundle
from engine.shipped import shipped
from engine.store.database import open_database

Warn = Callable[[Diagnostic], None]


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """How strategies are judged: at an instant, by the rules of a day. `origin` asks the gates of one rung alone.

    `database` None puts nothing on record; `rules` and `config` None are what is shipped.
    """

    at: Timestamp
    law_date: date
    origin: str | None = None
    rules: Path | None = None
    config: Path | None = None
    environment: str = "windows-dev"
    engine: str = "main"
    database: str | None = None


@dataclass(frozen=True, slots=True)
class PromotionReport:
    """What every gate says, under which bundle and day."""

    bundle: str
    law_date: date
    gates: tuple[Verdicts, ...]

    @property
    def all_pass(self) -> bool:
        return all(standing.passed for gate in self.gates for standing in gate.standings)


def judge_promotion(
    request: PromotionRequest, stream: BinaryIO, source: str, warn: Warn = lambda fault: None
) -> PromotionReport:
    """Return what the gates say of the evaluations of a file; `warn` is told of every statistic that is invalid.

    Raises Refused (RUNG_UNKNOWN, GATE_NONE, EVALUATION_NONE), EvaluationsRefused, RulesRefused, ConfigRefused and
    the store's errors.
    """
    if request.origin is not None and request.origin not in RUNGS:
        raise Refused("RUNG_UNKNOWN", f"{request.origin} is no rung", f"name one of {', '.join(RUNGS)}")
    evaluations = read_evaluations(stream, source)
    if not evaluations:
        raise Refused("EVALUATION_NONE", f"{source} offers no strategy", "one line for each: specs/evaluation-line")
    for evaluation in evaluations:
        for fault in evaluation.faults:
            warn(fault)
    config = load_config(
        request.config or shipped("config"), request.environment, request.engine, None, (), ("engine.mode=BACKTEST",)
    )
    bundle = load_bundle(request.rules)
    calendar = load_calendar(config.settings.data.calendar)
    overlays = bind_overlays(bundle, config)
    gates = Gates(bundle, overlays, calendar, as_rule_calendars(calendar), config.settings.engine.engine_id)
    verdicts = gates.judge(evaluations, request.origin, request.at, request.law_date)
    if not verdicts:
        rung = f" from {request.origin}" if request.origin else ""
        raise Refused("GATE_NONE", f"no gate{rung} is in force on {request.law_date}", "see rules/promotion")
    report = PromotionReport(bundle.hash, request.law_date, verdicts)
    if request.database is not None:
        _record(request, report, evaluations)
    return report


def _record(request: PromotionRequest, report: PromotionReport, evaluations: tuple[Evaluation, ...]) -> None:
    assert request.database is not None
    by_name = {evaluation.strategy: evaluation for evaluation in evaluations}
    with open_database(request.database) as database:
        database.migrate()
        with database.write() as unit:
            for gate in report.gates:
                for standing in gate.standings:
                    kind = EventType.PROMOTION_GATE_PASSED if standing.passed else EventType.PROMOTION_GATE_FAILED
                    evaluation = by_name[standing.strategy]
                    body = {
                        "gate": gate.gate, "from": gate.origin, "to": gate.target, "bundle": report.bundle,
                        "law_date": report.law_date.isoformat(), "as_of": evaluation.as_of,
                        "provider": evaluation.provider, **standing.as_data(),
                    }  # fmt: skip
                    unit.audit.append(kind.value, request.at, None, body)

"""Every decision of a journal judged again under a candidate's rules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from dsl.bundle import Bundle
from dsl.columnar.judge import BLOCK, ColumnJudge
from dsl.program import in_force
from engine.backtest.changes import Changes
from engine.backtest.fill import Filler, Gaps
from engine.backtest.journal import Journal, Stretch
from engine.backtest.settings import Settings
from engine.marketdata.calendar import as_rule_calendars
from engine.model.calendar import SessionCalendar
from engine.model.time import parse_date

Tick = Callable[[int, int | None], None]


@dataclass(slots=True)
class Replayed:
    """What changes, what the records do not hold, and what of their setting was not at hand."""

    changes: Changes
    gaps: Gaps
    missing: dict[str, str]
    readers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Rules of the candidate by the unheld fact they read."""


class Replay:
    """Judges stretches by the candidate's rules in force on their law date (or on the one stated)."""

    def __init__(
        self, candidate: Bundle, settings: Settings, calendar: SessionCalendar, law_date: date | None, examples: int
    ) -> None:
        self._candidate, self._settings, self._calendar = candidate, settings, calendar
        self._law_date, self._calendars = law_date, as_rule_calendars(calendar)
        settings.know(candidate)
        self._gaps, self._changes = Gaps(), Changes(examples)
        self._by_day: dict[tuple[date, str, str], tuple[ColumnJudge, Filler]] = {}
        self._judges: dict[tuple[object, ...], ColumnJudge] = {}

    def run(self, journal: Journal, tick: Tick) -> Replayed:
        """Judge the whole journal. Raises ReplayRefused where it cannot be read."""
        total, done = journal.total(), 0
        for stretch in journal.stretches(BLOCK):
            self._changes.unjudged.update(stretch.unjudged)
            if stretch.size:
                self._judge(stretch)
            done += stretch.size + sum(stretch.unjudged.values())
            tick(done, total)
        missing = dict(sorted(self._settings.missing.items()))
        return Replayed(self._changes, self._gaps, missing, self._readers())

    def _judge(self, stretch: Stretch) -> None:
        judge, filler = self._ready(stretch)
        self._changes.add(stretch, judge.judge(filler.block(stretch)))

    def _ready(self, stretch: Stretch) -> tuple[ColumnJudge, Filler]:
        day = self._law_date or parse_date(stretch.law_date)
        key = (day, stretch.config, stretch.stage)
        if key not in self._by_day:
            overlays = self._settings.overlays(stretch.config)
            program = in_force(self._candidate, stretch.stage, day, overlays, self._calendars)
            judge = self._judges.get(program.signature)
            if judge is None:
                judge = self._judges[program.signature] = ColumnJudge(program)
            filler = Filler(judge.program, judge.layout, self._settings, self._calendar, self._gaps, self._law_date)
            self._by_day[key] = judge, filler
        return self._by_day[key]

    def _readers(self) -> dict[str, tuple[str, ...]]:
        paths = {path for path, _ in self._gaps.counts}
        out: dict[str, dict[str, None]] = {path: {} for path in sorted(paths)}
        for judge in self._judges.values():
            for path, rules in judge.readers().items():
                if path in out:
                    out[path] |= dict.fromkeys(rules)
        return {path: tuple(sorted(rules)) for path, rules in out.items()}

"""What one run is bound to: identity, rules, configuration and the people it acts for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.decision.record import Setting
from engine.model.calendar import SessionCalendar
from engine.model.instrument import Instrument
from engine.model.numbers import MICRO
from engine.model.principal import Principal


@dataclass(frozen=True, slots=True)
class RunSetting:
    """Fixed for the whole run. `law_date` None means every decision's own session date.

    `documents` names the content hash of every maintained list by slot path; `fractional` symbols may
    open in fractions, others in whole lots.
    """

    run_id: str
    run_key: str
    book_id: str
    engine: str
    account: str
    principal: str
    bundle_hash: str
    config_hash: str
    law_date: date | None
    documents: Mapping[str, str]
    instruments: Mapping[str, Instrument]
    principals: Mapping[str, Principal]
    calendar: SessionCalendar

    def law_date_at(self, now: int) -> date:
        """Return the date whose rules apply at an instant."""
        return self.law_date or self.calendar.session_date(now)

    def of_decision(self, sequence: int, at: int) -> Setting:
        """Return what a decision record is stamped with."""
        law_date = self.law_date_at(at).isoformat()
        return Setting(self.run_id, sequence, at, law_date, self.bundle_hash, self.config_hash, self.documents)

    def lot(self, symbol: str) -> int:
        """Return the increment an order of a symbol is clipped to, in micro-shares."""
        instrument = self.instruments.get(symbol)
        return instrument.lot if instrument else MICRO

"""A difference between the two books: what, about what, how bad, and both sides of it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """INFO is expected and passes; WARN should stop new risk; CRITICAL should disarm (BEHAVIOUR 13)."""

    INFO = "INFO"
    WARN = "WARN"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {Severity.INFO: 0, Severity.WARN: 1, Severity.CRITICAL: 2}


class Subject(StrEnum):
    SNAPSHOT = "SNAPSHOT"
    ORDER = "ORDER"
    FILL = "FILL"
    POSITION = "POSITION"
    CASH = "CASH"


class DifferenceCode(StrEnum):
    SNAPSHOT_INCOMPLETE = "SNAPSHOT_INCOMPLETE"
    ORDER_DUPLICATE = "ORDER_DUPLICATE"
    ORDER_FOREIGN = "ORDER_FOREIGN"
    ORDER_IN_FLIGHT = "ORDER_IN_FLIGHT"
    ORDER_MISMATCH = "ORDER_MISMATCH"
    ORDER_MISSING = "ORDER_MISSING"
    ORDER_OVERFILLED = "ORDER_OVERFILLED"
    ORDER_UNKNOWN = "ORDER_UNKNOWN"
    PROTECTION_MISSING = "PROTECTION_MISSING"
    STATUS_BEHIND = "STATUS_BEHIND"
    STATUS_MISMATCH = "STATUS_MISMATCH"
    FILL_DUPLICATE = "FILL_DUPLICATE"
    FILL_FOREIGN = "FILL_FOREIGN"
    FILL_MISMATCH = "FILL_MISMATCH"
    FILL_MISSING = "FILL_MISSING"
    FILL_UNKNOWN = "FILL_UNKNOWN"
    POSITION_DUPLICATE = "POSITION_DUPLICATE"
    POSITION_MISMATCH = "POSITION_MISMATCH"
    POSITION_UNKNOWN = "POSITION_UNKNOWN"
    CASH_MISMATCH = "CASH_MISMATCH"
    CASH_WITHIN_TOLERANCE = "CASH_WITHIN_TOLERANCE"
    CASH_UNKNOWN = "CASH_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `id` names the order, fill or symbol; `local` and `broker` are decimal text or names.

    An empty side means that it has nothing there.
    """

    severity: Severity
    subject: Subject
    id: str
    code: DifferenceCode
    field: str = ""
    local: str = ""
    broker: str = ""

    @property
    def sort_key(self) -> tuple[int, str, str, str, str, str, str]:
        """The worst first, then by what it is about: the same order on every run."""
        return (
            -self.severity.rank,
            self.subject,
            self.id,
            self.code,
            self.field,
            self.local,
            self.broker,
        )

    @property
    def is_mismatch(self) -> bool:
        """Whether it counts as drift."""
        return self.severity is not Severity.INFO

    def as_data(self) -> dict[str, str]:
        """Return it as plain data."""
        return {
            "severity": str(self.severity),
            "subject": str(self.subject),
            "id": self.id,
            "code": str(self.code),
            "field": self.field,
            "local": self.local,
            "broker": self.broker,
        }

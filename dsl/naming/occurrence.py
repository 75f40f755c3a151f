"""A name as it is written: its place, and what its place asks it to be."""

from dataclasses import dataclass
from enum import StrEnum

from dsl.text import Span


class Use(StrEnum):
    """What a place asks a word to name. A value is whatever an expression may read."""

    ACTION = "action"
    CALENDAR = "calendar"
    COLUMN = "column"
    CURRENCY = "currency"
    DIRECTION = "direction"
    ENUM_VALUE = "enum value"
    EVENT = "event"
    EVENT_FIELD = "event field"
    FACT = "fact"
    FIELD = "field"
    FIXTURE = "fixture"
    FUNCTION = "function"
    KEY = "key"
    LET = "let"
    LIST = "list"
    MODE = "mode"
    MOMENT = "moment"
    MOVEMENT = "movement"
    NAMESPACE = "namespace"
    ORDER = "order"
    OWNER = "owner"
    PARAM = "param"
    POSTURE = "posture"
    REASON = "reason code"
    ROLE = "role"
    ROUNDING = "rounding"
    RULE = "rule"
    RULEBOOK = "rulebook"
    RUNG = "rung"
    SCOPE = "scope"
    STAGE = "stage"
    TABLE = "table"
    TYPE = "type"
    VALUE = "value"
    VARIABLE = "row"
    WINDOW = "window"
    WINDOW_FUNCTION = "window function"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A written name. Places count from 1; those of a piece from the piece's own first line.

    `about` is what the word belongs to: the event of a field, the list of a column, the fact an enum value is held
    against, the rules a reason code is expected of. `is_exact` is false where the text spells it in another way.
    """

    line: int
    column: int
    word: str
    use: Use
    about: tuple[str, ...] = ()
    is_definition: bool = False
    is_exact: bool = True

    def span(self, file: str, lines: int = 0) -> Span:
        """Return the place in a file, `lines` further down."""
        line = self.line + lines
        return Span(file, line, self.column, line, self.column + len(self.word))

    @property
    def name(self) -> str:
        """The last part of a dotted word."""
        return self.word.rpartition(".")[2]

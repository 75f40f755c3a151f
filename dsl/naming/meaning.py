"""What a written name means: the thing it names, whoever declares it."""

from dataclasses import dataclass
from enum import StrEnum

from dsl.contracts import Contracts
from dsl.keywords import AGGREGATES, FUNCTIONS
from dsl.names import Rulebook
from dsl.naming.occurrence import Occurrence, Use


class Kind(StrEnum):
    """What can be named. A word is one of a fixed vocabulary of the language."""

    COLUMN = "column"
    EVENT = "event"
    EVENT_FIELD = "event field"
    FACT = "fact"
    FIELD = "field"
    FIXTURE = "fixture"
    LET = "let"
    LIST = "list"
    NAMESPACE = "namespace"
    PARAM = "param"
    REASON = "reason code"
    RULE = "rule"
    RULEBOOK = "rulebook"
    TABLE = "table"
    WINDOW = "window"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing by its kind and full name: `pre_trade.size.max_order_notional`, `market.ask`, `SIZE-01`."""

    kind: Kind
    name: str

    @property
    def short(self) -> str:
        """The name as it is written where it is declared."""
        return self.name.rpartition(".")[2] if self.kind in QUALIFIED else self.name


QUALIFIED = (Kind.COLUMN, Kind.FIXTURE, Kind.LET, Kind.LIST, Kind.PARAM, Kind.TABLE, Kind.WINDOW)
"""What belongs to a rulebook and bears its name in front."""
_DECLARED = {
    Use.FIXTURE: Kind.FIXTURE, Use.LET: Kind.LET, Use.LIST: Kind.LIST, Use.PARAM: Kind.PARAM, Use.TABLE: Kind.TABLE,
    Use.WINDOW: Kind.WINDOW,
}  # fmt: skip
_PLAIN = {Use.NAMESPACE: Kind.NAMESPACE, Use.REASON: Kind.REASON, Use.RULE: Kind.RULE, Use.RULEBOOK: Kind.RULEBOOK}


class Meanings:
    """Tells what the names of one rulebook mean, as the compiler takes them (`lookups.py`, `collect.py`)."""

    def __init__(self, book: Rulebook, contracts: Contracts, others: "tuple[Rulebook, ...]" = ()) -> None:
        self._book, self._contracts, self._others = book, contracts, others

    def of(self, occurrence: Occurrence) -> Thing | None:
        """Return what an occurrence names, or None where nothing is called that."""
        use, word = occurrence.use, occurrence.word
        if occurrence.is_definition and use in _DECLARED:
            return self._own(_DECLARED[use], word)
        if use in _PLAIN:
            return Thing(_PLAIN[use], word)
        match use:
            case Use.VALUE:
                return self._value(word)
            case Use.PARAM:
                return self._of_any_book(Kind.PARAM, word)
            case Use.LIST | Use.FIXTURE:
                return self._own(_DECLARED[use], word)
            case Use.FACT:
                return self._settable(word)
            case Use.KEY:
                return self._key(word)
            case Use.EVENT:
                return self._event(word)
            case Use.EVENT_FIELD:
                return self._event_field(occurrence)
            case Use.FIELD | Use.COLUMN:
                return self._column(occurrence)
            case Use.FUNCTION:
                return Thing(Kind.WORD, word) if word in (*FUNCTIONS, *AGGREGATES) else None
            case Use.VARIABLE:
                return None
            case _:
                return Thing(Kind.WORD, word)

    def value(self, word: str) -> Thing | None:
        """Return what a word would mean in an expression of the rulebook."""
        return self._value(word)

    def _own(self, kind: Kind, name: str) -> Thing:
        return Thing(kind, f"{self._book.name}.{name}")

    def _value(self, word: str) -> Thing | None:
        book, facts = self._book, self._contracts.facts
        if "." in word:
            return Thing(Kind.FACT, word) if word in facts else None
        for kind, declared in ((Kind.PARAM, book.params), (Kind.WINDOW, book.windows), (Kind.LIST, book.lists)):
            if word in declared:
                return self._own(kind, word)
        if word in facts:
            return Thing(Kind.FACT, word)
        if word in book.lets:
            return self._own(Kind.LET, word)
        return self._own(Kind.TABLE, word) if word in book.tables else None

    def _of_any_book(self, kind: Kind, word: str) -> Thing | None:
        """Return what a scenario sets: the rulebook's own, or another's by its full name."""
        own = self._book.params if kind is Kind.PARAM else self._book.lists
        if word in own:
            return self._own(kind, word)
        for other in self._others:
            declared = other.params if kind is Kind.PARAM else other.lists
            if word.startswith(f"{other.name}.") and word.removeprefix(f"{other.name}.") in declared:
                return Thing(kind, word)
        return None

    def _settable(self, word: str) -> Thing | None:
        listed = self._of_any_book(Kind.LIST, word)
        if listed is not None:
            return listed
        if word in self._book.windows:
            return self._own(Kind.WINDOW, word)
        return Thing(Kind.FACT, word) if word in self._contracts.facts else None

    def _key(self, word: str) -> Thing | None:
        subject = "intent" if self._book.stage == "pre_trade" else "scope"
        for path in (f"{subject}.{word}", f"instrument.{word}"):
            if path in self._contracts.facts:
                return Thing(Kind.FACT, path)
        return None

    def _event(self, word: str) -> Thing | None:
        if word in self._contracts.events:
            return Thing(Kind.EVENT, word)
        event, _, name = word.rpartition(".")
        return Thing(Kind.EVENT_FIELD, word) if name in self._contracts.events.get(event, {}) else None

    def _event_field(self, occurrence: Occurrence) -> Thing | None:
        event = occurrence.about[0]
        fields = self._contracts.events.get(event) or self._contracts.events.get(event.rpartition(".")[0], {})
        base = event if event in self._contracts.events else event.rpartition(".")[0]
        name = occurrence.word.rpartition(".")[2]
        return Thing(Kind.EVENT_FIELD, f"{base}.{name}") if name in fields else None

    def _column(self, occurrence: Occurrence) -> Thing | None:
        source = occurrence.about[0]
        name = occurrence.word.rpartition(".")[2]
        listed = self._book.lists.get(source)
        if listed is not None:
            is_there = name in dict(listed.columns)
            return Thing(Kind.COLUMN, f"{self._book.name}.{source}.{name}") if is_there else None
        fact = self._contracts.facts.get(source)
        return Thing(Kind.FIELD, f"{source}.{name}") if fact is not None and fact.field_named(name) else None

"""What the server knows of the desk, read from the document the desk writes: it imports nothing of the desk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsl.bundle import Bundle
from dsl.calendars import Calendars, SessionTable
from dsl.contracts import Contracts, read_contracts
from dsl.overlays import read_overlay
from dsl.program import Overlay

FORM = 1


class EnvironmentFault(ValueError):
    """The document is not one this server reads."""


@dataclass(frozen=True, slots=True)
class Tightening:
    """What the configuration of one engine says of a param: the text, not yet held against any rules."""

    engine: str
    param: str
    key: tuple[str, ...]
    value: str
    since: str
    cite: str
    origin: str


@dataclass(frozen=True, slots=True)
class Place:
    """A line and column of a file, both from 1."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Environment:
    """`places` says where each fact is declared: the file of its contract, and the line in it."""

    contracts: Contracts
    calendars: Calendars
    tightenings: tuple[Tightening, ...]
    places: Mapping[str, Place]

    def overlays(self, bundle: Bundle, param: str) -> Iterator[tuple[str, Overlay]]:
        """Yield each engine with its tightening of a param, those alone that the param allows."""
        for one in self.tightenings:
            if one.param == param:
                overlay, _ = read_overlay(bundle, param, one.key, one.value, one.since, one.cite, one.origin)
                if overlay is not None:
                    yield one.engine, overlay

    def tightened(self, param: str) -> tuple[str, ...]:
        """Return where configurations name a param."""
        return tuple(sorted({one.origin for one in self.tightenings if one.param == param}))


def read_environment(document: Mapping[str, Any]) -> Environment:
    """Return the environment a document describes. Raises EnvironmentFault and ContractFault."""
    if document.get("v") != FORM:
        raise EnvironmentFault(f"this reads environments of version {FORM}, not {document.get('v')}")
    try:
        calendars = {
            code: SessionTable(tuple(table["days"]), tuple(table["opens"]), tuple(table["closes"]))
            for code, table in document["calendars"].items()
        }
        tightenings = tuple(
            Tightening(
                one["engine"], one["param"], tuple(one["key"]), one["value"], one["since"], one["cite"], one["origin"]
            )
            for one in document["tightenings"]
        )
        places = {fact: Place(*place) for fact, place in document["places"].items()}
        return Environment(read_contracts(document["contracts"]), calendars, tightenings, places)
    except (KeyError, TypeError, AttributeError) as fault:
        raise EnvironmentFault(f"the environment has another form: {fault}") from None

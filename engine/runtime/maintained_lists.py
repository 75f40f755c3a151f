"""The lists the rules name: from files or from review, every cell of the type the rulebook declares."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsl import ir
from dsl.bundle import Bundle
from engine.facts.list_values import CellFault, stored_list
from engine.marketdata.faults import DataRefused, Fault
from engine.marketdata.lists import MAX_BYTES, NamedList, parse_list
from engine.marketdata.text_file import decode, read_raw
from engine.runtime.halt import RunRefused

Reviewed = Callable[[str], bytes | None]
"""From a list's name to the version in force in the desk's database, None where none went through review."""


def read_lists(
    bundle: Bundle, folder: Path, reviewed: Reviewed, may_lack: bool = False
) -> tuple[dict[str, NamedList], dict[str, tuple[str, bytes]]]:
    """Return every list the rules name, by slot path, and its bytes. Raises RunRefused.

    With `may_lack` a list that is nowhere is left out: a fact nobody states, so that whatever reads it is refused.
    """
    lists: dict[str, NamedList] = {}
    documents: dict[str, tuple[str, bytes]] = {}
    for name, listed in sorted(bundle.ruleset.lists.items()):
        found = find_kept(listed, folder, reviewed)
        if found is None and may_lack:
            continue
        if found is None:
            raise _lacking(listed)
        read, raw = found
        path = f"list:{name}"
        list_content(bundle, path, read)
        lists[path] = read
        documents[read.sha256] = ("list", raw)
    return lists, documents


def find_kept(listed: ir.ListUse, folder: Path, reviewed: Reviewed) -> tuple[NamedList, bytes] | None:
    """Return one list from where the rules say it is kept, with its bytes; None where it is not. Raises RunRefused."""
    raw = _raw_list(listed, folder, reviewed)
    if raw is None:
        return None
    read = _opened(raw, listed.place)
    if len(read.rows) < listed.minimum_rows:
        what = f"{listed.place} has {len(read.rows)} row(s), the rules ask for at least {listed.minimum_rows}"
        raise RunRefused("LIST_TOO_SHORT", what, "complete the list, or let the rulebook say `may be empty`")
    return read, raw


def _opened(raw: bytes, place: str) -> NamedList:
    try:
        read = parse_list(decode(raw, place))
    except DataRefused as refused:
        raise _refused(place, refused.faults[0]) from None
    if isinstance(read, NamedList):
        return read
    raise _refused(place, read[0])


def _refused(place: str, fault: Fault) -> RunRefused:
    return RunRefused("LIST_REFUSED", f"{place}: {fault.what}", fault.help)


def _raw_list(listed: ir.ListUse, folder: Path, reviewed: Reviewed) -> bytes | None:
    if listed.origin == "database":
        return reviewed(listed.place)
    path = folder / listed.place
    if not path.exists():
        return None
    try:
        return read_raw(path, MAX_BYTES)
    except DataRefused as refused:
        raise _refused(listed.place, refused.faults[0]) from None


def _lacking(listed: ir.ListUse) -> RunRefused:
    if listed.origin == "database":
        what = f"no version of list {listed.place} is in force in the database"
        return RunRefused("LIST_UNAVAILABLE", what, "put one through review: `mqk lists propose`")
    return RunRefused("LIST_UNAVAILABLE", f"there is no list {listed.place}", "put it where --lists says")


def list_content(bundle: Bundle, path: str, read: NamedList) -> Any:
    """Return a list's stored value: a set of its first column, or its rows as records. Raises RunRefused."""
    listed = bundle.ruleset.lists[path.removeprefix("list:")]
    try:
        return stored_list(listed, read.columns, read.rows)
    except CellFault as fault:
        place = read.file if fault.row is None else f"{read.file}:{read.line_of(fault.row)}"
        help_ = f"the rules declare it as {listed.type}; correct the list, or the rulebook"
        raise RunRefused("LIST_CELL", f"{place}, column {fault.column}: {fault.what}", help_) from None

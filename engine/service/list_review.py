"""Maintained lists through review: an edit is a proposal, and a new version is written when it is approved."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsl.bundle import Bundle
from engine.marketdata.lists import NamedList
from engine.model.clock import Clock
from engine.model.time import format_timestamp
from engine.review.bundles import Bundles, read_bytes
from engine.review.desk import Document, find_proposal
from engine.review.directions import direction_of
from engine.review.list_edit import Edit, edited, open_list, write_list
from engine.review.matters import LIST, ListMatter
from engine.review.refusal import ReviewRefused
from engine.service.display import clean
from engine.service.list_files import ListFile, find_list, list_files, write_whole
from engine.service.refusal import Refused
from engine.service.review_lines import ProposalLine
from engine.service.reviewing import said, session
from engine.service.rule_files import load_bundle
from engine.service.runs import is_there, open_existing
from engine.service.signing_keys import Acting
from engine.shipped import shipped
from engine.store.database import Database
from engine.store.reviews import list_target
from engine.store.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where lists are: the database, the folder of files beside it, and the rules that say which way is looser.

    `folder` None: files are only read, from the program's own, until the first version is in force.
    """

    database: str
    folder: Path | None = None
    rules: Path | None = None

    def file(self, name: str) -> ListFile | None:
        """Return the file of a list."""
        return find_list(self.folder or shipped("rules", "lists"), name)


@dataclass(frozen=True, slots=True)
class ListEdit:
    """An edit as a person says it: entries to add and take out, and NAME=TEXT for further cells of added rows."""

    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    columns: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A version that went into force, and the file it was written to (empty: none)."""

    line: ProposalLine
    file: str

    def as_data(self) -> dict[str, Any]:
        return {**self.line.as_data(), "file": self.file}


def edit_list(
    place: ListPlace, name: str, edit: ListEdit, acting: Acting, reason: str, cite: str, clock: Clock
) -> ProposalLine:
    """Propose a list with rows added and taken out; an edit of nothing says that it is still true.

    Raises Refused, ReviewRefused, DataRefused, RulesRefused and the store's errors.
    """
    wanted = Edit(edit.add, edit.remove, _columns(edit.columns))
    with session(place.database, acting, clock, is_new=True) as opened:
        now = clock.now()
        with opened.database.read() as unit:
            base, file = _base(unit, place, name)
        if base is None:
            raise Refused("LIST_UNKNOWN", f"there is no list {name}", "see `mqk lists show`, or propose a whole file")
        read = open_list(base, name)
        raw = write_list(read, edited(read, wanted), now, said(cite, "citation")[:200])
        matter = ListMatter(name, Bundles(), load_bundle(place.rules))
        proposal = opened.desk.propose(
            matter, list_target(name), ("list", raw), None, opened.signer, said(reason, "reason"),
            said(cite, "citation"), base=file, made_from=hashlib.sha256(base).hexdigest(),
        )  # fmt: skip
        return opened.line(proposal, now)


def propose_list(place: ListPlace, path: Path, acting: Acting, reason: str, cite: str, clock: Clock) -> ProposalLine:
    """Propose a whole list file as the next version of the list it names. Raises as `edit_list` does."""
    raw = path.read_bytes()
    read = open_list(raw, path.name)
    name = read.name
    if read.as_of > clock.now():
        what = f"{path.name} is as of {format_timestamp(read.as_of)}, which is yet to come"
        raise Refused("LIST_FUTURE", what, "state when its content was true")
    with session(place.database, acting, clock, is_new=True) as opened:
        with opened.database.read() as unit:
            _, file = _base(unit, place, name, is_replaced=True)
        matter = ListMatter(name, Bundles(), load_bundle(place.rules))
        proposal = opened.desk.propose(
            matter, list_target(name), ("list", raw), None, opened.signer, said(reason, "reason"),
            said(cite, "citation"), base=file,
        )  # fmt: skip
        return opened.line(proposal, clock.now())


def apply_list(place: ListPlace, name: str, acting: Acting, clock: Clock) -> Applied:
    """Put an approved version in force and write it over the list's file; the old version stays in the database.

    The database goes first: a file that could not be written is written by `export_list`. Raises Refused
    (LIST_DRIFT), ReviewRefused, RulesRefused, OSError and the store's errors.
    """
    with session(place.database, acting, clock) as opened:
        with opened.database.read() as unit:
            proposal = find_proposal(unit, LIST, name)
            raw = read_bytes(unit, proposal.subject)
        listed = proposal.target.removeprefix(LIST)
        file = place.file(listed)
        if place.folder is not None and file is not None and file.sha256 not in (proposal.base, proposal.subject):
            raise _drift(file, proposal.base or "nothing")
        matter = ListMatter(listed, Bundles(), load_bundle(place.rules))
        done = opened.desk.activate(matter, LIST, name, opened.signer)
        written = ""
        if place.folder is not None:
            path = file.path if file is not None else place.folder / f"{listed}.csv"
            write_whole(path, raw)
            written = str(path)
        return Applied(opened.line(done, clock.now()), written)


def export_list(place: ListPlace, name: str, out: Path, version: int | None = None) -> str:
    """Write a version of a list (None: the one in force) to a file and return its hash.

    Raises Refused (LIST_UNKNOWN), ReviewRefused, OSError and the store's errors.
    """
    with open_existing(place.database) as database, database.read() as unit:
        kept = list_versions(unit, name)
        wanted = max(kept, default=0) if version is None else version
        if wanted not in kept:
            there = ", ".join(map(str, sorted(kept))) or "none"
            raise Refused("LIST_UNKNOWN", f"the database has no version {wanted} of {name}", f"it has {there}")
        raw = read_bytes(unit, kept[wanted])
    write_whole(out, raw)
    return hashlib.sha256(raw).hexdigest()


def list_versions(unit: UnitOfWork, name: str) -> Mapping[int, str]:
    """Return the hash of every version of a list by number; 0 is the file the first edit began from."""
    found: dict[int, str] = {}
    for proposal in unit.reviews.list(list_target(name)):
        if proposal.activated_at is not None:
            found[proposal.version] = proposal.subject
            if proposal.version == 1 and proposal.base is not None:
                found[0] = proposal.base
    return found


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list as it stands. `version` 0 means that only the file is known; `drift` that file and version differ."""

    name: str
    version: int
    as_of: str
    owner: str
    source: str
    rows: int
    sha256: str
    direction: str
    drift: bool
    columns: tuple[str, ...]
    content: tuple[tuple[str, ...], ...]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    def as_cells(self) -> tuple[str, ...]:
        state = "the file differs" if self.drift else ""
        version = str(self.version) if self.version else "file"
        return (self.name, version, self.as_of, self.owner, str(self.rows), self.sha256[:12], self.direction, state)


LIST_HEADS = ("list", "version", "as of", "owner", "rows", "hash", "edits", "state")


def show_lists(place: ListPlace, name: str | None = None) -> tuple[ListLine, ...]:
    """Return the lists of a database and a folder, or one of them, with their rows.

    Raises Refused (LIST_UNKNOWN), ReviewRefused, DataRefused, RulesRefused and the store's errors.
    """
    files = {each.read.name: each for each in list_files(place.folder or shipped("rules", "lists"))}
    shipped_rules = load_bundle(place.rules)
    matter = ListMatter(name or "", Bundles(), shipped_rules)
    if not is_there(place.database):
        lines = [_line(each.read, 0, each.sha256, False, shipped_rules) for each in files.values()]
    else:
        with open_existing(place.database) as database:
            lines = _stored_lines(database, files, matter)
    wanted = tuple(line for line in sorted(lines, key=lambda line: line.name) if name in (None, line.name))
    if name is not None and not wanted:
        raise Refused("LIST_UNKNOWN", f"there is no list {name}", "see `mqk lists show`")
    return wanted


def _stored_lines(database: Database, files: Mapping[str, ListFile], matter: ListMatter) -> list[ListLine]:
    lines = []
    with database.read() as unit:
        rules = matter.rules(unit)
        heads = {head.target.removeprefix(LIST): head for head in unit.reviews.heads() if head.target.startswith(LIST)}
        for name in sorted({*files, *heads}):
            document = unit.reviews.list_document(name)
            file = files.get(name)
            if document is not None:
                read = open_list(document.content, name)
                differs = file is not None and file.sha256 != document.sha256
                lines.append(_line(read, heads[name].version, document.sha256, differs, rules))
            elif file is not None:
                lines.append(_line(file.read, 0, file.sha256, False, rules))
    return lines


def _line(read: NamedList, version: int, sha256: str, drift: bool, rules: Bundle | None) -> ListLine:
    content = tuple(tuple(clean(cell) for cell in row) for row in read.rows)
    return ListLine(
        read.name, version, format_timestamp(read.as_of), read.owner, clean(read.source), len(read.rows), sha256,
        direction_of(rules, read.name).value, drift, read.columns, content,
    )  # fmt: skip


def _base(
    unit: UnitOfWork, place: ListPlace, name: str, is_replaced: bool = False
) -> tuple[bytes | None, Document | None]:
    """Return the bytes an edit begins from, and them as a document while no version is in force.

    A file somebody changed by hand is refused (LIST_DRIFT), unless it is to be replaced as a whole.
    """
    head = unit.reviews.head(list_target(name))
    file = place.file(name)
    if head is None or head.subject is None:
        return (None, None) if file is None else (file.raw, ("list", file.raw))
    if place.folder is not None and file is not None and file.sha256 != head.subject and not is_replaced:
        raise _drift(file, head.subject)
    return read_bytes(unit, head.subject), None


def _drift(file: ListFile, expected: str) -> ReviewRefused:
    what = f"{file.path} was changed by hand: it hashes to {file.sha256[:12]}, the version reviewed is {expected[:12]}"
    advice = "write the version back with `mqk lists export`, or propose the file with `mqk lists propose`"
    return ReviewRefused("LIST_DRIFT", what, advice)


def _columns(pairs: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        column, is_said, text = pair.partition("=")
        if not is_said or column in found:
            raise Refused(
                "LIST_COLUMN", f"{pair[:40]!r} is not NAME=TEXT, or names a column twice", "say it as NAME=TEXT"
            )
        found[column] = text.strip()
    return found

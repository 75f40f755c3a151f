"""A new name for a thing, everywhere it is named, and the proof that nothing else came of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from dsl import ir
from dsl.diagnostics import Edit, has_errors
from dsl.edits import apply_edits
from dsl.keywords import AGGREGATES, FUNCTIONS, RESERVED
from dsl.language_server.folder import Folder
from dsl.language_server.index import Index, Seen
from dsl.naming.meaning import Kind, Thing
from dsl.text import Span

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_RULE_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
RENAMABLE = (Kind.FIXTURE, Kind.LET, Kind.LIST, Kind.PARAM, Kind.RULE, Kind.TABLE, Kind.WINDOW)
_FIXED = {
    Kind.FACT: "a fact is named by its contract in specs/",
    Kind.FIELD: "a field is named by its contract in specs/",
    Kind.EVENT: "an event is named by its contract in specs/",
    Kind.EVENT_FIELD: "an event's field is named by its contract in specs/",
    Kind.NAMESPACE: "a contract is named by its file in specs/",
    Kind.COLUMN: "a column is named by the file or table the list is kept in",
    Kind.REASON: "a reason code is what records and reports know a finding by",
    Kind.RULEBOOK: "configuration layers and scenario files know a rulebook by its name",
    Kind.WORD: "this is a word of the language",
}
_Mapping = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something is not renamed."""

    reason: str


def prepare(index: Index, name: str, line: int, column: int) -> Span | Refused:
    """Return the stretch of text that would be renamed at a place (counted from 1), or why nothing is."""
    seen = index.at(name, line, column)
    if seen is None or seen.thing is None:
        return Refused("nothing is named here")
    if seen.thing.kind not in RENAMABLE:
        return Refused(_FIXED.get(seen.thing.kind, "this has no name of its own"))
    return _part(seen)


def rename(
    folder: Folder, index: Index, name: str, line: int, column: int, new: str
) -> tuple[Edit, ...] | Refused:  # fmt: skip
    """Return the edits that rename the thing at a place, in every file of the folder, or why it is not renamed."""
    place = prepare(index, name, line, column)
    seen = index.at(name, line, column)
    if isinstance(place, Refused) or seen is None or seen.thing is None:
        return place if isinstance(place, Refused) else Refused("nothing is named here")
    thing = seen.thing
    reason = _unfit(folder, thing, new)
    if reason:
        return Refused(reason)
    edits = list(_edits(index, thing, new))
    for one in edits:
        if isinstance(one, Refused):
            return one
    made = tuple(one for one in edits if isinstance(one, Edit))
    return _proven(folder, thing, new, made)


def _part(seen: Seen) -> Span:
    """Return the last part of a dotted word: what comes before it names the rulebook."""
    span = seen.span
    return replace(span, column=span.end_column - len(seen.occurrence.name))


def _edits(index: Index, thing: Thing, new: str) -> Iterator[Edit | Refused]:
    for seen in index.uses(thing):
        if not seen.occurrence.is_exact:
            yield Refused(f"{seen.span} spells `{seen.occurrence.word}` in a way that cannot be replaced")
        yield Edit(_part(seen), new)
    if thing.kind is Kind.RULE:
        old_code, code = _code_of(thing.name), _code_of(new)
        for seen in index.uses(Thing(Kind.REASON, old_code)):
            of = seen.occurrence.about
            if not seen.occurrence.is_definition and (not of or thing.name in of):
                yield Edit(seen.span, code)


def _code_of(rule: str) -> str:
    """Return the reason code of a line of a rule that names none."""
    return rule.replace("-", "_")


def _unfit(folder: Folder, thing: Thing, new: str) -> str:
    """Return why a thing cannot have a new name, empty where it can."""
    if folder.compiled.bundle is None:
        return "the rules have errors; correct them first, so that the new name can be proven to change nothing"
    if new == thing.short:
        return f"it is called `{new}` already"
    if thing.kind is Kind.RULE:
        if not _RULE_ID.fullmatch(new):
            return f"`{new}` is not a rule id: write it like SIZE-01"
        taken = {rule for book in folder.compiled.books for rule in book.rules}
        return f"there is a rule `{new}` already" if new in taken else ""
    if not _NAME.fullmatch(new):
        return f"`{new}` is not a name: lower case letters, digits and `_`"
    if new in RESERVED:
        return f"`{new}` is a word of the language"
    if new in FUNCTIONS or new in AGGREGATES:
        return f"`{new}` is a function of the language"
    book = next(book for book in folder.compiled.books if thing.name == f"{book.name}.{thing.short}")
    declared = tuple(book.fixtures) if thing.kind is Kind.FIXTURE else book.local_names()
    if new in declared:
        return f"`{new}` is declared in {book.name} already"
    if thing.kind is not Kind.FIXTURE and new in folder.environment.contracts.facts:
        return f"`{new}` is a fact"
    layers = folder.environment.tightened(thing.name) if thing.kind is Kind.PARAM else ()
    if layers:
        return f"{layers[0]} tightens `{thing.name}` and would tighten nothing any more; rename it there by hand"
    return ""


# ------------------------------------------------------------------------------------------ the proof


def _proven(folder: Folder, thing: Thing, new: str, edits: tuple[Edit, ...]) -> tuple[Edit, ...] | Refused:
    """Return the edits, or why they would change more than a name: everything is compiled with and without them."""
    bundle, cases = folder.cases()
    before = folder.compiled
    changed = sorted({edit.span.file for edit in edits})
    texts = {name: apply_edits(folder.text(name), (e for e in edits if e.span.file == name)) for name in changed}
    after, tried = folder.trial(texts)
    problems = [found for found in (*after.found, *tried.found) if has_errors([found])]
    if problems:
        first = problems[0]
        return Refused(f"with that name {first.span} would say: {first.message}")
    known = _names(thing, new)
    if bundle is None or after.bundle is None or _mapped(before.ruleset, known) != _mapped(after.ruleset, {}):
        return Refused(f"`{new}` would change what the rules decide")
    if _mapped(cases, known) != _mapped(tried.cases, {}):
        return Refused(f"`{new}` would change what the tests ask")
    return edits


def _names(thing: Thing, new: str) -> dict[str, str]:
    """Return the names a thing has inside the compiler, each with what it is called afterwards."""
    if thing.kind is Kind.RULE:
        return {thing.name: new, _code_of(thing.name): _code_of(new)}
    full = thing.name.removesuffix(thing.short) + new
    return {f"{prefix}{thing.name}": f"{prefix}{full}" for prefix in ("", "list:", "window:", "table:")}


def _mapped(node: Any, names: _Mapping) -> Any:
    """Return a value with names replaced and places left out, in a form that compares."""
    if isinstance(node, Span):
        return None
    if isinstance(node, str):
        return names.get(node, node)
    if isinstance(node, tuple | list):
        return tuple(_mapped(part, names) for part in node)
    if isinstance(node, frozenset):
        return frozenset(_mapped(part, names) for part in node)
    if isinstance(node, Mapping):
        return {_mapped(key, names): _mapped(part, names) for key, part in node.items()}
    if isinstance(node, ir.Ruleset):
        rules = sorted((_mapped(rule, names) for rule in node.rules), key=lambda rule: str(rule[1]))
        return [rules, *(_mapped(getattr(node, one.name), names) for one in fields(node) if one.name != "rules")]
    if is_dataclass(node) and not isinstance(node, type):
        return (type(node).__name__, *(_mapped(getattr(node, one.name), names) for one in fields(node)))
    return node

"""The slow pass: what exactly a contract refuses in a value, and how to put it right."""

import difflib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from engine.contracts.diagnostic import MAX_DIAGNOSTICS, Diagnostic, escape_pointer, quote, shorten
from engine.contracts.forms import REFUSED, decimal_text, instant_of, ordinal_of
from engine.contracts.plain import fingerprint, has_depth, is_plain
from engine.contracts.schema import Node

_NAMES = {dict: "object", list: "array", str: "string", int: "integer", bool: "boolean", type(None): "null"}
_DECIMAL_HELP = "plain digits, at most {places} after the point, no exponent, no separators"


def explain(node: Node, value: Any, *, computed: bool) -> list[Diagnostic]:
    """Return every fault of a value in document order, at most MAX_DIAGNOSTICS; none means accepted."""
    return list(islice(_faults(node, value, "", computed), MAX_DIAGNOSTICS))


def _faults(node: Node, value: Any, at: str, computed: bool) -> Iterator[Diagnostic]:
    kind = _NAMES.get(value.__class__)
    if kind is None or (node.types is not None and kind not in node.types):
        yield _wrong_type(node, value, kind, at)
        return
    if node.max_depth is not None and has_depth(value, node.max_depth):
        yield Diagnostic("C014", f"containers nest deeper than {node.max_depth}", pointer=at)
        return
    is_sound = True
    for fault in _own_faults(node, value, kind, at, computed):
        is_sound = False
        yield fault
    if is_sound:
        yield from _condition_faults(node, value, at, computed)


def _own_faults(node: Node, value: Any, kind: str, at: str, computed: bool) -> Iterator[Diagnostic]:
    if node.members is not None and not any(_is_same(value, member) for member in node.members):
        yield _not_a_member(node.members, value, at)
    if isinstance(value, str):
        yield from _text_faults(node, value, at)
    elif kind == "integer":
        yield from _integer_faults(node, value, at)
    elif isinstance(value, dict):
        yield from _map_faults(node, value, at, computed)
    elif isinstance(value, list):
        yield from _list_faults(node, value, at, computed)


def _wrong_type(node: Node, value: Any, kind: str | None, at: str) -> Diagnostic:
    if value.__class__ is float:
        hint = 'decimals travel as text, like "470.90"'
        return Diagnostic("C001", "binary floating point is not accepted", pointer=at, help=hint)
    wanted = " or ".join(sorted(node.types or _NAMES.values()))
    found = kind or value.__class__.__name__
    hint = (
        f'write it in quotes, like "{shorten(str(value), 20)}"'
        if kind == "integer" and node.types and "string" in node.types
        else ""
    )
    return Diagnostic("C001", f"expected {wanted}, found {found}", pointer=at, help=hint)


def _not_a_member(members: tuple[Any, ...], value: Any, at: str) -> Diagnostic:
    listed = ", ".join(str(member) for member in members[:12]) + (", \u2026" if len(members) > 12 else "")
    words = [member for member in members if isinstance(member, str)]
    near = difflib.get_close_matches(shorten(value).upper(), words, 1) if isinstance(value, str) else []
    hint = f"did you mean {near[0]}?" if near else ""
    shown = quote(value) if isinstance(value, str) else _NAMES[value.__class__]
    shown = str(value) if value.__class__ in (int, bool) else shown
    return Diagnostic("C004", f"{shown} is not one of {listed}", pointer=at, help=hint)


def _text_faults(node: Node, value: str, at: str) -> Iterator[Diagnostic]:
    if node.scale is not None:
        yield from _decimal_faults(node, node.scale, value, at)
        return
    size = len(value)
    if size < (node.min_length or 0) or (node.max_length is not None and size > node.max_length):
        most = "any" if node.max_length is None else str(node.max_length)
        bounds = f"{node.min_length or 0}..{most} characters"
        yield Diagnostic("C006", f"the text has {size} characters; allowed are {bounds}", pointer=at)
    if node.pattern is not None and node.pattern.search(value) is None:
        hint = f"it must match {node.pattern.pattern}"
        yield Diagnostic("C005", f"{quote(value)} is not written as this field is", pointer=at, help=hint)
    if node.format == "date-time" and instant_of(value) is REFUSED:
        hint = "an RFC 3339 instant with an offset, like 2026-01-05T15:00:00Z"
        yield Diagnostic("C009", f"{quote(value)} is not an instant", pointer=at, help=hint)
    if node.format == "date" and ordinal_of(value) is REFUSED:
        hint = "a calendar date, like 2026-01-05"
        yield Diagnostic("C009", f"{quote(value)} is not a date", pointer=at, help=hint)


def _decimal_faults(node: Node, scale: int, value: str, at: str) -> Iterator[Diagnostic]:
    if node.pattern is not None and node.pattern.search(value) is None:
        hint = _DECIMAL_HELP.format(places=scale)
        yield Diagnostic("C008", f"{quote(value)} is not a decimal number of the desk", pointer=at, help=hint)
        return
    whole, _, fraction = value.partition(".")
    number = int(whole + fraction.ljust(scale, "0"))
    if node.low is not None and (number <= node.low if node.is_low_open else number < node.low):
        relation = "above" if node.is_low_open else "at least"
        bound = decimal_text(node.low, scale)
        yield Diagnostic("C007", f"{value} is too small; it must be {relation} {bound}", pointer=at)
    if node.high is not None and number > node.high:
        bound = decimal_text(node.high, scale)
        yield Diagnostic("C007", f"{value} is too large; it must be at most {bound}", pointer=at)


def _integer_faults(node: Node, value: int, at: str) -> Iterator[Diagnostic]:
    if node.minimum is not None and value < node.minimum:
        message = f"{shorten(str(value))} is too small; it must be at least {node.minimum}"
        yield Diagnostic("C007", message, pointer=at)
    if node.maximum is not None and value > node.maximum:
        message = f"the integer is too large; it must be at most {node.maximum}"
        yield Diagnostic("C007", message, pointer=at)


def _map_faults(node: Node, value: dict[Any, Any], at: str, computed: bool) -> Iterator[Diagnostic]:
    if node.max_properties is not None and len(value) > node.max_properties:
        message = f"{len(value)} members are too many; allowed are {node.max_properties}"
        yield Diagnostic("C012", message, pointer=at)
    known = node.properties or {}
    for name in node.required:
        if name not in value:
            note = known[name].description if name in known else ""
            yield Diagnostic("C003", f"the field {name!r} is missing", pointer=at, help=note)
    for name, member in value.items():
        if not isinstance(name, str):
            yield Diagnostic("C001", "a key must be text", pointer=at)
            continue
        below = f"{at}/{escape_pointer(name)}"
        if node.names is not None:
            for fault in _faults(node.names, name, below, computed):
                yield Diagnostic("C002", f"the key {quote(name)} is not accepted", pointer=below, help=fault.help)
                break
        found = known.get(name)
        if found is not None and found.read_only and not computed:
            hint = "leave it out; the desk derives it"
            yield Diagnostic("C010", f"the field {name!r} is computed", pointer=below, help=hint)
        elif found is not None:
            yield from _faults(found, member, below, computed)
        elif isinstance(node.additional, Node):
            yield from _faults(node.additional, member, below, computed)
        elif node.additional is False:
            yield _unknown(name, known, below)
        elif not is_plain(member):
            yield _not_plain(member, below)


def _unknown(name: str, known: dict[str, Node], at: str) -> Diagnostic:
    near = difflib.get_close_matches(shorten(name), known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known)[:20])}"
    return Diagnostic("C002", f"the field {quote(name)} is unknown", pointer=at, help=hint)


def _not_plain(value: Any, at: str) -> Diagnostic:
    return Diagnostic("C001", "the value holds something a strict text cannot hold", pointer=at)


def _list_faults(node: Node, value: list[Any], at: str, computed: bool) -> Iterator[Diagnostic]:
    size = len(value)
    if size < (node.min_items or 0) or (node.max_items is not None and size > node.max_items):
        most = "any" if node.max_items is None else str(node.max_items)
        bounds = f"{node.min_items or 0}..{most}"
        yield Diagnostic("C012", f"the list has {size} elements; allowed are {bounds}", pointer=at)
    if node.unique:
        seen = set()
        for index, member in enumerate(value):
            mark = fingerprint(member)
            if mark in seen:
                yield Diagnostic("C013", "the element is given twice", pointer=f"{at}/{index}")
            seen.add(mark)
    for index, member in enumerate(value):
        if node.items is not None:
            yield from _faults(node.items, member, f"{at}/{index}", computed)
        elif not is_plain(member):
            yield _not_plain(member, f"{at}/{index}")


def _condition_faults(node: Node, value: Any, at: str, computed: bool) -> Iterator[Diagnostic]:
    for below in node.all_of:
        yield from _faults(below, value, at, computed)
    if node.negated is not None and _holds(node.negated, value, computed):
        yield from _forbidden(node.negated, value, at)
    if node.condition is not None:
        is_met = _holds(node.condition, value, computed)
        consequence = node.then if is_met else node.otherwise
        if consequence is not None:
            reason = _reason(node.condition, is_met)
            for fault in _faults(consequence, value, at, computed):
                yield Diagnostic(fault.code, fault.message + reason, pointer=fault.pointer, help=fault.help)
    if node.any_of and not any(_holds(below, value, computed) for below in node.any_of):
        yield from _no_branch(node.any_of, value, at, computed)
    if node.one_of:
        met = sum(_holds(below, value, computed) for below in node.one_of)
        if met == 0:
            yield from _no_branch(node.one_of, value, at, computed)
        elif met > 1:
            yield Diagnostic("C011", f"{met} of the alternatives are given; exactly one is allowed", pointer=at)


def _holds(node: Node, value: Any, computed: bool) -> bool:
    return next(_faults(node, value, "", computed), None) is None


def _forbidden(node: Node, value: Any, at: str) -> Iterator[Diagnostic]:
    if node.required and isinstance(value, dict):
        for name in node.required:
            below = f"{at}/{escape_pointer(name)}"
            yield Diagnostic("C018", f"the field {name!r} is not allowed", pointer=below, help="leave it out")
        return
    yield Diagnostic("C011", "the value is one the contract excludes", pointer=at)


def _no_branch(branches: tuple[Node, ...], value: Any, at: str, computed: bool) -> Iterator[Diagnostic]:
    """Report the faults of the alternative that comes nearest; ties go to the first."""
    lists = [explain(below, value, computed=computed) for below in branches]
    nearest = min(lists, key=lambda faults: (_is_type_fault(faults), len(faults)))
    message = f"none of the {len(branches)} alternatives is given"
    hint = f"the nearest one says: {nearest[0].message}" if nearest else ""
    yield Diagnostic("C011", message, pointer=at + (nearest[0].pointer if nearest else ""), help=hint)


def _is_type_fault(faults: list[Diagnostic]) -> bool:
    return bool(faults) and faults[0].code == "C001" and not faults[0].pointer


def _reason(condition: Node, is_met: bool) -> str:
    """Return in words why a consequence of if/then/else applies, when the condition is a simple one."""
    parts = [
        f"{name} is {'' if is_met else 'not '}{' or '.join(str(member) for member in below.members)}"
        for name, below in (condition.properties or {}).items()
        if below.members is not None
    ]
    return f" when {' and '.join(parts)}" if parts else ""


def _is_same(value: Any, member: Any) -> bool:
    return value.__class__ is member.__class__ and value == member

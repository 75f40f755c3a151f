"""Laws of plain values: what a strict text can hold, told without recursion."""

from typing import Any

from engine.contracts.limits import JSON_LIMITS, MAX_INTEGER


def is_plain(value: Any) -> bool:
    """Return whether a value could have come from a strict text: no float, no foreign type, bounded depth."""
    if value.__class__ is str:
        return True
    queue = [(value, 1)]
    while queue:
        item, depth = queue.pop()
        kind = item.__class__
        if kind is dict:
            if not all(name.__class__ is str for name in item):
                return False
            queue.extend((below, depth + 1) for below in item.values())
        elif kind is list:
            queue.extend((below, depth + 1) for below in item)
        elif kind is int:
            if not -MAX_INTEGER <= item <= MAX_INTEGER:
                return False
        elif item is not None and kind is not str and kind is not bool:
            return False
        if depth > JSON_LIMITS.depth:
            return False
    return True


def has_depth(value: Any, depth: int) -> bool:
    """Return whether containers nest deeper than `depth` in a value."""
    queue = [(value, 1)]
    while queue:
        item, level = queue.pop()
        kind = item.__class__
        if kind is dict or kind is list:
            if level > depth:
                return True
            members = item.values() if kind is dict else item
            queue.extend((below, level + 1) for below in members)
    return False


def fingerprint(value: Any) -> Any:
    """Return a hashable stand-in that is equal exactly for values JSON calls equal."""
    kind = value.__class__
    if kind is dict:
        return ("map", frozenset((name, fingerprint(member)) for name, member in value.items()))
    if kind is list:
        return ("list", tuple(fingerprint(member) for member in value))
    return (kind, value)

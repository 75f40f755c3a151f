"""JSON pointers over merged configuration: leaves, children and prefixes (RFC 6901)."""

from collections.abc import Iterator
from typing import Any

from engine.contracts.diagnostic import escape_pointer


def child(pointer: str, name: str | int) -> str:
    """Return the pointer of a member or an element."""
    return f"{pointer}/{escape_pointer(str(name))}"


def parent(pointer: str) -> str:
    """Return the pointer of the container; the root is its own container."""
    return pointer.rpartition("/")[0]


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield pointer and value of every scalar, and of every empty container, in document order."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, child(pointer, name))
    elif isinstance(value, list) and value:
        for index, member in enumerate(value):
            yield from leaves(member, child(pointer, index))
    else:
        yield pointer, value


def covers(prefix: str, pointer: str) -> bool:
    """Return whether `prefix` is `pointer` or one of its containers; `*` stands for one member name.

    Whole names only: `/a/gross` does not cover `/a/gross_extra`.
    """
    if "*" not in prefix:
        return pointer == prefix or pointer.startswith(f"{prefix}/")
    wanted, found = prefix.split("/"), pointer.split("/")
    if len(wanted) > len(found):
        return False
    return all(want in ("*", have) for want, have in zip(wanted, found, strict=False))


def look_up(value: Any, *names: str) -> Any:
    """Return the member reached by `names`, or None where the way ends."""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return None
        value = value[name]
    return value

"""Facts that come from outside: each is checked by the contract of its own namespace."""

import difflib
from dataclasses import dataclass, replace
from functools import cache

from engine.contracts.contract import contract, contract_names
from engine.contracts.convert import Step, compile_node
from engine.contracts.diagnostic import Diagnostic
from engine.contracts.faults import explain
from engine.contracts.forms import REFUSED
from engine.contracts.loaded import Loaded
from engine.contracts.schema import Node
from engine.model.bar import Timeframe
from engine.model.time import Timestamp

Inner = int | str | bool | tuple[object, ...] | None


@dataclass(frozen=True, slots=True)
class FactField:
    """One fact a contract declares. `key` names whose it is; `max_age` is its freshness bound as written.

    `is_computed` facts are derived by the desk and never accepted from outside. `scale` is None for
    what is not a decimal.
    """

    path: str
    unit: str
    scale: int | None
    key: tuple[str, ...]
    max_age: str | None
    is_computed: bool
    node: Node
    step: Step

    def parse(self, value: object) -> Inner | list[Diagnostic]:
        """Return the inner form of a value of this fact (rows as a tuple), or what is wrong with it as a list."""
        result = self.step(value)
        if result is not REFUSED:
            return tuple(result) if isinstance(result, list) else result
        return explain(self.node, value, computed=True)


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact said at `at`, true `as_of`; a value of None withdraws it. `key` follows the contract's."""

    at: Timestamp
    path: str
    key: tuple[str, ...]
    value: Inner
    as_of: Timestamp
    provider: str
    timeframe: Timeframe | None = None


@cache
def fact_fields() -> dict[str, FactField]:
    """Return every fact of every namespace by path, in path order."""
    fields: dict[str, FactField] = {}
    for name in contract_names():
        schema = contract(name).schema
        namespace = schema.get("x-namespace")
        if namespace is None:
            continue
        for member, node in (contract(name).node.properties or {}).items():
            body = schema["properties"][member]
            key = body.get("x-key", schema.get("x-key", ()))
            path = f"{namespace}.{member}"
            fields[path] = FactField(
                path,
                node.unit,
                node.scale,
                (key,) if isinstance(key, str) else tuple(key),
                body.get("x-max-age", schema.get("x-max-age")),
                bool(node.read_only or schema.get("x-derived") or namespace == "intent"),
                node,
                compile_node(node, computed=True),
            )
    return dict(sorted(fields.items()))


def fact_from(given: object) -> FactLine | list[Diagnostic]:
    """Return the fact a stream line states, its value in inner form.

    Beside the line's own contract: C015 unknown path, C010 a fact the desk derives, C016 a key that is
    not the one the contract asks for, and every fault of the value against its namespace's contract.
    """
    record = contract("fact").parse(given)
    if isinstance(record, list):
        return record
    faults: list[Diagnostic] = []
    path, value = record["path"], record["value"]
    key = record.get("key", ())
    key = (key,) if isinstance(key, str) else tuple(key)
    known = fact_fields().get(path)
    if known is None:
        near = difflib.get_close_matches(path, fact_fields(), 1)
        hint = f"did you mean {near[0]}?" if near else ""
        faults.append(Diagnostic("C015", f"no contract declares the fact {path}", pointer="/path", help=hint))
    elif known.is_computed:
        hint = "leave it out; the desk derives it"
        faults.append(Diagnostic("C010", f"the fact {path} is computed", pointer="/path", help=hint))
    elif len(key) != len(known.key):
        wanted = ", ".join(known.key) or "no key"
        message = f"{path} is kept per {wanted}" if known.key else f"{path} has no key"
        hint = f"give key as {wanted}" if known.key else "leave key out"
        faults.append(Diagnostic("C016", message, pointer="/key", help=hint))
    elif value is not None:
        inner = known.parse(value)
        if isinstance(inner, list):
            faults = [replace(fault, pointer=f"/value{fault.pointer}") for fault in inner]
        value = inner
    if faults:
        return given.place(faults) if isinstance(given, Loaded) else faults
    timeframe = Timeframe(record["timeframe"]) if "timeframe" in record else None
    return FactLine(record["at"], path, key, value, record["as_of"], record["provider"], timeframe)

"""A contract: one schema of `specs/`, ready to check, convert and write values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.contracts.convert import Step, compile_node
from engine.contracts.diagnostic import Diagnostic
from engine.contracts.faults import explain
from engine.contracts.forms import REFUSED
from engine.contracts.json_text import load_json
from engine.contracts.limits import Limits
from engine.contracts.loaded import Loaded
from engine.contracts.render import Render, compile_render
from engine.contracts.schema import Node, SchemaFault, read_schema
from engine.shipped import shipped

SPEC_LIMITS = Limits(size=262_144, depth=24)


@dataclass(frozen=True, slots=True)
class Contract:
    """A compiled schema. `schema` is its JSON text as data, `node` its checked form."""

    name: str
    schema: dict[str, Any]
    node: Node
    _input: Step
    _record: Step
    _render: Render

    def parse(self, given: object, *, computed: bool = False) -> dict[str, Any] | list[Diagnostic]:
        """Return the inner form of a value, or everything wrong with it.

        Decimals become scaled integers (10^-x-scale), instants microseconds UTC, dates proleptic
        ordinals. `given` is plain data or a Loaded document, whose faults then carry line and column.
        Read-only properties are refused unless `computed`: input may not claim what the desk derives.
        """
        value = given.value if isinstance(given, Loaded) else given
        try:
            result = (self._record if computed else self._input)(value)
            if result is not REFUSED:
                return result  # type: ignore[no-any-return]
            faults = explain(self.node, value, computed=computed)
        except (RecursionError, MemoryError):
            faults = []
        if not faults:
            faults = [Diagnostic("C019", f"the value could not be checked against {self.name}")]
        return given.place(faults) if isinstance(given, Loaded) else faults

    def render(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the text form of an inner record. Raises RenderFault when it does not fit the contract."""
        return self._render(record)  # type: ignore[no-any-return]


def compile_contract(name: str, schema: dict[str, Any]) -> Contract:
    """Return the contract of a schema. Raises SchemaFault for a keyword or shape it cannot enforce."""
    node = read_schema(schema)
    if node.types is None or set(node.types) != {"object"}:
        raise SchemaFault(f"{name}: a contract is about an object")
    steps = compile_node(node, computed=False), compile_node(node, computed=True)
    return Contract(name, schema, node, *steps, compile_render(node))


@cache
def contract(name: str) -> Contract:
    """Return the shipped contract `specs/NAME.schema.json`, compiled once per process.

    Raises LookupError for an unknown name and SchemaFault when the file is damaged.
    """
    if name not in contract_names():
        raise LookupError(f"there is no contract {name!r}; there are {', '.join(contract_names())}")
    source = f"specs/{name}.schema.json"
    loaded = load_json(shipped("specs", f"{name}.schema.json").read_bytes(), source, SPEC_LIMITS)
    if isinstance(loaded, list):
        raise SchemaFault(str(loaded[0]))
    if loaded.value.get("$id") != f"urn:miniquantdesk:{name}:1":
        raise SchemaFault(f"{source}: $id must be urn:miniquantdesk:{name}:1")
    return compile_contract(name, loaded.value)


@cache
def contract_names() -> tuple[str, ...]:
    """Return the names of all shipped contracts, sorted."""
    names = (path.name.removesuffix(".schema.json") for path in shipped("specs").glob("*.schema.json"))
    return tuple(sorted(names))

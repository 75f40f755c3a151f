"""The keyword subset of JSON Schema 2020-12 the contracts are written in, read strictly.

A keyword that is not understood is refused when the contract is read, never skipped when a value is
checked. Regular expressions follow ECMA-262: `$` is the very end of the text, and only ASCII classes
that are written out are accepted. Source: JSON Schema Core and Validation, draft 2020-12.
"""

import re
from dataclasses import dataclass
from typing import Any

TYPES = frozenset({"object", "array", "string", "integer", "boolean", "null"})
CONVERTING = frozenset({"x-scale", "format", "properties", "items"})
_NOTES = frozenset(
    {
        *("$schema", "$id", "$defs", "title", "description", "x-unit", "x-key", "x-max-age", "x-monotone"),
        *("x-namespace", "x-derived", "x-total", "x-rebase", "x-window-events"),
    }
)
_KEYWORDS = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "propertyNames", "maxProperties"),
        *("enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "format", "readOnly"),
        *("items", "minItems", "maxItems", "uniqueItems", "allOf", "anyOf", "oneOf", "not", "$ref"),
        *("if", "then", "else", "x-scale", "x-minimum", "x-maximum", "x-exclusive-minimum", "x-max-depth"),
    }
)
_REF = re.compile(r"#/\$defs/([A-Za-z][A-Za-z0-9_-]*)\Z")
_CLASS_ESCAPE = re.compile(r"\\[dDwWsSbBAZz0-9pPk]|\(\?")


class SchemaFault(ValueError):
    """A contract the desk cannot enforce exactly; raised when the contract is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One checked schema. Bounds of decimals are scaled integers; absent keywords are None or empty."""

    pointer: str
    types: frozenset[str] | None = None
    properties: dict[str, "Node"] | None = None
    required: tuple[str, ...] = ()
    additional: "Node | bool" = True
    names: "Node | None" = None
    max_properties: int | None = None
    members: tuple[str | int | bool | None, ...] | None = None
    pattern: "re.Pattern[str] | None" = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    items: "Node | None" = None
    min_items: int | None = None
    max_items: int | None = None
    unique: bool = False
    all_of: tuple["Node", ...] = ()
    any_of: tuple["Node", ...] = ()
    one_of: tuple["Node", ...] = ()
    negated: "Node | None" = None
    condition: "Node | None" = None
    then: "Node | None" = None
    otherwise: "Node | None" = None
    format: str | None = None
    scale: int | None = None
    low: int | None = None
    is_low_open: bool = False
    high: int | None = None
    max_depth: int | None = None
    read_only: bool = False
    unit: str = ""
    description: str = ""

    @property
    def is_real(self) -> bool:
        """Return whether the value is a statistic, a float inside the desk."""
        return self.unit == "real" or self.unit.startswith("real[")

    @property
    def is_converting(self) -> bool:
        """Return whether a value changes its form when it enters the desk."""
        below = (*(self.properties or {}).values(), *self.any_of, *self.one_of)
        extra = self.additional if isinstance(self.additional, Node) else None
        return (
            self.scale is not None
            or self.is_real
            or self.format is not None
            or any(node.is_converting for node in below)
            or (self.items is not None and self.items.is_converting)
            or (extra is not None and extra.is_converting)
        )


def decimal_pattern(places: int) -> str:
    """Return the one pattern decimal text has in every contract, for at most `places` decimals."""
    return rf"^-?(0|[1-9][0-9]{{0,14}})(\.[0-9]{{1,{places}}})?$"


def read_schema(schema: dict[str, Any]) -> Node:
    """Return the checked form of a contract. Raises SchemaFault for whatever is not understood."""
    return _Reader(schema.get("$defs", {})).node(schema, "", ())


class _Reader:
    def __init__(self, definitions: dict[str, Any]) -> None:
        self.definitions = definitions

    def node(self, schema: Any, at: str, refs: tuple[str, ...]) -> Node:
        if not isinstance(schema, dict):
            raise SchemaFault(f"{at or '/'}: a schema must be an object")
        unknown = sorted(set(schema) - _KEYWORDS - _NOTES)
        if unknown:
            raise SchemaFault(f"{at or '/'}: keyword {unknown[0]!r} is not supported")
        if "$ref" in schema:
            return self._reference(schema, at, refs)
        scale, pattern = _scale(schema, at), schema.get("pattern")
        node = Node(
            pointer=at,
            types=_types(schema, at),
            properties=self._properties(schema, at, refs),
            required=tuple(schema.get("required", ())),
            additional=self._additional(schema, at, refs),
            names=self._one(schema, "propertyNames", at, refs),
            max_properties=_count(schema, "maxProperties", at),
            members=_members(schema, at),
            pattern=None if pattern is None else compile_pattern(pattern, at),
            min_length=_count(schema, "minLength", at),
            max_length=_count(schema, "maxLength", at),
            minimum=_integer(schema, "minimum", at),
            maximum=_integer(schema, "maximum", at),
            items=self._one(schema, "items", at, refs),
            min_items=_count(schema, "minItems", at),
            max_items=_count(schema, "maxItems", at),
            unique=_flag(schema, "uniqueItems", at),
            all_of=self._many(schema, "allOf", at, refs),
            any_of=self._many(schema, "anyOf", at, refs),
            one_of=self._many(schema, "oneOf", at, refs),
            negated=self._one(schema, "not", at, refs),
            condition=self._one(schema, "if", at, refs),
            then=self._one(schema, "then", at, refs),
            otherwise=self._one(schema, "else", at, refs),
            format=_format(schema, at),
            scale=scale,
            low=_bound(schema, ("x-minimum", "x-exclusive-minimum"), scale, at),
            is_low_open="x-exclusive-minimum" in schema,
            high=_bound(schema, ("x-maximum",), scale, at),
            max_depth=_count(schema, "x-max-depth", at),
            read_only=_flag(schema, "readOnly", at),
            unit=schema.get("x-unit", ""),
            description=schema.get("description", ""),
        )
        _check_forms(node)
        return node

    def _reference(self, schema: dict[str, Any], at: str, refs: tuple[str, ...]) -> Node:
        match = _REF.match(str(schema["$ref"]))
        if set(schema) - {"$ref", "description"} or not match or match[1] not in self.definitions:
            raise SchemaFault(f"{at}: $ref must stand alone and name a local $defs entry")
        if match[1] in refs:
            raise SchemaFault(f"{at}: $defs {match[1]!r} contains itself")
        return self.node(self.definitions[match[1]], at, (*refs, match[1]))

    def _properties(self, schema: dict[str, Any], at: str, refs: tuple[str, ...]) -> dict[str, Node] | None:
        found = schema.get("properties")
        if found is None:
            return None
        return {name: self.node(below, f"{at}/properties/{name}", refs) for name, below in found.items()}

    def _additional(self, schema: dict[str, Any], at: str, refs: tuple[str, ...]) -> Node | bool:
        found = schema.get("additionalProperties", True)
        return found if isinstance(found, bool) else self.node(found, f"{at}/additionalProperties", refs)

    def _one(self, schema: dict[str, Any], keyword: str, at: str, refs: tuple[str, ...]) -> Node | None:
        return self.node(schema[keyword], f"{at}/{keyword}", refs) if keyword in schema else None

    def _many(self, schema: dict[str, Any], keyword: str, at: str, refs: tuple[str, ...]) -> tuple[Node, ...]:
        below = schema.get(keyword, ())
        return tuple(self.node(item, f"{at}/{keyword}/{index}", refs) for index, item in enumerate(below))


def compile_pattern(pattern: str, at: str = "") -> "re.Pattern[str]":
    """Return an ECMA-262 pattern as Python's, searched and not matched, where both mean the same."""
    if _CLASS_ESCAPE.search(pattern):
        raise SchemaFault(f"{at}: write the character classes of {pattern!r} out")
    parts, is_class, index = [], False, 0
    while index < len(pattern):
        mark = pattern[index]
        if mark == "\\":
            parts.append(pattern[index : index + 2])
            index += 2
            continue
        if mark in "[]":
            is_class = mark == "["
        parts.append(r"\Z" if mark == "$" and not is_class else mark)
        index += 1
    return re.compile("".join(parts), re.ASCII)


def _types(schema: dict[str, Any], at: str) -> frozenset[str] | None:
    found = schema.get("type")
    if found is None:
        return None
    types = frozenset([found] if isinstance(found, str) else found)
    if not types <= TYPES:
        raise SchemaFault(f"{at}: type {found!r} is not supported; decimals are strings with x-scale")
    return types


def _members(schema: dict[str, Any], at: str) -> tuple[str | int | bool | None, ...] | None:
    if "const" not in schema and "enum" not in schema:
        return None
    found = [schema["const"]] if "const" in schema else schema["enum"]
    if ("const" in schema and "enum" in schema) or any(
        not isinstance(member, str | int | bool | None) for member in found
    ):
        raise SchemaFault(f"{at}: enum and const exclude each other and hold plain values only")
    if set(schema) & (_KEYWORDS - {"enum", "const", "type", "readOnly"}):
        raise SchemaFault(f"{at}: enum and const stand alone beside type")
    return tuple(found)


def _scale(schema: dict[str, Any], at: str) -> int | None:
    scale = schema.get("x-scale")
    if scale is None:
        return None
    if not isinstance(scale, int) or not 0 < scale <= 12:
        raise SchemaFault(f"{at}: x-scale must be 1..12")
    if schema.get("type") != "string" or schema.get("pattern") != decimal_pattern(scale):
        raise SchemaFault(f"{at}: a decimal is a string with the pattern {decimal_pattern(scale)}")
    if {"enum", "const", "minLength", "maxLength", "format"} & set(schema):
        raise SchemaFault(f"{at}: a decimal has no other text keywords")
    return scale


def _bound(schema: dict[str, Any], keywords: tuple[str, ...], scale: int | None, at: str) -> int | None:
    given = [keyword for keyword in keywords if keyword in schema]
    if not given:
        return None
    text = schema[given[0]]
    if len(given) > 1 or scale is None or not re.match(decimal_pattern(scale), str(text)):
        raise SchemaFault(f"{at}: {given[0]} must be one decimal text beside x-scale")
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(scale, "0"))


def _count(schema: dict[str, Any], keyword: str, at: str) -> int | None:
    found = _integer(schema, keyword, at)
    if found is not None and found < 0:
        raise SchemaFault(f"{at}: {keyword} must not be negative")
    return found


def _integer(schema: dict[str, Any], keyword: str, at: str) -> int | None:
    found = schema.get(keyword)
    if found is not None and (not isinstance(found, int) or isinstance(found, bool)):
        raise SchemaFault(f"{at}: {keyword} must be an integer")
    return found


def _flag(schema: dict[str, Any], keyword: str, at: str) -> bool:
    found = schema.get(keyword, False)
    if not isinstance(found, bool):
        raise SchemaFault(f"{at}: {keyword} must be true or false")
    return found


def _format(schema: dict[str, Any], at: str) -> str | None:
    found = schema.get("format")
    if found is not None and (found not in ("date", "date-time") or schema.get("type") != "string"):
        raise SchemaFault(f"{at}: format must be date or date-time of a string")
    return found


def _check_forms(node: Node) -> None:
    """Refuse a node whose value could take two forms: only one keyword may convert it."""
    guards = (node.names, node.negated, node.condition, node.then, node.otherwise, *node.all_of)
    if any(guard is not None and guard.is_converting for guard in guards):
        raise SchemaFault(f"{node.pointer}: conditions must not hold decimals, dates or instants")
    branches = (*node.any_of, *node.one_of)
    own = node.properties is not None or node.items is not None or node.scale is not None
    if any(branch.is_converting for branch in branches) and (own or node.format or (node.any_of and node.one_of)):
        raise SchemaFault(f"{node.pointer}: only one of the branches may convert the value")

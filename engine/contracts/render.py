"""The way out: scaled integers back to the text a contract asks for."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from engine.contracts.forms import date_text, decimal_text, instant_text
from engine.contracts.plain import is_plain
from engine.contracts.schema import Node

Render = Callable[[Any], Any]


class RenderFault(ValueError):
    """The desk itself offers a value its contract has no place for; broken machinery, never user data."""


def compile_render(node: Node) -> Render:
    """Return the closure that turns the inner form of a value into its text form.

    It checks kinds and field names, not bounds; members that are None in an optional field are left out.
    """
    if node.scale is not None:
        scale = node.scale
        return lambda value: decimal_text(_whole(value, node), scale)
    if node.is_real:
        return lambda value: _statistic(value, node)
    if node.format is not None:
        write = instant_text if node.format == "date-time" else date_text
        return lambda value: _written(write, value, node)
    branches = (*node.any_of, *node.one_of)
    if any(branch.is_converting for branch in branches):
        return _first([compile_render(branch) for branch in branches], node)
    if node.properties is not None or isinstance(node.additional, Node):
        return _map(node)
    if node.items is not None:
        item = compile_render(node.items)
        return lambda value: [item(member) for member in _sequence(value, node)]
    return lambda value: _plain(value, node)


def _map(node: Node) -> Render:
    steps = {name: compile_render(below) for name, below in (node.properties or {}).items()}
    extra = compile_render(node.additional) if isinstance(node.additional, Node) else None
    required = frozenset(node.required)

    def render(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise RenderFault(f"{node.pointer or '/'}: expected a map, found {type(value).__name__}")
        result = {}
        for name, member in value.items():
            if member is None and name not in required:
                continue
            step = steps.get(name, extra)
            if step is None:
                if node.additional is False:
                    raise RenderFault(f"{node.pointer or '/'}: no field is named {name!r}")
                result[name] = _plain(member, node)
            else:
                result[name] = step(member)
        missing = sorted(required - result.keys())
        if missing:
            raise RenderFault(f"{node.pointer or '/'}: the field {missing[0]!r} is missing")
        return result

    return render


def _first(steps: list[Render], node: Node) -> Render:
    def render(value: Any) -> Any:
        for step in steps:
            try:
                return step(value)
            except RenderFault:
                continue
        raise RenderFault(f"{node.pointer}: no alternative fits a {type(value).__name__}")

    return render


def _whole(value: Any, node: Node) -> int:
    if value.__class__ is not int:
        raise RenderFault(f"{node.pointer}: expected a scaled integer, found {type(value).__name__}")
    return int(value)


def _statistic(value: Any, node: Node) -> str:
    if value.__class__ is not float:
        raise RenderFault(f"{node.pointer}: expected a statistic, found {type(value).__name__}")
    named = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return named.get(value) or ("NaN" if math.isnan(value) else repr(value))


def _written(write: Callable[[int], str], value: Any, node: Node) -> str:
    try:
        return write(_whole(value, node))
    except (ValueError, OverflowError) as error:
        raise RenderFault(f"{node.pointer}: {error}") from None


def _sequence(value: Any, node: Node) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise RenderFault(f"{node.pointer}: expected a list, found {type(value).__name__}")
    return list(value)


def _plain(value: Any, node: Node) -> Any:
    if isinstance(value, str):
        return str(value)
    if not is_plain(value):
        raise RenderFault(f"{node.pointer}: expected plain data, found {type(value).__name__}")
    return value

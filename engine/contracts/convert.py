"""The fast pass: one closure per schema node that checks a value and gives its inner form, or refuses.

What it refuses is explained by `faults.py`; that the two agree on every contract is a tested law.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.contracts.forms import REFUSED, instant_of, ordinal_of
from engine.contracts.plain import fingerprint, has_depth, is_plain
from engine.contracts.schema import Node

Step = Callable[[Any], Any]

_CLASSES: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def compile_node(node: Node, *, computed: bool) -> Step:
    """Return the check-and-convert closure of a node; it returns REFUSED for what the contract refuses.

    `computed` accepts read-only properties, which input must not carry.
    """
    main = _main(node, computed)
    checks = _conditions(node, computed)
    branch = _branch(node, computed)
    if not checks and branch is None:
        return main

    is_converting = any(below.is_converting for below in (*node.any_of, *node.one_of))

    def guarded(value: Any) -> Any:
        result = main(value)
        if result is REFUSED:
            return REFUSED
        for check in checks:
            if not check(value):
                return REFUSED
        if branch is not None:
            taken = branch(value)
            if taken is REFUSED or is_converting:
                return taken
        return result

    return guarded


def _main(node: Node, computed: bool) -> Step:
    kinds = tuple(node.types or ())
    if node.scale is not None:
        return _decimal(node, node.scale)
    if node.is_real:
        return _statistic(node)
    if node.format is not None:
        return _formatted(node)
    if node.members is not None:
        return _member(node)
    if kinds == ("string",):
        return _text(node)
    if kinds == ("integer",):
        return _integer(node)
    if kinds == ("boolean",):
        return lambda value: value if value.__class__ is bool else REFUSED
    return _any_of_types(node, computed)


def _decimal(node: Node, scale: int) -> Step:
    matches = _matcher(node.pattern)
    powers = [10 ** (scale - places) for places in range(scale + 1)]
    low, high = node.low, node.high
    floor = low + 1 if low is not None and node.is_low_open else low

    def convert(value: Any) -> Any:
        if value.__class__ is not str or matches(value) is None:
            return REFUSED
        whole, _, fraction = value.partition(".")
        number = int(whole + fraction) * powers[len(fraction)]
        if (floor is not None and number < floor) or (high is not None and number > high):
            return REFUSED
        return number

    return convert


def _statistic(node: Node) -> Step:
    """Return the closure of a statistic: text that may say it is no finite number, to a float that is none either."""
    matches = _matcher(node.pattern)

    def convert(value: Any) -> Any:
        if value.__class__ is not str or matches(value) is None:
            return REFUSED
        return float(value)  # sim-ok: a statistic; no decision compares one but through `exact`

    return convert


def _formatted(node: Node) -> Step:
    convert = instant_of if node.format == "date-time" else ordinal_of
    check = _text(node)
    is_bare = node.pattern is None and node.min_length is None and node.max_length is None

    def formatted(value: Any) -> Any:
        if value.__class__ is not str or not (is_bare or check(value) is not REFUSED):
            return REFUSED
        return convert(value)

    return formatted


def _member(node: Node) -> Step:
    members = frozenset((member.__class__, member) for member in node.members or ())
    classes = _classes(node)
    texts = frozenset(member for member in node.members or () if isinstance(member, str))
    if len(texts) == len(members) and classes is None:
        return lambda value: value if value.__class__ is str and value in texts else REFUSED

    def member(value: Any) -> Any:
        kind = value.__class__
        if kind is dict or kind is list or (classes is not None and kind not in classes):
            return REFUSED
        return value if (kind, value) in members else REFUSED

    return member


def _text(node: Node) -> Step:
    matches, least, most = _matcher(node.pattern), node.min_length or 0, node.max_length
    if not least and most is None:
        if node.pattern is None:
            return lambda value: value if value.__class__ is str else REFUSED
        return lambda value: value if value.__class__ is str and matches(value) is not None else REFUSED

    def text(value: Any) -> Any:
        if value.__class__ is not str or len(value) < least or (most is not None and len(value) > most):
            return REFUSED
        return value if node.pattern is None or matches(value) is not None else REFUSED

    return text


def _integer(node: Node) -> Step:
    low, high = node.minimum, node.maximum

    def integer(value: Any) -> Any:
        if value.__class__ is not int:
            return REFUSED
        if (low is not None and value < low) or (high is not None and value > high):
            return REFUSED
        return value

    return integer


def _any_of_types(node: Node, computed: bool) -> Step:
    """Return the closure of a node of several or no types: each keyword speaks to its own type only."""
    classes = _classes(node)
    steps: dict[type, Step] = {
        dict: _map(node, computed),
        list: _list(node, computed),
        str: _text(node),
        int: _integer(node),
    }
    if node.types is not None and len(node.types) == 1 and node.max_depth is None:
        kind = _CLASSES[next(iter(node.types))]
        if kind in (dict, list):
            only = steps[kind]
            return lambda value: only(value) if value.__class__ is kind else REFUSED
    depth = node.max_depth

    def typed(value: Any) -> Any:
        kind = value.__class__
        if kind not in _JSON or (classes is not None and kind not in classes):
            return REFUSED
        if depth is not None and has_depth(value, depth):
            return REFUSED
        step = steps.get(kind)
        return value if step is None else step(value)

    return typed


_JSON = frozenset(_CLASSES.values())


def _map(node: Node, computed: bool) -> Step:
    steps = {
        name: compile_node(below, computed=computed)
        for name, below in (node.properties or {}).items()
        if computed or not below.read_only
    }
    barred = frozenset(node.properties or ()) - frozenset(steps)
    required = frozenset(node.required)
    extra = _extra(node, computed)
    names = compile_node(node.names, computed=True) if node.names is not None else None
    most = node.max_properties

    def convert(value: dict[str, Any]) -> Any:
        if not required <= value.keys() or (most is not None and len(value) > most):
            return REFUSED
        result = {}
        for name, member in value.items():
            step = steps.get(name)
            if step is None:
                if extra is None or name in barred or name.__class__ is not str:
                    return REFUSED
                step = extra
            if names is not None and names(name) is REFUSED:
                return REFUSED
            member = step(member)
            if member is REFUSED:
                return REFUSED
            result[name] = member
        return result

    return convert


def _extra(node: Node, computed: bool) -> Step | None:
    if node.additional is False:
        return None
    if node.additional is True:
        return lambda value: value if is_plain(value) else REFUSED
    return compile_node(node.additional, computed=computed)


def _list(node: Node, computed: bool) -> Step:
    item = compile_node(node.items, computed=computed) if node.items is not None else _open_item
    least, most, is_unique = node.min_items or 0, node.max_items, node.unique

    def convert(value: list[Any]) -> Any:
        if len(value) < least or (most is not None and len(value) > most):
            return REFUSED
        if is_unique and len({fingerprint(member) for member in value}) != len(value):
            return REFUSED
        result = []
        for member in value:
            inner = item(member)
            if inner is REFUSED:
                return REFUSED
            result.append(inner)
        return result

    return convert


def _open_item(value: Any) -> Any:
    return value if is_plain(value) else REFUSED


def _conditions(node: Node, computed: bool) -> list[Callable[[Any], bool]]:
    checks: list[Callable[[Any], bool]] = [holds(below, computed=computed) for below in node.all_of]
    if node.negated is not None:
        checks.append(_negation(holds(node.negated, computed=computed)))
    if node.condition is not None and (node.then is not None or node.otherwise is not None):
        always = Node(pointer=node.pointer)
        checks.append(
            _choice(
                holds(node.condition, computed=computed),
                holds(node.then or always, computed=computed),
                holds(node.otherwise or always, computed=computed),
            )
        )
    return checks


def holds(node: Node, *, computed: bool) -> Callable[[Any], bool]:
    """Return the predicate of a node, for conditions; the two shapes contracts use most go without a copy."""
    if node == Node(pointer=node.pointer, required=node.required):
        required = frozenset(node.required)
        return lambda value: value.__class__ is not dict or required <= value.keys()
    if node.negated is not None and node == Node(pointer=node.pointer, negated=node.negated):
        return _negation(holds(node.negated, computed=computed))
    if node.condition is not None and node == Node(
        pointer=node.pointer, condition=node.condition, then=node.then, otherwise=node.otherwise
    ):
        return _presence(node) or _conditions(node, computed)[0] if node.then or node.otherwise else lambda value: True
    if node.properties is not None and node == Node(pointer=node.pointer, properties=node.properties):
        tests = [(name, compile_node(below, computed=computed)) for name, below in node.properties.items()]

        def members(value: Any) -> bool:
            if value.__class__ is dict:
                for name, test in tests:
                    if name in value and test(value[name]) is REFUSED:
                        return False
            return True

        return members
    step = compile_node(node, computed=computed)
    return lambda value: step(value) is not REFUSED


def _presence(node: Node) -> Callable[[Any], bool] | None:
    """Return the closure of "these fields exactly when that field is one of": most conditions are that."""
    fields = (node.condition.properties or {}) if node.condition is not None else {}
    required = node.then.required if node.then is not None else ()
    denied = node.otherwise.negated if node.otherwise is not None else None
    if len(fields) != 1 or node.then is None or node.otherwise is None or denied is None or not required:
        return None
    name, below = next(iter(fields.items()))
    texts = frozenset(member for member in below.members or () if isinstance(member, str))
    plain = Node(pointer="", members=below.members)
    is_shape = (
        len(texts) == len(below.members or ())
        and replace(below, pointer="") == plain
        and node.condition == Node(pointer=node.condition.pointer if node.condition else "", properties=fields)
        and node.then == Node(pointer=node.then.pointer, required=required)
        and node.otherwise == Node(pointer=node.otherwise.pointer, negated=denied)
        and replace(denied, pointer="") == Node(pointer="", required=required)
    )
    if not is_shape:
        return None
    wanted = frozenset(required)
    only = required[0] if len(wanted) == 1 else None

    def check(value: Any) -> bool:
        if value.__class__ is not dict:
            return True
        member = value.get(name, REFUSED)
        is_met = member is REFUSED or (member.__class__ is str and member in texts)
        return is_met is (only in value if only is not None else wanted <= value.keys())

    return check


def _negation(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: not test(value)


def _choice(
    condition: Callable[[Any], bool], then: Callable[[Any], bool], otherwise: Callable[[Any], bool]
) -> Callable[[Any], bool]:
    return lambda value: then(value) if condition(value) else otherwise(value)


def _branch(node: Node, computed: bool) -> Step | None:
    """Return the closure of anyOf and oneOf; the branch taken converts the value if one of them can."""
    if not node.any_of and not node.one_of:
        return None
    some = [compile_node(below, computed=computed) for below in node.any_of]
    one = [compile_node(below, computed=computed) for below in node.one_of]

    def branch(value: Any) -> Any:
        taken: Any = REFUSED
        for step in some:
            taken = step(value)
            if taken is not REFUSED:
                break
        if some and taken is REFUSED:
            return REFUSED
        if one:
            accepted = [result for step in one if (result := step(value)) is not REFUSED]
            if len(accepted) != 1:
                return REFUSED
            taken = accepted[0]
        return taken

    return branch


def _classes(node: Node) -> frozenset[type] | None:
    return None if node.types is None else frozenset(_CLASSES[name] for name in node.types)


def _matcher(pattern: "re.Pattern[str] | None") -> Callable[[str], object]:
    """Return the search of a pattern; one that starts with ^ and has no alternatives need not be moved."""
    if pattern is None:
        return lambda value: True
    is_anchored = pattern.pattern.startswith("^") and not _has_top_alternatives(pattern.pattern)
    return pattern.match if is_anchored else pattern.search


def _has_top_alternatives(pattern: str) -> bool:
    bare = re.sub(r"\\.|\[(?:\\.|[^\]])*\]", "", pattern)
    level = 0
    for mark in bare:
        level += (mark == "(") - (mark == ")")
        if mark == "|" and level == 0:
            return True
    return False

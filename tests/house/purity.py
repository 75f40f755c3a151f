"""A linter for the pure core: what an import contract cannot see, found in the syntax tree.

The bans are those of the deterministic simulation: a replay has to be the same, bit for bit, on any host.
`# sim-ok: reason` on a line lets that line pass; an exemption of a whole module stands in `rules.toml`.
"""

import ast
import re
from collections.abc import Iterator

from tests.house.source import Module, Violation, aliases, dotted

CLOCK = (
    "time",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
)
BANNED_NAMES = {
    "clock": CLOCK,
    "random": ("random", "secrets", "os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "numpy.random"),
    "environment": (
        "os.environ",
        "os.environb",
        "os.getenv",
        "sys.argv",
        "platform",
        "socket",
        "getpass",
        "locale",
    ),
    "concurrency": ("threading", "multiprocessing", "concurrent", "asyncio", "_thread", "queue"),
    "log": ("logging", "warnings.warn", "syslog"),
    "float": (
        "math.sqrt",
        "math.exp",
        "math.log",
        "math.log2",
        "math.log10",
        "math.pow",
        "math.fsum",
        "math.nan",
    ),
}
BANNED_CALLS = {"hash": "identity", "id": "identity", "open": "io", "input": "io", "print": "io"}
DYNAMIC_CALLS = {"eval": "dynamic-code", "exec": "dynamic-code", "compile": "dynamic-code"}
UNSAFE_NAMES = (
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "yaml.load",
    "yaml.load_all",
    "yaml.unsafe_load",
    "yaml.full_load",
)
ORDER_TAKERS = {"list", "tuple", "iter", "enumerate", "map", "filter", "zip", "reversed", "dict"}
SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
ESCAPE = re.compile(r"#\s*sim-ok:\s*\S+")


def impurities(module: Module) -> list[Violation]:
    """Return what makes a core module impure, in line order, escaped lines left out."""
    tree = module.tree()
    meaning = aliases(tree)
    found = [*_banned_names(tree, meaning), *_banned_calls(tree), *_floats(tree), *_set_orders(tree)]
    return _reported(module, found)


def unsafe_constructs(module: Module) -> list[Violation]:
    """Return every way in which a module turns data into code: eval and its kin, pickle, unsafe YAML."""
    tree = module.tree()
    meaning = aliases(tree)
    found = [
        (node.lineno, "unsafe-loader", name)
        for node, name in _references(tree, meaning)
        if _is_one_of(name, UNSAFE_NAMES)
    ]
    found += [
        (node.lineno, DYNAMIC_CALLS[node.func.id], f"{node.func.id}()")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_CALLS
    ]
    return _reported(module, found)


def _reported(module: Module, found: list[tuple[int, str, str]]) -> list[Violation]:
    lines = module.text.splitlines()
    kept = (item for item in sorted(set(found)) if not ESCAPE.search(lines[item[0] - 1]))
    return [Violation(module.name, line, rule, what) for line, rule, what in kept]


def _is_one_of(name: str, banned: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in banned)


def _references(tree: ast.Module, meaning: dict[str, str]) -> Iterator[tuple[ast.expr, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and (name := dotted(node, meaning)) is not None:
            yield node, name


def _banned_names(tree: ast.Module, meaning: dict[str, str]) -> Iterator[tuple[int, str, str]]:
    for node, name in _references(tree, meaning):
        for rule, banned in BANNED_NAMES.items():
            if _is_one_of(name, banned):
                yield node.lineno, rule, name


def _banned_calls(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
            yield node.lineno, BANNED_CALLS[node.func.id], f"{node.func.id}()"


def _floats(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "float" and not _is_type_test(node, tree):
            yield node.lineno, "float", "float"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, "float", repr(node.value)


def _is_type_test(name: ast.Name, tree: ast.Module) -> bool:
    """Refusing a float is what the core should do: naming the type to test for it passes."""
    return any(any(name is part for part in ast.walk(test)) for test in _type_tests(tree))


def _type_tests(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the expressions that name a type in `isinstance(…)`, `type(x) is …` and `case …():`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, tested]):
                yield tested
            case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Name() as tested]):
                yield tested
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple() | ast.Set() as tested]):
                yield tested
            case ast.MatchClass(cls=tested):
                yield tested


def _set_orders(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    known = _names_of_sets(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            taken = [node.iter]
        elif isinstance(node, ast.Starred):
            taken = [node.value]
        elif isinstance(node, ast.Call):
            taken = _ordered_arguments(node, known)
        else:
            continue
        for expression in taken:
            if _is_set(expression, known) and not _feeds_unordered(node, tree):
                yield expression.lineno, "set-order", ast.unparse(expression)


def _ordered_arguments(call: ast.Call, known: set[str]) -> list[ast.expr]:
    if isinstance(call.func, ast.Name) and call.func.id in ORDER_TAKERS:
        return list(call.args)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "join":
        return list(call.args)
    is_arbitrary_pop = isinstance(call.func, ast.Attribute) and call.func.attr == "pop" and not call.args
    return [call.func.value] if is_arbitrary_pop and isinstance(call.func, ast.Attribute) else []


def _feeds_unordered(node: ast.AST, tree: ast.Module) -> bool:
    """Order is lost harmlessly where the result is a set again or is sorted, counted or tested as a whole."""
    harmless = {"sorted", "set", "frozenset", "any", "all", "sum", "min", "max", "len"}
    for outer in ast.walk(tree):
        if isinstance(outer, ast.SetComp) and node in outer.generators:
            return True
        if isinstance(outer, ast.Set) and node in outer.elts:
            return True
        if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id in harmless:
            for argument in outer.args:
                inner = argument.generators if isinstance(argument, ast.GeneratorExp | ast.ListComp) else [argument]
                if any(node is one for one in inner):
                    return True
    return False


def _is_set(node: ast.expr, known: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(value=receiver, attr=method)) if method in SET_METHODS:
            return _is_set(receiver, known)
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left, known) or _is_set(right, known)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in known
        case _:
            return False


def _names_of_sets(tree: ast.Module) -> set[str]:
    """Return the variables, parameters and attributes that the module declares to be sets."""
    known: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and _is_set_annotation(node.annotation):
            known.update(_target_names(node.target))
        elif isinstance(node, ast.arg) and node.annotation is not None and _is_set_annotation(node.annotation):
            known.add(node.arg)
        elif isinstance(node, ast.Assign) and _is_set(node.value, set()):
            for target in node.targets:
                known.update(_target_names(target))
    return known


def _target_names(target: ast.expr) -> list[str]:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return [name]
        case _:
            return []


def _is_set_annotation(annotation: ast.expr) -> bool:
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return isinstance(outer, ast.Name) and outer.id in {"set", "frozenset", "AbstractSet", "MutableSet"}

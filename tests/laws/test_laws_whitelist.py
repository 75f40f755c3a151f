"""Text of a rule file reaches generated code as constants only, and the checker refuses what is never written."""

import ast
import inspect
import re
from datetime import date
from typing import Any

import pytest

from dsl.pipeline import compile_rules
from dsl.program import Program, in_force
from dsl.scalar import whitelist
from dsl.scalar.compile import compile_program
from dsl.scalar.whitelist import ForbiddenNode, check_nodes
from dsl.text import Source
from tests.house.source import modules
from tests.laws.fuzz_agreement import compile_seed

HOSTILE = (
    "__class__", "__import__('os').system('id')", "'; import os #", "{0.__class__}", "{__builtins__}", "`id`", "$(id)",
    "\\N{BULLET}", "\\x00", "\\u202e", "%s%n", "\U0001f4a3", "a\nb", "''' + open('/etc/passwd').read() + '''", "f'{x}'",
    "{{7*7}}", "lambda: 0", "\\", "'", "#", "eval", "values", "append", "v0", "None", "",
)  # fmt: skip
NAMES = (
    "__class__",
    "__import__",
    "__builtins__",
    "v0",
    "t1",
    "k1",
    "values",
    "append",
    "check",
    "eval",
    "exec",
    "none",
)
GENERATED = re.compile(r"([vtkprfd]\d+|check|values|append|_)\Z")
FUNCTIONS = {"min", "max", "abs", "sum", "any", "all", "half_even"}


def schemas(name: str = "text") -> dict[str, Any]:
    row = {"properties": {name: {"x-unit": "text"}}, "required": [name]}
    properties = {
        "reduces_only": {"x-unit": "bool", "readOnly": True, "x-total": True}, "strategy": {"x-unit": "text"},
        name: {"x-unit": "text"}, "rows": {"x-unit": "list", "maxItems": 3, "items": row},
    }  # fmt: skip
    return {"intent": {"x-namespace": "intent", "properties": properties, "required": list(properties)}}


def compiled(text: str, name: str = "text") -> Program:
    head = 'rulebook pre_trade.h "H"\ncalendar XNYS zone "America/New_York"\nuses intent\n'
    bundle, found = compile_rules([Source("pre_trade/h.rules", head + text)], schemas(name))
    assert bundle is not None, found
    return in_force(bundle, "pre_trade", date(2026, 1, 5))


def rule(*lines: str) -> str:
    body = "".join(f"  reject when {line}\n" for line in lines)
    return f'rule H-01 "h" {{\n  on pre_trade\n{body}  cite "C"\n  owner o\n  because "h"\n}}\n'


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def names_in(tree: ast.Module) -> set[str]:
    written = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    written |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return written | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_a_constant_and_nothing_else(text: str) -> None:
    literal = quoted(text)
    param = f'param cap: count within 1 .. 9 tighter when lower per strategy {{\n  {literal} always = 2 cite "C"\n}}\n'
    program = compiled(
        param + rule(f"intent.text is {literal}", f'intent.text in [{literal}, "x"]', "cap[intent.strategy] > 1",
                     f"any(r.text is {literal} for each r in intent.rows)")
    )  # fmt: skip
    code = compile_program(program)
    assert code.interpreted == ()
    assert {name for name in names_in(code.tree) if not GENERATED.match(name)} <= FUNCTIONS
    strings = {n.value for n in ast.walk(code.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert len(strings) <= 2 and "text" in strings


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_names_nothing_in_the_code(name: str) -> None:
    declared = f"let {name} = 2 x * 3 x\n"
    program = compiled(
        declared + rule(f'intent.{name} is "a"', f"{name} > 5 x",
                        f'any({name}_r.{name} is "b" for each {name}_r in intent.rows)'),
        name,
    )  # fmt: skip
    code = compile_program(program)
    assert code.interpreted == ()
    assert {written for written in names_in(code.tree) if not GENERATED.match(written)} <= FUNCTIONS


@pytest.mark.parametrize("seed", range(20))
def test_every_drawn_program_is_made_of_listed_nodes_and_generated_names(seed: int) -> None:
    program = compile_seed(seed)[1]
    assert program is not None
    tree = compile_program(program).tree
    assert {type(node) for node in ast.walk(tree)} <= set(whitelist._NODES)
    assert {name for name in names_in(tree) if not GENERATED.match(name)} <= FUNCTIONS


# ------------------------------------------------------------------------------------------ the checker
def a_tree() -> ast.Module:
    return ast.parse(
        "def check(values, append):\n    v0, v1 = values\n    if v0 > 1 and v1 in k1:\n        append(0)\n"
    )


def concrete_nodes() -> list[type[ast.AST]]:
    """Every node class Python's grammar has, abstract ones and plain numbers of old apart."""
    found = [one for _, one in inspect.getmembers(ast, inspect.isclass) if issubclass(one, ast.AST)]
    gone = {
        "Num",
        "Str",
        "Bytes",
        "NameConstant",
        "Ellipsis",
        "Index",
        "ExtSlice",
        "Suite",
        "AugLoad",
        "AugStore",
        "Param",
    }
    return [one for one in found if not one.__subclasses__() and one.__name__ not in gone]


def test_the_tree_the_mutations_start_from_is_allowed() -> None:
    check_nodes(a_tree(), {"k1"})


@pytest.mark.parametrize(
    "node", [one for one in concrete_nodes() if one not in whitelist._NODES], ids=lambda node: node.__name__
)
def test_a_node_outside_the_list_is_refused_wherever_it_stands(node: type[ast.AST]) -> None:
    for place in ("statement", "expression", "operator"):
        tree: Any = a_tree()
        test = tree.body[0].body[1].test
        if place == "statement":
            tree.body[0].body.append(node())
        elif place == "expression":
            test.values.append(node())
        else:
            test.op = node()
        with pytest.raises(ForbiddenNode):
            check_nodes(tree, {"k1"})


@pytest.mark.parametrize(
    "code",
    [
        "eval(1)", "__import__", "v0x", "k2", "getattr(v0, 'x')", "v0.x", "v0[v1]", "v0['a'](1)", "1.5", "b'x'", "2j",
        "...", "min(v0, key=v1)", "(lambda: 0)()", "f'{v0}'", "[v0]", "{v0}", "v0 if v1 else open", "v\u0664",
        "type(v0)", "check.x",
    ],
)  # fmt: skip
def test_an_expression_the_compiler_never_writes_is_refused(code: str) -> None:
    tree: Any = a_tree()
    tree.body[0].body.append(ast.Expr(ast.parse(code, mode="eval").body))
    with pytest.raises(ForbiddenNode):
        check_nodes(tree, {"k1", "min"})


@pytest.mark.parametrize(
    "code",
    [
        "min = v0", "k1 = v0", "@v0\ndef check(values): pass", "def evil(values): pass", "def check(os): pass",
        "v0: min = 1", "def check(values=open): pass", "import os", "global v0", "del v0", "class v0: pass", "v0 += 1",
        "return",
    ],
)  # fmt: skip
def test_a_statement_the_compiler_never_writes_is_refused(code: str) -> None:
    tree = ast.Module([*a_tree().body, *ast.parse(code).body], [])
    with pytest.raises(ForbiddenNode):
        check_nodes(tree, {"k1", "min"})


def test_only_the_scalar_back_end_turns_a_tree_into_code() -> None:
    callers = {
        module.name
        for module in modules("dsl", "engine", "tui")
        for node in ast.walk(module.tree())
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("exec", "eval", "compile")
    }
    assert callers <= {"dsl.scalar.compile", "dsl.scalar.prepare"}
    assert "dsl.scalar.compile" in callers

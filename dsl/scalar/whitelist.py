"""The independent look at generated code: only known nodes, only generated names."""

import ast
import re
from collections.abc import Set

_NODES = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.Name, ast.Load, ast.Store, ast.Tuple, ast.If,
    ast.Expr, ast.Call, ast.keyword, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.IfExp, ast.Constant, ast.Pass,
    ast.GeneratorExp, ast.comprehension, ast.Subscript, ast.And, ast.Or, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Mult,
    ast.FloorDiv, ast.Mod, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn,
)  # fmt: skip
_GENERATED = re.compile(r"(?:[vtrf]\d+|check|values|append|_)\Z", re.ASCII)
_DEFAULTS = ("default",)


class ForbiddenNode(Exception):
    """Generated code holds something the compiler never writes: a bug, and never run."""


def check_nodes(tree: ast.Module, known: Set[str]) -> None:
    """Raise ForbiddenNode unless every node, name and constant of the tree is allowed."""
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise ForbiddenNode(type(node).__name__)
        if isinstance(node, ast.Name) and not (_GENERATED.match(node.id) or node.id in known):
            raise ForbiddenNode(f"name {node.id}")
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not _GENERATED.match(node.id):
            raise ForbiddenNode(f"assignment to {node.id}")
        if isinstance(node, ast.arg) and not _GENERATED.match(node.arg):
            raise ForbiddenNode(f"argument {node.arg}")
        if isinstance(node, ast.FunctionDef) and (node.decorator_list or not _GENERATED.match(node.name)):
            raise ForbiddenNode(f"function {node.name}")
        if isinstance(node, ast.Constant) and not (node.value is None or type(node.value) in (bool, int, str)):
            raise ForbiddenNode(f"constant {type(node.value).__name__}")
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name | ast.Call):
            raise ForbiddenNode("call of an expression")
        if isinstance(node, ast.keyword) and node.arg not in _DEFAULTS:
            raise ForbiddenNode(f"keyword {node.arg}")
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            raise ForbiddenNode("computed subscript")

"""Python source of the checkout as the house tests read it: modules, syntax trees, dotted names."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
CODE_ROOTS = ("dsl", "engine", "tui", "scripts", "migrations")


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: its dotted name, its path and its text."""

    name: str
    path: Path
    text: str

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    def is_within(self, package: str) -> bool:
        return self.name == package or self.name.startswith(f"{package}.")


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of the house broken at one line; printed as `module:line rule what`."""

    module: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.rule} {self.what}"


def module_at(path: Path, root: Path = CHECKOUT) -> Module:
    """Read one file; its dotted name is its path below `root`."""
    parts = path.relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, path.read_text(encoding="utf-8"))


@cache
def modules(*roots: str) -> tuple[Module, ...]:
    """Return every module below these top-level folders, sorted by path."""
    paths = (path for root in roots for path in sorted((CHECKOUT / root).rglob("*.py")))
    return tuple(module_at(path) for path in paths)


@cache
def rules() -> dict[str, Any]:
    """Return `rules.toml`."""
    return tomllib.loads((Path(__file__).parent / "rules.toml").read_text(encoding="utf-8"))


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything a module imports; `from a import b` yields `a.b`."""
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree()):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                source = ".".join([*above, source] if source else above)
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)


def aliases(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for, as in `{"dt": "datetime.datetime"}`."""
    meaning: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                meaning[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                meaning[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return meaning


def dotted(node: ast.AST, meaning: dict[str, str]) -> str | None:
    """Return the full dotted name of an expression that starts at an imported name, else None."""
    trail: list[str] = []
    while isinstance(node, ast.Attribute):
        trail.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in meaning:
        return None
    return ".".join([meaning[node.id], *reversed(trail)])

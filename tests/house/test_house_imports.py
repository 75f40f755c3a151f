"""A library has one owner, a package shows one face, an adapter is known to the gateway alone."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.house.source import CHECKOUT, CODE_ROOTS, Module, Violation, imports, modules, rules


def _is_below(name: str, packages: list[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def foreign_imports(module: Module) -> list[Violation]:
    """Return the imports of libraries that belong to somebody else."""
    return [
        Violation(module.name, line, "library", name)
        for line, name in imports(module)
        if (owners := rules()["libraries"].get(name.partition(".")[0])) is not None
        and not _is_below(module.name, owners)
    ]


def hidden_imports(module: Module) -> list[Violation]:
    """Return the imports that reach behind the face of another package of ours."""
    found = []
    for face in rules()["faces"]:
        if not module.is_within(face["importer"]):
            continue
        for line, name in imports(module):
            # `from dsl.program import Program` reads as dsl.plan.Plan: one more part than the module it comes from.
            if _is_below(name, [face["imported"]]) and not _shows(face, name):
                found.append(Violation(module.name, line, "face", name))
    return found


def _shows(face: dict[str, Any], name: str) -> bool:
    root, inner = face["imported"], [package for package in face["allowed"] if package != face["imported"]]
    is_root_open = root in face["allowed"]
    is_name_of_root = name.rpartition(".")[0] == root and not _is_module(name)
    return (is_root_open and (name == root or is_name_of_root)) or _is_below(name, inner)


def _is_module(name: str) -> bool:
    path = CHECKOUT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def adapter_imports(module: Module) -> list[Violation]:
    """Return the imports of a broker adapter by anyone but the gateway and the composition root."""
    adapters = rules()["adapters"]
    if _is_below(module.name, adapters["importers"]):
        return []
    return [
        Violation(module.name, line, "adapter", name)
        for line, name in imports(module)
        if _is_below(name, [adapters["package"]])
        and name not in adapters["open"]
        and name.rpartition(".")[0] not in adapters["open"]
    ]


LAWS = (foreign_imports, hidden_imports, adapter_imports)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: str(law.__name__))
def test_no_module_imports_what_is_not_its_to_import(law: Callable[[Module], list[Violation]]) -> None:
    found = [violation for module in modules(*CODE_ROOTS) for violation in law(module)]
    assert [str(violation) for violation in found] == []


PLANTED = [
    ("engine.portfolio.ledger", "import sqlalchemy", "library"),
    ("engine.store.tables", "import sqlalchemy", None),
    ("engine.service.runs", "from typer import Typer", "library"),
    ("engine.cli.main", "from typer import Typer", None),
    ("engine.config.layers", "def f():\n    import yaml.events", "library"),
    ("engine.facts.windows", "import pandas as pd", "library"),
    ("engine.decision.decide", "from dsl.parse import parse", "face"),
    ("engine.decision.decide", "from dsl import parse", "face"),
    ("engine.decision.decide", "from dsl.program import Program", None),
    ("engine.decision.decide", "from engine.risk.var import estimate", "face"),
    ("engine.decision.decide", "from engine.model.order import Intent", None),
    ("engine.decision.decide", "from . import join", None),
    ("engine.decision.decide", "from ..risk import var", "face"),
    ("tui.app", "from engine.store import open_database", "face"),
    ("tui.app", "from engine.service import decide", None),
    ("engine.runtime.recovery", "from engine.brokers.paper import PaperBroker", "adapter"),
    ("engine.runtime.recovery", "from engine.brokers.contract import BrokerAdapter", None),
    ("engine.execution.gateway", "from engine.brokers.paper import PaperBroker", None),
]


@pytest.mark.parametrize(("importer", "code", "rule"), PLANTED)
def test_a_planted_import_is_refused_exactly_where_it_does_not_belong(
    importer: str, code: str, rule: str | None
) -> None:
    module = Module(importer, CHECKOUT.joinpath(*importer.split(".")).with_suffix(".py"), code)
    found = [violation for law in LAWS for violation in law(module)]
    assert [violation.rule for violation in found] == ([] if rule is None else [rule])

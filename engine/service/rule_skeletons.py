"""Scenarios that are missing, written to files for a person to read, correct and keep."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.skeleton.find import Skeleton


def write_skeletons(found: "Iterable[Skeleton]", folder: Path) -> tuple[str, ...]:
    """Write scenarios to a folder, a file for each rule; return the names of the files.

    A scenario no file can say is written as an inline test, for its rulebook.
    """
    from dsl.scenario_text import Titled, as_yaml

    files: dict[tuple[str, tuple[str, ...]], dict[str, Titled]] = {}
    tests: dict[str, list[str]] = {}
    for one in found:
        if one.data is None:
            tests.setdefault(one.rulebook, []).append(one.text)
        else:
            # One scenario may show several things: it is written once.
            listed = files.setdefault((one.rulebook, one.rules), {})
            listed.setdefault(repr(one.data), Titled(one.title, one.data))
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        f"{_name(rules[0] if len(rules) == 1 else rulebook)}.yaml": as_yaml(rulebook, rules, listed.values())
        for (rulebook, rules), listed in files.items()
    }
    texts |= {f"{_name(rulebook)}.tests": "\n".join(parts) for rulebook, parts in tests.items()}
    for name, text in sorted(texts.items()):
        (folder / name).write_text(text, encoding="utf-8")
    return tuple((folder / name).as_posix() for name in sorted(texts))


def _name(what: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", what.lower())

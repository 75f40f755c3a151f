"""The rules folders an editor shows: which file belongs to which, what is on disk, and what is open in the editor."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dsl.keywords import STAGES
from dsl.language_server.environment import Environment
from dsl.language_server.folder import RULES, SCENARIO, Folder, ReadScenario
from dsl.language_server.index import Index
from dsl.language_server.trials import NOTHING_RAN, Results

MAX_FILES = 2_000
"""Rule and scenario files looked at in one workspace."""
_PASSED_OVER = ("node_modules", "__pycache__", "build", "dist")


@dataclass(slots=True)
class Bundle:
    """One rules folder at work: `root` is what its files are named from, `waiting` those not read yet."""

    root: Path
    folder: Folder
    index: Index
    waiting: list[Path] = field(default_factory=list)
    results: Results = NOTHING_RAN

    def path(self, name: str) -> Path:
        """Return where a file of the folder lies."""
        return self.root / name


@dataclass(frozen=True, slots=True)
class File:
    """A file of an editor: the folder it belongs to, and what it is called there."""

    bundle: Bundle
    name: str


class Workspace:
    """Every rules folder below the folders of an editor, or the one folder it was told to serve."""

    def __init__(self, environment: Environment, read_scenario: ReadScenario, rules: Path | None = None) -> None:
        self._environment, self._read_scenario, self._rules = environment, read_scenario, rules
        self._bundles: dict[Path, Bundle] = {}
        self._open: dict[Path, str] = {}

    @property
    def bundles(self) -> tuple[Bundle, ...]:
        """Every folder known so far."""
        return tuple(self._bundles.values())

    # ---------------------------------------------------------------------------------- who belongs where
    def _root(self, path: Path) -> tuple[Path, bool] | None:
        """Return the folder a file is judged with, and whether others are judged with it; None for no file of ours.

        Rulebooks lie in a folder per stage: what is above that is the rules folder. A rulebook elsewhere stands alone.
        """
        if path.suffix not in (RULES, SCENARIO):
            return None
        if self._rules is not None and path.is_relative_to(self._rules):
            return self._rules, True
        for folder in path.parents:
            if folder.name in STAGES:
                return folder.parent, True
        if path.suffix == SCENARIO:
            return next(((root, True) for root in self._bundles if path.is_relative_to(root)), None)
        return path.parent, False

    def _bundle(self, root: Path, key: Path) -> Bundle:
        known = self._bundles.get(key)
        if known is None:
            folder = Folder(self._environment, self._read_scenario)
            self._bundles[key] = known = Bundle(root, folder, Index(folder))
        return known

    def file(self, path: Path) -> File | None:
        """Return what a file is to the server, None where it is nothing."""
        found = self._root(path)
        if found is None:
            return None
        root, is_shared = found
        bundle = self._bundle(root, root if is_shared else path)
        return File(bundle, path.relative_to(root).as_posix())

    # ---------------------------------------------------------------------------------- what is there
    def look(self, folders: list[Path]) -> None:
        """Find the rule and scenario files below some folders; they wait until they are read."""
        found = [path for folder in folders for path in _files(folder)][:MAX_FILES]
        for path in sorted(found, key=lambda path: (path.suffix != RULES, path)):
            file = self.file(path)
            if file is not None:
                file.bundle.waiting.append(path)

    def read(self) -> Iterator[Bundle]:
        """Read the files that wait, one at a step, those of folders with an open file first; yield whose it was."""
        while True:
            waiting = [bundle for bundle in self._bundles.values() if bundle.waiting]
            if not waiting:
                return
            bundle = next((one for one in waiting if self._is_open(one)), waiting[0])
            path = bundle.waiting.pop(0)
            if path not in self._open:
                self.changed_on_disk(path)
            _ = bundle.folder.compiled
            yield bundle

    def _is_open(self, bundle: Bundle) -> bool:
        return any(path.is_relative_to(bundle.root) for path in self._open)

    # ---------------------------------------------------------------------------------- what the editor does
    def opened(self, path: Path, text: str) -> File | None:
        """Take the text of a file that is open in the editor: from now on the editor's is the one that counts."""
        self._open[path] = text
        file = self.file(path)
        if file is not None:
            file.bundle.folder.put(file.name, text)
        return file

    def closed(self, path: Path) -> File | None:
        """Go back to the text on disk."""
        self._open.pop(path, None)
        return self.changed_on_disk(path)

    def changed_on_disk(self, path: Path) -> File | None:
        """Take what is on disk now, unless the file is open; a file that is gone is forgotten."""
        file = self.file(path)
        if file is None or path in self._open:
            return file
        text = _text(path)
        if text is None:
            file.bundle.folder.drop(file.name)
        else:
            file.bundle.folder.put(file.name, text)
        return file


def _files(folder: Path) -> Iterator[Path]:
    for root, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in _PASSED_OVER and not name.startswith("."))
        yield from (Path(root, name) for name in sorted(files) if name.endswith((RULES, SCENARIO)))


def _text(path: Path) -> str | None:
    """Return a file's text, None where there is none; bytes that are no UTF-8 come out as what the parser refuses."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, ValueError):  # a name no file can have
        return None

"""Successful checks remembered on disk, named by the content that was checked; decisions never read them.

What is kept is data about rules that compiled without a word, so the worst a stale or forged entry could
do is to hide a warning from `rules check`; decide, test and run compile what they judge with.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.service.rule_files import RuleFiles, digest_of
from engine.shipped import shipped

FORM = 1
KEPT = 64
"""Entries left in the folder; the oldest go first."""


def key_of(files: RuleFiles) -> str:
    """Return the name of a check: rule texts, contracts and the compiler's own files."""
    import dsl

    compiler = Path(dsl.__file__).parent
    own = [*sorted(compiler.rglob("*.py")), *sorted(compiler.rglob("*.lark"))]
    return digest_of(
        [
            ("form", str(FORM).encode()),
            *((f"rules/{source.name}", source.text.encode()) for source in files.sources),
            *_contents("specs", sorted(shipped("specs").glob("*.schema.json"))),
            *_contents("dsl", own),
        ]
    )


def _contents(kind: str, paths: Iterable[Path]) -> Iterable[tuple[str, bytes]]:
    return ((f"{kind}/{path.name}", path.read_bytes()) for path in paths)


def recall(key: str) -> Mapping[str, Any] | None:
    """Return what was remembered under a key, None when there is nothing usable."""
    path = _folder() / f"{key}.json"
    try:
        if path.stat().st_uid != os.getuid():
            return None
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) and value.get("v") == FORM and value.get("key") == key else None


def remember(key: str, value: Mapping[str, Any]) -> None:
    """Keep a value under a key; a folder that cannot be written only costs time on the next check."""
    folder = _folder()
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        partial = folder / f"{key}.{os.getpid()}.partial"
        partial.write_text(json.dumps({**value, "v": FORM, "key": key}, sort_keys=True), encoding="utf-8")
        partial.replace(folder / f"{key}.json")
        for old in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
            old.unlink()


def _folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(home) if home.startswith("/") else Path.home() / ".cache"
    return root / "miniquantdesk" / "checks"

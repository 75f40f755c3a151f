"""When a declaration was written and changed, from the git history of its rule file."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

COMMITS = 500
"""Commits of one file looked at, the newest."""
SECONDS = 60
_HEAD = re.compile(r"[A-Za-z#]")
_FIELDS = "%x01%H%x00%ad%x00%an%x00%s%x00"


class HistoryUnavailable(Exception):
    """There is no history to read: `why` says so in words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did to a declaration: written, changed or removed."""

    day: str
    commit: str
    author: str
    done: str
    subject: str


@dataclass(frozen=True, slots=True)
class FileHistory:
    """The versions of a rule file, oldest first: date, commit, author, subject and text (None: not there)."""

    versions: tuple[tuple[str, str, str, str, str | None], ...]

    def of(self, pattern: str, now: str) -> tuple[tuple[Change, ...], bool]:
        """Return what was done to a declaration, the newest first, and whether its text of now is not committed.

        `pattern` matches its first line, `now` is the file's text of now. Layout alone is no change.
        """
        changes: list[Change] = []
        before: str | None = None
        for day, commit, author, subject, text in self.versions:
            after = cut_out(text, pattern) if text is not None else None
            if after != before:
                done = "written" if before is None else "removed" if after is None else "changed"
                changes.append(Change(day, commit, author, done, subject))
            before = after
        return tuple(reversed(changes)), cut_out(now, pattern) != before


def cut_out(text: str, pattern: str) -> str | None:
    """Return a declaration and the `##` lines above it with blanks made one, None where the text has none.

    A declaration goes from its first line to the next line that begins another one, or a comment of its own.
    """
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if re.match(pattern, line)), None)
    if first is None:
        return None
    above = first
    while above > 0 and lines[above - 1].startswith("##"):
        above -= 1
    end = first + 1
    while end < len(lines) and not _HEAD.match(lines[end]):
        end += 1
    return " ".join(" ".join(lines[above:end]).split())


def read_histories(root: Path, names: tuple[str, ...]) -> Mapping[str, FileHistory]:
    """Return the history of files below a folder by name, renames followed. Raises HistoryUnavailable."""
    if _git(root, "rev-parse", "--is-inside-work-tree").strip() != "true":
        raise HistoryUnavailable("the rules are not in a git repository")
    return {name: FileHistory(tuple(_versions(root, name))) for name in names}


def _versions(root: Path, name: str) -> Iterator[tuple[str, str, str, str, str | None]]:
    log = _git(
        root,
        "log",
        "--follow",
        f"--max-count={COMMITS}",
        "--name-only",
        "--date=short",
        f"--format={_FIELDS}",
        "--",
        name,
    )
    for entry in reversed(log.split("\x01")[1:]):
        commit, day, author, subject, rest = entry.split("\x00", 4)
        path = rest.strip("\n")
        text = _git(root, "show", f"{commit}:{path}", may_fail=True) if path else None
        yield day, commit[:12], author, subject, text or None


def _git(root: Path, *arguments: str, may_fail: bool = False) -> str:
    # A hook of git says which repository it is in; the rules may lie in another one.
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.quotepath=off", "-c", "log.showSignature=false", "-C", str(root), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, timeout=SECONDS, stdin=subprocess.DEVNULL, env=own
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        raise HistoryUnavailable("git does not answer on this machine") from None
    if done.returncode and not may_fail:
        raise HistoryUnavailable("the rules are not in a git repository")
    return "" if done.returncode else done.stdout.decode("utf-8", "replace")

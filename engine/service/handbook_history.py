"""When a declaration was written and changed, from the git history of its rule file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.service.git import GitMissing, GitRefused, git

COMMITS = 500
"""Commits of one file looked at, the newest."""
_HEAD = re.compile(r"[A-Za-z#]")
_FORMAT = "--format=%x01%H%x00%P%x00%ad%x00%an%x00%s"


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
class Version:
    """A rule file at a commit and at its parents; a text is None where the file was not there."""

    day: str
    commit: str
    author: str
    subject: str
    text: str | None
    before: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class FileHistory:
    """The versions of a rule file, newest first, and its text at the newest commit of all."""

    versions: tuple[Version, ...]
    head: str | None

    def of(self, pattern: str, now: str) -> tuple[tuple[Change, ...], bool]:
        """Return what was done to a declaration, the newest first, and whether its text of now is not committed.

        `pattern` matches its first line, `now` is the file's text of now. Layout alone is no change, and a merge is one
        only where it took the text of neither side.
        """

        def at(text: str | None) -> str | None:
            return None if text is None else cut_out(text, pattern)

        changes: list[Change] = []
        for each in self.versions:
            after, before = at(each.text), [at(text) for text in each.before or (None,)]
            if after not in before:
                done = "removed" if after is None else "changed" if any(before) else "written"
                changes.append(Change(each.day, each.commit, each.author, done, each.subject))
        return tuple(changes), at(now) != at(self.head)


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
    try:
        told = _git(root, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository").split()
    except GitRefused:
        raise HistoryUnavailable("the rules are not in a git repository") from None
    if told != ["true", "false"]:
        raise HistoryUnavailable("the repository is a shallow copy, without its history")
    try:
        return _histories(root, names)
    except GitRefused:
        raise HistoryUnavailable("git has no history of the rules") from None


def _histories(root: Path, names: tuple[str, ...]) -> Mapping[str, FileHistory]:
    return {name: _history(root, name) for name in names}


def _history(root: Path, name: str) -> FileHistory:
    own = _git(root, "rev-parse", "--show-prefix").strip("\n") + name
    renamed = _git(root, "log", "--follow", "--name-only", f"--max-count={COMMITS}", "--format=", "--", name)
    paths = tuple(dict.fromkeys((own, *(line for line in renamed.split("\n") if line))))
    top = [f":(top,literal){path}" for path in paths]
    log = _git(
        root, "log", "--full-history", "--date-order", f"--max-count={COMMITS}", "--date=short", _FORMAT, "--", *top
    )  # fmt: skip
    entries = [entry.rstrip("\n").split("\x00") for entry in log.split("\x01")[1:]]
    wanted = dict.fromkeys(["HEAD", *(commit for entry in entries for commit in (entry[0], *entry[1].split()))])
    texts = _texts(root, tuple(wanted), paths)
    versions = tuple(
        Version(day, commit[:12], author, subject, texts[commit], tuple(texts[parent] for parent in parents.split()))
        for commit, parents, day, author, subject in entries
    )
    return FileHistory(versions, texts["HEAD"])


def _texts(root: Path, commits: tuple[str, ...], paths: tuple[str, ...]) -> Mapping[str, str | None]:
    """Return a file at commits, under the newest of its names that is there; None where none is."""
    asked = [(commit, f"{commit}:{path}") for commit in commits for path in paths]
    answer = _answer(root, ("cat-file", "--batch"), "".join(f"{spec}\n" for _, spec in asked).encode())
    texts: dict[str, str | None] = dict.fromkeys(commits)
    at = 0
    for commit, _ in asked:
        end = answer.index(b"\n", at)
        words = answer[at:end].rsplit(b" ", 2)
        at = end + 1
        if len(words) == 3 and words[1] == b"blob":
            size = int(words[2])
            if texts[commit] is None:
                texts[commit] = answer[at : at + size].decode("utf-8", "replace")
            at += size + 1
    return texts


def _git(root: Path, *arguments: str) -> str:
    return _answer(root, arguments, b"").decode("utf-8", "replace")


def _answer(root: Path, arguments: Sequence[str], said: bytes) -> bytes:
    try:
        return git(root, *arguments, given=said)
    except GitMissing:
        raise HistoryUnavailable("git does not answer on this machine") from None

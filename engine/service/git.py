"""Git, asked for what a repository holds: the one place that runs it."""

import os
import subprocess
from pathlib import Path

SECONDS = 60


class GitMissing(Exception):
    """Git is not installed, or does not answer in time."""


class GitRefused(Exception):
    """Git knows no such thing; `said` is its last line about it, if any."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def git(folder: Path | None, *arguments: str, given: bytes = b"") -> bytes:
    """Return what git answers in a folder, None for the working directory. Raises GitMissing and GitRefused.

    Which repository is meant is the folder's alone: a hook of git names its own in the environment, and the rules may
    lie in another one.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    where = [] if folder is None else ["-C", str(folder)]
    command = ["git", "-c", "core.quotepath=off", "-c", "log.showSignature=false", *where, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS, input=given, env=own)
    except (OSError, subprocess.TimeoutExpired):
        raise GitMissing from None
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitRefused(told[-1] if told else "")
    return done.stdout

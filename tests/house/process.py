"""Run a command as a person would: from the checkout, its output kept as text, its status an answer."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.house.source import CHECKOUT


def run(
    command: Sequence[str], folder: Path = CHECKOUT, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Return the finished command; a status other than 0 is the caller's to judge."""
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

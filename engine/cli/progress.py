"""Progress of long work: a bar on standard error, and only where a person watches."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[int, int | None], None]
"""Called with how much is done and how much there is (None: not known)."""


@contextmanager
def progress(title: str) -> Iterator[Tick]:
    """Show how far some work is, until the block ends; silent when standard error is no terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)

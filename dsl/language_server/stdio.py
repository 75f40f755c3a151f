"""One editor served over standard input and output: where the server begins and ends."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path

from dsl.language_server.environment import read_environment
from dsl.language_server.features import register
from dsl.language_server.folder import ReadScenario
from dsl.language_server.server import RulesServer
from dsl.language_server.workspace import Workspace


def serve(
    environment: Path, read_scenario: ReadScenario, today: Callable[[], date], version: str, rules: Path | None = None
) -> bool:
    """Serve one editor over standard input and output until it leaves; return whether it took leave properly.

    `environment` is the document the desk writes, `rules` the folder to serve where it is not to be found by itself.
    """
    known = read_environment(json.loads(environment.read_text(encoding="utf-8")))
    workspace = Workspace(known, read_scenario, rules)
    server = RulesServer(workspace, today, version)
    register(server)
    # The library closes the stream it writes to, and whatever else is printed must not get between its messages.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream, redirect_stdout(sys.stderr):
        server.start_io(stdout=stream)
    return server.is_stopped

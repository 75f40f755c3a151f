"""`python -m tests.perf`: ours alone, or with PEERS=ENVIRONMENT beside the peers installed there.

PEERS names a virtual environment with the peers, PEERS_HARNESS the folder with their adapters (engines.py, pack.py);
without it the folder is looked for beside the environment.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.perf import bench

ROOT = Path(__file__).resolve().parents[2]
_NEEDED = ("lark", "orjson")


def main() -> int:
    """Return 0 when the tables were printed; a missed gate is printed, not a failure."""
    peers = os.environ.get("PEERS")
    if not peers:
        return bench.main()
    harness = _harness(Path(peers))
    if harness is None:
        print("PEERS_HARNESS must name the folder that holds engines.py and pack.py of the peers", file=sys.stderr)
        return 2
    python = Path(peers) / "bin" / "python"
    if subprocess.run([python, "-c", f"import {', '.join(_NEEDED)}"], capture_output=True, check=False).returncode:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *_NEEDED], check=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PEERS_HARNESS": str(harness)}
    command = [python, "-W", "ignore", "-m", "tests.perf.peers", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _harness(peers: Path) -> Path | None:
    named = os.environ.get("PEERS_HARNESS")
    places = [Path(named)] if named else [peers / "peers", peers.parent / "peers", peers]
    return next((place.resolve() for place in places if (place / "engines.py").is_file()), None)


if __name__ == "__main__":
    sys.exit(main())

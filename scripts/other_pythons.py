"""Run the golden decisions on every supported Python of this machine but the one that runs the suite.

A decision is the same on each of them. Every interpreter gets a cached environment in `.pythons/`, with
only what the language and the goldens need, installed by hash from `scripts/golden-requirements.txt`.
Exit status: 0 when all that were found agree, 1 when one fails or no golden was collected.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = CHECKOUT / ".pythons"
REQUIREMENTS = CHECKOUT / "scripts" / "golden-requirements.txt"
SECONDS_PER_PYTHON = 60
IDENTIFY = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One Python that answered when it was asked for its version."""

    version: str
    executable: str

    @property
    def minor(self) -> str:
        return self.version.rpartition(".")[0]


def supported_minors(project: dict[str, str]) -> list[str]:
    """Return the minor versions that `requires-python` allows, oldest first, as in `["3.11", "3.12"]`."""
    bounds = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"])
    if bounds is None:
        raise ValueError(f"requires-python is {project['requires-python']!r}; expected '>=3.A,<3.B'")
    return [f"3.{minor}" for minor in range(int(bounds[1]), int(bounds[2]))]


def candidates(minor: str) -> Iterator[str]:
    """Yield where a Python of this minor version may be: the PATH, pyenv's folder, then what uv knows."""
    if on_path := shutil.which(f"python{minor}"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path) for path in sorted(pyenv.glob(f"{minor}.*/bin/python{minor}"), reverse=True))
    if uv := shutil.which("uv"):
        command = [uv, "python", "find", "--no-project", "--system", "--no-python-downloads", minor]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            yield found.stdout.strip()


def identify(executable: str) -> Interpreter | None:
    """Ask an executable for its version; a pyenv shim of an unselected version has no answer."""
    command = [executable, "-c", IDENTIFY]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = answer.stdout.splitlines()
    return Interpreter(lines[0], lines[1]) if answer.returncode == 0 and len(lines) == 2 else None


def find_interpreters(minors: list[str]) -> list[Interpreter]:
    """Return the first interpreter that answers for each minor version, leaving out those that none does."""
    found = []
    for minor in minors:
        answers = (identify(executable) for executable in candidates(minor))
        interpreter = next((one for one in answers if one is not None and one.minor == minor), None)
        if interpreter is not None:
            found.append(interpreter)
    return found


def environment_for(interpreter: Interpreter) -> Path:
    """Return the Python of this interpreter's cached environment, built anew when its inputs changed."""
    folder = ENVIRONMENTS / interpreter.minor
    python, stamp = folder / "bin" / "python", folder / ".built-from"
    built_from = f"{interpreter.version} {interpreter.executable} {folder}\n".encode() + REQUIREMENTS.read_bytes()
    wanted = hashlib.sha256(built_from).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    subprocess.run([interpreter.executable, "-m", "venv", "--clear", str(folder)], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([str(python), *install, "--requirement", str(REQUIREMENTS)], check=True)
    stamp.write_text(wanted)
    return python


def run_goldens(interpreter: Interpreter) -> str | None:
    """Run `tests/golden` on one interpreter and return what went wrong, or None.

    The cut-off at `tests/golden` keeps out the suite's own fixtures, whose packages are not there.
    """
    python = environment_for(interpreter)
    command = [str(python), "-m", "pytest", "tests/golden", "--confcutdir=tests/golden", "--quiet"]
    started = time.monotonic()
    try:
        status = subprocess.run(command, cwd=CHECKOUT, check=False, timeout=SECONDS_PER_PYTHON).returncode
    except subprocess.TimeoutExpired:
        return f"took longer than {SECONDS_PER_PYTHON} s"
    print(f"  Python {interpreter.version}: {time.monotonic() - started:.1f} s", flush=True)
    return None if status == 0 else f"pytest ended with status {status}"


def main() -> int:
    """Find, list and run; print one line per failure."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    own = ".".join(map(str, sys.version_info[:2]))
    minors = [minor for minor in supported_minors(project) if minor != own]
    interpreters = find_interpreters(minors)
    listed = ", ".join(f"{one.version} ({one.executable})" for one in interpreters)
    print(f"goldens on other Pythons: {listed or 'none found'}; looked for {', '.join(minors)}", flush=True)
    failures = [(one, fault) for one in interpreters if (fault := run_goldens(one)) is not None]
    for interpreter, fault in failures:
        print(f"golden decisions failed on Python {interpreter.version}: {fault}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Build the wheel and install it offline into an environment that is watched for reads of the checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

CHECKOUT = Path(__file__).resolve().parents[2]

# Runs in the installed environment before anything else; children inherit it with the environment.
WATCH = """
import os, sys
_checkout, _allowed = os.environ["WATCHED_CHECKOUT"] + os.sep, os.environ["WATCHED_ALLOWED"] + os.sep
_events = {"open", "os.listdir", "os.scandir", "sqlite3.connect", "import"}
_log = os.open(os.environ["WATCHED_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def _watch(event, arguments):
    if event not in _events or not arguments or not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    path = os.path.abspath(os.fsdecode(arguments[0]))
    if path.startswith(_checkout) and not (path + os.sep).startswith(_allowed):
        os.write(_log, (event + " " + path + "\\n").encode())
sys.addaudithook(_watch)
"""


def build_wheel(folder: Path) -> Path:
    """Build the wheel into a folder with the locked backend, without the network; return its path."""
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        str(CHECKOUT),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise RuntimeError(f"the wheel does not build:\n{answer.stdout}\n{answer.stderr}")
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True, slots=True)
class Installation:
    """An environment that has our wheel and, by path, the libraries of the one that runs the tests."""

    folder: Path
    log: Path

    def run(self, code_or_command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment in a folder, as somebody who has never seen the checkout."""
        program, *arguments = code_or_command
        environment = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "WATCHED_CHECKOUT": str(CHECKOUT),
            "WATCHED_ALLOWED": sysconfig.get_paths()["purelib"],
            "WATCHED_LOG": str(self.log),
        }
        command = [str(self.folder / "bin" / program), *arguments]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    def reads_of_checkout(self) -> list[str]:
        """Return `event path` of each read below the checkout, the borrowed libraries left out."""
        return self.log.read_text().splitlines()


def install(wheel: Path, folder: Path) -> Installation:
    """Install a wheel offline; the libraries come through a path file and stay where they are."""
    environment = folder / "environment"
    venv.create(environment)
    install_wheel = [find_uv_bin(), "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps"]
    python = str(environment / "bin" / "python")
    subprocess.run([*install_wheel, "--python", python, str(wheel)], check=True, capture_output=True)
    paths = {"base": str(environment), "platbase": str(environment)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    libraries = dict.fromkeys([sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]])
    (site / "libraries.pth").write_text("\n".join(libraries) + "\n")
    (site / "sitecustomize.py").write_text(WATCH)
    return Installation(environment, folder / "reads.log")

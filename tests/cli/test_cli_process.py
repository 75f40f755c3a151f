"""The command line as a process: exit codes, pipes, interrupts, start-up, and faults of the program itself."""

import os
import signal
import subprocess
import sys

import pytest

from engine.cli import diagnostics
from engine.cli.exits import Exit
from engine.cli.main import run

COMMAND = (sys.executable, "-c", "import sys; from engine.cli.main import run; sys.exit(run())")


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    whole = {**os.environ, **environment}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, env=whole, check=False, timeout=60)


def test_exit_codes_are_the_ones_of_the_house():
    assert {exit.name: exit.value for exit in Exit} == {
        "FINE": 0, "FINDINGS": 1, "USAGE": 2, "UNAVAILABLE": 3, "INTEGRITY": 4, "INTERRUPTED": 130,
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [("nothing",), ("rules",), ("rules", "check", "--nothing"), ("why",), ()])
def test_a_wrong_command_line_ends_with_two_and_says_nothing_on_standard_output(arguments, capsys):
    assert run(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err != "" and "Traceback" not in said.err


@pytest.mark.parametrize("arguments", [("--help",), ("rules", "--help"), ("decide", "--help"), ("--version",)])
def test_help_and_version_are_data(arguments, capsys):
    assert run(list(arguments)) == 0
    said = capsys.readouterr()
    assert said.out != "" and said.err == ""


def test_nothing_is_coloured_in_a_pipe_nor_where_colour_is_not_wanted():
    for environment in ({"FORCE_COLOR": "1", "TERM": "xterm"}, {"NO_COLOR": "1"}):
        ended = call("rules", "explain", "E999", **environment)
        assert ended.returncode == 2 and "\x1b" not in ended.stdout + ended.stderr


def test_a_reader_that_went_away_is_no_traceback_and_not_fine():
    process = subprocess.Popen([*COMMAND, "rules", "explain", "E203"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 3 and said == b""


def test_an_interrupt_ends_with_130(tmp_path):
    log = tmp_path / "log"
    os.mkfifo(log)
    process = subprocess.Popen(
        [*COMMAND, "audit", "verify", "--log", str(log)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite in the background ignores it
    )  # fmt: skip
    with log.open("wb"):
        # Opening waits for the reader, so the command is at work now.
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"interrupted\n")


def test_a_remembered_check_loads_no_parser():
    assert run(["rules", "check"]) == 0
    warm = "import sys; from engine.cli.main import run; print(run(['rules', 'check']), 'lark' in sys.modules)"
    second = subprocess.run([sys.executable, "-c", warm], capture_output=True, text=True, check=True, timeout=60)
    assert second.stdout.endswith("0 False\n")


def test_a_fault_of_the_program_is_one_line_and_the_traceback_is_for_whoever_asks(monkeypatch, capsys):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("first\nsecond")

    monkeypatch.setattr("engine.cli.version.version_line", broken)
    assert run(["version"]) == 3
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error[INTERNAL]: ZeroDivisionError: first second\n")
    assert "Traceback" not in said.err
    monkeypatch.setenv("MQK_DEBUG", "1")
    assert run(["version"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_every_fault_the_command_line_knows_is_still_there():
    import importlib

    for module, name, _, _ in diagnostics._KNOWN:
        assert issubclass(getattr(importlib.import_module(module), name), Exception), (module, name)

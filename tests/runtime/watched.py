"""The proof market under rules that watch it: switches, postures, actions, tasks (tests/fixtures/runtime/watched).

The hourly strategy trips its switch on the second day, the daily one on the third; both are flattened. One switch is
reset as soon as that is allowed, another is pressed by hand and reset by two.
"""

import re
import shutil
from pathlib import Path

from engine.model.time import Timestamp, parse_timestamp
from engine.runtime.inputs import RunInputs
from engine.runtime.switchboard import ScriptedSwitch
from engine.service.rule_files import load_bundle
from tests.runtime.proof_market import FIXTURES, renamed


def trip(number: int, at: str, principal: str, switch: str, *key: str) -> ScriptedSwitch:
    """Return a line by which somebody trips a switch."""
    return ScriptedSwitch(number, instant(at), principal, True, switch, key)


def reset(number: int, at: str, principal: str, switch: str, *key: str) -> ScriptedSwitch:
    """Return a line by which somebody asks for a reset."""
    return ScriptedSwitch(number, instant(at), principal, False, switch, key)


def instant(text: str) -> Timestamp:
    """Return an instant of 2026, written `01-07T21:05`."""
    return parse_timestamp(f"2026-{text}:00Z")


SCRIPT = (
    reset(11, "01-09T21:30", "rhea", "WCH-01", "alpha"),  # its orders are still inside the window
    reset(12, "01-13T21:30", "rhea", "WCH-01", "alpha"),
    trip(13, "01-15T21:10", "cora", "WCH-02", "proof"),  # compliance may not
    trip(14, "01-15T21:20", "rhea", "WCH-02", "proof"),
    trip(15, "01-15T21:30", "olivia", "WCH-02", "proof"),  # it is tripped already
    reset(16, "01-20T21:10", "rhea", "WCH-02", "proof"),  # who pressed it does not reset it
    reset(17, "01-20T21:20", "rory", "WCH-02", "proof"),
)


def watched(inputs: RunInputs, folder: Path) -> RunInputs:
    """Return the inputs of the same run under the watching rules too. Its script answers one hold, and the switches."""
    script = (inputs.script[0], *SCRIPT)
    return renamed(inputs, "watched", bundle=load_bundle(rules_in(folder / "watched")), script=script)


def rules_in(folder: Path, **changed: str) -> Path:
    """Write the watching rules into a folder, with one text of the arming checklist or another replaced; return it."""
    shutil.copytree(FIXTURES / "rules", folder, dirs_exist_ok=True)
    shutil.copytree(FIXTURES / "watched", folder, dirs_exist_ok=True)
    arming = folder / "arming" / "armed.rules"
    text = arming.read_text("utf-8")
    for name, value in changed.items():
        before = text
        text = re.sub(rf"(param {name}: [^{{]*{{\n  always = )[0-9_]+", rf"\g<1>{value}", text)
        assert text != before, name
    arming.write_text(text, "utf-8")
    return folder

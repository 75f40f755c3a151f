"""Everything a key can do: this one table makes the bindings, the footer and the help."""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its name is the app's `action_NAME`, `keys` what starts it, `label` its word in the footer."""

    name: str
    keys: tuple[str, ...]
    label: str
    help: str

    @property
    def key_shown(self) -> str:
        return _SHOWN.get(self.keys[0], self.keys[0])


_SHOWN = {"space": "space", "slash": "/", "question_mark": "?", "escape": "esc", "enter": "enter"}

ACTIONS = (
    Action("why", ("enter",), "why", "explain the decision under the cursor"),
    Action("freeze", ("space",), "freeze", "hold the tape still; new decisions wait and are counted"),
    Action(
        "filter",
        ("slash",),
        "filter",
        "show only decisions that match words or field:value",
    ),
    Action("pane('tape')", ("1",), "decisions", "go to the decisions"),
    Action("pane('violations')", ("2",), "violations", "go to the violations: findings counted by rule and code"),
    Action("pane('limits')", ("3",), "limits", "go to the limits, the worst first"),
    Action("pane('orders')", ("4",), "orders", "go to holds, working orders and executions"),
    Action("next_pane", ("tab",), "next", "go to the next pane"),
    Action("previous_pane", ("shift+tab",), "previous", "go to the pane before"),
    Action("first", ("home", "g"), "first", "go to the first row"),
    Action("last", ("end", "G"), "last", "go to the last row and follow new decisions"),
    Action("close", ("escape",), "back", "close what is open; then clear the filter"),
    Action("help", ("question_mark",), "help", "show this help"),
    Action("quit", ("q", "ctrl+q"), "quit", "leave; the run goes on"),
)
_TAKEN_BY_SCREENS = ("tab", "shift+tab")
"""Keys Textual gives to every screen."""
FOOTER = (
    "help",
    "why",
    "filter",
    "freeze",
    "quit",
    "pane('tape')",
    "pane('violations')",
    "pane('limits')",
    "pane('orders')",
)


def bindings() -> list[Binding]:
    """Return the bindings of all actions. Raises ValueError when a key would start two."""
    taken: dict[str, str] = {}
    made = []
    for action in ACTIONS:
        for key in action.keys:
            if key in taken:
                raise ValueError(f"the key {key} starts both {taken[key]} and {action.name}")
            taken[key] = action.name
            made.append(Binding(key, action.name, action.label, show=False, priority=key in _TAKEN_BY_SCREENS))
    return made


def keys_of(name: str) -> tuple[str, ...]:
    """Return the keys of an action."""
    return next(action.keys for action in ACTIONS if action.name == name)


def footer_text(width: int) -> str:
    """Return keys and words of the footer's actions, as many whole ones as fit."""
    known = {action.name: action for action in ACTIONS}
    text = ""
    for name in FOOTER:
        part = f" {known[name].key_shown} {known[name].label} "
        if len(text) + len(part) > width:
            break
        text += part
    return text

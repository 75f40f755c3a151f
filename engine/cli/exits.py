"""How a command ends: the one list of exit codes."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    FINE = 0
    FINDINGS = 1
    """Something was found, or at least one intent was rejected."""
    USAGE = 2
    """The command line, a file handed in or the configuration cannot be used."""
    UNAVAILABLE = 3
    """Something the command needs does not answer, or the program itself broke."""
    INTEGRITY = 4
    """What is stored is not what was written, or the desk's view and the world's differ."""
    INTERRUPTED = 130

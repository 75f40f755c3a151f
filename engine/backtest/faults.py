"""Why history cannot be judged again, as an exception that carries data."""


class ReplayRefused(Exception):
    """A stable code, what is wrong in one line, what to do, and how a command ends: USAGE, UNAVAILABLE or INTEGRITY."""

    def __init__(self, code: str, what: str, help: str, kind: str = "USAGE") -> None:
        super().__init__(code, what, help, kind)
        self.code, self.what, self.help, self.kind = code, what, help, kind

    def __str__(self) -> str:
        return f"{self.code}: {self.what}"

"""Why a run cannot go on."""


class HaltRequired(Exception):
    """The desk's view and the world's no longer fit together; nothing may be sent until somebody looked."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class RunRefused(Exception):
    """A run that cannot start or go on because of what it was given; `help` says what to change."""

    def __init__(self, code: str, reason: str, help: str) -> None:
        super().__init__(code, reason, help)
        self.code, self.reason, self.help = code, reason, help

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

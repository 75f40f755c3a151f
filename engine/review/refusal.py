"""Why a step of a review is refused: a stable code, what, and what to do about it."""


class ReviewRefused(Exception):
    """A step that is not taken; nothing was written.

    `is_integrity`: what is stored, or a file handed in, is not what was signed.
    """

    def __init__(self, code: str, what: str, help: str, is_integrity: bool = False) -> None:
        super().__init__(code, what, help, is_integrity)
        self.code, self.what, self.help, self.is_integrity = code, what, help, is_integrity

    def __str__(self) -> str:
        return f"{self.code}: {self.what}"


def altered(code: str, what: str) -> ReviewRefused:
    """Return the refusal of something that is not what was signed."""
    return ReviewRefused(code, what, "keep it as it is, verify the audit chain, and propose the change again", True)

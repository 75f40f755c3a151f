"""From bytes to text: size first, then encoding, before any parser sees them."""

from engine.contracts.diagnostic import Diagnostic


def decode(raw: bytes | str, source: str, size: int, family: str) -> str | Diagnostic:
    """Return `raw` as text of at most `size` UTF-8 bytes without byte order mark, or what is wrong.

    `family` is the letter of the codes: x001 too large, x002 not UTF-8, x003 byte order mark.
    """
    if len(raw) > size:
        return _too_large(source, size, family)
    text = raw if isinstance(raw, str) else ""
    if isinstance(raw, bytes):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            before = raw[: error.start].decode("utf-8")
            return _not_utf8(source, before, family, "the text is not UTF-8")
    elif not text.isascii():
        try:
            if len(text.encode()) > size:
                return _too_large(source, size, family)
        except UnicodeEncodeError as error:
            return _not_utf8(source, text[: error.start], family, "the text holds half a surrogate pair")
    if text.startswith("\ufeff"):
        hint = "save it as UTF-8 without BOM"
        return Diagnostic(f"{family}003", "the text starts with a byte order mark", source, 1, 1, help=hint)
    return text


def _too_large(source: str, size: int, family: str) -> Diagnostic:
    return Diagnostic(f"{family}001", f"the text is larger than {size} bytes", source, 1, 1, help="split it")


def _not_utf8(source: str, before: str, family: str, message: str) -> Diagnostic:
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Diagnostic(f"{family}002", message, source, line, column, help="save it as UTF-8")

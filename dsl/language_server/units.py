"""Columns as editors count them: in UTF-16 units, bytes or characters, where the language counts characters."""

UTF_16, UTF_8, UTF_32 = "utf-16", "utf-8", "utf-32"


def width(text: str, encoding: str) -> int:
    """Return how many units a text has; a surrogate by itself, which no encoding knows, counts as one character."""
    if text.isascii() or encoding == UTF_32:
        return len(text)
    if encoding == UTF_8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)


def column_of(line: str, units: int, encoding: str) -> int:
    """Return the column (from 1) that lies so many units into a line; behind its end where there are fewer."""
    if line.isascii() or encoding == UTF_32:
        return min(units, len(line)) + 1
    counted = 0
    for at, char in enumerate(line):
        if counted >= units:
            return at + 1
        counted += width(char, encoding)
    return len(line) + 1


def units_of(line: str, column: int, encoding: str) -> int:
    """Return how many units lie before a column (from 1) of a line."""
    return width(line[: column - 1], encoding)

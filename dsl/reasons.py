"""A finding in words: the `because` text with the values it names."""

from dsl import ir
from dsl.interpret import Interpreter, Unknown
from dsl.types import show


def because(text: ir.Because, interpreter: Interpreter) -> str:
    """Return a reason with every value filled in; what is not known says so."""
    words = []
    for piece in text.pieces:
        if isinstance(piece, str):
            words.append(piece)
            continue
        value = interpreter.evaluate(piece)
        words.append("unknown" if isinstance(value, Unknown) else show(value, piece.type))
    return "".join(words)

"""Build the parser's tables from the grammar and store them as dsl/tables.json."""

import os
import sys

from dsl.parse import build_grammar, grammar_text
from dsl.tables import PATH, dump_tables


def main() -> None:
    """Write the file; run it whenever dsl/grammar.lark or the reserved words change.

    Lark numbers its states in hash order, so the process starts itself again with a fixed seed.
    """
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    PATH.write_text(dump_tables(build_grammar(), grammar_text()) + "\n", encoding="ascii")
    print(f"{PATH.name}: {PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()

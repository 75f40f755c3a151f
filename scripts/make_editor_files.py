"""Write what editors colour rule files by, generated from the patterns of `dsl/highlight`; `--check` only compares."""

import json
import sys
from pathlib import Path

from dsl.highlight.patterns import PATTERNS

TEXTMATE = Path(__file__).parents[1] / "docs" / "editors" / "vscode" / "syntaxes" / "mqk-rules.tmLanguage.json"
SCOPES = {
    "doc": "comment.block.documentation", "comment": "comment.line.number-sign", "string": "string.quoted.double",
    "moment": "constant.other.date", "number": "constant.numeric", "rule_id": "entity.name.class",
    "code": "constant.other.code", "declaration": "keyword.declaration", "function": "support.function",
    "effect": "keyword.control.effect", "clause": "keyword.control", "connective": "keyword.operator.word",
    "constant": "constant.language", "phrase": "keyword.other", "window_function": "support.function",
    "type": "support.type", "vocabulary": "support.constant", "fact": "variable.other.property",
    "name": "variable.other", "operator": "keyword.operator", "punctuation": "punctuation",
}  # fmt: skip
"""What themes call each kind of token (macromates.com, "Naming Conventions")."""


def textmate() -> dict[str, object]:
    """Return the TextMate grammar; texts are read by begin and end, so that what is in their braces is coloured too."""
    inside = [{"include": f"#{kind}"} for kind, _ in PATTERNS if kind not in ("doc", "comment", "string")]
    text = {
        "name": f"{SCOPES['string']}.mqk-rules",
        "begin": '"',
        "end": '"|$',
        "patterns": [
            {"name": "constant.character.escape.mqk-rules", "match": r"\\."},
            {"name": "meta.embedded.expression.mqk-rules", "begin": r"\{", "end": r'\}|(?=")|$', "patterns": inside},
        ],
    }
    repository = {
        kind: text if kind == "string" else {"name": f"{SCOPES[kind]}.mqk-rules", "match": pattern}
        for kind, pattern in PATTERNS
    }
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "MiniQuantDesk rules",
        "scopeName": "source.mqk-rules",
        "fileTypes": ["rules"],
        "patterns": [{"include": f"#{kind}"} for kind, _ in PATTERNS],
        "repository": repository,
    }


def files() -> dict[Path, str]:
    """Return every generated file by its path."""
    return {TEXTMATE: json.dumps(textmate(), indent=2, ensure_ascii=True) + "\n"}


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` return 1 when one of them is not what it should be."""
    stale = [path for path, text in files().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is not what the patterns make of it: run scripts/make_editor_files.py")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files()[path], encoding="utf-8")
        print(f"wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The catalogue of diagnostic codes: one page each, shown by `explain` and kept true by the tests.

A page is Markdown in `pages/`: title, why it matters, remedy, and, where a rule file can show it, an
example to avoid and one to prefer. A line `# expect CODE line:column` in an example says what a check
reports of it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_PAGES = Path(__file__).with_name("pages")
_TITLE = re.compile(r"# ([EWA]\d{3}): (.+)")
_FENCE = re.compile(r"```rules\n(.*?)```", re.S)


@dataclass(frozen=True, slots=True)
class Page:
    """What a code means. `avoid` and `prefer` are whole rule files, empty where no rule file shows the code."""

    code: str
    title: str
    why: str
    remedy: str
    avoid: str
    prefer: str
    text: str


def codes() -> tuple[str, ...]:
    """Return every code of the language, sorted."""
    return tuple(sorted(page.stem for page in _PAGES.glob("*.md")))


def page(code: str) -> Page | None:
    """Return the page of a code, or None when there is no such code."""
    if code not in codes():
        return None
    text = (_PAGES / f"{code}.md").read_text(encoding="utf-8")
    head, why, remedy, *_ = text.split("\n\n")
    match = _TITLE.fullmatch(head)
    assert match is not None and match[1] == code, f"{code}.md begins with another title"
    examples = _FENCE.findall(text)
    avoid, prefer = examples if examples else ("", "")
    return Page(code, match[2], why, remedy.strip(), avoid, prefer, text)

"""Diagnostics as people and machines read them."""

import json

from dsl.diagnostics import Diagnostic
from dsl.render import annotation, as_data, concise, render, render_one
from dsl.text import Span
from tests.dsl.checkout import EXAMPLE, HERE, diagnose
from tests.dsl.test_dsl_mistakes import FIVE


def test_the_place_is_underlined_and_the_remedy_stands_beneath() -> None:
    assert render(diagnose(FIVE), {EXAMPLE: FIVE}) == (HERE / "five_mistakes.txt").read_text(encoding="utf-8")


def test_a_second_place_is_shown_with_its_own_excerpt() -> None:
    text = 'rulebook pre_trade.example "A"\nlet a = 1\nlet a = 2\n'
    shown = render_one(next(d for d in diagnose(text) if d.code == "E103"), {EXAMPLE: text})
    assert (
        shown
        == """\
error[E103]: let `a` is declared twice
 --> pre_trade/example.rules:3:1
  |
3 | let a = 2
  | ^^^^^^^^^
  = help: rename one of them; a name means one thing
  = note: declared here first
 --> pre_trade/example.rules:2:1
  |
2 | let a = 1
  | ---------
"""
    )


def test_tabs_and_wide_characters_keep_the_caret_under_its_place() -> None:
    line = '\tcite "日本" owner'
    shown = render_one(Diagnostic("E001", "x", Span("a", 1, 12, 1, 17)), {"a": line}).split("\n")
    assert shown[3] == '1 |  cite "日本" owner'
    assert shown[4] == "  | " + " " * 13 + "^^^^^"


def test_a_place_in_a_file_that_is_not_at_hand_is_still_named() -> None:
    assert render_one(Diagnostic("E001", "x", Span("gone", 7, 3, 7, 4)), {}) == "error[E001]: x\n --> gone:7:3\n"


def test_what_we_add_to_the_source_is_ascii() -> None:
    text = 'rulebook pre_trade.example "A"\nlet a = b\nlet b = a\n'
    assert render(diagnose(text), {EXAMPLE: text}).isascii()


def test_a_span_over_several_lines_underlines_its_first() -> None:
    text = "limit X {\n  on\n}"
    shown = render_one(Diagnostic("E110", "x", Span("a", 1, 1, 3, 2)), {"a": text}).split("\n")
    assert shown[4] == "  | ^^^^^^^^^"


def test_data_has_every_part_and_survives_json() -> None:
    found = diagnose(FIVE)[0]
    data = json.loads(json.dumps(as_data(found)))
    assert data["code"] == "E216" and data["severity"] == "error" and data["help"] == found.help
    assert data["span"] == {"file": EXAMPLE, "line": 5, "column": 12, "end_line": 5, "end_column": 23}


def test_an_annotation_escapes_what_would_end_it() -> None:
    found = Diagnostic("W602", "100% of a\nb", Span("rules/a,b:c.rules", 3, 4, 3, 9), help="drop it")
    assert annotation(found) == (
        "::warning file=rules/a%2Cb%3Ac.rules,line=3,col=4,endLine=3,endColumn=9,title=W602"
        "::100%25 of a%0Ab%0Ahelp: drop it"
    )


def test_a_concise_line_can_be_clicked() -> None:
    assert concise(diagnose(FIVE)[3]).startswith("pre_trade/example.rules:25:1: error[E110]: EX-03 has no `because`")


def test_nothing_found_is_nothing_said() -> None:
    assert render([], {}) == ""

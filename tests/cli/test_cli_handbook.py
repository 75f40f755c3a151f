"""`mqk rules doc`: the handbook holds every declaration with its words, dates, tests and history, and does nothing."""

import html
import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.service.rule_files import load_bundle

VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE = '<script>alert(1)</script> & `code` | [x](javascript:1) *b* "q"'
RULES = """## Sizes, and what they rest on.
##
## - no list, <b>no</b> markup
rulebook pre_trade.book "Sizes <i>and</i> more"
calendar XNYS zone "America/New_York"
uses intent

list caps of record "Position caps" {
  from file "caps.csv"
  column symbol: symbol
  column most: quantity
  fresh 2 sessions
  at least 1 row
  owner risk
}

param kept_shares: quantity within 1 share .. 100 shares tighter when lower per symbol
  from list caps column most

## Decided by the committee.
param most_shares: quantity within 1 share .. 100 shares tighter when lower per strategy {
  "swing" always     = 50 shares cite "Policy HOSTILE"
  "swing" 2026-06-01 = 40 shares cite "Policy 3.2"
}

window asked = count of intent.proposed over 60 s per strategy where intent.side is BUY

table slack "Room by side" {
  given    intent.side
  gives    count
  cite     "Policy 4.8"
  owner    risk
  row BUY  = 3
  row SELL = 4
  2026-09-01 cite "Policy 4.9"
    row any = 2
}

param factor: count within 1 .. 3 tighter when higher {
  always = 2 cite "Policy 3.3"
}

let twice = intent.quantity * factor

## HOSTILE
limit BOK-01 "Order size" {
  on       pre_trade
  measure  twice
  warn     above 12.5 shares
  reject   above most_shares unless intent.reduces_only as OVER
  cite     "Policy 4.9" "Law 1"
  owner    risk
  because  "HOSTILE {intent.quantity}"
}

rule BOK-02 "Too many" {
  on       pre_trade
  effective from 2026-01-02 until 2026-12-31
  mode     advisory
  reject   when asked > slack or intent.quantity > kept_shares as TOO_MANY
  cite     "Policy 3.1"
  owner    risk
  because  "{asked} in a minute"
}

fixture base { intent.quantity = 5 shares, intent.strategy = "swing", intent.side = BUY }

test "half the cap passes, a share more does not" of BOK-01 {
  given base with intent.quantity = 25 shares at 2026-03-02 expect warn
  given base with intent.quantity = 26 shares at 2026-03-02 expect reject OVER
}

test "together" {
  given base without intent.strategy at 2026-03-02 expect reject FACT_MISSING
}
"""


def own_rules() -> str:
    """Return the rules with hostile words in prose, citation and reason."""
    return RULES.replace("## HOSTILE", f"## {HOSTILE}").replace("HOSTILE", HOSTILE.replace('"', "'"))


class Page(HTMLParser):
    """Reads a page strictly: every element closed in order, ids used once; keeps texts, ids, links and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(set(self.ids)) == len(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        given = dict(attrs)
        assert len(given) == len(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if "href" in given:
            self.links.append(str(given["href"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.cells.append(data)

    @property
    def text(self) -> str:
        return "".join(self.cells)


@pytest.fixture
def rules(tmp_path) -> Path:
    book = tmp_path / "rules" / "pre_trade" / "book.rules"
    book.parent.mkdir(parents=True)
    book.write_text(own_rules(), "utf-8")
    return tmp_path / "rules"


def written(mqk, out: Path, *arguments: object, code: int = 0) -> tuple[str, str, str]:
    """Return what the command said, and the two handbooks."""
    ended = mqk("rules", "doc", *arguments, "--out", out)
    assert (ended.code, ended.err) == (code, ""), ended.err
    return ended.out, (out / "handbook.md").read_text("utf-8"), (out / "handbook.html").read_text("utf-8")


def entry(markdown: str, name: str) -> str:
    """Return the part of a handbook about one declaration."""
    return markdown.split(f'<a id="{name}"></a>')[1].split('<a id="')[0]


def test_every_shipped_declaration_is_in_both_forms_with_its_citation(mqk, tmp_path) -> None:
    _, markdown, page = written(mqk, tmp_path / "out")
    bundle, shown = load_bundle(), Page(page)
    anchors = {f"rule-{rule.id}" for rule in bundle.ruleset.rules}
    for kind in ("param", "let", "table", "window", "list"):
        anchors |= {f"{kind}-{name}" for name in getattr(bundle.ruleset, f"{kind}s")}
    anchors |= {f"rulebook-{book.name}" for book in bundle.books}
    anchors |= {f"fixture-{book.name}.{name}" for book in bundle.books for name in book.fixtures}
    assert {rule.kind for rule in bundle.ruleset.rules} == {"rule", "limit", "switch", "checklist", "gate"}
    assert anchors <= set(shown.ids) and all(markdown.count(f'<a id="{each}"></a>') == 1 for each in anchors)
    for rule in bundle.ruleset.rules:
        own = entry(markdown, f"rule-{rule.id}")
        assert f"- owner: {rule.owner}".replace("_", "\\_") in own and bundle.sources[rule.span.file] is not None
        for cite in rule.cite:
            assert cite in own and html.escape(cite) in page
        for line in rule.lines:
            assert (line.code in own) or (line.label in own)
    for param in bundle.ruleset.params.values():
        own = entry(markdown, f"param-{param.name}")
        assert all(row.cite in own and f"| {row.since or 'always'} |" in own for row in param.rows)


def test_the_same_rules_give_the_same_bytes(mqk, tmp_path) -> None:
    assert written(mqk, tmp_path / "a")[1:] == written(mqk, tmp_path / "b")[1:]


@pytest.mark.parametrize("which", ["shipped", "own"])
def test_the_page_is_whole_loads_nothing_and_every_link_leads_somewhere(mqk, tmp_path, rules, which) -> None:
    _, markdown, page = written(mqk, tmp_path / "out", *(() if which == "shipped" else (rules,)))
    shown = Page(page)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">') and "default-src 'none'" in page
    assert not shown.tags & {"script", "img", "link", "iframe", "object", "embed", "base", "form"}
    assert shown.names <= {"lang", "charset", "http-equiv", "content", "name", "href", "id", "class"}
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style and "@import" not in style
    assert all(link.startswith("#") and link[1:] in shown.ids for link in shown.links) and shown.links
    targets = re.findall(r"\]\(#([A-Za-z0-9._-]+)\)", markdown)
    assert targets and all(markdown.count(f'<a id="{each}"></a>') == 1 for each in targets)


def test_hostile_words_are_words_in_both_forms(mqk, tmp_path, rules) -> None:
    _, markdown, page = written(mqk, tmp_path / "out", rules)
    shown = Page(page)
    assert HOSTILE in shown.text and "<script" not in page and "<b>" not in page and "<i>" not in page
    prose = r"\<script\>alert(1)\</script\> \& \`code\` \| \[x\](javascript:1) \*b\*"
    assert entry(markdown, "rule-BOK-01").count(prose) >= 2
    outside = re.sub(r"(?ms)^(`{3,})\n.*?^\1$", "", markdown)
    assert not re.search(r"(?<!\\)<(?!a id=|/a>)", re.sub(r"(`+).*?\1", "", outside))


def test_prose_properties_dates_and_what_rests_on_what_are_told(mqk, tmp_path, rules) -> None:
    _, markdown, _ = written(mqk, tmp_path / "out", rules)
    chapter = entry(markdown, "rulebook-pre_trade.book")
    assert "\nSizes, and what they rest on.\n" in chapter and "\n\\- no list, \\<b\\>no\\</b\\> markup\n" in chapter
    rule = entry(markdown, "rule-BOK-02")
    for told in ("- mode: advisory", "- in force: from 2026-01-02 until 2026-12-31",
                 "- when a fact is unknown: reject", "- windows: [`asked`](#window-pre_trade.book.asked)",
                 "- tables: [`slack`](#table-pre_trade.book.slack)",
                 "- lists: [`caps`](#list-pre_trade.book.caps)", "No test names this rule.",
                 "[`kept_shares`](#param-pre_trade.book.kept_shares)"):  # fmt: skip
        assert told in rule, told
    limit = entry(markdown, "rule-BOK-01")
    assert "- measures: `twice`" in limit and "- names: [`twice`](#let-pre_trade.book.twice)" in limit
    assert "| [`factor`](#param-pre_trade.book.factor) |  | always | `2` | Policy 3.3 |" in limit
    assert "| reject | `OVER` | `reject above most_shares unless intent.reduces_only as OVER` |" in limit
    assert "| swing | 2026-06-01 | `40 shares` | Policy 3.2 |" in limit
    param = entry(markdown, "param-pre_trade.book.most_shares")
    assert "Decided by the committee." in param and "- range: `1 shares .. 100 shares`" in param
    assert "- read by: [`BOK-01`](#rule-BOK-01)" in param and "- one for each: strategy" in param
    kept = entry(markdown, "param-pre_trade.book.kept_shares")
    assert "- kept in: list, [`caps`](#list-pre_trade.book.caps), column most" in kept
    assert "- read by: [`BOK-02`](#rule-BOK-02)" in entry(markdown, "list-pre_trade.book.caps")
    table = entry(markdown, "table-pre_trade.book.slack")
    assert "| `BUY` | `3` |" in table and "#### rows from 2026-09-01, cite Policy 4.9" in table
    assert "- where: `intent.side is BUY`" in entry(markdown, "window-pre_trade.book.asked")


def test_a_test_stands_under_its_rule_with_how_it_came_out(mqk, tmp_path, rules) -> None:
    said, markdown, _ = written(mqk, tmp_path / "a", rules)
    limit = entry(markdown, "rule-BOK-01")
    row = "| half the cap passes, a share more does not | `given base with intent.quantity = 26 shares at 2026-03-02"
    assert f"{row} expect reject OVER` | reject OVER | passes |" in limit
    assert "reject FACT\\_MISSING | passes |" in entry(markdown, "test-pre_trade.book.tests")
    assert "3 scenarios, all pass." in markdown and "3 scenarios\n" in said
    book = rules / "pre_trade" / "book.rules"
    book.write_text(own_rules().replace("= 26 shares at", "= 25 shares at"), "utf-8")
    said, markdown, _ = written(mqk, tmp_path / "b", rules, code=1)
    assert "| reject OVER | FAILS |" in markdown and "3 scenarios, 1 FAIL." in markdown and "1 of them FAIL" in said


def test_rules_that_do_not_compile_make_no_handbook(mqk, tmp_path, rules) -> None:
    (rules / "pre_trade" / "book.rules").write_text(own_rules().replace("measure  twice", "measure  thrice"), "utf-8")
    ended = mqk("rules", "doc", rules, "--out", tmp_path / "out")
    assert ended.code == 1 and "thrice" in ended.err and not (tmp_path / "out").exists()


# ------------------------------------------------------------------------------------------ history
def git(folder: Path, *arguments: str, day: str = "2026-01-01") -> None:
    at = f"{day}T12:00:00Z"
    who = {"GIT_AUTHOR_NAME": "Rhea & *co*", "GIT_AUTHOR_EMAIL": "r@x", "GIT_AUTHOR_DATE": at,
           "GIT_COMMITTER_NAME": "Rhea", "GIT_COMMITTER_EMAIL": "r@x", "GIT_COMMITTER_DATE": at,
           "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}  # fmt: skip
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=os.environ | who)


def commit(rules: Path, subject: str, day: str) -> None:
    git(rules.parent, "add", "rules")
    git(rules.parent, "commit", "-m", subject, day=day)


def history(markdown: str, name: str) -> list[tuple[str, ...]]:
    """Return date, what was done and subject of the history of a declaration."""
    table = entry(markdown, name).split("#### history\n\n")[1].split("\n\n")[0]
    cells = [tuple(cell.strip() for cell in line[1:-1].split(" | ")) for line in table.splitlines()[2:]]
    return [(day, done, subject) for day, _, _, done, subject in cells]


def test_history_tells_who_wrote_and_changed_each_declaration_and_nothing_of_layout(mqk, tmp_path, rules) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    book = rules / "pre_trade" / "book.rules"
    first = own_rules()
    book.write_text(first.replace("= 40 shares", "= 45 shares"), "utf-8")
    commit(rules, "Write the sizes", "2026-01-02")
    book.write_text(first.replace("  mode     advisory\n", "").replace("= 40 shares", "= 45 shares"), "utf-8")
    commit(rules, "Enforce the count", "2026-02-03")
    book.write_text(first.replace("  mode     advisory\n", ""), "utf-8")
    commit(rules, "Lower the cap | <i>", "2026-03-04")
    book.write_text(
        first.replace("  mode     advisory\n", "").replace("  measure  twice", "  measure    twice"), "utf-8"
    )
    commit(rules, "Lay it out", "2026-04-05")
    git(tmp_path, "mv", "rules/pre_trade/book.rules", "rules/pre_trade/sizes.rules")
    commit(rules, "Rename it", "2026-05-06")
    (rules / "pre_trade" / "sizes.rules").write_text(first, "utf-8")
    said, markdown, page = written(mqk, tmp_path / "out", rules)
    assert "without history" not in said and "History is that of the rule files in git." in markdown
    assert history(markdown, "rule-BOK-01") == [("2026-01-02", "written", "Write the sizes")]
    assert history(markdown, "param-pre_trade.book.most_shares") == [
        ("2026-03-04", "changed", "Lower the cap \\| \\<i\\>"), ("2026-01-02", "written", "Write the sizes")
    ]  # fmt: skip
    assert history(markdown, "rule-BOK-02") == [
        ("now", "written or changed", "not committed"), ("2026-02-03", "changed", "Enforce the count"),
        ("2026-01-02", "written", "Write the sizes"),
    ]  # fmt: skip
    assert "Rhea \\& \\*co\\*" in markdown and "Rhea &amp; *co*" in page
    Page(page)


def test_a_merge_of_two_changes_of_one_file_is_neither_a_removal_nor_a_new_text(mqk, tmp_path, rules) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    book = rules / "pre_trade" / "book.rules"
    first = own_rules()
    commit(rules, "Write the sizes", "2026-01-02")
    git(tmp_path, "checkout", "-b", "side")
    book.write_text(first.replace("= 40 shares", "= 30 shares"), "utf-8")
    commit(rules, "Lower the cap", "2026-02-03")
    git(tmp_path, "checkout", "main")
    book.write_text(first.replace('test "together"', 'test "all together"'), "utf-8")
    commit(rules, "Name the test", "2026-03-04")
    git(tmp_path, "merge", "side", "-m", "Merge the side", day="2026-04-05")
    _, markdown, _ = written(mqk, tmp_path / "out", rules)
    assert history(markdown, "rule-BOK-01") == [("2026-01-02", "written", "Write the sizes")]
    assert history(markdown, "param-pre_trade.book.most_shares") == [
        ("2026-02-03", "changed", "Lower the cap"), ("2026-01-02", "written", "Write the sizes")
    ]  # fmt: skip


def test_without_a_repository_the_handbook_says_that_history_is_left_out(mqk, tmp_path, rules, monkeypatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    said, markdown, page = written(mqk, tmp_path / "out", rules)
    told = "History is left out: the rules are not in a git repository."
    assert told in markdown and told in page and "#### history" not in markdown
    assert said.endswith("without history: the rules are not in a git repository\n")


def test_history_that_is_not_there_or_only_in_part_is_left_out(mqk, tmp_path, rules) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    _, markdown, _ = written(mqk, tmp_path / "new", rules)
    assert "History is left out: git has no history of the rules." in markdown
    commit(rules, "Write the sizes", "2026-01-02")
    git(tmp_path, "commit", "--allow-empty", "-m", "Later", day="2026-01-03")
    git(tmp_path, "clone", "--depth=1", f"file://{tmp_path}", str(tmp_path / "copy"))
    _, markdown, _ = written(mqk, tmp_path / "out", tmp_path / "copy" / "rules")
    assert "History is left out: the repository is a shallow copy, without its history." in markdown


def test_without_git_the_handbook_says_that_history_is_left_out(mqk, tmp_path, rules, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _, markdown, _ = written(mqk, tmp_path / "out", rules)
    assert "History is left out: git does not answer on this machine." in markdown


def test_machines_are_told_where_it_is_and_what_it_holds(mqk, tmp_path, rules) -> None:
    ended = mqk("rules", "doc", rules, "--out", tmp_path / "out", "--format", "json")
    told = json.loads(ended.out)
    assert (told["rulebooks"], told["entries"], told["tests"], told["failing"]) == (1, 11, 3, 0)
    assert Path(told["markdown"]).is_file() and Path(told["html"]).is_file()

"""Diagnostics as other tools read them: SARIF and JUnit."""

import json
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import jsonschema
import pytest

from dsl.codes import page
from dsl.diagnostics import Diagnostic, Edit
from dsl.junit import as_junit
from dsl.sarif import as_sarif
from dsl.text import Span
from tests.dsl.checkout import EXAMPLE, HERE, diagnose, linted
from tests.dsl.test_dsl_mistakes import FIVE

SHAPE: dict[str, Any] = json.loads((HERE / "sarif_shape.json").read_text(encoding="utf-8"))
NEGATED = page("W635")
ODD = Diagnostic(
    "E999", 'a "b" <c> & d\x0b\ud800', Span("a b/ü&.rules", 3, 4, 3, 9), notes=((Span("x", 1, 1, 1, 2), "there"),)
)


def log(found: list[Diagnostic]) -> dict[str, Any]:
    """Return a SARIF log that has the shape of the standard."""
    written: dict[str, Any] = json.loads(json.dumps(as_sarif(found, "mqk rules lint", "1.2.3")))
    jsonschema.Draft202012Validator(SHAPE).validate(written)
    return written


def test_a_log_has_a_result_per_diagnostic_and_a_rule_per_code() -> None:
    run = log(diagnose(FIVE))["runs"][0]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [d.code for d in diagnose(FIVE)]
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 5, "startColumn": 12, "endLine": 5, "endColumn": 23}
    assert all(rule["shortDescription"]["text"] and rule["help"]["markdown"].startswith("# ") for rule in rules)
    assert {result["level"] for result in run["results"]} == {"error"}


def test_a_log_carries_the_edit_of_a_diagnostic() -> None:
    assert NEGATED is not None
    results = log(linted(NEGATED.avoid))["runs"][0]["results"]
    fixed = next(result for result in results if result["ruleId"] == "W635")
    change = fixed["fixes"][0]["artifactChanges"][0]
    assert fixed["level"] == "warning" and change["artifactLocation"]["uri"] == EXAMPLE
    assert change["replacements"][0]["insertedContent"]["text"] == "intent.increases_risk"
    assert all("fixes" not in result for result in results if result is not fixed)


def test_a_log_escapes_names_and_keeps_what_has_no_page() -> None:
    run = log([Diagnostic("E999", "x", Span("a b/ü&.rules", 1, 1, 1, 2)), ODD])["runs"][0]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%BC%26.rules"
    assert run["tool"]["driver"]["rules"] == [{"id": "E999"}]
    undecodable = log([Diagnostic("E999", "x", Span("\udcff", 1, 1, 1, 2))])["runs"][0]["results"][0]
    assert undecodable["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%FF"
    assert run["results"][1]["relatedLocations"][0]["message"] == {"text": "there"}


def test_a_log_of_nothing_is_a_log() -> None:
    assert log([])["runs"][0]["results"] == []


def test_the_shape_refuses_what_the_standard_does() -> None:
    whole = log(diagnose(FIVE))
    for spoil in (
        lambda run: run.pop("tool"),
        lambda run: run["results"][0].pop("message"),
        lambda run: run["results"][0]["locations"][0].update(path="x"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
    ):
        spoilt = json.loads(json.dumps(whole))
        spoil(spoilt["runs"][0])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SHAPE).validate(spoilt)


# ------------------------------------------------------------------------------------------ JUnit


def report(found: list[Diagnostic], texts: dict[str, str]) -> Element:
    """Return a JUnit report whose counts are right and whose elements are those that readers know."""
    text = as_junit(found, texts, "mqk rules lint")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = fromstring(text)
    assert root.tag == "testsuites"
    for suite in root:
        assert (suite.tag, suite.get("errors"), suite.get("skipped")) == ("testsuite", "0", "0")
        assert {case.tag for case in suite} == {"testcase"}
        assert all(case.get("name") and case.get("classname") == suite.get("name") for case in suite)
        assert all([child.tag for child in case] in ([], ["failure"]) for case in suite)
        assert suite.get("tests") == str(len(suite))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    for count in ("tests", "failures"):
        assert root.get(count) == str(sum(int(suite.get(count, "")) for suite in root))
    return root


def test_a_report_has_a_suite_per_file_and_a_failure_per_diagnostic() -> None:
    root = report(diagnose(FIVE), {EXAMPLE: FIVE, "pre_trade/clean.rules": ""})
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("pre_trade/clean.rules", "1", "0"),
        (EXAMPLE, "5", "5"),
    ]
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("type") == "E216" and "^^^" in (failure.text or "") and "= help:" in (failure.text or "")


def test_a_report_of_nothing_passes() -> None:
    root = report([], {"a.rules": ""})
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert root.find("testsuite/testcase/failure") is None


def test_a_report_is_xml_whatever_a_name_or_a_message_holds() -> None:
    failure = report([ODD], {}).find("testsuite/testcase/failure")
    assert failure is not None and failure.get("message") == 'a "b" <c> & d'


def test_an_edit_is_data_too() -> None:
    from dsl.render import as_data

    place = Span("x", 1, 2, 3, 4)
    data = as_data(Diagnostic("W635", "m", place, edit=Edit(place, "straight")))
    shown = {"file": "x", "line": 1, "column": 2, "end_line": 3, "end_column": 4}
    assert json.loads(json.dumps(data))["edit"] == {"span": shown, "text": "straight"}
    assert as_data(Diagnostic("W635", "m", place))["edit"] is None

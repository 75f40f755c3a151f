"""Diagnostics as a JUnit report: a suite per file, a failed case per diagnostic, a passed one where there is none.

Source: the format Jenkins and GitLab read (jenkinsci/xunit-plugin, junit-10.xsd).
"""

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dsl.diagnostics import Diagnostic
from dsl.render import render_one
from dsl.text import NOWHERE


def as_junit(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str], name: str) -> str:
    """Return the report over files by name, those without a diagnostic included."""
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in sorted(texts)}
    for diagnostic in diagnostics:
        by_file.setdefault(diagnostic.span.file, []).append(diagnostic)
    return _report(by_file.items(), texts, name)


def as_suites(steps: Iterable[tuple[str, Iterable[Diagnostic], str]], texts: Mapping[str, str], name: str) -> str:
    """Return the report over named steps: a suite for each with its diagnostics.

    One that failed for another reason has that as its only case; empty where there is none.
    """
    listed = [(step, list(found), failure) for step, found, failure in steps]
    suites = [
        (step, found or ([Diagnostic("", failure, NOWHERE)] if failure else [])) for step, found, failure in listed
    ]
    return _report(suites, texts, name)


def _report(suites: Iterable[tuple[str, list[Diagnostic]]], texts: Mapping[str, str], name: str) -> str:
    root = Element("testsuites", name=name)
    for title, found in suites:
        suite = SubElement(root, "testsuite", _counts(max(len(found), 1), len(found)), name=_clean(title))
        for diagnostic in found:
            place = f"{diagnostic.span.file or title} {diagnostic.code} {diagnostic.span.line}:{diagnostic.span.column}"
            named = place.partition(" ")[2] if diagnostic.span.file == title else place
            case = SubElement(suite, "testcase", classname=_clean(title), name=_clean(f"{named} {diagnostic.message}"))
            failure = SubElement(case, "failure", type=diagnostic.code, message=_clean(diagnostic.message))
            failure.text = _clean(render_one(diagnostic, texts))
        if not found:
            SubElement(suite, "testcase", classname=_clean(title), name="nothing found")
    cases = [case for suite in root for case in suite]
    root.attrib |= _counts(len(cases), sum(len(case) for case in cases))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _counts(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0", "skipped": "0"}


def _clean(text: str) -> str:
    """Return a text without the characters XML 1.0 has no way to write."""
    return "".join(char for char in text if char in "\t\n" or " " <= char < "\ud800" or "\ue000" <= char < "\ufffe")

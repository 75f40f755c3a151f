"""A report of `rules ci` as Markdown, for a summary of a run or a comment on a change."""

from engine.service.rule_ci import CiReport, Status, Step

_MARKS = {Status.PASSED: "✅", Status.FAILED: "❌", Status.NOT_JUDGED: "⏸", Status.NOT_ASKED: "▫️"}
MOST = 50
"""Findings of a step that are written out."""


def as_markdown(report: CiReport) -> str:
    """Return the report: a table of the steps, then what each found."""
    verdict = "The rules are proven." if report.is_clean else "The rules are not proven."
    against = f" Base: `{report.base}`." if report.base is not None else ""
    rows = [f"| {_MARKS[s.status]} {s.status.value} | {s.name} | {_cell(s.summary)} |" for s in report.steps]
    lines = ["# Rules", "", verdict + against, "", "| status | step | it comes to |", "|---|---|---|", *rows, ""]
    for step in report.steps:
        lines += _details(step)
    return "\n".join(lines)


def _details(step: Step) -> list[str]:
    if not step.diagnostics and not step.notes:
        return []
    lines = [f"## {step.name}", ""]
    for found in step.diagnostics[:MOST]:
        lines.append(f"- `{found.code}` {_text(found.message)} (`{found.span}`)")
        if found.help:
            lines += ["", *(f"      {line}".rstrip() for line in found.help.split("\n")), ""]
    if len(step.diagnostics) > MOST:
        lines.append(f"- and {len(step.diagnostics) - MOST} more")
    lines += [f"- {_text(note)}" for note in step.notes]
    return [*lines, ""]


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def _text(text: str) -> str:
    return text.replace("<", "&lt;").replace("\n", " ")

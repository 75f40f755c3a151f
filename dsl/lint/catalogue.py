"""Every lint by its code."""

from collections.abc import Callable, Iterator, Mapping

from dsl.diagnostics import Diagnostic
from dsl.lint.absent_passes import absent_passes
from dsl.lint.bare_reasons import bare_reasons
from dsl.lint.early_rules import early_rules
from dsl.lint.ended_rules import ended_rules
from dsl.lint.endless_trials import endless_trials
from dsl.lint.hidden_measures import hidden_measures
from dsl.lint.hidden_thresholds import hidden_thresholds
from dsl.lint.id_order import id_order
from dsl.lint.idle_dates import idle_dates
from dsl.lint.late_warnings import late_warnings
from dsl.lint.magic_numbers import magic_numbers
from dsl.lint.missing_codes import missing_codes
from dsl.lint.misspelt_owners import misspelt_owners
from dsl.lint.negations import negations
from dsl.lint.one_sided_tests import one_sided_tests
from dsl.lint.repeated_rules import repeated_rules
from dsl.lint.repeated_titles import repeated_titles
from dsl.lint.shared_codes import shared_codes
from dsl.lint.stopped_exits import stopped_exits
from dsl.lint.subject import Subject
from dsl.lint.thin_citations import thin_citations
from dsl.lint.tight_ends import tight_ends
from dsl.lint.told_numbers import told_numbers
from dsl.lint.twin_params import twin_params
from dsl.lint.unexpected_lines import unexpected_lines
from dsl.lint.unknown_passes import unknown_passes
from dsl.lint.unseen_changes import unseen_changes
from dsl.lint.untested_rules import untested_rules
from dsl.lint.unused_fixtures import unused_fixtures
from dsl.lint.wide_ranges import wide_ranges
from dsl.lint.written_names import written_names
from dsl.lint.wrong_directions import wrong_directions

Lint = Callable[[Subject], Iterator[Diagnostic]]

LINTS: Mapping[str, Lint] = {
    "W606": unused_fixtures,
    "W607": told_numbers,
    "W608": magic_numbers,
    "W609": written_names,
    "W610": twin_params,
    "W611": thin_citations,
    "W612": wide_ranges,
    "W613": tight_ends,
    "W614": idle_dates,
    "W615": wrong_directions,
    "W616": early_rules,
    "W617": late_warnings,
    "W618": endless_trials,
    "W619": ended_rules,
    "W620": id_order,
    "W621": shared_codes,
    "W622": missing_codes,
    "W623": misspelt_owners,
    "W624": bare_reasons,
    "W625": hidden_thresholds,
    "W626": hidden_measures,
    "W627": untested_rules,
    "W628": unexpected_lines,
    "W629": one_sided_tests,
    "W630": repeated_titles,
    "W631": unseen_changes,
    "W632": stopped_exits,
    "W633": unknown_passes,
    "W634": absent_passes,
    "W635": negations,
    "W636": repeated_rules,
}

CHECKED = ("W601", "W602", "W603", "W604", "W605")
"""Warnings of a check, which a lint run repeats and a comment may allow as well."""
UNREADABLE, UNUSED = "W637", "W638"
"""What is wrong with a comment that allows warnings; these two cannot be allowed."""
ALLOWABLE = (*CHECKED, *LINTS)
CODES = (*ALLOWABLE, UNREADABLE, UNUSED)

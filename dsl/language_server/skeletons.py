"""What is inserted for a declaration or a clause: its shape, with the places to fill in."""

from dsl.format import CLAUSE_WIDTH

_RULE_TAIL = '  cite     "${8:Risk Policy 1}"\n  owner    ${9:risk}\n  because  "${10:why}"\n}'
DECLARATIONS = {
    "rulebook": 'rulebook ${1:STAGE.name} "${2:Title}"',
    "calendar": 'calendar ${1:XNYS} zone "${2:America/New_York}"',
    "uses": "uses ${1:intent}",
    "param": (
        "param ${1:name}: ${2:money[USD]} within ${3:1_000 USD} .. ${4:5_000_000 USD} tighter when ${5:lower} {\n"
        '  always = ${6:50_000 USD} cite "${7:Risk Policy 1}"\n}'
    ),
    "let": "let ${1:name} = $2",
    "list": (
        'list ${1:name} of ${2:symbol} "${3:Title}" {\n  from file "${4:name.csv}"\n  fresh ${5:1 session}\n'
        "  may be empty\n  owner ${6:compliance}\n}"
    ),
    "table": (
        'table ${1:name} "${2:Title}" {\n  given    ${3:instrument.sector}\n  gives    ${4:ratio}\n'
        '  cite     "${5:Risk Policy 1}"\n  owner    ${6:risk}\n  row any = ${7:5%}\n}'
    ),
    "window": "window ${1:name} = ${2:count} of ${3:intent.allowed} over ${4:60 s} per ${5:strategy}",
    "limit": (
        'limit ${1:ABC-01} "${2:Title}" {\n  on       ${3:pre_trade}\n  when     ${4:intent.increases_risk}\n'
        "  measure  ${5:what}\n  reject   above ${6:bound} as ${7:CODE}\n" + _RULE_TAIL
    ),
    "rule": (
        'rule ${1:ABC-01} "${2:Title}" {\n  on       ${3:pre_trade}\n  reject   when ${4:condition} as ${5:CODE}\n'
        + _RULE_TAIL
    ),
    "switch": (
        'switch ${1:KIL-01} "${2:Title}" {\n  scope    ${3:strategy}\n  trips    when ${4:condition} as ${5:CODE}\n'
        "  trips    manually by trader, risk_officer\n  trips    on missing for 30 s\n  posture  ${6:reduce_only}\n"
        "  does     cancel_working, alert\n"
        "  reset    by 2 distinct risk_officer not in switch.tripped_by within 15 min\n" + _RULE_TAIL
    ),
    "checklist": (
        'checklist ${1:ARM-01} "${2:Title}" {\n  scope    ${3:account}\n  require  "${4:label}": ${5:condition}\n'
        '  confirm  "${6:ARM}"\n  signed   by ${7:2} distinct risk_officer within 15 min\n' + _RULE_TAIL
    ),
    "gate": (
        'gate ${1:PRO-01} "${2:Title}" {\n  promotes strategy from ${3:shadow} to ${4:paper}\n'
        '  require  "${5:label}": ${6:condition}\n' + _RULE_TAIL
    ),
    "fixture": "fixture ${1:base} { ${2:intent.symbol} = ${3:\"AAPL\"} }",
    "test": 'test "${1:what must be so}" of ${2:ABC-01} {\n  given ${3:base} expect ${4:allow}\n}',
}  # fmt: skip
"""Each declaration by its first word."""
CLAUSES = {
    "cite": '"$1"', "because": '"$1"', "confirm": '"$1"', "missing": "${1:flag}", "needs": "$1 fresh ${2:5 s}",
    "effective": "from ${1:2026-01-01}", "require": '"${1:label}": $2',
    "signed": "by ${1:2} distinct ${2:risk_officer}", "promotes": "strategy from ${1:shadow} to ${2:paper}",
    "trips": "when $1",
}  # fmt: skip
"""What follows the word of a clause; nothing where it is one name or expression."""


def clause(word: str) -> str:
    """Return a clause as it is inserted: the word, its content in the column of contents."""
    return word.ljust(CLAUSE_WIDTH - 1) + " " + CLAUSES.get(word, "$1")

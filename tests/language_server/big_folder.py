"""A folder of many rulebooks, each with limits, rules, params and tests of its own, to measure by."""

HEAD = """rulebook pre_trade.book{book:03} "Book {book}"
calendar XNYS zone "America/New_York"
uses intent, market, projected, account, instrument

let notional = intent.quantity * market.ask * instrument.multiplier

window in_minute = count of intent.allowed over 60 s per strategy

fixture base {{
  intent.symbol = "AAPL", intent.side = BUY, intent.type = LIMIT, intent.quantity = 10 shares, intent.strategy = "m",
  intent.limit_price = 100.00 USD/share, market.ask = 100.00 USD/share, market.bid = 99.00 USD/share,
  account.equity = 100_000 USD, projected.position_notional = 0 USD, instrument.multiplier = 1 x
}}
"""
RULE = """
## What order {number} of this book may be worth.
param cap_{number:02}: money[USD] within 1_000 USD .. 500_000 USD tighter when lower {{
  always     = {always} USD cite "Risk Policy {book}.{number}"
  2026-02-01 = {later} USD cite "Risk Committee 2026-01-15"
}}

## Hard cap per order; the softer line shows up first.
limit B{book:03}-{number:02} "Notional {book} {number}" {{
  on       pre_trade
  when     intent.increases_risk and intent.side is BUY
  measure  notional
  warn     above 80% of cap_{number:02} as B{book:03}_{number:02}_SOON
  reject   above cap_{number:02} unless in_minute >= {number} as B{book:03}_{number:02}_CAP
  cite     "17 CFR 240.15c3-5(c)(1)(ii)"
  owner    equities_risk
  because  "the order is worth {{notional}}; the cap is {{cap_{number:02}}}"
}}

test "cap {number} of book {book} from February on" of B{book:03}-{number:02} {{
  given base at 2026-01-31 expect allow
  given base with intent.quantity = {below} shares at 2026-01-31 expect warn
  given base with market.ask = 600_000.01 USD/share at 2026-01-31 expect reject B{book:03}_{number:02}_CAP
  given base with market.ask = 600_000.01 USD/share at 2026-02-01 expect reject B{book:03}_{number:02}_CAP
  given base without market.ask at 2026-02-01 expect reject FACT_MISSING
}}
"""


def big_folder(rules: int, rules_a_book: int = 20) -> dict[str, str]:
    """Return the texts of a folder of that many rules."""
    texts: dict[str, str] = {}
    for first in range(0, rules, rules_a_book):
        book = first // rules_a_book + 1
        body = "".join(_rule(book, number) for number in range(1, min(rules_a_book, rules - first) + 1))
        texts[f"pre_trade/book{book:03}.rules"] = HEAD.format(book=book) + body
    return texts


def _rule(book: int, number: int) -> str:
    always = 20_000 + 100 * number + book
    return RULE.format(
        book=book, number=number, always=f"{always:_}", later=f"{always - 5_000:_}", below=(always * 9 // 10) // 100 + 1
    )

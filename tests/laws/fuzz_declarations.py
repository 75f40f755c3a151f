"""Random declarations as text: params, lists, tables, windows and lets, each put among the names rules may read."""

from random import Random

from tests.laws.fuzz_expressions import Local, Writer, enum_values
from tests.laws.fuzz_world import NUMBERS, ORDERED, SYMBOLS, UNIT_OF, FactSketch

BANDS = (("2", "40"), ("1", "7", "33.333333"), ("0.5",), ("3",))
GIVEN = ("0", "0.01", "1", "2.5", "10", "100")


def write_declarations(writer: Writer) -> str:
    """Return some of every declaration; the writer knows their names from then on."""
    random = writer.random
    text = "".join(_param(writer, at) for at in range(random.randrange(3, 8)))
    text += "".join(_enum_param(writer, at) for at in range(random.randrange(0, 3)))
    text += "".join(_list(writer, at) for at in range(random.randrange(0, 3)))
    text += "".join(_records(writer, at) for at in range(random.choice((0, 0, 1))))
    text += "".join(_table(writer, at) for at in range(random.choice((0, 1, 1, 2))))
    text += "".join(_window(writer, at) for at in range(random.randrange(0, 4)))
    return text + "".join(_let(writer, at) for at in range(random.randrange(0, 5)))


def _param(writer: Writer, at: int) -> str:
    random, name = writer.random, f"cap_{at}"
    kind = random.choice([k for k in NUMBERS if k != "ratio"] + ["ratio"] * 2)
    unit = UNIT_OF[kind] if kind != "ratio" else " x"
    low = random.choice(("0", "0.5", "1"))
    keys = random.choice(((), (), (), ("symbol",), ("strategy",), ("symbol", "strategy"), ("side",)))
    kinds = tuple({"strategy": "text", "side": "enum"}.get(key, key) for key in keys)
    direction = random.choice(("lower", "higher"))
    per = f" per {', '.join(keys)}" if keys else ""
    lines = "".join(f"  {line}\n" for line in _dated(random, keys, unit))
    writer.locals.append(Local(name, kind, kinds, low != "0"))
    return f"param {name}: {kind} within {low}{unit} .. 1_000_000{unit} tighter when {direction}{per} {{\n{lines}}}\n"


def _dated(random: Random, keys: tuple[str, ...], unit: str) -> list[str]:
    rows = {tuple(_row_key(random, key) for key in keys): None for _ in range(random.randrange(1, 4) if keys else 1)}
    out = []
    for row in rows:
        since = random.choice((("always",), ("always",), ("always", "2026-03-01"), ("2026-03-01",)))
        key = ", ".join(row) + " " if row else ""
        out += [
            f'{key}{day} = {random.choice(("1", "2.5", "10", "100.01", "50_000"))}{unit} cite "C 1"' for day in since
        ]
    return out


def _row_key(random: Random, key: str) -> str:
    if key == "symbol":
        return f'"{random.choice(SYMBOLS)}"'
    return random.choice(("BUY", "SELL")) if key == "side" else random.choice(('"alpha"', '"beta"'))


def _enum_param(writer: Writer, at: int) -> str:
    values, name = enum_values(writer.random), f"choice_{at}"
    since = writer.random.choice(("always", "always", "2026-03-01"))
    writer.locals.append(Local(name, "enum", values=values))
    return f'param {name}: enum [{", ".join(values)}] {{\n  {since} = {values[0]} cite "C 2"\n}}\n'


# ------------------------------------------------------------------------------------------ lists
def _list(writer: Writer, at: int) -> str:
    element, name = writer.random.choice(("symbol", "text")), f"listed_{at}"
    writer.locals.append(Local(name, f"set of {element}"))
    return f'list {name} of {element} "L" {{\n  from file "l.csv"\n{_upkeep(writer.random)}}}\n'


def _records(writer: Writer, at: int) -> str:
    """Write a list of records with a column of every kind, and perhaps a param whose rows are kept in it."""
    random, name = writer.random, f"kept_{at}"
    values = enum_values(random)
    kinds = [*NUMBERS, *ORDERED, "text", "bool"]
    fields = [FactSketch(_column(kind), kind) for kind in kinds]
    fields += [FactSketch("symbol", "symbol"), FactSketch("colour", "enum", values=values)]
    columns = "".join(f"  column {one.path}: {one.kind}\n" for one in fields if one.kind != "enum")
    columns += f"  column colour: enum [{', '.join(values)}]\n"
    text = f'list {name} of record "K" {{\n  from database "k"\n{columns}{_upkeep(random)}}}\n'
    writer.kept.append(FactSketch(name, "list", fields=tuple(fields)))
    if random.random() < 0.7:
        kind = random.choice(NUMBERS)
        unit = UNIT_OF[kind]
        dated = random.choice(("", " dated day"))
        text += f"param put_{at}: {kind} within 1{unit} .. 500{unit} tighter when lower per symbol\n"
        text += f"  from list {name} column {_column(kind)}{dated} cited remark\n"
        writer.locals.append(Local(f"put_{at}", kind, ("symbol",)))
    return text


def _upkeep(random: Random) -> str:
    fresh = random.choice(("  fresh 1 session\n", ""))
    return f'{fresh}  may be empty\n  owner c\n  cite "C 3"\n'


def _column(kind: str) -> str:
    """Return the column of a kind. Words of the language are no names."""
    return {"date": "day", "time": "hour", "timestamp": "moment", "sessions": "span", "text": "remark", "bool": "is_on",
        "count": "tally", "ratio": "share", "quantity": "size", "duration": "length"}.get(
            kind, kind.replace("[", "_").replace("]", "").lower())  # fmt: skip


# ------------------------------------------------------------------------------------------ tables
def _table(writer: Writer, at: int) -> str:
    """Write a table over a number and perhaps a word, complete and without overlaps by its making."""
    random, name, gives = writer.random, f"band_{at}", writer.random.choice(NUMBERS)
    plain = [f for f in writer.world.facts if f.kind in NUMBERS and not f.optional and not f.is_positive]
    number = random.choice([f for f in plain if f.high is None or f.high >= 100])
    cells = _number_cells(random, UNIT_OF[number.kind])
    given, rows = number.path, [(cell,) for cell in cells]
    if random.random() < 0.5:
        word = random.choice([f for f in writer.world.facts if f.kind == "enum" and not f.optional])
        given += f", {word.path}"
        rows = [(cell, other) for cell in cells for other in _word_cells(random, word.values)]
    since = random.choice(("", "", "2026-02-01", "2027-01-01"))
    body = "".join(f"  row {', '.join(row)} = {random.choice(GIVEN)}{UNIT_OF[gives]}\n" for row in rows)
    if since:
        body = f"  {since}\n{body}"
    writer.locals.append(Local(name, gives))
    return f'table {name} "T" {{\n  given {given}\n  gives {gives}\n  cite "C 6"\n  owner risk\n{body}}}\n'


def _number_cells(random: Random, unit: str) -> list[str]:
    cuts = random.choice(BANDS)
    if random.random() < 0.5 or len(cuts) == 1:
        below, above = random.choice((("<", ">="), ("<=", ">")))
        return [f"{below} {cuts[0]}{unit}", f"{above} {cuts[0]}{unit}"]
    first, last = f"{cuts[0]}{unit}", f"{cuts[-1]}{unit}"
    return [f"< {first}", f"{first} .. {last}", f"> {last}"]


def _word_cells(random: Random, values: tuple[str, ...]) -> list[str]:
    pick = random.random()
    if pick < 0.3:
        return ["any"]
    if pick < 0.6 and len(values) > 2:
        return [f"in [{', '.join(values[:-1])}]", values[-1]]
    return list(values)


# ------------------------------------------------------------------------------------------ windows and lets
def _window(writer: Writer, at: int) -> str:
    random, name = writer.random, f"seen_{at}"
    function = random.choice(("count", "sum", "max", "min", "first", "last", "distinct"))
    field = "" if function == "count" else random.choice((".quantity", ".worth"))
    kind = {"": "count", ".quantity": "quantity", ".worth": "money[USD]"}[field]
    if function == "distinct":
        kind = "count"
    span = random.choice(("over 5 s", "over 1 h", "over 2 sessions", "since intent.allowed"))
    per = random.choice(("", " per account", " per strategy, symbol"))
    where = random.choice(("", " where event.side is BUY", " where event.quantity > 5 shares and event.side is SELL"))
    writer.locals.append(Local(name, kind))
    return f"window {name} = {function} of intent.allowed{field} {span}{per}{where}\n"


def _let(writer: Writer, at: int) -> str:
    kind = writer.random.choice((*NUMBERS, "bool", "money[USD]"))
    body = writer.condition(2) if kind == "bool" else writer.number(kind, 2)
    writer.locals.append(Local(f"step_{at}", kind))
    return f"let step_{at} = {body}\n"

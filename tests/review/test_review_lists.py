"""Lists through review: the rows that change, which way that is, and a new version that is whole and true."""

import hashlib

import pytest

from engine.model.time import Timestamp, format_timestamp
from engine.review.desk import Document
from engine.review.directions import Direction
from engine.review.list_edit import Edit, check_content, compare_lists, edited, open_list, write_list
from engine.store.reviews import Proposal, ReviewState
from tests.review.review_world import START, World, bundle_of, refused

LINE = "reject   when intent.symbol in restricted unless intent.reduces_only as RESTRICTED_SYMBOL"
PERMITTING = bundle_of((LINE, "reject when doubled > 5 shares unless intent.symbol in restricted as RESTRICTED_SYMBOL"))
MIXED = bundle_of(
    (LINE, "reject when intent.symbol in restricted unless intent.symbol in restricted as RESTRICTED_SYMBOL")
)
TARGET = "list:restricted"


def listed(*rows: str, at: int = START, name: str = "restricted") -> bytes:
    """Return the file of a list of symbols with a reason each."""
    head = f"#! list {name} v1\n#! as_of {format_timestamp(at)}\n#! owner compliance\n#! source test\n"
    body = "".join(f"{row}\n" for row in rows)
    return f"{head}#! rows {len(rows)}\nsymbol,reason\n{body}".encode()


def read(*rows: str):
    return open_list(listed(*rows), "restricted")


BASE = read("GME,a", "AMC,b")


@pytest.mark.parametrize(
    ("rows", "reject", "permit", "mixed"),
    [
        (("GME,a", "AMC,b"), "equal", "equal", "equal"),
        (("AMC,b", "GME,a"), "equal", "equal", "equal"),
        (("GME,another reason", "AMC,b"), "equal", "equal", "equal"),
        (("GME,a", "AMC,b", "TSLA,c"), "tighter", "looser", "looser"),
        (("GME,a",), "looser", "tighter", "looser"),
        (("GME,a", "TSLA,c"), "looser", "looser", "looser"),
        ((), "looser", "tighter", "looser"),
    ],
)
def test_an_edit_is_looser_as_the_rules_use_the_list(
    rows: tuple[str, ...], reject: str, permit: str, mixed: str
) -> None:
    for bundle, relation in ((bundle_of(), reject), (PERMITTING, permit), (MIXED, mixed)):
        assert compare_lists(BASE, read(*rows), bundle).relation == relation
    assert compare_lists(BASE, read(*rows), None).relation == ("equal" if set(rows) == {"GME,a", "AMC,b"} else "looser")


def test_where_rules_read_records_every_cell_counts() -> None:
    assert compare_lists(BASE, read("GME,another reason", "AMC,b"), None).relation == "looser"


def test_other_columns_or_another_name_are_looser_whatever_the_rows() -> None:
    other = open_list(listed("GME,a", "AMC,b").replace(b"symbol,reason", b"symbol,why"), "restricted")
    assert compare_lists(BASE, other, bundle_of()).relation == "looser"


def test_findings_say_which_way_and_which_rows() -> None:
    change = compare_lists(BASE, read("GME,a", "TSLA,c"), bundle_of())
    assert change.findings == (f"restricted: {Direction.TIGHTER}", "adds TSLA", "removes AMC")
    many = compare_lists(BASE, read("GME,a", "AMC,b", *(f"A{n}B,x" for n in range(30))), bundle_of())
    assert many.findings[-1] == "and 10 rows more"


def test_an_edited_list_is_written_whole_with_a_true_header() -> None:
    rows = edited(BASE, Edit(add=("TSLA", "BRK.B"), remove=("GME",), others={"reason": 'said "so", twice'}))
    raw = write_list(BASE, rows, Timestamp(START + 1), "Policy 7")
    again = open_list(raw, "restricted")
    assert (again.rows, again.as_of, again.owner, again.source) == (rows, START + 1, "compliance", "Policy 7")
    assert b"#! rows 3\n" in raw
    assert again.column("symbol") == ("AMC", "TSLA", "BRK.B")
    assert again.rows[1] == ("TSLA", 'said "so", twice')


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (Edit(add=("GME",)), "LIST_ROW_KNOWN"),
        (Edit(add=("X", "X")), "LIST_ROW_KNOWN"),
        (Edit(remove=("TSLA",)), "LIST_ROW_UNKNOWN"),
        (Edit(add=("X", "")), "LIST_CELL"),
        (Edit(add=("X",), others={"why": "x"}), "LIST_COLUMN"),
        (Edit(add=("X",), others={"symbol": "x"}), "LIST_COLUMN"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit: Edit, code: str) -> None:
    assert refused(lambda: edited(BASE, edit)) == code


@pytest.mark.parametrize("entry", ["A\nB", " A", "A\x1b[2J", "A\u202eB"])
def test_what_no_reader_would_take_back_is_not_written(entry: str) -> None:
    assert refused(lambda: write_list(BASE, ((entry, ""),), START, "x")) == "LIST_REFUSED"


@pytest.mark.parametrize("entry", ["gme", "G ME", "1ABC", "A" * 17, "A-B"])
def test_an_entry_no_order_could_match_is_refused(entry: str) -> None:
    assert refused(lambda: check_content(read(f"{entry},x"), bundle_of())) == "LIST_CELL"


def test_a_list_shorter_than_the_rules_ask_for_is_refused() -> None:
    wanting = bundle_of(("  may be empty", "  at least 1 row"))
    assert refused(lambda: check_content(read(), wanting)) == "LIST_TOO_SHORT"
    check_content(read("GME,a"), wanting)


# ---------------------------------------------------------------------------------------- on the desk


FILE: Document = ("list", listed("GME,a", "AMC,b"))
"""What lies in the folder before anything went through review."""


def propose(world: World, raw: bytes, base: Document | None = FILE) -> Proposal:
    world.wait()
    return world.desk.propose(
        world.list_matter(), TARGET, ("list", raw), None, world.signer("cora"), "because", "Policy 7", base=base
    )


def carry(world: World, proposal: Proposal, *names: str) -> Proposal:
    for name in names:
        world.wait()
        world.desk.approve("list:", proposal.proposal_id, world.signer(name))
    world.wait()
    return world.desk.activate(world.list_matter(), "list:", proposal.proposal_id, world.signer("olivia"))


def test_adding_a_restricted_symbol_takes_one_approver_and_taking_one_out_two(world: World) -> None:
    more = propose(world, listed("GME,a", "AMC,b", "TSLA,c"))
    assert (more.relation, more.quorum, more.version) == ("tighter", 1, 1)
    carry(world, more, "rory")
    less = propose(world, listed("GME,a"))
    assert (less.relation, less.quorum, less.version) == ("looser", 2, 2)
    world.desk.approve("list:", less.proposal_id, world.signer("rory"))
    code = refused(lambda: world.desk.activate(world.list_matter(), "list:", less.proposal_id, world.signer("olivia")))
    assert code == "REVIEW_STATE"
    assert carry(world, less, "rhea").state is ReviewState.ACTIVE
    world.agree()


def test_the_version_in_force_is_found_by_name_and_the_old_ones_stay(world: World) -> None:
    first, second = listed("GME,a", "AMC,b", "TSLA,c"), listed("GME,a", "AMC,b", "TSLA,c", "X,d")
    with world.database.read() as unit:
        assert unit.reviews.list_document("restricted") is None
    carry(world, propose(world, first), "rory")
    carry(world, propose(world, second), "rory")
    with world.database.read() as unit:
        document = unit.reviews.list_document("restricted")
        assert document is not None and document.content == second
        for raw in (listed("GME,a", "AMC,b"), first):
            kept = unit.documents.get(hashlib.sha256(raw).hexdigest())
            assert kept is not None and kept.content == raw


def test_the_author_of_an_edit_never_approves_it(world: World) -> None:
    proposal = propose(world, listed("GME,a", "AMC,b", "TSLA,c"))
    assert refused(lambda: world.desk.approve("list:", proposal.proposal_id, world.signer("cora"))) == "REVIEW_AUTHOR"


def test_a_list_nobody_reviewed_before_takes_two(world: World) -> None:
    assert propose(world, listed("GME,a"), base=None).quorum == 2


def test_which_way_is_looser_is_read_from_the_rules_in_force(world: World) -> None:
    """Under rules that permit by the list, a longer one is looser, whatever the program's own rules say."""
    world.put_in_force(PERMITTING, 1)
    proposal = propose(world, listed("GME,a", "AMC,b", "TSLA,c"))
    assert (proposal.relation, proposal.quorum) == ("looser", 2)


def test_an_edit_approved_under_other_rules_is_judged_by_those_in_force_when_it_is_applied(world: World) -> None:
    proposal = propose(world, listed("GME,a", "AMC,b", "TSLA,c"))
    world.desk.approve("list:", proposal.proposal_id, world.signer("rory"))
    world.put_in_force(PERMITTING, 1)
    assert refused(lambda: carry(world, proposal)) == "REVIEW_QUORUM"


def test_two_edits_of_one_version_do_not_both_apply(world: World) -> None:
    carry(world, propose(world, listed("GME,a", "AMC,b", "TSLA,c")), "rory")
    one = propose(world, listed("GME,a", "AMC,b", "TSLA,c", "X,d"))
    two = propose(world, listed("GME,a", "AMC,b", "TSLA,c", "Y,d"))
    carry(world, one, "rory")
    assert world.get(two).state is ReviewState.SUPERSEDED
    stale = hashlib.sha256(listed("GME,a", "AMC,b", "TSLA,c")).hexdigest()
    code = refused(
        lambda: world.desk.propose(
            world.list_matter(), TARGET, ("list", listed("Z,d")), None, world.signer("cora"), "r", "c", made_from=stale
        )
    )
    assert code == "REVIEW_BASE_MOVED"


def test_a_file_of_another_list_is_refused(world: World) -> None:
    raw = listed("GME,a", name="locates")
    assert refused(lambda: propose(world, raw)) == "LIST_REFUSED"


def test_rules_and_lists_are_reviewed_side_by_side(world: World) -> None:
    rules = world.propose(bundle_of(), 1)
    carry(world, propose(world, listed("GME,a", "AMC,b", "TSLA,c")), "rory")
    world.activate(world.approve(rules, "rory", "cora"))
    world.agree()

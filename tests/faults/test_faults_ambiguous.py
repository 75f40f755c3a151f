"""A broker that cannot say whether it has an order: kept aside, never sent again, and the run halts."""

from tests.faults.conftest import Ground
from tests.faults.kill_case import Deaf, Truth, Unproven, at

TAKES_ORDER = "INSERT INTO orders (client_order_id, broker"


def never_proven(ground: Ground) -> list[str]:
    """Die just before the broker takes the first order, whose absence it cannot prove; return what went wrong."""
    return wrong(ground.case(kill_when=[at("before", TAKES_ORDER)], broker=Unproven))


def test_an_order_of_unknown_fate_is_quarantined_and_never_sent_again(brief: Ground) -> None:
    assert never_proven(brief) == []


def test_killed_between_the_quarantine_and_the_halt_it_halts_on_the_next_start(brief: Ground) -> None:
    moments = [at("before", TAKES_ORDER), at("before", "UPDATE runs")]
    assert wrong(brief.case(kill_when=moments, broker=Unproven)) == []


def test_an_order_that_such_a_broker_has_is_known_by_its_id(brief: Ground) -> None:
    truth = brief.case(kill_when=[at("before", "INSERT INTO broker_order_map")], broker=Unproven)
    assert truth is not None
    assert (truth.status, truth.broken, truth.quarantined) == ("STOPPED", [], 0)
    assert truth.record == brief.reference.record


def test_an_answer_that_is_lost_quarantines_the_order_even_if_the_broker_has_it(brief: Ground) -> None:
    assert wrong(brief.case(broker=Deaf)) == []


def test_an_order_in_quarantine_that_the_broker_turns_out_to_have_is_sent(brief: Ground) -> None:
    truth = brief.case(kill_when=[at("before", "UPDATE runs", 3)], broker=Deaf)
    assert truth is not None and truth.broken == [] and truth.repeats == 0
    kinds = [kind for kind, _, _ in truth.record]
    first = kinds.index("ORDER_QUARANTINED")
    assert kinds[first + 1] == "ORDER_SUBMITTED"


def wrong(truth: Truth | None) -> list[str]:
    """Return what is wrong with a run that had to halt over one order in quarantine."""
    if truth is None:
        return ["the second process died too"]
    kinds = [kind for kind, _, _ in truth.record]
    promises = {
        "the run is not halted": truth.status == "HALTED",
        "the order is not in quarantine": truth.quarantined == 1,
        "it was sent again": truth.repeats == 0 and truth.returned == 0,
        "no evidence of the order": kinds.count("ORDER_QUARANTINED") == 1,
        "no evidence of the halt": kinds[-1] == "RUN_HALTED" and "ORDER_QUARANTINED" in truth.record[-1][2],
        "other promises": truth.broken == [],
    }
    return [text for text, is_kept in promises.items() if not is_kept]

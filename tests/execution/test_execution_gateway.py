"""Laws of the last look: what may reach a broker (RELIABILITY P1, ARCHITECTURE)."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.brokers.contract import Accepted, Ambiguous, Unavailable
from engine.execution.envelope import (
    CancelOrder,
    Envelope,
    EnvelopeFault,
    ReplaceOrder,
    SubmitOrder,
    decode_envelope,
    encode_envelope,
    payload_hash,
)
from engine.execution.gateway import Refusal, RefusalCode
from engine.model.numbers import MICRO, Price, Quantity
from engine.model.order import OrderType, Side, TimeInForce
from engine.model.time import Timestamp
from engine.store import open_database
from engine.store.runs import RunStatus
from tests.execution.desk_world import AT, BOUND, BUY, DeskWorld, FakeBroker, cancel, change, tampered

Code = RefusalCode
LATE = Timestamp(AT + BOUND + 1)


@pytest.fixture
def desk(sqlite_template: Path, tmp_path: Path) -> Iterator[DeskWorld]:
    path = tmp_path / "gateway.db"
    path.write_bytes(sqlite_template.read_bytes())
    with open_database(f"sqlite:///{path}") as database:
        yield DeskWorld(database)


def send(desk: DeskWorld, key: str, now: int = AT) -> object:
    return desk.gateway.submit(desk.row(key), Timestamp(now))


def refused(desk: DeskWorld, key: str, now: int = AT) -> RefusalCode:
    result = send(desk, key, now)
    assert isinstance(result, Refusal), result
    assert key in result.message and result.help
    assert isinstance(desk.broker, FakeBroker) and desk.broker.reached == []
    return result.code


def test_allowed_request_reaches_the_broker_as_it_was_judged(desk: DeskWorld) -> None:
    key = desk.decide()
    assert send(desk, key) == Accepted(f"B-{key}")
    (ticket,) = desk.broker.reached  # type: ignore[attr-defined]
    assert ticket.client_order_id == key
    sent = SubmitOrder(
        ticket.symbol, ticket.side, ticket.type, ticket.quantity, ticket.time_in_force, ticket.limit_price
    )
    assert sent == BUY


@pytest.mark.parametrize("verdict", ["REJECT", "HOLD", "DENY", "allow", ""])
def test_anything_but_an_allow_stays_here(desk: DeskWorld, verdict: str) -> None:
    assert refused(desk, desk.decide(verdict=verdict)) is Code.NOT_ALLOWED


def test_request_without_a_decision_stays_here(desk: DeskWorld) -> None:
    row = replace(desk.row(desk.decide()), decision_id="d404")
    result = desk.gateway.submit(row, AT)
    assert isinstance(result, Refusal) and result.code is Code.NO_ALLOW


BIGGER = replace(BUY, quantity=Quantity(101 * MICRO))


def test_request_that_is_not_the_one_judged_stays_here(desk: DeskWorld) -> None:
    assert refused(desk, desk.decide(edit=lambda row: tampered(row, BIGGER))) is Code.PAYLOAD_MISMATCH


def test_payload_edited_after_it_was_stored_stays_here(desk: DeskWorld) -> None:
    row = replace(desk.row(desk.decide()), payload=encode_envelope(BIGGER))
    result = desk.gateway.submit(row, AT)
    assert isinstance(result, Refusal) and result.code is Code.PAYLOAD_MISMATCH


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b'{"action":"SUBMIT","v":1}', b"\xff"])
def test_payload_that_is_no_request_stays_here(desk: DeskWorld, payload: bytes) -> None:
    def edit(row: object) -> object:
        return replace(row, payload=payload, payload_hash=payload_hash(payload))  # type: ignore[type-var]

    assert refused(desk, desk.decide(edit=edit)) is Code.PAYLOAD_MISMATCH  # type: ignore[arg-type]


def test_decision_serves_no_other_order_id(desk: DeskWorld) -> None:
    row = replace(desk.row(desk.decide()), client_order_id="MAIN_00000001_000000000000")
    result = desk.gateway.submit(row, AT)
    assert isinstance(result, Refusal) and result.code is Code.ID_MISMATCH


def test_allow_of_one_request_does_not_cover_another(desk: DeskWorld) -> None:
    first, second = desk.decide(), desk.decide(replace(BUY, side=Side.SELL))
    row = replace(desk.row(second), decision_id=desk.row(first).decision_id)
    result = desk.gateway.submit(row, AT)
    assert isinstance(result, Refusal) and result.code is Code.PAYLOAD_MISMATCH


def halt(desk: DeskWorld) -> None:
    with desk.database.write() as unit:
        run = unit.runs.list()[0]
        unit.runs.move(run.run_key, (RunStatus.RUNNING,), RunStatus.HALTED, AT, reason="x")


def tighten(desk: DeskWorld) -> None:
    desk.authority.epoch += 1


def swap(desk: DeskWorld) -> None:
    desk.authority.bundle = "a" * 64


def unload(desk: DeskWorld) -> None:
    desk.authority.bundle = None


def nothing(desk: DeskWorld) -> None:
    del desk


CHANGES: list[tuple[Callable[[DeskWorld], None], int, RefusalCode, bool]] = [
    (halt, AT, Code.NOT_ARMED, True),
    (tighten, AT, Code.POSTURE_CHANGED, True),
    (swap, AT, Code.BUNDLE_CHANGED, False),
    (unload, AT, Code.BUNDLE_CHANGED, False),
    (nothing, LATE, Code.DECISION_STALE, False),
    (nothing, AT - 1, Code.DECISION_AHEAD, False),
]


@pytest.mark.parametrize(("happen", "now", "code", "spares_emergency"), CHANGES)
@pytest.mark.parametrize("kind", ["order", "replace", "emergency", "cancel"])
def test_what_changed_since_the_decision_stops_all_but_cancels_and_emergency_exits(
    desk: DeskWorld,
    happen: Callable[[DeskWorld], None],
    now: int,
    code: RefusalCode,
    spares_emergency: bool,
    kind: str,
) -> None:
    requests: dict[str, Envelope] = {"cancel": cancel("MAIN_1_x"), "replace": change("MAIN_1_x")}
    envelope = requests.get(kind, BUY)
    key = desk.decide(envelope, is_emergency_exit=kind == "emergency")
    happen(desk)
    if kind == "cancel" or (kind == "emergency" and spares_emergency):
        assert isinstance(send(desk, key, now), Accepted)
    else:
        assert refused(desk, key, now) is code


@pytest.mark.parametrize("kind", ["cancel", "emergency"])
def test_neither_cancel_nor_emergency_exit_leaves_without_its_allow(desk: DeskWorld, kind: str) -> None:
    envelope: Envelope = cancel("MAIN_1_x") if kind == "cancel" else BUY
    key = desk.decide(envelope, is_emergency_exit=True, verdict="REJECT")
    assert refused(desk, key) is Code.NOT_ALLOWED
    other: Envelope = cancel("MAIN_2_y") if kind == "cancel" else BIGGER
    key = desk.decide(envelope, is_emergency_exit=True, edit=lambda row: tampered(row, other))
    assert refused(desk, key) is Code.PAYLOAD_MISMATCH


def test_decision_age_is_bounded_inclusively(desk: DeskWorld) -> None:
    assert isinstance(send(desk, desk.decide(), AT + BOUND), Accepted)


@pytest.mark.parametrize("status", [RunStatus.CREATED, RunStatus.ARMED])
def test_only_an_armed_run_sends(sqlite_template: Path, tmp_path: Path, status: RunStatus) -> None:
    path = tmp_path / "status.db"
    path.write_bytes(sqlite_template.read_bytes())
    with open_database(f"sqlite:///{path}") as database:
        desk = DeskWorld(database, status=status)
        key = desk.decide()
        if status is RunStatus.CREATED:
            assert refused(desk, key) is Code.NOT_ARMED
        else:
            assert isinstance(send(desk, key), Accepted)


@pytest.mark.parametrize("error", [ConnectionError("token=abc"), RecursionError(), MemoryError(), KeyError("x")])
def test_adapter_that_fails_while_sending_leaves_the_request_ambiguous(desk: DeskWorld, error: Exception) -> None:
    def fail(_: str) -> Accepted:
        raise error

    assert isinstance(desk.broker, FakeBroker)
    desk.broker.answer = fail
    result = send(desk, desk.decide())
    assert isinstance(result, Ambiguous) and type(error).__name__ in result.reason
    assert "abc" not in result.reason


def test_adapter_that_fails_while_read_is_unavailable_and_leaks_nothing(desk: DeskWorld) -> None:
    for answer in (desk.gateway.events(None), desk.gateway.snapshot()):
        assert isinstance(answer, Unavailable) and "secret" not in answer.reason


def test_only_the_gateway_knows_an_adapter() -> None:
    """No module of the desk but gateway, brokers and composition root may hold an adapter."""
    root = Path(__file__).parents[2] / "engine"
    knowing = set()
    for path in root.rglob("*.py"):
        names = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        if any(name == "engine.brokers.contract.BrokerAdapter" for name in names):
            knowing.add(path.relative_to(root).as_posix())
    assert "execution/gateway.py" in knowing
    assert {name for name in knowing if name.startswith("execution/")} == {"execution/gateway.py"}


PRICES = st.none() | st.integers(1, 10**13).map(Price)
ENVELOPES = st.one_of(
    st.builds(
        SubmitOrder,
        st.from_regex(r"[A-Z][A-Z0-9.]{0,15}", fullmatch=True),
        st.sampled_from(Side),
        st.sampled_from(OrderType),
        st.integers(1, 10**15).map(Quantity),
        st.sampled_from(TimeInForce),
        PRICES,
        PRICES,
    ),
    st.builds(CancelOrder, st.text("abcABC_019", min_size=1)),
    st.builds(ReplaceOrder, st.text("abcABC_019", min_size=1), st.integers(1, 10**15).map(Quantity), PRICES, PRICES),
)


@given(ENVELOPES)
def test_envelope_survives_its_bytes(envelope: Envelope) -> None:
    assert decode_envelope(encode_envelope(envelope)) == envelope


@given(ENVELOPES, st.data())
def test_no_other_bytes_mean_the_same_request(envelope: Envelope, data: st.DataObject) -> None:
    payload = bytearray(encode_envelope(envelope))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] ^= 1 << data.draw(st.integers(0, 7))
    found = decode_envelope(bytes(payload))
    assert isinstance(found, EnvelopeFault) or found != envelope


def test_field_an_envelope_does_not_have_is_refused() -> None:
    raw = encode_envelope(CancelOrder("x")).replace(b'"v":1', b'"v":1,"w":1')
    assert isinstance(decode_envelope(raw), EnvelopeFault)
    assert isinstance(decode_envelope(raw.replace(b'"v":1,"w":1', b'"v":2')), EnvelopeFault)

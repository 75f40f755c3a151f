"""The principals file: one closed role table, one key and one id each, honest dates."""

import json
from pathlib import Path

import jsonschema
import pytest

from engine.config.principals import load_principals
from engine.config.refusal import ConfigRefused
from engine.contracts import Loaded, load_yaml
from engine.model.principal import Role
from engine.model.time import parse_timestamp

SPEC = Path(__file__).parents[2] / "specs" / "principal.schema.json"
KEY = "ab" * 32
GOOD = {"id": "zoe", "name": "Zoe", "roles": ["viewer"], "public_key": KEY, "valid_from": "2026-01-01T00:00:00Z"}


def _load(tmp_path, *entries, **top):
    path = tmp_path / "principals.yaml"
    path.write_text(json.dumps({"v": 1, "principals": list(entries), **top}, indent=1))
    return load_principals(path)


def _codes(tmp_path, *entries, **top):
    with pytest.raises(ConfigRefused) as caught:
        _load(tmp_path, *entries, **top)
    assert all(fault.line > 0 for fault in caught.value.diagnostics)
    return [(fault.code, fault.pointer) for fault in caught.value.diagnostics]


def test_shipped_principals_hold_the_roles_the_desk_needs(shipped):
    principals = load_principals(shipped / "principals.yaml")
    assert {each.id: sorted(each.roles) for each in principals} == {
        "strategy_host": ["trader"],
        "olivia": ["operator"],
        "rhea": ["risk_officer"],
        "rory": ["risk_officer"],
        "cora": ["compliance"],
        "ada": ["admin"],
    }
    assert [each.id for each in principals] == sorted(each.id for each in principals)


def test_shipped_principals_satisfy_the_published_contract(shipped):
    schema = json.loads(SPEC.read_text())
    loaded = load_yaml((shipped / "principals.yaml").read_bytes())
    assert isinstance(loaded, Loaded)
    listed = loaded.value["principals"]
    assert len(listed) == 6
    for entry in listed:
        jsonschema.Draft202012Validator(schema).validate(entry)


def test_shipped_principals_act_in_backtests_of_the_past(shipped):
    [rhea] = [each for each in load_principals(shipped / "principals.yaml") if each.id == "rhea"]
    assert rhea.holds(Role.RISK_OFFICER, parse_timestamp("2010-05-06T14:00:00Z"))
    assert not rhea.holds(Role.ADMIN, parse_timestamp("2010-05-06T14:00:00Z"))


def test_shipped_keys_are_points_of_the_curve(shipped):
    """RFC 8032 section 5.1.3: a key decodes to a point, or it is nobody's key."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p
    for principal in load_principals(shipped / "principals.yaml"):
        y = int.from_bytes(bytes.fromhex(principal.public_key), "little") & (2**255 - 1)
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        assert y < p
        assert pow(square, (p - 1) // 2, p) == 1


def test_a_key_anybody_can_sign_for_is_nobodys(tmp_path):
    """The keys of small order are computed here: L times any point is one, and there are eight (RFC 8032 5.1)."""
    encodings = small_order_encodings()
    assert len(encodings) == 14
    for encoded in sorted(encodings):
        assert _codes(tmp_path, {**GOOD, "public_key": encoded}) == [("CFG_PRINCIPAL_KEY", "/principals/0/public_key")]


def small_order_encodings():
    """Return every encoding, canonical or not and of either sign, of the points whose order divides eight."""
    p, order = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, p) % p

    def add(one, two):
        (x1, y1), (x2, y2) = one, two
        k = d * x1 * x2 * y1 * y2 % p
        return (x1 * y2 + x2 * y1) * pow(1 + k, -1, p) % p, (y1 * y2 + x1 * x2) * pow(1 - k, -1, p) % p

    def times(n, point):
        total = (0, 1)
        while n:
            total, point, n = (add(total, point) if n & 1 else total), add(point, point), n >> 1
        return total

    def decode(y):
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        roots = (
            root * factor % p for root in [pow(square, (p + 3) // 8, p)] for factor in (1, pow(2, (p - 1) // 4, p))
        )
        return next(((x, y) for x in roots if x * x % p == square), None)

    points = {times(order, point) for y in range(3, 80) if (point := decode(y)) is not None}
    assert len(points) == 8
    ys = {y for _, y in points} | {y + p for _, y in points if y + p < 2**255}
    return {(y | sign << 255).to_bytes(32, "little").hex() for y in ys for sign in (0, 1)}


def test_validity_is_half_open_and_optional(tmp_path):
    [zoe] = _load(tmp_path, {**GOOD, "valid_until": "2026-02-01T00:00:00Z"})
    assert zoe.holds(Role.VIEWER, zoe.valid_from)
    assert not zoe.holds(Role.VIEWER, zoe.valid_from - 1)
    assert not zoe.holds(Role.VIEWER, zoe.valid_until)
    assert _load(tmp_path, GOOD)[0].valid_until is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"roles": ["viewer", "superuser"]}, ("CFG_BAD_VALUE", "/principals/0/roles/1")),
        ({"roles": []}, ("CFG_BAD_VALUE", "/principals/0/roles")),
        ({"roles": ["viewer", "viewer"]}, ("CFG_PRINCIPAL_TWICE", "/principals/0/roles")),
        ({"public_key": KEY[:-1]}, ("CFG_PRINCIPAL_KEY", "/principals/0/public_key")),
        ({"public_key": KEY.upper()}, ("CFG_PRINCIPAL_KEY", "/principals/0/public_key")),
        ({"valid_from": "2026-01-01"}, ("CFG_PRINCIPAL_VALIDITY", "/principals/0/valid_from")),
        ({"valid_from": "2026-01-01T00:00:00"}, ("CFG_PRINCIPAL_VALIDITY", "/principals/0/valid_from")),
        ({"valid_until": "2026-01-01T00:00:00Z"}, ("CFG_PRINCIPAL_VALIDITY", "/principals/0/valid_until")),
        ({"id": "Zoe"}, ("CFG_BAD_VALUE", "/principals/0/id")),
        ({"name": "Z\u202eoe"}, ("CFG_BAD_VALUE", "/principals/0/name")),
        ({"email": "z@x"}, ("CFG_UNKNOWN_KEY", "/principals/0/email")),
    ],
)
def test_faulty_principal_is_refused_where_it_stands(tmp_path, change, expected):
    assert _codes(tmp_path, {**GOOD, **change}) == [expected]


def test_one_person_cannot_count_as_two(tmp_path):
    other = {**GOOD, "id": "yan", "public_key": "cd" * 32}
    assert len(_load(tmp_path, GOOD, other)) == 2
    assert _codes(tmp_path, GOOD, {**other, "id": "zoe"}) == [("CFG_PRINCIPAL_TWICE", "/principals/1/id")]
    assert _codes(tmp_path, GOOD, {**other, "public_key": KEY}) == [("CFG_PRINCIPAL_TWICE", "/principals/1/public_key")]


def test_missing_parts_are_named(tmp_path):
    entry = {name: value for name, value in GOOD.items() if name != "public_key"}
    assert _codes(tmp_path, entry) == [("CFG_VALUE_MISSING", "/principals/0/public_key")]


def test_other_version_of_the_format_is_refused(tmp_path):
    assert _codes(tmp_path, GOOD, v=2) == [("CFG_BAD_VALUE", "/v")]


def test_absent_file_is_a_diagnostic(tmp_path):
    with pytest.raises(ConfigRefused) as caught:
        load_principals(tmp_path / "principals.yaml")
    assert [fault.code for fault in caught.value.diagnostics] == ["CFG_UNREADABLE"]

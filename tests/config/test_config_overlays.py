"""Overlays are delivered as written, with their dates, citations and places; they add up."""

from datetime import date

from engine.config.layer import LayerKind
from engine.config.overlays import read_overlays, render_overlays


def test_overlay_carries_param_key_value_date_cite_and_origin(layer):
    text = """params:
  pre_trade.size.max_order_notional:
    value: 40_000 USD
    from: 2026-09-01
    cite: Risk Committee 2026-08-27
"""
    [overlay], faults = read_overlays([layer(text, LayerKind.RISK_PROFILE, "tier_X")])
    assert faults == []
    assert (overlay.param, overlay.key) == ("pre_trade.size.max_order_notional", ())
    assert (overlay.value_text, overlay.from_date) == ("40_000 USD", date(2026, 9, 1))
    assert overlay.cite == "Risk Committee 2026-08-27"
    assert (overlay.origin.layer, str(overlay.origin)) == ("risk profile tier_X", "tier_X.yaml:3")


def test_keyed_param_takes_a_list_of_overlays(layer):
    text = """params:
  pre_trade.exposure.max_sector_share:
    - {key: TECH, value: 15%, from: 2026-01-01, cite: a}
    - {key: [ENERGY, EU], value: 10%, from: 2026-01-01, cite: b}
"""
    overlays, faults = read_overlays([layer(text, LayerKind.ENGINE, "main")])
    assert faults == []
    assert [(each.key, each.value_text, each.origin.line) for each in overlays] == [
        (("ENERGY", "EU"), "10%", 4),
        (("TECH",), "15%", 3),
    ]


def test_overlays_of_engine_and_profile_both_stand(layer):
    """In force is the tighter; a later layer that replaced an earlier one could loosen it."""
    engine = layer("params: {a.b: {value: 1%, from: 2026-01-01, cite: x}}", LayerKind.ENGINE, "main")
    profile = layer("params: {a.b: {value: 2%, from: 2026-01-01, cite: y}}", LayerKind.RISK_PROFILE, "p")
    overlays, faults = read_overlays([engine, profile])
    assert faults == []
    assert [each.value_text for each in overlays] == ["1%", "2%"]


def test_order_of_layers_does_not_change_what_is_hashed(layer):
    engine = layer("params: {a.b: {value: 1%, from: 2026-01-01, cite: x}}", LayerKind.ENGINE, "main")
    profile = layer("params: {a.a: {value: 2, from: 2026-01-01, cite: y}}", LayerKind.RISK_PROFILE, "p")
    one, two = read_overlays([engine, profile])[0], read_overlays([profile, engine])[0]
    assert render_overlays(one) == render_overlays(two)
    assert list(render_overlays(one)) == ["a.a", "a.b"]


def test_integer_and_decimal_values_arrive_as_the_text_that_was_written(layer):
    text = "params: {a.b: {value: 3, from: 2026-01-01, cite: x}, a.c: {value: 0.10, from: 2026-01-01, cite: x}}"
    overlays, faults = read_overlays([layer(text, LayerKind.ENGINE, "main")])
    assert faults == []
    assert [each.value_text for each in overlays] == ["3", "0.10"]


def test_one_param_may_tighten_on_several_dates(layer):
    text = """params:
  a.b:
    - {value: 2%, from: 2026-01-01, cite: x}
    - {value: 1%, from: 2026-06-01, cite: x}
"""
    overlays, faults = read_overlays([layer(text, LayerKind.ENGINE, "main")])
    assert faults == []
    assert [each.from_date.month for each in overlays] == [1, 6]


def test_faulty_overlay_is_not_delivered(layer):
    text = "params: {a.b: {value: 1%, from: 2026-01-01}, a.c: {value: 1%, from: 2026-01-01, cite: x}}"
    overlays, faults = read_overlays([layer(text, LayerKind.ENGINE, "main")])
    assert [each.param for each in overlays] == ["a.c"]
    assert [fault.code for fault in faults] == ["CFG_OVERLAY_WITHOUT_CITE"]

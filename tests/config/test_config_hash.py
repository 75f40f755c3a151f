"""One configuration has one canonical form and one hash; a different one has another."""

import hashlib
import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.layer import LayerKind
from engine.config.load import hash_value
from engine.config.merge import merge, parts_of

_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=4)
_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=10,
)


def test_same_input_has_the_same_hash(tree):
    first, second = tree.load(), tree.load()
    assert (first.canonical_bytes, first.config_hash) == (second.canonical_bytes, second.config_hash)


def test_reordered_keys_have_the_same_hash(layer):
    one, two = layer("a: 1\nb: {c: 2, d: 3}\n"), layer("b: {d: 3, c: 2}\na: 1\n")
    assert hash_value(one.document.value) == hash_value(two.document.value)


def test_merged_layers_have_the_hash_of_the_whole(layer):
    whole = layer("a: 1\nb: {c: 2, d: 3}\n")
    halves = layer("b: {c: 9}\n"), layer("a: 1\nb: {c: 2, d: 3}\n", LayerKind.ENGINE, "main")
    merged, _ = merge(part for half in halves for part in parts_of(half, None))
    assert hash_value(merged.value) == hash_value(whole.document.value)


def test_empty_configurations_have_one_hash(layer):
    empty, blank = layer(""), layer("# nothing\n{}\n")
    assert hash_value(empty.document.value) == hash_value(blank.document.value)
    assert hash_value({}) == (b"{}", hashlib.sha256(b"{}").hexdigest())


def test_different_values_have_different_hashes(tree):
    plain = tree.load()
    changed = tree.load(overrides=["execution.base_slippage_bps=6"])
    assert plain.config_hash != changed.config_hash


def test_hash_is_sixty_four_lower_case_hex_digits_of_the_canonical_bytes(tree):
    config = tree.load()
    assert re.fullmatch("[0-9a-f]{64}", config.config_hash)
    assert config.config_hash == hashlib.sha256(config.canonical_bytes).hexdigest()


def test_canonical_form_is_compact_sorted_json_with_decimals_as_text(tree):
    raw = tree.load().canonical_bytes
    again = json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == raw
    assert json.loads(raw)["execution"]["volatility_multiplier"] == "0.5"


def test_overlay_layer_wins_over_base_in_value_and_hash(tree):
    plain = tree.load("linux-prod")
    live = tree.load("linux-prod", overrides=["engine.mode=LIVE-CAPITAL"])
    assert plain.settings.engine.mode.value == "PAPER"
    assert live.settings.engine.mode.value == "LIVE-CAPITAL"
    assert plain.config_hash != live.config_hash


def test_comments_and_line_breaks_do_not_change_the_hash(tree):
    before = tree.load().config_hash
    tree.write("engines/main.yaml", "\n# moved\n\n" + (tree.root / "engines/main.yaml").read_text())
    assert tree.load().config_hash == before


def test_overlays_are_bound_by_the_hash(tree):
    before = tree.load(engine="experimental").config_hash
    tree.swap("risk_profiles/experimental_tier_B.yaml", "value: 1%", "value: 0.9%")
    assert tree.load(engine="experimental").config_hash != before


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_TEXT, _VALUES, max_size=4))
def test_canonical_form_is_that_of_an_independent_writer(value):
    raw, name = hash_value(value)
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert (json.loads(raw), name) == (value, hashlib.sha256(plain).hexdigest())

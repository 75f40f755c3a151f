"""Layers merge in one order, deeply, and never lose track of where a value came from."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.document import Document
from engine.config.layer import Layer, LayerKind
from engine.config.merge import Part, find_duplicates, merge, parts_of
from engine.config.mode import Mode
from engine.config.pointer import leaves

_SCALARS = st.one_of(st.booleans(), st.integers(-9, 9), st.text("ab", max_size=2))
_TREES = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), _SCALARS | st.lists(_SCALARS, max_size=2), max_size=4),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner | _SCALARS, max_size=4),
    max_leaves=12,
)


def _merge(*layers, mode=Mode.PAPER):
    merged, faults = merge(part for layer in layers for part in parts_of(layer, mode))
    assert faults == []
    return merged


def test_later_layer_wins_and_maps_merge_deeply(layer):
    base = layer("engine: {mode: PAPER, engine_id: MAIN}\n")
    over = layer("engine: {mode: LIVE-CAPITAL}\n", LayerKind.ENGINE, "main")
    assert _merge(base, over).value == {"engine": {"mode": "LIVE-CAPITAL", "engine_id": "MAIN"}}
    assert _merge(over, base).value["engine"]["mode"] == "PAPER"


def test_arrays_are_replaced_not_joined(layer):
    first, second = layer("a: {symbols: [SPY, QQQ, IWM]}\n"), layer("a: {symbols: [DIA]}\n")
    merged = _merge(first, second)
    assert merged.value == {"a": {"symbols": ["DIA"]}}
    assert list(merged.origins) == ["/a/symbols/0"]


def test_every_leaf_remembers_file_and_line(layer):
    base = layer("a:\n  b: 1\n  c: 2\n", name="base")
    over = layer("# tighter\n\na:\n  c: 3\n", LayerKind.ENVIRONMENT, "prod")
    origins = _merge(base, over).origins
    assert str(origins["/a/b"]) == "base.yaml:2"
    assert str(origins["/a/c"]) == "prod.yaml:4"
    assert origins["/a/c"].layer == "environment prod"
    assert origins["/a/b"].layer == "base"


def test_scalar_may_not_replace_a_map_nor_a_map_a_scalar(layer):
    base = layer("a: {b: 1}\nc: 1\n")
    over = layer("a: 2\nc:\n  d: 3\n", LayerKind.ENGINE, "main")
    merged, faults = merge(part for each in (base, over) for part in parts_of(each, None))
    assert [(fault.code, fault.pointer, fault.line) for fault in faults] == [
        ("CFG_SHAPE_CHANGED", "/a", 1),
        ("CFG_SHAPE_CHANGED", "/c", 3),
    ]
    assert "base.yaml:1" in faults[0].message
    assert merged.value == {"a": {"b": 1}, "c": 1}


def test_list_may_not_replace_a_map(layer):
    layers = layer("a: {b: 1}\n"), layer("a: [1]\n")
    _, faults = merge(part for each in layers for part in parts_of(each, None))
    assert [fault.code for fault in faults] == ["CFG_SHAPE_CHANGED"]


def test_null_never_erases_an_earlier_value(layer):
    layers = layer("a: 1\n"), layer("a: null\n", LayerKind.ENGINE, "main")
    merged, faults = merge(part for each in layers for part in parts_of(each, None))
    assert [fault.code for fault in faults] == ["CFG_NULL"]
    assert merged.value == {"a": 1}


def test_block_counts_only_in_the_modes_it_names(layer):
    text = "a: 1\nin_modes:\n  - modes: [PAPER, LIVE-SHADOW]\n    set:\n      a: 2\n      b: {c: 3}\n"
    assert _merge(layer(text), mode=Mode.BACKTEST).value == {"a": 1}
    merged = _merge(layer(text), mode=Mode.PAPER)
    assert merged.value == {"a": 2, "b": {"c": 3}}
    assert [origin.line for origin in merged.origins.values()] == [5, 6]


def test_later_layer_wins_over_the_block_of_an_earlier_one(layer):
    base = layer("in_modes:\n  - modes: [PAPER]\n    set: {a: 2}\n")
    assert _merge(base, layer("a: 3\n", LayerKind.ENGINE, "main")).value == {"a": 3}


def test_two_layers_of_one_kind_may_not_set_the_same_leaf(layer):
    one = layer("a:\n  b: 1\n", LayerKind.STRESS_PROFILE, "one")
    two = layer("a:\n  c: 1\n  b: 1\n", LayerKind.STRESS_PROFILE, "two")
    parts = parts_of(one, None) + parts_of(two, None)
    assert [(f.code, f.source, f.line, f.pointer) for f in find_duplicates(parts)] == [
        ("CFG_DUPLICATE_VALUE", "two.yaml", 3, "/a/b")
    ]


def test_layers_of_different_kinds_may_set_the_same_leaf(layer):
    one, two = layer("a: 1\n", LayerKind.BASE), layer("a: 2\n", LayerKind.ENGINE, "two")
    assert find_duplicates(parts_of(one, None) + parts_of(two, None)) == []


def test_two_blocks_of_one_layer_may_not_set_the_same_leaf_in_one_mode(layer):
    text = "a: 0\nin_modes:\n  - {modes: [PAPER], set: {a: 1}}\n  - {modes: [PAPER], set: {a: 2}}\n"
    assert [fault.line for fault in find_duplicates(parts_of(layer(text), Mode.PAPER))] == [4]
    assert find_duplicates(parts_of(layer(text), Mode.BACKTEST)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(_TREES, max_size=4))
def test_origins_name_exactly_the_leaves_of_the_merged_value(trees):
    kinds = list(LayerKind)
    parts = [Part(Layer(kinds[i], str(i), Document(f"{i}.yaml", tree)), tree) for i, tree in enumerate(trees)]
    merged, _ = merge(parts)
    expected = {pointer for pointer, _ in leaves(merged.value) if pointer}
    assert set(merged.origins) == expected


@settings(max_examples=60, deadline=None)
@given(_TREES, _TREES)
def test_merging_leaves_its_inputs_untouched(first, second):
    before = repr((first, second))
    parts = [Part(Layer(LayerKind.BASE, "b", Document("b", tree)), tree) for tree in (first, second)]
    merged, _ = merge(parts)
    merged.value["z"] = 1
    for member in merged.value.values():
        if isinstance(member, list):
            member.append(9)
    assert repr((first, second)) == before


@settings(max_examples=60, deadline=None)
@given(_TREES)
def test_merging_a_tree_upon_itself_changes_nothing(tree):
    parts = [Part(Layer(LayerKind.BASE, "b", Document("b", tree)), tree)] * 2
    merged, faults = merge(parts)
    assert (merged.value, faults) == (tree, [])

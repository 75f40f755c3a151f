"""The settings model documents itself, holds no limit and hides no default."""

import pytest
from pydantic import BaseModel, ValidationError

from engine.config.annotation import member_type, model_type
from engine.config.consumption import consumed_prefixes, harsher_directions
from engine.config.mode import Mode, mode_of
from engine.config.settings import Section, Settings
from engine.config.structure import check_layer


def _models(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    found = {model.__name__: model}
    for field in model.model_fields.values():
        inner = model_type(field.annotation) or model_type(member_type(field.annotation, "*"))
        if inner:
            found |= _models(inner)
    return found


MODELS = _models(Settings)


def test_every_field_says_what_it_means():
    assert len(MODELS) >= 15
    for name, model in MODELS.items():
        assert model.__doc__, name
        assert issubclass(model, Section)
        for field, info in model.model_fields.items():
            assert info.description and info.description.endswith("."), f"{name}.{field}"


def test_no_field_has_a_default_other_than_absence():
    for name, model in MODELS.items():
        for field, info in model.model_fields.items():
            assert info.is_required() or info.default is None, f"{name}.{field}"


def test_no_setting_bears_the_name_of_a_limit(layer):
    for prefix in {prefix for mode in Mode for prefix in consumed_prefixes(mode)} - {"/params"}:
        tree: object = 1
        for name in reversed(prefix.split("/")[1:]):
            tree = {name.replace("*", "any"): tree}
        made = layer("{}")
        made.document.value.update(tree)
        assert check_layer(made) == [], prefix


def test_every_field_is_read_by_some_mode():
    read = {prefix for mode in Mode for prefix in consumed_prefixes(mode)}
    assert set(harsher_directions()) < read


def test_settings_cannot_be_changed(tree):
    settings = tree.load().settings
    with pytest.raises(ValidationError):
        settings.engine.engine_id = "EXP"


@pytest.mark.parametrize("text", ["BACKTEST", "PAPER", "LIVE-SHADOW", "LIVE-CAPITAL"])
def test_mode_is_known_by_its_exact_name(text):
    assert mode_of(text) == text


@pytest.mark.parametrize("text", ["LIVE", "live-capital", "LIVE_CAPITAL", "", None, 1, ["PAPER"]])
def test_anything_else_is_no_mode(text):
    assert mode_of(text) is None

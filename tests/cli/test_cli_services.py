"""The list of use cases names what there is."""

import importlib
import re

import engine.service


def test_every_use_case_listed_can_be_called():
    named = re.findall(r"^(?:\w+)? +(\w+)\.(\w+)  +\w", engine.service.__doc__ or "", re.MULTILINE)
    assert len(named) >= 15
    for module, name in named:
        assert callable(getattr(importlib.import_module(f"engine.service.{module}"), name)), (module, name)

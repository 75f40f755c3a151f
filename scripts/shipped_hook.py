"""Hatchling build hook: a wheel carries the data files, an editable install reads those of the checkout."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilderConfig


class ShippedFiles(BuildHookInterface[WheelBuilderConfig]):
    """Adds the folders of the `shipped` table to a standard wheel.

    Hatchling copies forced includes into editable installs too, where they would go stale.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"].update(self.config["shipped"])

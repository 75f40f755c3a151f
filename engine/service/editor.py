"""What the language server is told of the desk: contracts and where they lie, calendars, every engine's tightenings."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.config.load import load_config
from engine.config.refusal import ConfigRefused
from engine.contracts import Loaded
from engine.marketdata.calendar import load_calendar
from engine.service.refusal import Refused
from engine.service.rule_files import read_schemas
from engine.shipped import shipped

FORM = 1
CALENDARS = ("XNYS",)


def write_environment(path: Path, layer: str, config: Path | None = None) -> None:
    """Write the document the language server reads. Raises Refused.

    `config` is a folder whose engines may tighten params, the shipped one by default; `layer` is the environment they
    are merged with. An engine whose configuration is refused tightens nothing here: `mqk config lint` says why.
    """
    root = shipped("config") if config is None else config
    if not (root / "engines").is_dir():
        raise Refused("CONFIG_NONE", f"{root} holds no engines", "name a config folder, or leave --config out")
    engines = sorted(path.stem for path in (root / "engines").glob("*.yaml"))
    document = {
        "v": FORM,
        "contracts": read_schemas(),
        "places": dict(_places()),
        "calendars": {code: _sessions(code) for code in CALENDARS},
        "tightenings": [one for engine in engines for one in _of(root, layer, engine)],
    }
    path.write_text(json.dumps(document, sort_keys=True), encoding="utf-8")


def _places() -> Iterator[tuple[str, tuple[str, int, int]]]:
    """Yield where each fact is declared: file, line and column."""
    for path in sorted(shipped("specs").glob("*.schema.json")):
        text = path.read_text(encoding="utf-8")
        schema = json.loads(text)
        namespace = schema.get("x-namespace")
        if namespace:
            pointers = {name: f"/properties/{name}" for name in schema["properties"]}
            found = Loaded(schema, path.name, text).locate(pointers.values())
            for name, pointer in pointers.items():
                yield f"{namespace}.{name}", (str(path), found[pointer].line, found[pointer].column)


def _sessions(code: str) -> Mapping[str, list[int]]:
    sessions = load_calendar(code).sessions
    return {
        "days": [session.day.toordinal() for session in sessions],
        "opens": [int(session.open) for session in sessions],
        "closes": [int(session.close) for session in sessions],
    }


def _of(root: Path, layer: str, engine: str) -> Iterator[Mapping[str, Any]]:
    """Yield the tightenings of one engine as they are written."""
    try:
        config = load_config(root, layer, engine)
    except ConfigRefused:
        return
    for stated in config.overlays:
        yield {
            "engine": engine,
            "param": stated.param,
            "key": list(stated.key),
            "value": stated.value_text,
            "since": stated.from_date.isoformat(),
            "cite": stated.cite,
            "origin": f"{stated.origin.source}:{stated.origin.line}",
        }

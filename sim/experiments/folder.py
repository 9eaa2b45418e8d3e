"""The folder of an experiment: claimed by a document that says what was asked for, and where it goes on."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.results.folder import SCENARIO_YAML, FolderError, demand_free, replace_json, sync
from sim.scenario import Scenario


def claimed(place: Path, document: str, about: dict[str, Any], scenario: Scenario) -> Path:
    """Make the folder of an experiment, or find the one where it goes on.

    ``about`` is what was asked for, in plain values; it is kept as the JSON file ``document``, beside the scenario.
    Raises FolderError where the folder holds something else.
    """
    kind = document.partition(".")[0]
    if not (place / document).is_file():
        demand_free(place)
        place.mkdir(parents=True, exist_ok=True)
        (place / SCENARIO_YAML).write_text(scenario.yaml(), encoding="utf-8", newline="\n")
        replace_json(place / document, about)
    elif json.loads((place / document).read_text(encoding="utf-8")) != about:
        raise FolderError(f"{place}: holds another {kind}; a folder that does not exist or is empty")
    return place


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give where a file is to be written that then appears at ``path``, durable and whole, or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    yield unfinished
    sync(unfinished)
    os.replace(unfinished, path)

"""Nothing on a page with sliders is English by itself, but for what scenarios say and what the schema says of keys."""

import json
from pathlib import Path
from typing import Any

import pytest

from sim.experiments.explored import explored
from sim.report.explore.page import written
from sim.warning.size import of_varied
from tests.report.bracketed import Texts, untranslatable


def texts_of(value: Any) -> list[str]:
    """Return the texts that the script of the page fills in."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts_of(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_of(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", ["two", "single", "outside", "grid"])
@pytest.mark.usefixtures("marking")
def test_nothing_of_sliders_is_left_untranslatable(name: str, folders: dict[str, Path], tmp_path: Path) -> None:
    found = explored(folders[name])
    texts = Texts()
    texts.feed(written(folders[name], tmp_path / "explore.html").read_text(encoding="utf-8"))
    data = json.loads(texts.scripts["data"])
    filled = texts_of(data["texts"])
    filled += [text for lever in data["levers"] for text in lever["said"]]
    filled += [outcome["said"] for outcome in data["outcomes"]]
    filled += [text for point in data["points"] for text in point["said"]]
    keys = {lever.key for lever in found.levers}
    ends = {lever.key: (lever.parameter.ends[0], lever.parameter.ends[1]) for lever in found.levers}
    own = {*keys, found.scenario.spec.title, found.scenario.spec.name, *of_varied(found.scenario, ends)}
    assert untranslatable([*texts.found, *filled], own) == []

"""Views of a picture as JSON: what the page puts together again is what was drawn."""

import base64
import json
import re
import zlib
from typing import Any

import pytest

import sim
from sim.report.gallery import SECTIONS, combinations
from sim.report.parts import chart, packed, script_json


def put_together(found: dict[str, Any], key: str) -> dict[str, Any]:
    """Give a view as the page's script does."""

    def replaced(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**base, **patch}.items() if value is not None}

    base, patch = found["base"], found["views"][key]
    data = patch.get("all")
    if data is None:
        patches = patch.get("data", [{}] * len(base["data"]))
        data = [replaced(one, two) for one, two in zip(base["data"], patches, strict=True)]
    return {"data": data, "layout": replaced(base["layout"], patch.get("layout", {}))}


def test_every_view_of_every_picture_is_put_together_again(full: sim.Run) -> None:
    seen = 0
    for picture in (one for section in SECTIONS for one in section.pictures):
        drawn = picture.draw(full)
        views = {"|".join(one.values()): drawn.view(**one) for one in combinations(picture, [full])}
        found = chart(views)
        for key, figure in views.items():
            wanted = json.loads(figure.to_json())
            wanted["layout"].pop("template", None)
            got = put_together(found, key)
            assert got == {"data": wanted["data"], "layout": wanted["layout"]}
            seen += 1
    assert seen > 40


def test_data_cannot_end_the_script_that_it_stands_in() -> None:
    document = {"name": "</script><!-- & \u2028", "values": [0.1] * 1000}
    text = packed(script_json(document))
    assert re.fullmatch(r"[A-Za-z0-9+/=]{20,200}", text)
    assert json.loads(zlib.decompress(base64.b64decode(text))) == document
    with pytest.raises(ValueError, match="JSON"):
        script_json({"value": float("nan")})

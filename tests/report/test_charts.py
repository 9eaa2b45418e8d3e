"""Views of a picture as JSON: what the page puts together again is what was drawn."""

import json
import re
from typing import Any

import sim
from sim.report.charts import chart, script_json
from sim.report.gallery import SECTIONS, drawn


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
        keys = [choice.key for choice in picture.choices]
        views = drawn(picture, full)
        found = chart(views, keys)
        for choices, figure in views:
            wanted = json.loads(figure.to_json())
            wanted["layout"].pop("template", None)
            got = put_together(found, "|".join(choices[key] for key in keys))
            assert got == {"data": wanted["data"], "layout": wanted["layout"]}
            seen += 1
    assert seen > 40


def test_json_cannot_end_the_script_that_it_stands_in() -> None:
    text = script_json({"name": "</script><!-- & \u2028"})
    assert not re.search(r"[<>&\u2028]", text)
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}

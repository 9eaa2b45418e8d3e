"""Charts of the page: the views of a picture as JSON, each view but the first as what differs from it."""

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

Plain = dict[str, Any]


def chart(views: "list[tuple[dict[str, str], go.Figure]]", keys: list[str]) -> Plain:
    """Give a chart in plain values: ``base``, the first view, and ``views`` by key, each what differs from the first.

    The key of a view joins the values of its choices, in the order of ``keys``, by ``|``. A trace that differs in
    some of its entries is stored with these alone; where the number of traces differs, all are stored.
    """
    (first, figure), *others = views
    base = _plain(figure)
    found: dict[str, Plain] = {view_key(first, keys): {}}
    for choices, other in others:
        found[view_key(choices, keys)] = _difference(base, _plain(other))
    return {"base": base, "first": view_key(first, keys), "views": found}


def share_scales(runs: "list[list[go.Figure]]") -> None:
    """Give the views of several runs that stand beside each other one scale of colours, view by view."""
    for figures in zip(*runs, strict=True):
        maps = [
            trace for figure in figures for trace in figure.data if trace.type == "heatmap" and trace.zmax is not None
        ]
        for trace in maps:
            trace.update(zmin=min(one.zmin for one in maps), zmax=max(one.zmax for one in maps))


def view_key(choices: dict[str, str], keys: list[str]) -> str:
    """Give the key of a view."""
    return "|".join(choices[key] for key in keys)


def script_json(document: Any) -> str:
    """Give JSON as short as it can be; NaN and infinity are refused."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def packed(text: str) -> str:
    """Give a text as the page unpacks it: compressed by zlib, in base64, of which nothing can end a script element."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _plain(figure: "go.Figure") -> Plain:
    import plotly.io

    document: Plain = json.loads(plotly.io.to_json(figure, validate=False, engine="json"))
    document["layout"].pop("template", None)
    return {"data": document["data"], "layout": document["layout"]}


def _difference(base: Plain, other: Plain) -> Plain:
    layout = _changed(base["layout"], other["layout"])
    if len(base["data"]) != len(other["data"]):
        return {"all": other["data"], "layout": layout}
    return {
        "data": [_changed(one, two) for one, two in zip(base["data"], other["data"], strict=True)],
        "layout": layout,
    }


def _changed(base: Plain, other: Plain) -> Plain:
    """Give the entries of ``other`` that are not those of ``base``; null for what it lacks."""
    found = {key: value for key, value in other.items() if key not in base or base[key] != value}
    return {**found, **{key: None for key in base if key not in other}}

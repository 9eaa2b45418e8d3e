"""Charts of the page as JSON: a picture's first view, and of each other view what differs from it."""

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

Plain = dict[str, Any]


def chart(views: "list[tuple[dict[str, str], go.Figure]]", keys: list[str]) -> Plain:
    """Return a chart in plain values: its first view, and of each other view what differs from it.

    ``base`` is the first view, ``first`` its key, and ``views`` has the others by key: their choices, joined in the
    order of ``keys``. Of a trace only the entries that differ are stored; if the number of traces differs, all are.
    """
    (first, figure), *others = views
    base = _plain(figure)
    found: dict[str, Plain] = {view_key(first, keys): {}}
    for choices, other in others:
        found[view_key(choices, keys)] = _difference(base, _plain(other))
    return {"base": base, "first": view_key(first, keys), "views": found}


def share_scales(runs: "list[list[go.Figure]]") -> None:
    """Give the views of several runs side by side one scale of colours, view by view."""
    for figures in zip(*runs, strict=True):
        maps = [
            trace for figure in figures for trace in figure.data if trace.type == "heatmap" and trace.zmax is not None
        ]
        for trace in maps:
            trace.update(zmin=min(one.zmin for one in maps), zmax=max(one.zmax for one in maps))
        # If the bars of one run are cut, those of the others get the same axis.
        cut = [figure.layout.xaxis.range for figure in figures if figure.layout.xaxis.range and _is_bars(figure)]
        for figure in figures:
            if cut and _is_bars(figure):
                figure.update_xaxes(range=[min(low for low, _ in cut), max(high for _, high in cut)])


def _is_bars(figure: "go.Figure") -> bool:
    return bool(figure.data) and all(trace.type == "bar" and trace.orientation == "h" for trace in figure.data)


def view_key(choices: dict[str, str], keys: list[str]) -> str:
    """Return the key of a view: the values of its choices, joined by ``|``."""
    return "|".join(choices[key] for key in keys)


def script_json(document: Any) -> str:
    """Return a document as JSON without spaces; raises ValueError for NaN and infinity."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def in_script(document: Any) -> str:
    """Return a document as JSON for a script element, which no text of it can end."""
    return script_json(document).replace("<", "\\u003c")


def packed(text: str) -> str:
    """Return a text as the page unpacks it: compressed by zlib, in base64, which no script element ends."""
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
    """Return the entries of ``other`` that differ from ``base``, and null for those that it lacks."""
    found = {key: value for key, value in other.items() if key not in base or base[key] != value}
    return {**found, **{key: None for key in base if key not in other}}

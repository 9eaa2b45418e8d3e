"""The cascade: from potential attempts through the gates to victims, as a flow whose widths are the counts."""

from typing import TYPE_CHECKING

from sim.labels import CHANNELS, FATES
from sim.report.looks import GREY, SKY, amount, colours, finish, percent, short, words
from sim.report.sums import sums

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.results.run import Run

STOPPED = FATES[:5]
DELIVERED = FATES[5:]
ENDS = {"victims": "victims", "saved": "saved by a warning", "held": "held by a bank", "dropped_out": "dropped out"}
NOT_OVER = "not over yet"
PARTS = {"all": "all attempts", "delivered": "what was delivered", "engaged": "people drawn in"}
"""How closely the flow is looked at: victims cannot be seen beside billions of attempts."""
ANY = "all"

Flow = tuple[str, str, float, str]
"""From, to, count and colour."""


def cascade(run: "Run", channel: str = ANY, part: str = "all") -> "go.Figure":
    """Draw the flow of one channel, or ``all``, and one ``part``: ``all``, ``delivered`` or ``engaged``.

    How episodes end is not stored by channel: a single channel's flow ends with those who engaged.
    """
    import plotly.graph_objects as go

    counts = _counts(run)
    chosen = [name for name in CHANNELS if channel in (ANY, name)]
    flows = [flow for flow in _flows(run, counts, chosen, part) if flow[2] > 0]
    names = list(dict.fromkeys(name for flow in flows for name in flow[:2]))
    place = {name: number for number, name in enumerate(names)}
    sizes = {name: _size(flows, name) for name in names}
    shades = _shades()
    figure = go.Figure()
    if flows:
        figure.add_sankey(
            arrangement="fixed",
            node={
                "label": [f"{words(name)} {short(sizes[name])}" for name in names],
                "color": [shades.get(name, GREY) for name in names],
                "customdata": [amount(sizes[name], 4) for name in names],
                "hovertemplate": "%{label}: %{customdata}<extra></extra>",
                "pad": 18,
                "thickness": 14,
                "line": {"width": 0},
            },
            link={
                "source": [place[flow[0]] for flow in flows],
                "target": [place[flow[1]] for flow in flows],
                "value": [flow[2] for flow in flows],
                "color": [_pale(flow[3]) for flow in flows],
                "customdata": [f"{amount(flow[2], 4)} ({percent(flow[2] / sizes[flow[0]])})" for flow in flows],
                "hovertemplate": "%{source.label} to %{target.label}: %{customdata}<extra></extra>",
            },
            textfont={"size": 12},
        )
    which = "All channels" if channel == ANY else {"call": "Calls", "sms": "SMS", "online": "Online"}[channel]
    finish(figure, 520, f"{which}: {PARTS[part]}, in numbers of attempts")
    figure.update_layout(meta={"narrow": {"traces": {"textfont": {"size": 9.5}, "node": {"pad": 22}}}})
    return figure


def cascade_table(run: "Run") -> "pd.DataFrame":
    """Give attempts of the country by fate (rows) and channel, and then how episodes ended."""
    import pandas as pd

    counts = _counts(run)
    rows = []
    for fate in FATES:
        row = {"where it ended": words(fate), **{channel: counts[channel, fate] for channel in CHANNELS}}
        rows.append({**row, "all": sum(counts[channel, fate] for channel in CHANNELS)})
    for name, count in _ends(run).items():
        rows.append({"where it ended": f"of those engaged: {name}", "all": count})
    return pd.DataFrame(rows, columns=["where it ended", *CHANNELS, "all"])


def cascade_words(run: "Run") -> str:
    """Say the cascade in words: of a thousand, or a million, attempts."""
    counts = _counts(run)
    total = sum(counts.values())
    if not total:
        return "There were no attempts."
    stopped = sum(counts[channel, fate] for channel in CHANNELS for fate in STOPPED)
    engaged = sum(counts[channel, "engaged"] for channel in CHANNELS)
    victims = run.manifest["totals"]["victims"]
    ratio = f", one in {amount(total / victims)}" if victims else ""
    return (
        f"Of {amount(total)} potential attempts {amount(stopped)} ({percent(stopped / total)}) were stopped before "
        f"anybody saw them; {amount(total - stopped)} were delivered; {amount(engaged)} drew somebody in; "
        f"{amount(victims)} ended in a payment{ratio}."
    )


def _counts(run: "Run") -> dict[tuple[str, str], float]:
    found = sums(run, "attempts", ["channel", "fate"]).set_index(["channel", "fate"])["count"]
    return {(channel, fate): float(found.get((channel, fate), 0.0)) for channel in CHANNELS for fate in FATES}


def _ends(run: "Run") -> dict[str, float]:
    """Give how the episodes of the period ended; what is left over was not over when the run was."""
    totals = run.manifest["totals"]
    ended = {title: float(totals.get(name, 0)) for name, title in ENDS.items()}
    engaged = float(totals["attempts_by_fate"]["engaged"])
    # Episodes of the warm-up end in the period too, so that ends may outnumber beginnings by a little.
    return {**ended, NOT_OVER: max(0.0, engaged - sum(ended.values()))}


def _flows(run: "Run", counts: dict[tuple[str, str], float], chosen: list[str], part: str) -> list[Flow]:
    shades = colours("channel")
    flows: list[Flow] = []
    for channel in chosen:
        shade = shades[channel]
        if part == "all":
            flows += [(channel, fate, counts[channel, fate], shade) for fate in STOPPED]
            delivered = sum(counts[channel, fate] for fate in DELIVERED)
            flows.append((channel, "delivered", delivered, shade))
    for fate in DELIVERED:
        if part == "all":
            flows.append(("delivered", fate, sum(counts[channel, fate] for channel in chosen), SKY))
        elif part == "delivered" or fate == "engaged":
            flows += [(channel, fate, counts[channel, fate], shades[channel]) for channel in chosen]
    if len(chosen) == len(CHANNELS):
        ends = colours("outcome")
        titles = {title: name for name, title in ENDS.items()}
        for title, count in _ends(run).items():
            flows.append(("engaged", title, count, ends.get(titles.get(title, ""), GREY)))
    return flows


def _shades() -> dict[str, str]:
    ends = colours("outcome")
    return {
        **colours("channel"),
        **colours("fate"),
        "delivered": SKY,
        **{title: ends[name] for name, title in ENDS.items()},
    }


def _size(flows: list[Flow], name: str) -> float:
    """Give what passes a node: what leaves it, or arrives where nothing does."""
    return sum(flow[2] for flow in flows if flow[0] == name) or sum(flow[2] for flow in flows if flow[1] == name)


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.42)"

"""The cascade: from potential attempts through the gates to victims, as a flow of bands as wide as the counts."""

from typing import TYPE_CHECKING

from sim.base.rounding import amount, percent, short
from sim.base.words import Channel, Fate, Outcome
from sim.language.spoken import marked, named, said, spelled
from sim.report.drawing import bare, blank, on_phones
from sim.report.looks import GREY, SKY, colours, finish, words
from sim.report.tables import sums, table_of

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run

CHANNELS, FATES = Channel.labels(), Fate.labels()
STOPPED = tuple(fate.label for fate in Fate if fate.stopped)
DELIVERED = tuple(fate.label for fate in Fate if not fate.stopped)
ENGAGED = Fate.ENGAGED.label
ENDS = {
    Outcome.VICTIMS.label: marked("victims"),
    Outcome.SAVED.label: marked("stopped before payment"),
    Outcome.HELD.label: marked("held by a bank"),
    Outcome.DROPPED_OUT.label: marked("dropped out"),
}
"""How episodes end: totals of the run, and their names."""
NOT_OVER = marked("not over yet")
PARTS = {
    "all": marked("all attempts"),
    "delivered": marked("delivered attempts"),
    ENGAGED: marked("people drawn in"),
}
"""Parts of the flow, each drawn alone: next to billions of attempts, victims are too few to see."""
ANY = "all"
CHANNEL = {
    ANY: marked("all"),
    **{name: marked("calls") if name == Channel.CALL.label else spelled(name) for name in CHANNELS},
}
"""Choices of a channel, and their names."""
HEIGHT, PAD = 540, 15
"""Height of the figure, and space between two nodes, in pixels."""
ROOM = 66
"""Pixels of the height that margins take."""
COLUMNS = {"delivered": 0.36, ENGAGED: 0.52}
"""Where nodes in the middle stand, from 0 (left) to 1 (right)."""

Flow = tuple[str, str, float, str]
"""From, to, count and colour."""


def cascade(run: "Run", channel: str = ANY, part: str = "all") -> "go.Figure":
    """Draw the flow of attempts through the gates to the ends of episodes.

    Ends of episodes are not stored by channel: the flow of a single channel ends with those who engaged.

    Args:
        run: The run.
        channel: One of ``CHANNEL``: a channel of attempts, or ``all``.
        part: One of ``PARTS``: ``all``, ``delivered`` or ``engaged``.

    Returns:
        A figure of bands whose widths are the counts of the country.
    """
    counts = _counts(run)
    chosen = [name for name in CHANNELS if channel in (ANY, name)]
    flows = [flow for flow in _flows(run, counts, chosen, part) if flow[2] > 0]
    met = {name for flow in flows for name in flow[:2]}
    names = [name for name in (*CHANNELS, "delivered", *FATES, *ENDS.values(), NOT_OVER) if name in met]
    place = {name: number for number, name in enumerate(names)}
    sizes = {name: _size(flows, name) for name in names}
    shades = _shades()
    which = said("all channels") if channel == ANY else said(CHANNEL[channel])
    title = said("Number of attempts, {channel}: {part}", channel=which, part=said(PARTS[part]))
    if not flows:
        return blank(title, said("There were none."))
    texts = [f"{words(name)} {short(sizes[name])}" for name in names]
    route = said("{origin} to {end}: {count}", origin="%{source.label}", end="%{target.label}", count="%{customdata}")
    figure = bare().add_sankey(
        arrangement="fixed",
        node={
            "label": texts,
            "color": [shades.get(name, GREY) for name in names],
            "customdata": [amount(sizes[name], 4) for name in names],
            "hovertemplate": "%{label}: %{customdata}<extra></extra>",
            **_positions(names, sizes),
            "pad": PAD,
            "thickness": 14,
            "line": {"width": 0},
        },
        link={
            "source": [place[flow[0]] for flow in flows],
            "target": [place[flow[1]] for flow in flows],
            "value": [flow[2] for flow in flows],
            "color": [_pale(flow[3]) for flow in flows],
            "customdata": [
                said("{amount} ({share})", amount=amount(flow[2], 4), share=percent(flow[2] / sizes[flow[0]]))
                for flow in flows
            ],
            "hovertemplate": f"{route}<extra></extra>",
        },
        textfont={"size": 12},
    )
    # A phone has no room for a label between two columns; the sentence next to the figure gives this number.
    labels = ["" if name == ENGAGED and part == "all" else label for name, label in zip(names, texts, strict=True)]
    on_phones(finish(figure, HEIGHT, title), traces={"textfont": {"size": 9.5}, "node": {"label": labels}})
    return figure


def cascade_table(run: "Run") -> "pd.DataFrame":
    """Return attempts of the country by fate (rows) and channel, then the ends of episodes."""
    counts = _counts(run)
    rows = []
    for fate in FATES:
        row = {"where it ended": named(fate), **{channel: counts[channel, fate] for channel in CHANNELS}}
        rows.append({**row, "all": sum(counts[channel, fate] for channel in CHANNELS)})
    for name, count in _ends(run).items():
        rows.append({"where it ended": said("of those engaged: {end}", end=said(name)), "all": count})
    return table_of(rows, ["where it ended", *CHANNELS, "all"])


def cascade_words(run: "Run") -> str:
    """Say how many attempts were stopped and delivered, and how many drew somebody in and ended in a payment."""
    counts = _counts(run)
    total = sum(counts.values())
    if not total:
        return said("There were no attempts.")
    stopped = sum(counts[channel, fate] for channel in CHANNELS for fate in STOPPED)
    victims = run.manifest["totals"]["victims"]
    told = said(
        "{stopped} of {total} potential attempts ({share}) were stopped before reaching anyone. {delivered} were "
        "delivered, {engaged} drew somebody in, and {victims} ended in a payment.",
        total=amount(total), stopped=amount(stopped), share=percent(stopped / total), victims=amount(victims),
        delivered=amount(total - stopped), engaged=amount(sum(counts[channel, ENGAGED] for channel in CHANNELS)),
    )  # fmt: skip
    if not victims:
        return told
    return " ".join([told, said("That is one payment in {ratio} attempts.", ratio=amount(total / victims))])


def _counts(run: "Run") -> dict[tuple[str, str], float]:
    found = sums(run, "attempts", ["channel", "fate"]).set_index(["channel", "fate"])["count"]
    return {(channel, fate): float(found.get((channel, fate), 0.0)) for channel in CHANNELS for fate in FATES}


def _ends(run: "Run") -> dict[str, float]:
    """Return how many episodes of the period ended in each way; the others were open when the run ended."""
    totals = run.manifest["totals"]
    ended = {title: float(totals.get(name, 0)) for name, title in ENDS.items()}
    engaged = float(totals["attempts_by_fate"][ENGAGED])
    # Episodes of the warm-up end in the period too, so ends may slightly outnumber beginnings.
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
        elif part == "delivered" or fate == ENGAGED:
            flows += [(channel, fate, counts[channel, fate], shades[channel]) for channel in chosen]
    # If nobody is drawn in, the ends are those of earlier episodes, and the picture shows no origin for them.
    if len(chosen) == len(CHANNELS) and any(counts[channel, ENGAGED] for channel in chosen):
        ends = colours("outcome")
        titles = {title: name for name, title in ENDS.items()}
        for title, count in _ends(run).items():
            flows.append((ENGAGED, title, count, ends.get(titles.get(title, ""), GREY)))
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
    """Return the size of a node: the flow that leaves it or, at an end, the flow that arrives."""
    return sum(flow[2] for flow in flows if flow[0] == name) or sum(flow[2] for flow in flows if flow[1] == name)


def _positions(names: list[str], sizes: dict[str, float]) -> dict[str, list[float]]:
    """Place the nodes: sources left, ends right, from the first gate down to the payment."""
    ending = [name for name in names if name not in CHANNELS and name not in COLUMNS]
    if not {ENGAGED} & set(names) or not any(name in names for name in (*ENDS.values(), NOT_OVER)):
        ending = [name for name in names if name not in CHANNELS and name != "delivered"]
    sources = [name for name in names if name in CHANNELS]
    total = sum(sizes[name] for name in sources)
    most = max(len(ending), len(sources))
    # The space between two nodes and one attempt, as shares of the height.
    gap = PAD / (HEIGHT - ROOM)
    one = (1.0 - gap * (most - 1)) / total
    middle: dict[str, float] = {}
    for column in (sources, ending):
        # Columns with fewer nodes have wider gaps, so that all are equally high.
        own = (1.0 - one * sum(sizes[name] for name in column)) / max(1, len(column) - 1)
        at = 0.0
        for name in column:
            middle[name] = at + one * sizes[name] / 2
            at += one * sizes[name] + own
    for name, after in ((ENGAGED, ENDS.values()), ("delivered", DELIVERED)):
        if name in names and name not in middle:
            below = [middle[one_of] for one_of in (*after, NOT_OVER) if one_of in middle]
            half = one * sizes[name] / 2
            middle[name] = min(1.0 - half, max(half, sum(below) / len(below) if below else 0.5))
    column_of = {**dict.fromkeys(sources, 0.001), **dict.fromkeys(ending, 0.999)}
    return {
        "x": [column_of.get(name, COLUMNS.get(name, 0.5)) for name in names],
        "y": [min(0.999, max(0.001, middle[name])) for name in names],
    }


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.42)"

"""The cascade: bands whose widths are the counts, from one side to the other."""

import pytest

import sim
from sim.base.words import Channel, Fate
from sim.report.attempts import DELIVERED, HEIGHT, PAD, PARTS, ROOM, cascade

CHANNELS, FATES = Channel.labels(), Fate.labels()

ALL = ["all", *CHANNELS]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("channel", ALL)
def test_bands_are_as_wide_as_the_counts(full: sim.Run, channel: str, part: str) -> None:
    (trace,) = cascade(full).view(channel, part).data
    names = [label.rpartition(" ")[0] for label in trace.node.label]
    flows = [
        (names[a], names[b], v) for a, b, v in zip(trace.link.source, trace.link.target, trace.link.value, strict=True)
    ]
    counted = full.attempts if channel == "all" else full.attempts[full.attempts["channel"] == channel]
    by_fate = counted.groupby("fate")["count"].sum()
    shown = {"all": FATES, "delivered": DELIVERED, "engaged": ("engaged",)}[part]
    for fate in shown:
        assert sum(v for _, b, v in flows if b == fate.replace("_", " ")) == by_fate.get(fate, 0)
    # What arrives at a place in the middle leaves it; episodes of the warm-up may end in the period.
    if part == "all":
        arrived = sum(v for _, b, v in flows if b == "delivered")
        assert arrived == sum(v for a, _, v in flows if a == "delivered") > 0
    victims = sum(v for _, b, v in flows if b == "victims")
    assert victims == (full.manifest["totals"]["victims"] if channel == "all" else 0)
    assert all(0 < place < 1 for place in (*trace.node.x, *trace.node.y))
    # A column of nodes that all flows pass takes the height but for the gaps: no node may stand out above or below.
    sizes = {
        name: max(sum(v for a, _, v in flows if a == name), sum(v for _, b, v in flows if b == name)) for name in names
    }
    gap, most = PAD / (HEIGHT - ROOM), max(sum(x == end for x in trace.node.x) for end in (0.001, 0.999))
    one = (1 - gap * (most - 1)) / sum(sizes[name] for name in names if name.lower() in CHANNELS)
    for name, middle in zip(names, trace.node.y, strict=True):
        assert one * sizes[name] / 2 - 0.002 <= middle <= 1.002 - one * sizes[name] / 2, name


def test_gates_stand_in_their_order(full: sim.Run) -> None:
    (trace,) = cascade(full).view().data
    heights = dict(zip((label.rpartition(" ")[0] for label in trace.node.label), trace.node.y, strict=True))
    found = [heights[fate.replace("_", " ")] for fate in FATES if fate not in ("engaged", "den_destroyed")]
    assert found == sorted(found)
    assert heights["victims"] > heights["ignored"]


def test_counts_are_those_of_the_country(half: sim.Run) -> None:
    table = cascade(half).table.set_index("where it ended")
    for fate in set(FATES) - {"den_destroyed"}:
        assert table.loc[fate.replace("_", " "), "all"] == half.manifest["totals"]["attempts_by_fate"][fate]


def test_words_say_how_few_attempts_end_in_a_payment(full: sim.Run, empty: sim.Run) -> None:
    totals = full.manifest["totals"]
    assert f"one payment in {totals['attempts_potential'] / totals['victims']:.0f} attempts." in cascade(full).words
    assert cascade(empty).words == "There were no attempts."
    assert not cascade(empty).view().data

"""Waits, expiry and ends: what is drawn, beside the tables summed by pandas."""

from itertools import pairwise

import pytest

import sim
from sim.base.days import MINUTE_MS
from sim.base.rounding import percent
from sim.base.words import ContactChannel, End, Tier
from sim.report.alerts import ends, expired, waits
from sim.report.drawing import words
from tests.report.pictures.drawn import traces

CONTACT_CHANNELS, ENDS, TIERS = ContactChannel.labels(), End.labels(), Tier.labels()


ANY_DESK = "any desk, including expired alerts"


def test_a_curve_is_the_share_of_waits_up_to_each_edge(full: sim.Run) -> None:
    drawn = {}
    for trace in waits(full).view().data:
        # The share is known at the edges of bins alone, each twice the one before: nothing may be drawn between them.
        assert trace.line.shape == "hv"
        if trace.name != ANY_DESK:
            tier, channel = trace.text[0].split(":")[0].split(", ")
            drawn[tier, channel.lower()] = dict(zip(trace.x, trace.y, strict=True))
    deadlines = full.scenario.spec.warning.tiers
    counts = full.waits.groupby(["tier", "channel"])["count"].sum()
    assert set(drawn) == set(counts.index)
    for (tier, channel), curve in drawn.items():
        rows = full.waits[(full.waits["tier"] == tier) & (full.waits["channel"] == channel)]
        deadline = getattr(deadlines, tier).deadline
        for edge, share in curve.items():
            # The last bin reaches beyond the deadline, at which nobody waits for a desk any more.
            cut = channel in ("call", "visit") and edge * MINUTE_MS == deadline
            until = rows.loc[rows["bin"] <= edge * MINUTE_MS * (2 if cut else 1), "count"].sum()
            assert channel in ("app", "sms") or edge * MINUTE_MS <= deadline
            assert share == pytest.approx(until / counts[tier, channel], rel=1e-12)
        assert list(curve) == sorted(curve)
        assert all(one <= two for one, two in pairwise(curve.values()))
        assert list(curve.values())[-1] == 1.0
        # Edges double, none is left out; but the deadline may cut the last.
        edges = list(curve)
        assert all(two == 2 * one for one, two in pairwise(edges[:-1]))
        assert edges[-1] in (2 * edges[-2], deadline / MINUTE_MS)


def test_alerts_that_expired_are_in_the_picture_of_waits(full: sim.Run) -> None:
    figure = waits(full).view()
    lost = full.alerts[full.alerts["end"] == "expired"].groupby("tier")["count"].sum()
    served = full.waits[full.waits["channel"].isin(["call", "visit"])].groupby("tier")["count"].sum()
    # Nobody waits for a desk with the tiers that are only messages.
    tiers = [tier for tier in TIERS if served.get(tier, 0)]
    drawn = traces(figure, ANY_DESK)
    assert len(drawn) == len(tiers) > 1
    marks = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(marks) == sum(lost.get(tier, 0) > 0 for tier in tiers) > 1
    for tier, trace, mark in zip(tiers, drawn, marks, strict=True):
        share = served[tier] / (served[tier] + lost[tier])
        assert trace.y[-1] == pytest.approx(share)
        assert trace.y[-1] < 0.97
        # It ends at the deadline, where the mark of those that were never served begins.
        assert trace.x[-1] * MINUTE_MS == getattr(full.scenario.spec.warning.tiers, tier).deadline
        assert (mark.x0, mark.y0, mark.y1) == (trace.x[-1], trace.y[-1], 1.0)
        assert any(note.text == f"deadline: {percent(1 - share)} expired" for note in figure.layout.annotations)


def test_deadlines_stand_where_the_scenario_has_them(full: sim.Run) -> None:
    lines = [shape for shape in waits(full).view().layout.shapes if shape.type == "line"]
    tiers = full.scenario.spec.warning.tiers
    assert [line.x0 * MINUTE_MS for line in lines] == [getattr(tiers, tier).deadline for tier in TIERS]
    table = waits(full).table.set_index(["tier", "channel"])
    assert table.loc[("red", "visit"), "deadline"] == "8 h"
    assert set(table.index) <= {(tier, channel) for tier in TIERS for channel in CONTACT_CHANNELS}


def test_expired_alerts_by_tier_and_day(full: sim.Run) -> None:
    figure = expired(full).view()
    issued = full.alerts.groupby(["tier", "day"])["count"].sum()
    lost = full.alerts[full.alerts["end"] == "expired"].groupby(["tier", "day"])["count"].sum()
    assert lost.sum() > 100
    seen = 0
    for tier in TIERS:
        share, count = traces(figure, tier)
        for when, of_issued, a_day in zip(share.x, share.y, count.y, strict=True):
            want = lost.get((tier, when), 0)
            assert a_day == want
            assert of_issued == pytest.approx(want / issued[tier, when])
            seen += want
    assert lost.sum() == full.totals["alerts_by_end.expired"]
    open_ = full.alerts[full.alerts["end"] == "open"].groupby(["tier", "day"])["count"].sum()
    late = {pair for pair, count in open_.items() if count > 0.05 * issued[pair]}
    assert late
    assert seen == lost.sum() - sum(lost.get(pair, 0) for pair in late)
    drawn = {(tier, when) for tier in TIERS for when in traces(figure, tier)[0].x}
    assert drawn == {(tier, f"{when:%Y-%m-%d}") for tier, when in issued.index if (tier, when) not in late}
    assert list(expired(full).table["tier"]) == list(TIERS)


def test_counts_are_of_the_country(full: sim.Run, half: sim.Run) -> None:
    for run, scale in ((full, 1), (half, 2)):
        lost = run.alerts[run.alerts["end"] == "expired"].groupby(["tier", "day"])["count"].sum()
        for tier in TIERS:
            count = traces(expired(run).view(), tier)[1]
            assert sum(count.y) == scale * sum(lost.get((tier, day), 0) for day in count.x)
        assert sum(sum(traces(expired(run).view(), tier)[1].y) for tier in TIERS) > 1000


def test_ends_of_a_tier_add_up(full: sim.Run) -> None:
    figure = ends(full).view()
    assert [trace.name for trace in figure.data] == [words(end) for end in ENDS]
    counts = full.alerts.groupby(["tier", "end"])["count"].sum().unstack(fill_value=0)
    shares = counts.div(counts.sum(axis=1), axis=0)
    for trace, end in zip(figure.data, ENDS, strict=True):
        assert list(trace.x) == pytest.approx([shares.loc[tier, end] for tier in TIERS])
    assert [sum(trace.x[k] for trace in figure.data) for k in range(4)] == pytest.approx([1.0] * 4)

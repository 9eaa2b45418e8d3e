"""Detectors: curves and thresholds beside scipy's normal distribution, truth and fatigue beside tables and rules."""

from itertools import pairwise

import pytest
from scipy.stats import norm

import sim
from sim.base.rounding import percent
from sim.base.words import Channel, ContactChannel, Tier, Truth
from sim.report.pictures.detectors import (
    detection,
    detection_words,
    fatigue,
    fatigue_table,
    heard,
    precision,
    roc,
    roc_table,
    stops,
)
from sim.warning.dissuasion import dissuasion_tables
from tests.report.pictures.drawn import traces

CHANNELS, CONTACT_CHANNELS, TIERS, TRUTHS = (of.labels() for of in (Channel, ContactChannel, Tier, Truth))

KINDS = ("unanswered", "ignored", "engaged", "opened", "payment")


def expected(run: sim.Run) -> list[tuple[str, str, float, list[float]]]:
    """Give (detector, kind, d', thresholds) of each curve, detector by detector, channel by channel, then stages."""
    settings = run.scenario.spec.warning.detectors
    found = []
    for source in ("central", "local"):
        one = getattr(settings, source)
        tiers = [getattr(one.thresholds, tier) for tier in TIERS]
        for channel in CHANNELS:
            for kind in KINDS[:3]:
                found.append((source, kind, getattr(getattr(settings.contact, channel), kind) + one.shift, tiers))
        found += [(source, kind, getattr(settings.stages, kind) + one.shift, tiers) for kind in KINDS[2:]]
    return found


def test_curves_are_those_of_two_normal_distributions(full: sim.Run) -> None:
    curves = [trace for trace in roc(full).data if trace.mode == "lines"]
    wanted = expected(full)
    assert len(curves) == len(wanted) == 24
    for trace, (_, kind, d_prime, _) in zip(curves, wanted, strict=True):
        assert trace.name == kind
        # The score that lets so many legitimate contacts through, and how much of N(d', 1) is above it.
        assert list(trace.y) == pytest.approx(list(norm.sf(norm.isf(trace.x), d_prime)), rel=1e-9)
        assert all(one > two for one, two in pairwise(trace.x))
        assert all(one > two for one, two in pairwise(trace.y))


def test_thresholds_lie_on_the_curves(full: sim.Run) -> None:
    figure = roc(full)
    wanted = expected(full)
    for place, tier in enumerate(TIERS):
        points = [
            point
            for trace in traces(figure, f"{tier[0].upper()}: {tier}")
            for point in zip(trace.x, trace.y, strict=True)
        ]
        assert len(points) == 24
        for (false, found), (_, _, d_prime, thresholds) in zip(points, wanted, strict=True):
            assert false == pytest.approx(norm.sf(thresholds[place]), rel=1e-9)
            assert found == pytest.approx(norm.sf(norm.isf(false), d_prime), rel=1e-9)
    log_range = figure.layout.xaxis.range
    assert all(
        10 ** log_range[0] < x < 10 ** log_range[1]
        for tier in TIERS
        for t in traces(figure, f"{tier[0].upper()}: {tier}")
        for x in t.x
    )


def test_detection_is_divided_by_tier(full: sim.Run, thin: sim.Run) -> None:
    for run, seen in ((full, 24), (thin, 12)):
        figure = detection(run)
        bars = [trace for trace in figure.data if trace.type == "bar"]
        assert [trace.name for trace in bars] == list(TIERS)
        lanes = list(bars[0].y)
        assert len(set(lanes)) == seen
        settings = run.scenario.spec.warning.detectors
        for source in ("central", "local") if run is full else ("central",):
            one = getattr(settings, source)
            lane = next(
                lane for lane in lanes if lane.startswith("SMS, engaged") and (seen == 12 or source in lane.lower())
            )
            shares = [trace.x[lanes.index(lane)] for trace in bars]
            so_far = 0.0
            for tier, share in zip(TIERS, shares, strict=True):
                so_far += share
                threshold = getattr(one.thresholds, tier)
                assert so_far == pytest.approx(norm.sf(threshold, settings.contact.sms.engaged + one.shift))
        for tier, points in zip(TIERS, (trace for trace in figure.data if trace.type == "scatter"), strict=True):
            assert points.x[0] == pytest.approx(norm.sf(getattr(settings.central.thresholds, tier)))
        found = norm.sf(
            settings.central.thresholds.blue,
            min(one.engaged for one in (settings.contact.call, settings.contact.sms, settings.contact.online))
            + settings.central.shift,
        )
        assert f"at least {percent(found)} of attempts" in detection_words(run)


def test_detectors_that_are_alike_share_their_panels(full: sim.Run, thin: sim.Run) -> None:
    assert len([trace for trace in roc(thin).data if trace.mode == "lines"]) == 12
    assert len(roc_table(thin)) == 16
    assert len(roc_table(full)) == 32


def test_precision_is_of_the_alerts_of_a_tier(full: sim.Run) -> None:
    figure = precision(full)
    assert [trace.name for trace in figure.data] == list(TRUTHS)
    counts = full.alerts.groupby(["tier", "truth"])["count"].sum().unstack(fill_value=0)
    for trace in figure.data:
        assert list(trace.x) == pytest.approx([counts.loc[t, trace.name] / counts.loc[t].sum() for t in TIERS])


def test_fatigue_is_that_of_the_model(full: sim.Run) -> None:
    tables = dissuasion_tables(full.scenario.spec)
    figure = fatigue(full)
    for place, channel in enumerate(CONTACT_CHANNELS):
        for right, factor in ((True, 1.0), (False, tables.wrong_class)):
            for count in (0, 1, 7, 20):
                chance = tables.stop[place] * tables.fatigue[count] * factor
                assert stops(full, channel, count, right) == pytest.approx(chance, rel=1e-12)
    for trace in figure.data:
        assert all(one >= two for one, two in pairwise(trace.y))
    assert len(figure.data) == 8
    assert fatigue_table(full).iloc[0]["heard before"] == 0


def test_heard_alerts_are_those_that_reached(full: sim.Run, half: sim.Run) -> None:
    for run, scale in ((full, 1), (half, 2)):
        people = sum(row.population for row in run.scenario.spec.population.provinces)
        drawn = sum(sum(trace.y) for trace in heard(run).data) * people / 1000
        assert drawn == pytest.approx(scale * run.alerts.loc[run.alerts["end"] == "reached", "count"].sum())
        assert drawn > 1000

"""Detectors: shares and thresholds beside scipy's normal distribution, truth beside the tables."""

import pytest
from scipy.stats import norm

import sim
from sim.base.rounding import percent
from sim.base.words import Tier, Truth
from sim.report.alerts import detection, precision

TIERS, TRUTHS = Tier.labels(), Truth.labels()


def test_detection_is_divided_by_tier(full: sim.Run, thin: sim.Run) -> None:
    for run, seen in ((full, 24), (thin, 12)):
        figure = detection(run).view()
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
        assert f"at least {percent(found)} of attempts" in detection(run).words


def test_detectors_that_are_alike_share_their_lanes(full: sim.Run, thin: sim.Run) -> None:
    assert len(detection(thin).table) == 13
    assert len(detection(full).table) == 26


def test_precision_is_of_the_alerts_of_a_tier(full: sim.Run) -> None:
    figure = precision(full).view()
    assert [trace.name for trace in figure.data] == list(TRUTHS)
    counts = full.alerts.groupby(["tier", "truth"])["count"].sum().unstack(fill_value=0)
    for trace in figure.data:
        assert list(trace.x) == pytest.approx([counts.loc[t, trace.name] / counts.loc[t].sum() for t in TIERS])

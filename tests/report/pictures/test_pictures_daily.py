"""Time: series add up to the totals, and measures stand where their windows are."""

import pytest

import sim
from sim.base.words import Channel
from sim.report.attempts import BY, SERIES, daily

CHANNELS = Channel.labels()


@pytest.mark.parametrize("by", BY)
def test_series_add_up_to_the_table(full: sim.Run, by: str) -> None:
    table, _, labels, _ = SERIES[by]
    counted = getattr(full, table).groupby(by)["count"].sum()
    drawn = {trace.name: trace for trace in daily(full).view(by, "day").data if trace.name}
    for label in labels:
        if counted.get(label, 0):
            trace = drawn[label.replace("_", " ").replace("sms", "SMS")]
            assert len(trace.y) == 14
            assert trace.x0 == "2022-01-24"
            assert sum(value or 0 for value in trace.y) == counted[label]


def test_means_of_seven_days_are_those(full: sim.Run) -> None:
    days, means = (
        next(trace for trace in daily(full).view("channel", smooth).data if trace.name == "call").y
        for smooth in ("day", "week")
    )
    assert means[6] == pytest.approx(sum(days[3:10]) / 7, rel=1e-3)


def test_measures_are_labelled_spans(country: sim.Run) -> None:
    figure = daily(country).view()
    bars = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    texts = [note.text for note in figure.layout.annotations]
    assert len(bars) == len(texts)
    at = texts.index("cluster campaigns")
    assert (bars[at].x0, bars[at].x1) == ("2022-01-01", "2022-03-01")
    assert texts[-1].endswith("more, in force throughout")
    starts = {shape.x0 for shape in figure.layout.shapes if shape.type == "line"}
    assert starts == {"2022-01-01"}
    assert "law, from 1 December 2022" in daily(country).words


def test_the_law_is_the_first_of_the_measures(place: object) -> None:
    period = {"start": "2022-11-28", "end": "2022-12-03", "warmup": "0 d"}
    run = sim.run(sim.load_scenario("china-2022", scale=3e-6, period=period), f"{place}/law", workers=1)
    figure = daily(run).view()
    assert figure.layout.annotations[0].text == "law"
    bar = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (bar.x0, bar.x1) == ("2022-12-01", "2022-12-04")
    assert "begin after the period" not in daily(run).words


def test_months_add_up(full: sim.Run) -> None:
    table = daily(full).table
    totals = full.manifest["totals"]
    assert table["alerts, central"].sum() == totals["alerts_central"]
    assert (
        table[[name for name in table if name.startswith("attempts")]].to_numpy().sum() == totals["attempts_potential"]
    )

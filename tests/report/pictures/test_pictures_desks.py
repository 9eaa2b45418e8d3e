"""Desks: utilisation and lines as drawn, beside the tables summed by pandas."""

import pandas as pd
import pytest

import sim
from sim.base.rounding import percent
from sim.report.desks import busiest, load, queues, utilisation
from tests.report.pictures.drawn import traces


def test_utilisation_is_busy_by_staffed_time(full: sim.Run) -> None:
    for desk, trace in zip(("call", "visit"), utilisation(full).view().data, strict=True):
        hours = full.hours[full.hours["channel"] == desk]
        both = hours.groupby(["weekday", "half_hour"])[["busy_ms", "staffed_ms"]].sum()
        cells = 0
        for weekday, row in enumerate(trace.z, 1):
            assert len(row) == 48
            for half_hour, share in enumerate(row):
                staffed = both["staffed_ms"].get((weekday, half_hour), 0)
                if not staffed:
                    assert share is None
                    continue
                assert share == pytest.approx(both["busy_ms"][weekday, half_hour] / staffed)
                cells += 1
        assert cells > 48
    table = utilisation(full).table
    assert len(table) == 12
    assert next(iter(table.columns)) == "hours"


def test_a_month_in_which_desks_collapse_is_not_hidden_by_a_mean(full: sim.Run) -> None:
    hours = full.hours.groupby(["channel", "month"])[["busy_ms", "staffed_ms"]].sum()
    shares = hours["busy_ms"] / hours["staffed_ms"]
    figure = load(full).view()
    for desk in ("call", "visit"):
        (trace,) = traces(figure, f"{desk.capitalize()} desks")
        assert list(trace.x) == ["2022-01-01", "2022-02-01"]
        assert list(trace.y) == pytest.approx(list(shares[desk]))
        said = next(
            note.text for note in utilisation(full).view().layout.annotations if note.text.lower().startswith(desk)
        )
        assert percent(shares[desk].min()) in said
        assert percent(shares[desk].max()) in said
    # All that the staff can do is an edge of the picture.
    assert [shape.y0 for shape in figure.layout.shapes] == [1.0]
    assert figure.layout.yaxis.range[1] > 1
    worst = shares.idxmax()
    assert busiest([full]) == {"month": f"{worst[1]:%Y-%m}"}
    assert (
        f"{worst[0].capitalize()} desks were busiest in {worst[1]:%B %Y}: utilisation {percent(shares.max())}"
        in load(full).words
    )
    assert list(load(full).table["month"]) == ["2022-01", "2022-02"]


def test_a_month_is_drawn_of_its_own_hours(full: sim.Run) -> None:
    (call, _) = utilisation(full).view("2022-02").data
    hours = full.hours[(full.hours["channel"] == "call") & (full.hours["month"] == pd.Timestamp("2022-02-01"))]
    both = hours.groupby(["weekday", "half_hour"])[["busy_ms", "staffed_ms"]].sum()
    drawn = [share for row in call.z for share in row if share is not None]
    assert drawn == pytest.approx(list(both["busy_ms"] / both["staffed_ms"]))
    assert utilisation(full).view("2022-02").layout.title.text == "Desk utilisation, February 2022"


def test_nobody_on_duty_is_no_share_of_zero(full: sim.Run) -> None:
    # Visits of tiny have a night without staff, or calls have: a cell is empty, not pale.
    empty = [share for trace in utilisation(full).view().data for row in trace.z for share in row if share is None]
    staffed = full.hours[full.hours["staffed_ms"] > 0].groupby(["channel", "weekday", "half_hour"]).ngroups
    assert len(empty) == 2 * 7 * 48 - staffed


def test_desks_of_all_runs_have_one_scale(full: sim.Run, silent: sim.Run) -> None:
    for run in (full, silent):
        scale = utilisation(run).view().layout.coloraxis
        assert (scale.cmin, scale.cmax) == (0.0, 1.0)


def test_lines_are_those_of_all_provinces(full: sim.Run, half: sim.Run) -> None:
    for run, scale in ((full, 1.0), (half, 2.0)):
        figure = queues(run).view()
        for desk in ("call", "visit"):
            (trace,) = traces(figure, desk)
            noted = run.state[run.state["quantity"] == f"line_{desk}"].groupby("day")["value"].sum()
            assert list(trace.x) == [f"{when:%Y-%m-%d}" for when in noted.index]
            assert list(trace.y) == pytest.approx(list(scale * noted))
            assert max(trace.y) > 1
    assert len(queues(full).table) == 2


def test_a_run_without_lines_says_so(full: sim.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.report import desks

    monkeypatch.setattr(desks, "counts", lambda *_: {})
    figure = queues(full).view()
    assert not figure.data
    assert "did not record" in figure.layout.annotations[0].text
    assert not len(queues(full).table)


def test_the_end_of_a_shift_is_not_the_busiest_half_hour(full: sim.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One late service beside next to nobody on duty is 240 %; the morning does more work."""
    from sim.report import desks

    cells = {("visit", 1, 20): (80, 100), ("visit", 7, 44): (24, 10)}
    monkeypatch.setattr(desks, "_cells", lambda *_: cells)
    assert desks.utilisation(full).words.endswith("at 10:00: utilisation 80%.")

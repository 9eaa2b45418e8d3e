"""Comparisons: what is drawn, beside the comparison and the changes that it is drawn from."""

import pytest

import sim
from sim.experiments.fates import VICTIM, changes, fates
from sim.report.looks import words
from sim.report.pictures import comparison
from sim.words import Fate
from tests.report.pictures.drawn import traces

FATES = Fate.labels()


def test_differences_are_shares_of_the_base(full: sim.Run, silent: sim.Run, central: sim.Run) -> None:
    frame = sim.compare([full, silent, central])
    figure = comparison.differences(frame)
    names = list(figure.layout.yaxis.ticktext)
    assert [trace.name for trace in figure.data] == ["silent", "central"]
    for trace in figure.data:
        rows = frame[frame["scenario"] == trace.name].set_index("quantity")
        for share, at in zip(trace.x, trace.y, strict=True):
            name = names[round(at)]
            quantity = next(key for key, text in comparison.QUANTITIES.items() if text == name)
            exact = (rows.loc[quantity, "other"] - rows.loc[quantity, "base"]) / rows.loc[quantity, "base"]
            assert share == pytest.approx(max(-2.0, min(2.0, exact)))
        assert trace.error_x.array is None
    saved = names.index("saved")
    assert figure.data[0].x[[round(at) for at in figure.data[0].y].index(saved)] == -1.0


def test_intervals_and_what_is_out_of_reach() -> None:
    import pandas as pd

    rows = [
        ("other", "victims", 100.0, 120.0, 20.0, 5.0, 35.0),
        ("other", "saved", 10.0, 60.0, 50.0, 40.0, 60.0),
        ("other", "calls_intercepted", 0.0, 60.0, 60.0, 40.0, 80.0),
        ("other", "nothing that is drawn", 1.0, 2.0, 1.0, 0.5, 1.5),
    ]
    frame = pd.DataFrame(rows, columns=["scenario", "quantity", "base", "other", "difference", "low", "high"])
    (trace,) = comparison.differences(frame).data
    assert list(trace.x) == pytest.approx([0.2, 2.0])
    assert list(trace.marker.symbol) == ["circle", "triangle-right"]
    assert list(trace.error_x.array) == pytest.approx([0.15, 0.0])
    assert list(trace.error_x.arrayminus) == pytest.approx([0.15, 0.0])
    assert "+500%" in trace.text[1]
    table = comparison.differences_table(frame).set_index("quantity")
    assert table.loc["victims", "interval"] == "5 to 35"
    assert table.loc["calls intercepted", "by base"] == "none"


def test_a_comparison_with_itself_has_nothing_to_show(full: sim.Run) -> None:
    figure = comparison.differences(sim.compare([full, full]))
    assert not figure.data
    assert "changed nothing" in figure.layout.annotations[0].text


def test_gates_of_both_runs(full: sim.Run, silent: sim.Run) -> None:
    figure = comparison.fates(sim.compare([full, silent]))
    (trace,) = figure.data
    names = figure.layout.yaxis.ticktext
    counts, others = (run.attempts.groupby("fate")["count"].sum() for run in (full, silent))
    drawn = {names[round(at)]: share for share, at in zip(trace.x, trace.y, strict=True)}
    assert drawn == pytest.approx({words(fate): others[fate] / counts[fate] - 1 for fate in FATES})
    table = comparison.fates_table(full, [silent]).set_index("fate")
    assert float(table.loc["engaged", "silent"].replace(",", "")) == others["engaged"]


def test_ticks_are_round_and_hold_zero() -> None:
    assert comparison.round_numbers(-1.0, 0.25) == pytest.approx([-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2], abs=1e-9)
    for low, high in ((-0.0003, 0.0), (0.0, 2.0), (-2.0, 2.0), (-0.07, 0.44), (0.0, 1e-6)):
        ticks = comparison.round_numbers(low, high)
        assert 3 <= len(ticks) <= comparison.MOST_TICKS
        assert 0.0 in ticks
        assert low - 1e-12 <= ticks[0] < ticks[-1] <= high + 1e-12


@pytest.mark.parametrize("by", comparison.BY)
def test_whom_the_policy_harmed(full: sim.Run, silent: sim.Run, by: str) -> None:
    # Who fell victim only where nobody warned, by the log of both runs.
    before, after = fates(full)["fate"], fates(silent)["fate"]
    both = before.to_frame("base").join(after.rename("other"), how="outer").fillna("stopped")
    harmed = ((both["base"] != VICTIM) & (both["other"] == VICTIM)).sum()
    saved = ((both["base"] == VICTIM) & (both["other"] != VICTIM)).sum()
    figure = comparison.whom(changes(full, silent), full, by)
    drawn = {trace.name.split(" ")[0]: sum(trace.x) for trace in figure.data}
    assert drawn.get("harmed", 0) == harmed > 30
    assert drawn.get("saved", 0) == -saved
    table = comparison.whom_table(changes(full, silent), full)
    rows = table[table["who"].str.startswith(f"{comparison.BY[by]}: ")]
    assert rows["harmed"].astype(float).sum() == harmed


def test_paths_are_fates_under_the_policy_that_spares(full: sim.Run, silent: sim.Run) -> None:
    found = changes(silent, full)
    (trace,) = traces(comparison.whom(found, silent, "path"), "saved by the other policy")
    rows = found[found["change"] == "saved"].groupby("other")["count"].sum()
    assert {name: -x for name, x in zip(trace.y, trace.x, strict=True) if x} == dict(rows)
    assert "saved" in trace.y


def test_unknown_groups_are_refused(full: sim.Run, silent: sim.Run) -> None:
    with pytest.raises(KeyError):
        comparison.whom(changes(full, silent), full, "height")

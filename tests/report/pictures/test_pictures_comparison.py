"""Comparisons: what is drawn, beside the comparison and the changes that it is drawn from."""

from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.words import Fate
from sim.experiments.pairing import VICTIM, changes, fates
from sim.language import said
from sim.report import experiments
from sim.report.drawing import words
from tests.report.pictures.drawn import traces

pytestmark = pytest.mark.usefixtures("in_yuan")

FATES = Fate.labels()


def panels(figure: Any) -> list[tuple[list[str], list[Any]]]:
    """Give the names of the lanes of each panel, and its traces."""
    found: dict[str, list[Any]] = {}
    for trace in figure.data:
        found.setdefault(trace.yaxis, []).append(trace)
    return [(list(figure.layout[f"yaxis{axis[1:]}"].ticktext), of) for axis, of in found.items()]


def test_differences_are_shares_of_the_base(full: sim.Run, silent: sim.Run, central: sim.Run) -> None:
    frame = sim.compare([full, silent, central])
    figure = experiments.differences(frame).view()
    seen = set()
    for names, of_panel in panels(figure):
        assert [trace.name for trace in of_panel] == ["silent", "central"]
        for trace in of_panel:
            rows = frame[frame["scenario"] == trace.name].set_index("quantity")
            exact = {}
            for at in trace.y:
                quantity = next(key for key, text in experiments.QUANTITIES.items() if said(text) == names[round(at)])
                exact[at] = (rows.loc[quantity, "other"] - rows.loc[quantity, "base"]) / rows.loc[quantity, "base"]
                seen.add(quantity)
            edge = max(map(abs, trace.x))
            for share, at, symbol in zip(trace.x, trace.y, trace.marker.symbol, strict=True):
                if symbol.startswith("triangle"):
                    assert abs(exact[at]) > abs(share)
                    assert share * exact[at] > 0
                else:
                    assert share == pytest.approx(exact[at])
            assert edge
            assert trace.error_x.array is None
    # What differs nowhere is left out.
    moved = frame[frame["difference"].fillna(0) != 0]["quantity"]
    assert seen == set(moved) & set(experiments.QUANTITIES)
    assert "calls_intercepted" not in seen
    names, (of_silent, _) = panels(figure)[0]
    assert of_silent.x[[round(at) for at in of_silent.y].index(names.index("stopped before payment"))] == -1.0


FRAME = ["scenario", "quantity", "base", "other", "difference", "low", "high"]


def test_intervals_and_what_is_out_of_reach() -> None:
    rows = [
        ("other", "victims", 100.0, 120.0, 20.0, 5.0, 35.0),
        ("other", "loss_money", 100.0, 120.0, 20.0, 10.0, 30.0),
        ("other", "saved", 10.0, 60.0, 50.0, 40.0, 60.0),
        ("other", "dropped_out", 100.0, 90.0, -10.0, -15.0, -5.0),
        ("other", "calls_intercepted", 0.0, 60.0, 60.0, 40.0, 80.0),
        ("other", "cases_filed", 7.0, 7.0, 0.0, 0.0, 0.0),
        ("other", "nothing that is drawn", 1.0, 2.0, 1.0, 0.5, 1.5),
    ]
    frame = pd.DataFrame(rows, columns=FRAME)
    figure = experiments.differences(frame).view()
    ((names, (trace,)),) = panels(figure)
    assert names == ["victims", "yuan lost", "stopped before payment", "dropped out"]
    # What is five times its base stands at the edge, and its number beside it; all others keep their place.
    assert list(trace.x) == pytest.approx([0.2, 0.2, 0.35, -0.1])
    assert list(trace.marker.symbol) == ["circle", "circle", "triangle-right", "circle"]
    assert list(trace.error_x.array) == pytest.approx([0.15, 0.1, 0.0, 0.05])
    assert list(trace.error_x.arrayminus) == pytest.approx([0.15, 0.1, 0.0, 0.05])
    assert [note.text for note in figure.layout.annotations if "%" in note.text] == ["+500%"]
    assert "+500%" in trace.text[2]
    table = experiments.differences(frame).table.set_index("quantity")
    assert table.loc["victims", "95% interval"] == "5 to 35"
    assert table.loc["calls intercepted", "in percent"] == "none"


def test_an_interval_that_is_cut_at_the_edge_names_its_end() -> None:
    rows = [["a", name, 100.0, 101.0, 1.0, -1.0, 2.0] for name in ("cases_filed", "filed_loss_money", "victims")]
    rows += [["a", "loss_money", 100.0, 101.0, 1.0, -1.0, 70.0]]
    figure = experiments.effect(pd.DataFrame(rows, columns=FRAME)).view()
    (note,) = [note for note in figure.layout.annotations if "%" in note.text]
    assert note.text == "+70% \N{BLACK RIGHT-POINTING SMALL TRIANGLE}"
    (trace,) = figure.data
    assert max(x + more for x, more in zip(trace.x, trace.error_x.array, strict=True)) == pytest.approx(note.x)


def test_a_panel_does_not_squeeze_another() -> None:
    rows = [
        ("other", "victims", 100.0, 101.0, 1.0, 0.5, 1.5),
        ("other", "alerts_by_end.expired", 100.0, 300.0, 200.0, 190.0, 210.0),
        ("other", "alerts_by_end.reached", 100.0, 90.0, -10.0, -11.0, -9.0),
    ]
    figure = experiments.differences(pd.DataFrame(rows, columns=FRAME)).view()
    assert len(panels(figure)) == 2
    assert figure.layout.xaxis.range[1] < 0.02
    assert figure.layout.xaxis2.range[1] > 1.9
    assert [note.text for note in figure.layout.annotations] == ["people and money", "warnings and desks"]


def test_a_comparison_with_itself_has_nothing_to_show(full: sim.Run) -> None:
    figure = experiments.differences(sim.compare([full, full])).view()
    assert not figure.data
    assert "changed nothing" in figure.layout.annotations[0].text


def test_gates_of_both_runs(full: sim.Run, silent: sim.Run) -> None:
    figure = experiments.fates((sim.compare([full, silent]), [])).view()
    (trace,) = figure.data
    names = figure.layout.yaxis.ticktext
    counts, others = (run.attempts.groupby("fate")["count"].sum() for run in (full, silent))
    drawn = {names[round(at)]: share for share, at in zip(trace.x, trace.y, strict=True)}
    shares = {words(fate): others[fate] / counts[fate] - 1 for fate in counts.index}
    # What differs nowhere is left out.
    assert drawn == pytest.approx({name: share for name, share in shares.items() if share})
    assert 0 < len(drawn) < len(FATES)
    table = experiments.fates((sim.compare([full, silent]), [full, silent])).table.set_index("fate")
    assert float(table.loc["engaged", "silent"].replace(",", "")) == others["engaged"]


def test_ticks_are_round_and_hold_zero() -> None:
    assert experiments.round_numbers(-1.0, 0.25) == pytest.approx([-1.0, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2], abs=1e-9)
    for low, high in ((-0.0003, 0.0), (0.0, 2.0), (-2.0, 2.0), (-0.07, 0.44), (0.0, 1e-6)):
        ticks = experiments.round_numbers(low, high)
        assert 3 <= len(ticks) <= experiments.MOST_TICKS
        assert 0.0 in ticks
        assert low - 1e-12 <= ticks[0] < ticks[-1] <= high + 1e-12


@pytest.mark.parametrize("by", experiments.BY)
def test_whom_the_policy_harmed(full: sim.Run, silent: sim.Run, by: str) -> None:
    # Who fell victim only where nobody warned, by the log of both runs.
    before, after = fates(full)["fate"], fates(silent)["fate"]
    both = before.to_frame("base").join(after.rename("other"), how="outer").fillna("stopped")
    harmed = ((both["base"] != VICTIM) & (both["other"] == VICTIM)).sum()
    saved = ((both["base"] == VICTIM) & (both["other"] != VICTIM)).sum()
    figure = experiments.whom((changes(full, silent), full)).view(by)
    drawn = {trace.name.split(" ")[0]: sum(trace.x) for trace in figure.data}
    assert drawn.get("harmed", 0) == harmed > 30
    assert drawn.get("saved", 0) == -saved
    table = experiments.whom((changes(full, silent), full)).table
    rows = table[table["who"].str.startswith(f"{experiments.BY[by][0]}: ")]
    assert rows["harmed"].astype(float).sum() == harmed


def test_paths_are_fates_under_the_policy_that_spares(full: sim.Run, silent: sim.Run) -> None:
    found = changes(silent, full)
    (trace,) = traces(experiments.whom((found, silent)).view("path"), "saved by the policy")
    rows = found[found["change"] == "saved"].groupby("other")["count"].sum()
    assert {name: -x for name, x in zip(trace.y, trace.x, strict=True) if x} == dict(rows)
    assert "saved" in trace.y


def test_unknown_groups_are_refused(full: sim.Run, silent: sim.Run) -> None:
    with pytest.raises(KeyError):
        experiments.whom((changes(full, silent), full)).view("height")

"""Money: what is drawn adds up to the totals of the run."""

import pytest

import sim
from sim.report.money import AMOUNTS, money
from sim.report.parts import steps

pytestmark = pytest.mark.usefixtures("in_yuan")

UNITS = {"yuan a day": 1.0, "million yuan a day": 1e6, "billion yuan a month": 1e9}
TOTALS = {"lost": "loss_money", "prevented": "prevented_money", "held": "held_money", "recovered": "recovered_money"}


def test_months_add_up_to_the_totals(full: sim.Run, half: sim.Run) -> None:
    for run in (full, half):
        figure = money(run).view()
        unit = UNITS[figure.layout.yaxis.title.text]
        assert [trace.name for trace in figure.data] == list(AMOUNTS) == list(TOTALS)
        for trace in figure.data:
            assert sum(trace.y) * unit == pytest.approx(run.totals[TOTALS[trace.name]], rel=1e-9)
            assert list(trace.x) == [when.isoformat() for when in steps(run)]
    assert list(money(full).table["month"]) == ["whole period"]


def test_a_long_run_is_drawn_by_months(tmp_path_factory: pytest.TempPathFactory) -> None:
    period = {"start": "2022-01-15", "end": "2022-06-10", "warmup": "0 d"}
    scenario = sim.load_scenario("china-2022", scale=2e-5, period=period)
    run = sim.run(scenario, tmp_path_factory.mktemp("long") / "run", workers=1)
    assert [(f"{when:%Y-%m-%d}", days) for when, days in steps(run).items()] == [
        ("2022-01-01", 17),
        ("2022-02-01", 28),
        ("2022-03-01", 31),
        ("2022-04-01", 30),
        ("2022-05-01", 31),
        ("2022-06-01", 10),
    ]
    figure = money(run).view()
    unit = UNITS[figure.layout.yaxis.title.text]
    lost = run.outcomes.groupby(run.outcomes["day"].dt.strftime("%Y-%m-01"))["loss_cents"].sum() / 100 / 2e-5
    drawn = dict(zip(figure.data[0].x, [value * unit for value in figure.data[0].y], strict=True))
    assert drawn == pytest.approx({month: lost.get(month, 0.0) for month in drawn})
    assert len(money(run).table) == 7

"""What the terminal says of a figure: what it is held to, and whether it holds."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from sim.results.terminal import asked_table, cost_table, figure_table, mean_figure, mean_table, totals_table

HEAD = ["figure", "window", "role", "reported"]


def row(**values: Any) -> dict[str, Any]:
    """Give a figure as it stands in run.json."""
    plain = {
        "name": "dens_destroyed",
        "window": ["2022-01-01", "2022-11-30"],
        "role": "fitted",
        "reported": 200,
        "simulated": 210,
        "ratio": 1.05,
        "tolerance": 0.01,
        "standard_error": None,
        "interval": None,
        "within": False,
    }
    return {**plain, **values}


def printed(table: Any) -> list[str]:
    console = Console(width=200, file=StringIO())
    console.print(table)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ({}, "no ±1%"),
        ({"within": True}, "yes ±1%"),
        # Three standard errors of 0.5 are 0.75 %: the tolerance is larger.
        ({"standard_error": 0.5}, "no ±1%"),
        ({"standard_error": 4.0, "within": True}, "yes ±3 s.e. (6%)"),
        ({"standard_error": 12.5, "within": True}, "yes ±3 s.e. (18.8%)"),
        ({"name": "losses_change", "reported": -0.01, "tolerance": 0.005}, "no ±0.005"),
        (
            {"name": "losses_change", "reported": -0.01, "tolerance": 0.005, "standard_error": 0.004},
            "no ±3 s.e. (0.012)",
        ),
        ({"reported": 0, "ratio": None, "standard_error": 2.0}, "no ±3 s.e. (6)"),
        ({"role": "input", "tolerance": 0.01, "within": None}, "put in"),
        ({"role": "predicted", "tolerance": None, "within": None}, "1.050"),
        ({"role": "predicted", "tolerance": None, "within": None, "interval": [96e3, 131e3]}, "90%: 96,000..131,000"),
        ({"role": "predicted", "tolerance": 0.1, "within": True, "interval": [0.5, 2]}, "yes ±10% 90%: 0.5..2"),
    ],
)
def test_the_last_column_says_what_a_figure_is_held_to(values: dict[str, Any], held: str) -> None:
    line = printed(figure_table([row(**values)], 200))[1]
    assert line.rstrip().endswith(f" {held}")


def test_a_prediction_without_a_report_has_its_simulated_value() -> None:
    values = {"role": "predicted", "reported": None, "ratio": None, "tolerance": None, "within": None}
    assert printed(figure_table([row(**values)], 200))[1].split()[2:] == ["predicted", "-", "210", "-"]


def test_answers_show_both_windows_of_a_change() -> None:
    asked = [
        {"name": "losses", "window": ["2022-01-01", "2022-01-31"], "base": None, "simulated": 1234567},
        {
            "name": "losses_change",
            "window": ["2022-02-01", "2022-02-28"],
            "base": ["2022-01-01", "2022-01-31"],
            "simulated": None,
        },
    ]
    lines = printed(asked_table(asked))
    assert lines[0].split() == ["figure", "window", "simulated"]
    assert lines[1].split() == ["losses", "2022-01-01..2022-01-31", "1,234,567"]
    assert lines[2].split() == ["losses_change", "2022-02-01..2022-02-28/2022-01-01..2022-01-31", "-"]


def test_over_draws_the_spread_of_the_parameters_stands_beside_that_of_one_run() -> None:
    runs = [[row(simulated=value, standard_error=15.0)] for value in (190, 200, 213)]
    lines = printed(mean_table(runs, 200, draws=True))
    assert lines[0].split() == [*HEAD, "mean", "s.d.", "draws", "s.e.", "run", "ratio"]
    assert lines[1].split()[3:] == ["200", "201", "11.5", "15", "1.005"]
    assert "s.e." not in printed(mean_table(runs, 200))[0]
    mean = mean_figure([figure for (figure,) in runs], "draws")
    assert (mean["mean"], mean["sd"], mean["standard_error"], mean["draws"]) == (
        pytest.approx(201),
        pytest.approx(11.53, abs=0.01),
        15.0,
        3,
    )
    assert mean_figure([runs[0][0]])["replicates"] == 1


def test_costs_stand_beside_both_ends_of_their_prices() -> None:
    totals = {
        "victims": 5,
        "cost_yuan": {"desk_call": 1000, "total": 1234567},
        "cost_yuan_low": {"desk_call": 500, "total": 1000000},
        "cost_yuan_high": {"desk_call": 2000, "total": 2000000},
        "cost_per_saved": {"value": 2.5, "low": 1, "high": 1000.25},
        "cost_per_prevented_yuan": None,
    }
    lines = [line.split() for line in printed(cost_table(totals))]
    assert lines == [
        ["cost,", "yuan", "value", "low", "prices", "high", "prices"],
        ["desk_call", "1,000", "500", "2,000"],
        ["total", "1,234,567", "1,000,000", "2,000,000"],
        ["by", "person", "saved", "2.5", "1", "1,000"],
        ["by", "yuan", "prevented", "-", "-", "-"],
    ]
    # No cost without its interval: the table of totals leaves them to that of costs.
    assert [line.split() for line in printed(totals_table(totals))] == [["figure", "simulated"], ["victims", "5"]]
    assert cost_table({"victims": 5}) is None

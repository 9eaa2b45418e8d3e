"""What the terminal says of a run: its answer, figures and what they are held to; nothing broken at any width."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from rich.console import Console

import sim
from sim.told import answers
from sim.told import runs as told_runs
from sim.told.answers import answer_parts, of_runs
from sim.told.runs import Estimate, agreement_said, figure_parts, mean_figure, mean_parts, totals_table
from sim.told.tables import show

pytestmark = pytest.mark.usefixtures("in_yuan")


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


def printed(parts: Any, width: int = 200) -> list[str]:
    console = Console(width=width, file=StringIO(), highlight=False)
    show(console, parts)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def figures(*rows: dict[str, Any], width: int = 200, policy_of: str | None = None) -> list[str]:
    return printed(figure_parts(rows, policy_of), width)


PREDICTED = {"role": "predicted", "tolerance": None, "within": None}
CONTEXT = {**PREDICTED, "role": "context"}


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ({}, "no ±1%"),
        ({"within": True}, "yes ±1%"),
        # Three standard errors of 0.5 are 0.75 %: the tolerance is larger.
        ({"standard_error": 0.5}, "no ±1%"),
        ({"standard_error": 4.0, "within": True}, "yes ±6% noise"),
        ({"standard_error": 12.5, "within": True}, "yes ±18.8% noise"),
        # Changes are told in percentage points.
        ({"name": "losses_change", "reported": -0.01, "simulated": 0, "tolerance": 0.005}, "+1.0 pts no ±0.5 pts"),
        (
            {"name": "losses_change", "reported": -0.01, "tolerance": 0.005, "standard_error": 0.004},
            "no ±1.2 pts noise",
        ),
        ({"reported": 0, "ratio": None, "standard_error": 2.0}, "no ±6 noise"),
        ({"role": "input", "tolerance": 0.01, "within": None}, "input"),
        (CONTEXT, "context"),
        ({**CONTEXT, "interval": [190, 195]}, "context, 90%: 190 to 195"),
        (PREDICTED, "+5.0% predicted"),
        # A prediction holds where its interval has what was reported.
        ({**PREDICTED, "interval": [190, 205]}, "+5.0% yes 90%: 190 to 205"),
        ({**PREDICTED, "interval": [201, 215]}, "+5.0% no 90%: 201 to 215"),
        ({**PREDICTED, "reported": None, "interval": [96e3, 131e3]}, "90%: 96,000 to 131,000"),
        ({"role": "predicted", "tolerance": 0.1, "within": True, "interval": [0.5, 2]}, "yes ±10%, no 90%: 0.5 to 2"),
    ],
)
def test_the_last_column_says_what_a_figure_is_held_to(values: dict[str, Any], held: str) -> None:
    lines = figures(row(**values))
    assert lines[0].split() == ["figure", "reported", "simulated", "deviation", "within"]
    assert lines[1] == "2022-01-01 to 2022-11-30"
    assert re.sub(" +", " ", lines[2]).endswith(f" {held}")


def test_a_policy_is_held_to_nothing_that_was_reported() -> None:
    off = row(interval=[1, 2], within=None)
    lines = figures(off, row(role="input", within=None), policy_of="china-2022")
    assert lines[0] == "Policy run of china-2022: not compared with reported figures"
    assert lines[3].split() == ["dens", "destroyed", "200", "210", "+5.0%"]
    assert lines[4].endswith("input")
    assert not any(word in " ".join(lines[1:]).split() for word in ("yes", "no"))


def test_what_has_no_value_is_one_line_that_says_why() -> None:
    none = {"simulated": None, "ratio": None, "within": None}
    rows = [
        *(row(**none, window=[f"{year}-01-01", f"{year}-12-31"]) for year in (2018, 2019)),
        row(**none, name="cases_filed_change", reported=None),
        row(**none, name="law_in_force", reported="2022-12-01", role="input"),
    ]
    assert figures(*rows) == [
        "3 figures have no simulated value, because their windows are outside the period; 1 without a reported value",
        "Not simulated: the date the law came into force",
    ]
    assert figures(rows[0])[0].startswith("1 figure has no simulated value, because its window is outside")
    assert len(figures(*rows, row())) == 5


def test_over_draws_the_spread_of_the_parameters_stands_beside_that_of_one_run() -> None:
    runs = [[row(simulated=value, standard_error=15.0)] for value in (190, 200, 213)]
    lines = printed(mean_parts(runs, draws=True))
    assert lines[0].split() == ["figure", "reported", "mean", "s.d.", "draws", "s.e.", "run", "deviation"]
    assert lines[2].split()[2:] == ["200", "201", "11.5", "15", "+0.5%"]
    assert "s.e." not in printed(mean_parts(runs))[0]
    mean = mean_figure([figure for (figure,) in runs], "draws")
    assert (mean["mean"], mean["sd"], mean["standard_error"], mean["draws"]) == (
        pytest.approx(201),
        pytest.approx(11.53, abs=0.01),
        15.0,
        3,
    )
    assert mean_figure([runs[0][0]])["replicates"] == 1


def test_a_small_sample_says_how_much_its_noise_lets_pass() -> None:
    """Of 2 % tolerance and 5 % noise the larger is allowed, so that a figure agrees tells little."""
    sure = row(name="losses", reported=100, simulated=101.0, tolerance=0.02, standard_error=0.1, within=True)
    noisy = {**sure, "simulated": 103.0, "standard_error": 2.5}
    assert agreement_said([sure]).startswith("1 of 1 ")
    assert ";" not in agreement_said([sure])
    told = agreement_said([sure, noisy, {**noisy, "within": False}])
    assert told.startswith("2 of 3 ")
    assert "; for 1 of them the noise" in told


def test_costs_stand_beside_both_ends_of_their_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 100 averted there may be 40 to 200, so a ratio lies between half of its least and 2.5 times its most."""
    totals = {
        "victims": 5,
        "cost_money": {"desk_call": 1000, "videos": 0, "total": 1234567},
        "cost_money_low": {"desk_call": 500, "videos": 0, "total": 1000000},
        "cost_money_high": {"desk_call": 2000, "videos": 0, "total": 2000000},
        "cost_per_saved": {"value": 2.5, "low": 1, "high": 1000.25},
        "cost_per_averted": {"value": 5, "low": 2, "high": 2000.5},
        "cost_per_prevented_money": None,
    }
    run = Mock(manifest={"totals": totals})
    monkeypatch.setattr(answers, "stored_answers", lambda _: None)
    monkeypatch.setattr(told_runs, "estimates", lambda _: {"averted": Estimate(100, 40, 200), "saved": Estimate(9)})
    assert answers.cost_rows(run) == [
        ["cost, yuan", "value", "low prices", "high prices", "95%, noise; and prices"],
        ["call desks", "1,000", "500", "2,000", ""],
        ["total", "1.23 million", "1 million", "2 million", ""],
        ["per person stopped before a payment", "2.5", "1", "1,000", ""],
        ["per victim averted", "5", "2", "2,000", "1 to 5,000"],
    ]
    # No cost without its interval: the table of totals leaves them to that of costs.
    assert [line.split() for line in printed([totals_table(totals)])] == [["total", "simulated"], ["victims", "5"]]
    assert answers.cost_rows(Mock(manifest={"totals": {"victims": 5}})) == []


WITHOUT = "without parameter uncertainty: no answers over draws are stored"


def test_an_answer_names_its_intervals_first(policy: sim.Run) -> None:
    lines = printed(answer_parts(of_runs([policy])), 400)
    assert lines[0] == f"Answer   95% intervals: run-to-run noise at scale 1, {WITHOUT}"
    words = ("filed, with losses", "lost", "stopped", "drawn in", "victims averted", "prevented")
    for line, word in zip(lines[1:], words, strict=False):
        assert word in line
        assert re.search(r"\([\d.,]+%?( million| billion)? to [\d.,]+", line), line
    assert lines[-1].startswith("Next   tocsin figures ")


def test_the_answer_of_replicates_has_the_interval_of_their_mean(policy: sim.Run, tmp_path: Path) -> None:
    other = sim.run(sim.load_scenario(str(policy.path / "scenario.yaml"), seed=8), tmp_path / "other")
    lines = printed(answer_parts(of_runs([policy, other], "replicates")), 400)
    assert lines[0] == f"Answer   95% intervals over 2 replicates, {WITHOUT}"
    one, two = (json.loads((run.path / "run.json").read_text())["totals"]["victims"] for run in (policy, other))
    half = 12.7062 * abs(one - two) / 2
    mean = (one + two) / 2
    found = re.search(r"([\d.,]+) \(([\d.,]+) to ([\d.,]+)\) paid", lines[2])
    assert found is not None
    told = [float(number.replace(",", "")) for number in found.groups()]
    # Of three significant figures.
    assert told == pytest.approx([mean, max(0.0, mean - half), mean + half], rel=5e-3)
    assert "90% intervals over 2 posterior draws" in printed(answer_parts(of_runs([policy, other], "draws")), 400)[0]

"""The posterior stored with a scenario: draws, and the tables of their answers and figures."""

import pickle
import shutil
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import sim
from sim.calibration.fit import Data, Model
from sim.calibration.prior import figures_of_draws, read_figures, write_figures
from sim.reading.intervals import AMOUNTS, StoredAnswers, policy_digests, write_answers
from sim.store.columns import Scope
from tests.calibration.test_data import BIAS, LEVEL, Runs, outcome

DRAWN = Path(__file__).parent.parent / "scenario" / "drawn"
VOLUME, D_PRIME, MIDPOINT = "fraud.volumes.call.level", "interception.call.d_prime", "population.app.midpoint"
CAPACITY, DELAY = "aftermath.investigation.capacity", "warning.hop_delay.lognormal.median"
CALLS = "calls_intercepted@2022-01-31..2022-02-01"
VICTIMS = (30.0, 40.0, 55.0)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with a scenario, a policy of it, and the tables that a calibration stores."""
    shutil.copytree(DRAWN, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    text = (tmp_path / "calibrated.yaml").read_text()
    (tmp_path / "calibrated.yaml").write_text(text.replace("draws.csv", "calibrated-draws.csv"))
    draws = (tmp_path / "draws.csv").read_text()
    (tmp_path / "calibrated-draws.csv").write_text(draws.replace("10 per day", "70 per week"))
    scenario = sim.load_scenario("calibrated.yaml")
    columns = dict.fromkeys(AMOUNTS, (1.0, 2.0, 3.0)) | {"victims": VICTIMS}
    answers = StoredAnswers("calibrated", 3, dict.fromkeys(AMOUNTS, 1.0), columns)
    write_answers(tmp_path / "calibrated-answers.csv", {policy_digests(scenario): answers})
    write_figures(tmp_path / "calibrated-figures.csv", scenario, {CALLS: [1900.0, 2010.5, 2222.0]})
    return tmp_path


def test_draws_come_with_their_answers_and_figures(stored: Path):
    draws = sim.posterior("calibrated.yaml")
    assert list(draws.index) == [0, 1, 2]
    assert draws.fixed == (DELAY,), "a number without a range has no prior"
    assert draws.answers is not None
    assert draws.figures is not None
    assert tuple(draws.answers["victims"]) == VICTIMS
    assert list(draws.figures[CALLS]) == [1900.0, 2010.5, 2222.0]


def test_a_policy_has_no_tables_of_another_scenario_and_what_it_changes_is_not_drawn(stored: Path):
    draws = sim.posterior("weak.yaml")
    assert (draws.answers, draws.figures) == (None, None)
    assert draws.fixed == (D_PRIME, DELAY)
    assert D_PRIME in draws.columns, "the table is that of the file"
    assert set(draws.summary().index) == {VOLUME, MIDPOINT, CAPACITY}


def test_a_scenario_without_draws_says_what_would_help():
    with pytest.raises(sim.ScenarioError, match=r"no draws are stored with 'tiny'; use a scenario whose calibration"):
        sim.posterior("tiny")


def test_the_bare_name_shows_what_the_data_say_of_each_parameter(stored: Path):
    draws = sim.posterior("calibrated.yaml")
    table = draws.summary()
    assert table.index[0] == MIDPOINT, "the days of the draws are the nearest to each other"
    assert list(table.loc[MIDPOINT, ["unit", "value", "low"]]) == ["days since 2000-01-01", 8005.0, 7822.0]
    assert table["spread_left"].is_monotonic_increasing
    scores = [NormalDist().inv_cdf(number - 4.0) for number in draws[D_PRIME]]
    assert table.loc[D_PRIME, "spread_left"] == pytest.approx(np.std(scores), rel=0.03), "of normal scores"
    assert list(table.loc[VOLUME, ["unit", "value", "low", "high", "50%"]]) == ["per day", 1400, 1000, 2000, 1400]
    assert table.loc[CAPACITY, "50%"] == 12.0, "numbers in other units become those of the range"
    first, *rest = repr(draws).splitlines()
    assert first == (
        "calibrated: 3 posterior draws of 4 parameters, with their answers, with their figures; "
        "those that the data moved most:"
    )
    assert MIDPOINT in rest[2]
    assert f"<p>{first}</p>" in draws._repr_html_()
    assert pickle.loads(pickle.dumps(draws)).summary().equals(table)


def test_figures_of_draws_are_in_their_units_without_the_bias_of_the_level(small: sim.Scenario, tmp_path: Path):
    factors = (0.9, 1.0, 1.3)
    expected = [outcome(factor) for factor in (0.98, 1.0, 1.03)]
    data = Data(Scope.of(small), (), expected, 1.0)
    model = Model(data, Runs(), LEVEL, [], {})  # type: ignore[arg-type]
    figures = figures_of_draws(data, model, [outcome(BIAS * factor) for factor in factors])
    # The level's runs are off by the geometric mean of its seeds' factors, too.
    unbiased = np.cbrt(0.98 * 1.03) / np.cbrt(1.1 * 1.2)
    calls = figures["calls_intercepted@2022-01-24..2022-01-30"]
    assert calls == pytest.approx([2900 * unbiased * factor for factor in factors])
    assert len(figures) == 5
    path = tmp_path / "small-figures.csv"
    write_figures(path, small, figures)
    again = read_figures(path, small)
    assert again is not None
    assert (list(again.columns), list(again.index)) == (list(figures), list(range(len(factors))))
    assert again.to_numpy() == pytest.approx(np.array(list(figures.values())).T, rel=1e-5)
    assert read_figures(path, sim.scenario.changed(small, {"interception.call.d_prime": 4.2})) is None

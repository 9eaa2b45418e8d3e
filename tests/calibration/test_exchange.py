"""A stored posterior as an xarray DataTree: the numbers of its files under the names that ArviZ reads."""

import pickle
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist

import arviz_plots
import arviz_stats
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import sim
from sim.base.version import __version__
from sim.calibration.data import Data, Model
from sim.calibration.exchange import PRIOR_DRAWS
from sim.calibration.stored_figures import figures_of_draws, read_figures, write_figures
from sim.reading.stored_answers import AMOUNTS, StoredAnswers, policy_digests, write_answers
from sim.store.scope import Scope
from tests.calibration.test_data import BIAS, LEVEL, Runs, outcome

DRAWN = Path(__file__).parent.parent / "scenario" / "drawn"
VOLUME, D_PRIME, MIDPOINT = "fraud.volumes.call.level", "interception.call.d_prime", "population.app.midpoint"
CAPACITY, DELAY = "aftermath.investigation.capacity", "warning.hop_delay.lognormal.median"
CALLS, SOLVED = "calls_intercepted@2022-01-31..2022-02-01", "cases_solved@2022-01-31..2022-02-01"
VICTIMS = (30.0, 40.0, 55.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with a scenario, its three draws, and a policy of it."""
    shutil.copytree(DRAWN, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stored(folder: Path) -> Path:
    """Have the tables that a calibration stores beside the draws, too."""
    text = (folder / "calibrated.yaml").read_text()
    later = "  - {name: sms_intercepted, window: [2022-03-01, 2022-03-02], value: 100, role: predicted, source: b}\n"
    text = text.replace("draws.csv", "calibrated-draws.csv").replace("calibration:\n", f"{later}calibration:\n")
    (folder / "calibrated.yaml").write_text(text)
    (folder / "draws.csv").rename(folder / "calibrated-draws.csv")
    scenario = sim.load_scenario("calibrated.yaml")
    columns = dict.fromkeys(AMOUNTS, (1.0, 2.0, 3.0)) | {"victims": VICTIMS}
    answers = StoredAnswers("calibrated", 3, dict.fromkeys(AMOUNTS, 1.0), columns)
    write_answers(folder / "calibrated-answers.csv", {policy_digests(scenario): answers})
    figures = {CALLS: [1900.0, 2010.5, 2222.0], SOLVED: [7.0, 8.0, 9.0]}
    write_figures(folder / "calibrated-figures.csv", scenario, figures)
    return folder


def test_variables_are_the_columns_of_the_file_with_one_unit_each(folder: Path):
    draws = sim.posterior("calibrated.yaml")
    tree = draws.to_datatree()
    assert set(tree.children) == {"posterior", "prior", "observed_data", "constant_data"}
    drawn = tree["posterior"].dataset
    assert dict(drawn.sizes) == {"chain": 1, "draw": 3}
    assert list(drawn.draw.values) == list(draws.index)
    assert list(drawn) == [VOLUME, D_PRIME, MIDPOINT, CAPACITY]
    assert drawn.attrs["fixed"] == DELAY, "a number without a range has no prior"
    assert [drawn[key].dims for key in drawn] == [("chain", "draw")] * 4
    table = pd.read_csv(folder / "draws.csv")
    assert list(drawn[D_PRIME][0].values) == list(table[D_PRIME])
    assert list(drawn[VOLUME][0].values) == [float(cell.removesuffix(" per day")) for cell in table[VOLUME]]
    days = np.datetime64("2000-01-01") + drawn[MIDPOINT][0].values.astype("timedelta64[D]")
    assert [str(day) for day in days] == list(table[MIDPOINT])


def test_a_variable_says_its_unit_origin_range_and_basis(folder: Path):
    tree = sim.posterior("calibrated.yaml").to_datatree()
    told = {
        "units": "per day",
        "origin": "calibrated",
        "range": [1000.0, 2000.0],
        "shape": "flat",
        "basis": "fitted",
    }
    for group in ("posterior", "prior", "constant_data"):
        assert tree[group][VOLUME].attrs == told
    assert tree["prior"][D_PRIME].attrs["units"] == "1"
    midpoint = tree["constant_data"][MIDPOINT]
    assert (midpoint.attrs["units"], midpoint.attrs["range"]) == ("days since 2000-01-01", [7822.0, 8187.0])
    assert float(midpoint) == 8005.0
    assert float(tree["constant_data"][VOLUME]) == 1400.0


def test_every_group_says_what_it_is_of(stored: Path):
    tree, scenario = sim.posterior("calibrated.yaml").to_datatree(), sim.load_scenario("calibrated.yaml")
    assert len(tree.children) == 6
    for node in tree.subtree:
        told = {key: value for key, value in node.attrs.items() if key != "fixed"}
        assert told == {
            "scenario": "calibrated",
            "sha256": scenario.sha256,
            "inference_library": "tocsin",
            "inference_library_version": __version__,
        }


def test_numbers_in_other_units_become_those_of_the_range(folder: Path):
    text = (folder / "draws.csv").read_text()
    (folder / "draws.csv").write_text(text.replace("10 per day", "70 per week"))
    assert list(sim.posterior("calibrated.yaml").to_datatree()["posterior"][CAPACITY][0].values) == [10.0, 12.0, 20.0]


def test_the_prior_fills_the_ranges_and_is_the_same_each_time(folder: Path):
    first, again = (sim.posterior("calibrated.yaml").to_datatree()["prior"].dataset for _ in range(2))
    xr.testing.assert_identical(first, again)
    assert dict(first.sizes) == {"chain": 1, "draw": PRIOR_DRAWS}
    for variable in first.data_vars.values():
        low, high = variable.attrs["range"]
        inside = (variable.values - low) / (high - low)
        assert 0.0 <= inside.min() < 0.15
        assert 0.85 < inside.max() <= 1.0
    # Two parameters are drawn apart from each other.
    assert abs(np.corrcoef(first[VOLUME].values[0], first[D_PRIME].values[0])[0, 1]) < 0.15


def test_what_a_policy_changes_is_not_drawn_there(folder: Path):
    draws = sim.posterior("weak.yaml")
    assert draws.fixed == (D_PRIME, DELAY)
    assert list(draws.to_datatree()["posterior"].data_vars) == [VOLUME, MIDPOINT, CAPACITY]
    assert D_PRIME in draws.columns, "the table is that of the file"


def test_answers_and_figures_of_the_draws_are_predictions_beside_what_was_reported(stored: Path):
    draws = sim.posterior("calibrated.yaml")
    tree = draws.to_datatree()
    predicted, observed, answers = (
        tree[group].dataset for group in ("posterior_predictive", "observed_data", "predictions")
    )
    assert list(answers) == list(AMOUNTS)
    assert tuple(answers["victims"].values[0]) == VICTIMS
    assert [answers[name].attrs["units"] for name in ("loss_money", "victims")] == [draws.scenario.spec.currency, "1"]
    # Cases solved are predicted, but nobody has reported them; reported SMS are later than the period.
    assert list(observed.figure.values) == list(predicted.figure.values) == [CALLS]
    assert predicted["figures"].dims == ("chain", "draw", "figure")
    assert list(predicted["figures"].values[0, :, 0]) == [1900.0, 2010.5, 2222.0]
    assert list(observed["figures"].values) == [2000.0]
    told = {name: observed[name].item() for name in ("role", "family", "tolerance", "discrepancy", "source")}
    given = draws.scenario.spec.calibration.discrepancy.get("interceptions", 0.0)
    assert told == {
        "role": "fitted",
        "family": "interceptions",
        "tolerance": 0.01,
        "discrepancy": pytest.approx(given),
        "source": "made up",
    }
    assert list(draws.figures[SOLVED]) == [7.0, 8.0, 9.0]  # type: ignore[index]


def test_tables_of_another_scenario_are_not_taken(stored: Path):
    draws = sim.posterior("weak.yaml")
    assert (draws.answers, draws.figures) == (None, None)
    tree = draws.to_datatree()
    assert set(tree.children) == {"posterior", "prior", "observed_data", "constant_data"}
    assert list(tree["observed_data"]["figures"].values) == [2000.0, 100.0]


def test_a_scenario_without_draws_says_what_would_help():
    with pytest.raises(sim.ScenarioError, match=r"no draws are stored with 'tiny'; use a scenario whose calibration"):
        sim.posterior("tiny")


def test_without_xarray_the_table_is_there_and_the_tree_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "xarray", None)
    draws = sim.posterior("calibrated.yaml")
    assert len(draws.summary()) == 4
    with pytest.raises(
        sim.ExchangeError, match=r"^xarray is not installed; run pip install '\.\[exchange\]' in the checkout$"
    ):
        draws.to_datatree()


def test_the_bare_name_shows_what_the_data_say_of_each_parameter(stored: Path):
    draws = sim.posterior("calibrated.yaml")
    table = draws.summary()
    assert table.index[0] == MIDPOINT, "the days of the draws are the nearest to each other"
    assert table["spread_left"].is_monotonic_increasing
    scores = [NormalDist().inv_cdf(number - 4.0) for number in draws[D_PRIME]]
    assert table.loc[D_PRIME, "spread_left"] == pytest.approx(np.std(scores), rel=0.03), "of normal scores"
    assert list(table.loc[VOLUME, ["unit", "value", "low", "high", "50%"]]) == ["per day", 1400, 1000, 2000, 1400]
    first, *rest = repr(draws).splitlines()
    assert first == (
        "calibrated: 3 posterior draws of 4 parameters, with their answers, with their figures; "
        "those that the data moved most:"
    )
    assert MIDPOINT in rest[2]
    assert f"<p>{first}</p>" in draws._repr_html_()
    assert pickle.loads(pickle.dumps(draws)).to_datatree().identical(draws.to_datatree())


def test_arviz_reads_the_tree(stored: Path):
    tree = sim.posterior("calibrated.yaml").to_datatree()
    assert list(arviz_stats.summary(tree, var_names=[VOLUME], kind="stats").index) == [VOLUME]
    for plot in (arviz_plots.plot_prior_posterior, arviz_plots.plot_dist):
        assert plot(tree, var_names=[VOLUME, D_PRIME], backend="none") is not None
    # Without names: every variable of the predictions that are checked has been observed.
    assert arviz_plots.plot_ppc_interval(tree, backend="none") is not None


@pytest.mark.parametrize("factors", [(1.0, 1.1), (0.9, 1.0, 1.3)])
def test_figures_of_draws_are_in_their_units_without_the_bias_of_the_level(
    small: sim.Scenario, tmp_path: Path, factors: Sequence[float]
):
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

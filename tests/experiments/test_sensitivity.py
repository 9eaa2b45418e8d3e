"""Sensitivity: indices against closed forms and direct runs; the same bytes whoever simulates; what is dropped."""

import json
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import sim
from sim.base.failures import LOG
from sim.experiments.parameters import BOOTSTRAP, SENSITIVITY_POINTS, DesignError, free_parameters, generator_of
from sim.experiments.sensitivity import MORRIS, SOBOL, block, indices, planned, sample_points, whole_blocks
from sim.experiments.simulations import SimulationError
from sim.reading.run import quantities, quantity_names
from sim.scenario import changed
from sim.scenario.levers import key_name
from tests.experiments.test_command import Tocsin, tocsin

__all__ = ["tocsin"]

Array = npt.NDArray[np.float64]

SHORT = "{start: 2022-01-24, end: 2022-01-26, warmup: 0 d}"
MET, WRONG, VIDEOS = "desks.visit.met", "warning.dissuasion.wrong_class", "measures.videos-2021.views"
"""Two that matter within three days of 2022, and one of a measure that was over before."""

KEYS = (MET, WRONG, VIDEOS)
RUNS = 100_000 * (len(free_parameters(sim.load_scenario("tiny"))) + 1)
"""Those of 100,000 trajectories of all numbers of tiny."""

RED = "warning.detectors.central.thresholds.red"
"""It must lie above the threshold of orange, which is 2.9."""


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny", {"period": SHORT})


@pytest.fixture(scope="module")
def alone(tiny: sim.Scenario, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, bytes]:
    """Three trajectories by one process, and the bytes of what is stored."""
    place = tmp_path_factory.mktemp("alone") / "sensitivity"
    frame = sim.sensitivity(tiny, KEYS, samples=3, quantities=("saved", "victims"), folder=place, workers=1)
    names = ["indices.parquet", LOG, "scenario.yaml", "sensitivity.json"]
    assert sorted(path.name for path in place.iterdir()) == names
    return frame, (place / "indices.parquet").read_bytes()


def ishigami(rows: Array) -> Array:
    one, two, three = (rows[:, :3] * 2.0 * np.pi - np.pi).T
    return np.sin(one) + 7.0 * np.sin(two) ** 2 + 0.1 * three**4 * np.sin(one)


def product(rows: Array) -> Array:
    return 3.0 * rows[:, 0] - 2.0 * rows[:, 1] * rows[:, 2] + 5.0


def indices_of(method: str, model: Callable[[Array], Array], samples: int, missing: int = 0) -> dict[str, Array]:
    """Return the indices of a function of four parameters that uses three; some of its first outputs are missing."""
    rows = sample_points(method, 4, samples, generator_of(7, SENSITIVITY_POINTS))
    outputs = model(rows)
    outputs[: missing * block(method, 4) : block(method, 4)] = np.nan
    return indices(method, *whole_blocks(method, rows, outputs), generator_of(7, BOOTSTRAP))


@pytest.mark.parametrize("missing", [0, 100])
def test_shares_of_variance_are_those_of_the_closed_form(missing: int):
    """The function of Ishigami and Homma (1990), with a = 7 and b = 0.1."""
    one = (1.0 + 0.1 * np.pi**4 / 5.0) ** 2 / 2.0
    two = 7.0**2 / 8.0
    both = 0.1**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    whole = one + two + both
    got = indices_of(SOBOL, ishigami, 2048, missing)
    assert got["first"] == pytest.approx(np.array([one, two, 0.0, 0.0]) / whole, abs=0.04)
    assert got["total"] == pytest.approx(np.array([one + both, two, both, 0.0]) / whole, abs=0.04)
    for name in ("first", "total"):
        half = (got[f"{name}_high"] - got[f"{name}_low"])[:3] / 2.0
        assert np.all((half > 0.005) & (half < 0.1))
    # What the function does not use has no share at all, whatever the sample.
    assert [got[name][3] for name in got] == [0.0] * 6


def test_intervals_of_shares_hold_the_closed_form_nineteen_times_in_twenty():
    whole = 3.0**2 / 12.0 + 7.0 * 2.0**2 / 144.0
    share = (3.0**2 / 12.0) / whole
    held = 0
    for seed in range(60):
        rows = sample_points(SOBOL, 3, 64, np.random.default_rng(seed))
        got = indices(SOBOL, rows, product(rows), np.random.default_rng(1000 + seed))
        held += got["total_low"][0] <= share <= got["total_high"][0]
    # A balanced sequence is better than the independent points that the bootstrap takes it for.
    assert 54 <= held <= 60


@pytest.mark.parametrize("missing", [0, 100])
def test_changes_across_ranges_are_those_of_the_closed_form(missing: int):
    got = indices_of(MORRIS, product, 2000, missing)
    assert got["mu"] == pytest.approx(np.array([3.0, -1.0, -1.0, 0.0]), abs=0.05)
    assert got["mu_star"] == pytest.approx(np.array([3.0, 1.0, 1.0, 0.0]), abs=0.05)
    # The other factor is one of 0, 1/3, 2/3, 1, and the effect is twice that.
    assert got["sigma"] == pytest.approx(np.array([0.0, 1.0, 1.0, 0.0]) * 2.0 * np.sqrt(5.0 / 36.0), abs=0.03)
    half = 1.96 * got["sigma"] / np.sqrt(2000.0 - missing)
    assert got["mu_star_high"] - got["mu_star"] == pytest.approx(half, rel=0.15, abs=1e-9)
    assert got["mu_star"] - got["mu_star_low"] == pytest.approx(half, rel=0.15, abs=1e-9)


@pytest.mark.filterwarnings("error")
def test_nothing_has_a_share_of_what_does_not_vary():
    for method in (MORRIS, SOBOL):
        got = indices_of(method, lambda rows: np.full(len(rows), 4.0), 8)
        assert all(not index.any() for index in got.values())
    # Nor where only the points differ that do not measure the variance.
    outputs = np.zeros(24)
    outputs[1] = 1.0
    got = indices(
        SOBOL, sample_points(SOBOL, 4, 4, generator_of(7, SENSITIVITY_POINTS)), outputs, generator_of(7, BOOTSTRAP)
    )
    assert all(not index.any() for index in got.values())


def test_changes_are_those_between_direct_runs(tiny: sim.Scenario, alone: tuple[pd.DataFrame, bytes], tmp_path: Path):
    frame, _ = alone
    chosen = planned(tiny, KEYS, MORRIS, 3, ("saved",))
    assert [one.key for one in chosen.parameters] == [WRONG, MET, VIDEOS]
    rows = chosen.points()
    effects: dict[str, list[float]] = {key: [] for key in KEYS}
    before = 0.0
    for number, row in enumerate(rows):
        values = chosen.values(row)
        assert values[MET] == pytest.approx(0.5 + 0.45 * row[1])
        now = sim.run(changed(tiny, values), tmp_path / str(number), workers=1).totals["victims"]
        if number % 4:
            step = row - rows[number - 1]
            (moved,) = np.flatnonzero(step)
            effects[chosen.parameters[moved].key].append((now - before) / step[moved])
        before = now
    victims = frame[frame["quantity"] == "victims"].set_index("parameter")
    for key in KEYS:
        assert victims.loc[key, "mu"] == pytest.approx(np.mean(effects[key]))
        assert victims.loc[key, "mu_star"] == pytest.approx(np.mean(np.abs(effects[key])))
        assert victims.loc[key, "sigma"] == pytest.approx(np.std(effects[key], ddof=1))


def test_rows_are_quantities_by_parameters_and_a_measure_that_is_over_moves_nothing(alone: tuple[pd.DataFrame, bytes]):
    frame, _ = alone
    assert list(frame["quantity"]) == ["saved"] * 3 + ["victims"] * 3
    assert list(frame["parameter"]) == [WRONG, MET, VIDEOS] * 2
    assert set(frame["samples"]) == {3}
    assert {key: value for key, value in frame.attrs.items() if key != "folder"} == {
        "method": "morris",
        "samples": 3,
        "runs": 12,
        "dropped": 0,
        "message": None,
        "idle": [],
        "warnings": [],
    }
    saved = frame[frame["quantity"] == "saved"].set_index("parameter")
    assert saved.loc[VIDEOS, ["mu_star", "mu_star_low", "mu_star_high", "mu", "sigma"]].tolist() == [0.0] * 5
    # Who is met, and believed more often where the message is about another fraud, is saved more often.
    assert (saved.loc[[MET, WRONG], "mu"] > 0.0).all()
    assert (saved["mu_star_low"] <= saved["mu_star"]).all()
    assert (saved["mu_star"] <= saved["mu_star_high"]).all()


@pytest.mark.slow
def test_shares_of_a_scenario_are_reproducible_and_hang_on_the_seed_alone(tiny: sim.Scenario, tmp_path: Path):
    with ThreadPoolExecutor(3) as threads:
        frames = [
            sim.sensitivity(one, (MET, VIDEOS), SOBOL, 2, ("saved",), folder=tmp_path / str(number), executor=executor)
            for number, (one, executor) in enumerate(
                [(tiny, None), (tiny, threads), (changed(tiny, {"seed": 8}), None)]
            )
        ]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    assert not frames[0].equals(frames[2])
    for frame in frames:
        assert frame.set_index("parameter").loc[VIDEOS].drop(["quantity", "samples"]).eq(0.0).all()
        assert frame.set_index("parameter").loc[MET, "total"] > 0.0
        assert frame.attrs["runs"] == 8


def with_range(low: float) -> sim.Scenario:
    full = f"{{value: 3.3, origin: assumed, range: [{low}, 3.6], basis: a test}}"
    return sim.load_scenario("tiny", {"period": SHORT, RED: full})


@pytest.mark.parametrize(("method", "samples"), [(MORRIS, 6), (SOBOL, 4)])
def test_blocks_with_a_run_that_failed_are_dropped_and_counted(method: str, samples: int, tmp_path: Path):
    scenario = with_range(2.7)
    chosen = planned(scenario, (MET, RED), method, samples, ("saved",))
    low = np.array([chosen.values(row)[RED] < 2.9 for row in chosen.points()])
    bad = low.reshape(samples, -1).any(axis=1).sum()
    assert 0 < bad <= samples - 2
    frame = sim.sensitivity(
        scenario, (MET, RED), method, samples, ("saved",), folder=tmp_path / "sensitivity", workers=1
    )
    assert frame.attrs["dropped"] == bad
    assert "the thresholds do not fall from red to blue" in frame.attrs["message"]
    assert set(frame["samples"]) == {samples - bad}
    assert frame.notna().all(axis=None)


def test_where_every_block_is_dropped_there_is_one_error(tmp_path: Path):
    # Each trajectory goes through one of the two lower levels, and both are below the threshold of orange.
    with pytest.raises(SimulationError, match=r"4 of 4 trajectories have a failed run, .* the first: no scenario"):
        sim.sensitivity(with_range(2.5), (MET, RED), samples=4, folder=tmp_path / "sensitivity", workers=1)
    assert not (tmp_path / "sensitivity" / "indices.parquet").exists()


def test_what_moves_are_all_ranges_or_those_of_the_calibration_or_of_keys(tiny: sim.Scenario):
    def keys(scenario: sim.Scenario, *patterns: str) -> list[str]:
        return [one.key for one in planned(scenario, patterns or None, MORRIS, 2, ("victims",)).parameters]

    with pytest.MonkeyPatch.context() as patch:  # whether each of so many moves anything is asked elsewhere, of few
        patch.setattr("sim.experiments.sensitivity.idle", lambda *_: {})
        assert len(keys(tiny)) > 100
    some = sim.load_scenario("tiny", {"calibration.parameters": f"[{MET}, {WRONG}]"})
    assert keys(some) == [WRONG, MET]
    assert keys(some, "desks.*.met") == [MET]
    assert keys(tiny, "*.met", VIDEOS, "desks.visit.*") == [MET, VIDEOS]


def test_the_names_of_quantities_are_those_of_a_run(tmp_path: Path):
    figures = [
        "{name: episodes, window: [2022-01-24, 2022-01-25], value: 1, role: predicted, source: none}",
        "{name: episodes, window: [2022-01-24, 2022-01-27], value: 1, role: predicted, source: none}",
        "{name: episodes_change, window: [2022-01-25, 2022-01-25], base: [2022-01-24, 2022-01-24], value: 0.1, "
        "role: predicted, source: none}",
        "{name: episodes_change, window: [2022-01-25, 2022-01-25], base: [2022-01-23, 2022-01-23], value: 0.1, "
        "role: predicted, source: none}",
    ]
    scenario = sim.load_scenario("tiny", {"period": SHORT, "figures": f"[{', '.join(figures)}]"})
    names = quantity_names(scenario)
    assert names == list(quantities(sim.run(scenario, tmp_path / "run", workers=1)))
    assert names[-2:] == ["episodes@2022-01-24..2022-01-25", "episodes_change@2022-01-25..2022-01-25"]


@pytest.mark.slow
def test_the_command_prints_the_most_important_first_and_goes_on_by_itself(tocsin: Tocsin, tmp_path: Path):
    given = ["sensitivity", "tiny", "--set", f"period={SHORT}", "--samples", "2"]
    given += ["--vary", "desks.call.hard_*", "--vary", MET, "--vary", WRONG]
    code, out, _ = tocsin(*given, "--quantity", "victims", "--workers", "1")
    assert code == 0
    (folder,) = (tmp_path / "results" / "sensitivities").iterdir()
    lines = out.splitlines()
    assert lines[0].split()[:4] == ["victims", "change", "across", "range"]
    assert f"{folder.relative_to(tmp_path)}/indices.parquet: 8 runs" in lines
    # The order of what is stored is that of the scenario, the order of what is shown that of importance.
    code, out, _ = tocsin(*given, "--quantity", "victims", "--json")
    document = json.loads(out)
    assert code == 0
    assert (document["method"], document["runs"], document["dropped"]) == ("morris", 8, 0)
    stored = [row["parameter"] for row in document["rows"]]
    assert stored == [WRONG, "desks.call.hard_share", MET]
    sizes = {row["parameter"]: row["mu_star"] for row in document["rows"]}
    spec = sim.load_scenario("tiny").spec
    ordered = [key_name(key, spec) for key in sorted(stored, key=lambda key: -sizes[key])]
    assert [re.split(" {2,}", line)[0] for line in lines[1:4]] == ordered
    answer = " ".join(" ".join(lines[lines.index("Answer   95% bootstrap intervals over trajectories") :]).split())
    assert f"Victims: what matters most is {ordered[0]} (" in answer
    assert f"Next tocsin explain {max(stored, key=sizes.__getitem__)}; --full" in answer
    assert tocsin(*given, "--quiet")[1] == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vary", "desk.*"], "desk.* matches no number with a range; did you mean 'desks.*'? allowed: population.*"),
        (["--vary", "desks.visit.mett"], "desks.visit.mett matches no number with a range; did you mean 'desks.visit"),
        (["--vary", MET, "--vary", "seed"], "seed matches no number with a range; "),
        (["--quantity", "victim"], "victim is not a quantity of tiny; did you mean 'victims'? "),
        (["--method", "fast"], "method must be one of morris, sobol; got fast"),
        (["--method", "sobol", "--samples", "12"], "samples of a Sobol sequence must be a power of two; got 12"),
        (["--samples", "1"], "samples must be at least 2 trajectories; got 1"),
        (["--samples", "100000"], f"{RUNS:,} runs are too many; at most 1,000,000"),
        (["--vary", MET, "--out", "full"], "full: the folder is not empty; "),
    ],
)
def test_what_cannot_be_asked_for_is_one_line_and_writes_nothing(
    tocsin: Tocsin, tmp_path: Path, arguments: list[str], message: str
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    code, out, err = tocsin("sensitivity", "tiny", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"tocsin sensitivity: {message}")
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full"]


def test_without_salib_it_says_how_to_install_it(tiny: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "SALib", None)
    with pytest.raises(DesignError, match=r"SALib is not installed; run pip install '\.\[sensitivity\]' in"):
        sim.sensitivity(tiny, KEYS, folder=tmp_path / "sensitivity")
    assert not list(tmp_path.iterdir())

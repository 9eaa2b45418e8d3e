"""Predictions over draws: what they are made of, how their errors grow, and what cannot be predicted."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.calibration.predict import PredictError, composed, errors, planned, predict, prepared
from sim.predictions import Document, read_prediction, write_prediction
from sim.store.columns import Target
from sim.store.folder import sha256
from tests.cli.commands import Tocsin, tocsin

__all__ = ["tocsin"]

DRAWN = Path(__file__).parent / "drawn.yaml"
TODAY = date(2026, 12, 1)
END = date(2022, 11, 30)


def year(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


def made(folder: Path, name: str, workers: int = 1) -> Document:
    plan = planned(str(DRAWN), sim.load_scenario(str(DRAWN)))
    return predict(
        plan,
        lambda draw: sim.load_scenario(str(DRAWN), draw=draw),
        prepared(plan, folder / name),
        TODAY,
        workers=workers,
    )


@pytest.mark.slow
def test_a_prediction_has_the_runs_of_draws_and_states_what_it_is(tmp_path: Path, one_process: None) -> None:
    done = made(tmp_path, "work")
    assert [(row["name"], row["window"]) for row in done["figures"]] == [
        ("calls_intercepted", ["2022-01-31", "2022-02-01"]),
        ("sms_intercepted", ["2022-01-31", "2022-02-01"]),
        ("calls_intercepted_change", ["2022-01-31", "2022-02-01"]),
    ]
    scenario = sim.load_scenario(str(DRAWN))
    assert (done["scenario"], done["date"], done["data_end"]) == ("drawn", "2026-12-01", "2022-01-30")
    assert (done["scenario_sha256"], done["draws"]) == (scenario.sha256, 12)
    assert done["draws_sha256"] == sha256(DRAWN.with_name("draws.csv"))
    calls = done["figures"][0]
    run = sim.run(sim.load_scenario(str(DRAWN), draw=3), tmp_path / "run", workers=1)
    own = sim.run(scenario, tmp_path / "own", workers=1)
    assert calls["point"] == own.manifest["figures"][2]["simulated"]
    (off, *_) = errors(planned(str(DRAWN), scenario).targets, date(2022, 1, 30), scenario.spec.seed, 12)
    assert calls["values"][3] == pytest.approx(run.manifest["figures"][2]["simulated"] * np.exp(0.1 * off[3]), rel=1e-5)
    low, high = calls["quantiles"]["0.05"], calls["quantiles"]["0.95"]
    assert low < calls["quantiles"]["0.5"] < high
    assert np.quantile(calls["values"], [0.05, 0.95]) == pytest.approx([low, high], rel=1e-5)


@pytest.mark.slow
def test_what_only_the_predicted_scenario_has_is_drawn_from_its_range(tmp_path: Path, one_process: None) -> None:
    for file in (DRAWN, DRAWN.with_name("draws.csv")):
        (tmp_path / file.name).write_text(file.read_text())
    later = tmp_path / "later.yaml"
    factor = '{value: 1.0, origin: assumed, range: [0.5, 2.0], basis: "nobody knows"}'
    later.write_text(
        f"schema: 1\nname: later\nextends: {DRAWN.name}\nfraud:\n  surges:\n"
        f"    after: {{window: [2022-01-31, 2022-02-01], factor: {factor}}}\n"
    )
    plan = planned(str(later), sim.load_scenario(str(later)))
    key = "fraud.surges.after.factor"
    factors = [own[key] for own in plan.own]
    assert [list(own) for own in plan.own] == [[key]] * 12
    assert len(set(factors)) == 12
    assert 0.5 < min(factors) < 1.0 < max(factors) < 2.0
    folder = prepared(plan, tmp_path / "work")
    done = predict(plan, lambda draw: sim.load_scenario(str(later), draw=draw), folder, TODAY, workers=1)
    assert done["own"] == [key]
    assert "own" not in made(tmp_path, "without")
    run = sim.run(sim.load_scenario(str(later), draw=3, **{key: factors[3]}), tmp_path / "run", workers=1)
    (off, *_) = errors(plan.targets, date(2022, 1, 30), plan.scenario.spec.seed, 12)
    calls = done["figures"][0]
    assert calls["values"][3] == pytest.approx(run.manifest["figures"][2]["simulated"] * np.exp(0.1 * off[3]), rel=1e-5)


@pytest.mark.slow
def test_the_file_has_the_same_bytes_with_any_workers_and_when_it_is_repeated(tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2), ("one", 2)):
        write_prediction(tmp_path / f"{name}.json", made(tmp_path, name, workers))
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_the_variance_of_errors_grows_by_as_much_each_year() -> None:
    rows = [Target("losses", year(number), None, "predicted") for number in (2021, 2022, 2023, 2025)]
    spread = errors(rows, END, 7, 40_000).var(axis=1)
    beyond = [max((row.window[1] - END) / timedelta(days=365.25), 0.0) for row in rows if row.window[1]]
    assert spread == pytest.approx([1.0 + years for years in beyond], rel=0.03)


def test_errors_are_common_to_a_family_and_year_and_a_change_has_those_of_both_windows() -> None:
    june = (date(2023, 1, 1), date(2023, 6, 30))
    losses, funds, cases, half, earlier = (
        Target(name, window, None, "predicted")
        for name, window in (
            *(("losses", year(2023)), ("funds_stopped_money", year(2023)), ("cases_filed", year(2023))),
            *(("losses", june), ("losses", year(2022))),
        )
    )
    change = Target("losses_change", year(2023), None, "predicted", base=year(2022))
    unknown = Target("victims", year(2023), None, "predicted")
    found = errors([losses, funds, cases, half, earlier, change, unknown], END, 7, 20_000)
    assert (found[0] == found[1]).all()
    assert abs(np.corrcoef(found[0], found[2])[0, 1]) < 0.03
    # Of one year the error of half a year differs by the walk between their last days alone.
    assert (found[0] - found[3]).var() == pytest.approx(184 / 365.25, rel=0.05)
    assert found[5] == pytest.approx(found[0] - found[4])
    assert found[5].var() == pytest.approx(2.0 + 1.0, rel=0.05)
    assert (found[6] == 0.0).all()


def test_without_draws_figures_or_a_fit_nothing_is_predicted(tmp_path: Path) -> None:
    tiny = sim.load_scenario("tiny")
    with pytest.raises(PredictError, match=r"tiny has no posterior draws, .* make them with tocsin calibrate"):
        planned("tiny", tiny)
    with pytest.raises(PredictError, match="draws is 9; it must be 10 to 12"):
        planned(str(DRAWN), sim.load_scenario(str(DRAWN)), 9)
    (tmp_path / "draws.csv").write_text(DRAWN.with_name("draws.csv").read_text())
    for old, new, line in (
        ("role: predicted", "value: 5, role: predicted", "no figure to predict"),
        ("role: fitted", "role: predicted", "has draws but no fitted figure"),
    ):
        file = tmp_path / "drawn.yaml"
        file.write_text(DRAWN.read_text().replace("value: 900, ", "").replace(old, new))
        with pytest.raises(PredictError, match=line):
            planned(str(file), sim.load_scenario(str(file)))


def test_a_figure_that_is_not_counted_is_left_out_and_a_prediction_without_one_refused() -> None:
    plan = planned(str(DRAWN), sim.load_scenario(str(DRAWN)), 10)
    outcome = {"figures": [1.0, 2.0, 100.0, None, 0.5, None]}
    found = composed(plan, outcome, [outcome] * 10, TODAY)
    assert [row["name"] for row in found["figures"]] == ["calls_intercepted", "calls_intercepted_change"]
    with pytest.raises(PredictError, match="counts none of the figures without a value"):
        composed(plan, {"figures": [None] * 6}, [outcome] * 10, TODAY)


@pytest.mark.slow
def test_the_command_stores_the_prediction_and_refuses_before_it_runs(tocsin: Tocsin, tmp_path: Path) -> None:
    command = ("predict", str(DRAWN), "--draws", "10", "--workers", "1")
    ended = tocsin(*command, "--json")
    assert ended.code == 0
    printed = json.loads(ended.out)
    (file,) = (tmp_path / "forecasts").iterdir()
    assert {"file": f"forecasts/{file.name}", **read_prediction(file).document}.items() <= printed.items()
    before = file.read_bytes()
    again = tocsin(*command)
    assert again.code == 0
    assert printed["sha256"] in again.out
    other = tocsin("predict", str(DRAWN), "--draws", "11", "--out", f"forecasts/{file.name}")
    assert (other.code, other.out) == (2, "")
    assert other.err == f"forecasts/{file.name}: holds another prediction, and none ever changes; use another name\n"
    assert file.read_bytes() == before
    assert len(list((tmp_path / "results" / "predictions").iterdir())) == 1
    assert tocsin("ledger").out.splitlines()[-1].endswith("none of them has been reported yet.")

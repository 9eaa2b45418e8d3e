"""Components in comparisons, sweeps and reruns, and what ``run.json`` says of them."""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.experiments.paired import rerun
from sim.experiments.pairing import PairingError
from sim.midnight.component import ComponentError, ComponentRefusedError
from sim.reading.manifest import check_run
from tests.components.reactions import Coverage, Noted, Officers

ROOT = Path(__file__).resolve().parents[2]
PERIOD = {"start": "2022-01-30", "end": "2022-02-01", "warmup": "0 d"}


def tiny(**values: Any) -> sim.Scenario:
    return sim.load_scenario("tiny", engine="vector", **{"period": PERIOD, **values})


def tables(run: sim.Run) -> dict[str, str]:
    return {name: sha256 for name, sha256 in run.manifest["files"].items() if name.endswith(".parquet")}


def test_run_json_names_components_and_the_run_can_be_checked_and_made_again(tmp_path: Path) -> None:
    run = sim.run(tiny(), tmp_path / "run", components=[Officers(2.0), Noted()])
    first, second = run.manifest["components"]
    assert first["class"] == "Officers"
    assert first["module"] == "tests.components.reactions"
    assert first["settings"] == {"by": 2.0, "days": 0, "seen": []}
    assert len(first["sha256"]) == 64
    assert second["sha256"] != first["sha256"]
    assert run.manifest["scenario_sha256"] == tiny().sha256
    assert all(finding.passed for finding in check_run(run.path))
    assert all(finding.passed for finding in rerun(sim.load_run(run.path)))
    assert "components" not in sim.run(tiny(), tmp_path / "plain").manifest


def test_a_stored_run_is_not_repeated_without_its_components(tmp_path: Path) -> None:
    run = sim.run(tiny(), tmp_path / "run", components=[Officers(2.0)])
    scenario = sim.load_run(run.path).scenario
    with pytest.raises(ComponentRefusedError, match="the run was made with Officers, and its folder cannot hold code"):
        sim.run(scenario, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert tables(sim.run(scenario, tmp_path / "again", components=[Officers(2.0)])) == tables(run)


def test_runs_with_and_without_a_component_are_compared_pair_by_pair(tmp_path: Path) -> None:
    base = [sim.run(tiny(seed=seed), tmp_path / f"base{seed}") for seed in (1, 2)]
    other = [sim.run(tiny(seed=seed), tmp_path / f"other{seed}", components=[Coverage()]) for seed in (1, 2)]
    table = sim.compare([base, other]).set_index("quantity")
    assert table.loc["attempts_potential", "difference"] == 0
    assert table.loc["alerts_local", "difference"] != 0
    with pytest.raises(PairingError, match="components"):
        sim.compare([base, [base[0], other[1]]])


def test_every_run_of_a_sweep_has_the_components(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Workers find modules where this process does; tests work in another folder than the one they began in.
    monkeypatch.syspath_prepend(str(ROOT))
    vary = {"desks.call.staff": [40, 80]}
    plain = sim.sweep(tiny(), vary, replicates=2, folder=tmp_path / "plain", workers=1)
    swept = sim.sweep(tiny(), vary, replicates=2, folder=tmp_path / "swept", workers=1, components=[Coverage()])
    assert (swept["status"] == "done").all()
    assert (swept["alerts_local"] != plain["alerts_local"]).all()
    run = sim.run(tiny(**{"desks.call.staff": 80}), tmp_path / "run", components=[Coverage()])
    row = swept[(swept["desks.call.staff"] == 80) & (swept["replicate"] == 0)].iloc[0]
    assert row["alerts_local"] == run.totals["alerts_local"]
    with pytest.raises(sim.FolderError, match="another value of 'components'"):
        sim.sweep(tiny(), vary, replicates=2, folder=tmp_path / "swept", workers=1)


class Wrong(sim.Component):
    """Wants what is not allowed."""

    def __init__(self, what: str) -> None:
        self.what = what

    def at_midnight(self, day: Any, yesterday: Any, tomorrow: Any) -> None:
        exec(self.what, {"tomorrow": tomorrow})


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (
            "tomorrow.coverage['central'] = 1.2",
            r"Wrong, midnight of 2022-01-30: coverage\['central'\] must be from 0 to 1",
        ),
        ("tomorrow.thresholds['local'][0] = 2.6", "must not rise from red to blue; got 2.6 for red and"),
    ],
)
def test_what_is_not_allowed_is_one_error(what: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=message):
        sim.run(tiny(), tmp_path / "run", components=[Wrong(what)])
    assert not (tmp_path / "run").exists()

"""Components in checkpoints, comparisons, sweeps and reruns, and what ``run.json`` says of them."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.experiments.pairing import PairingError
from sim.experiments.rerun import rerun
from sim.midnight.giving import ComponentRefusedError, given_again, with_components
from sim.midnight.tomorrow import ComponentError
from sim.reading.check import check_run
from tests.components.reactions import Coverage, Noted, Officers, Remembers

ROOT = Path(__file__).resolve().parents[2]
PERIOD = {"start": "2022-01-30", "end": "2022-02-01", "warmup": "0 d"}


def tiny(**values: Any) -> sim.Scenario:
    return sim.load_scenario("tiny", engine="vector", **{"period": PERIOD, **values})


def tables(run: sim.Run) -> dict[str, str]:
    return {name: sha256 for name, sha256 in run.manifest["files"].items() if name.endswith(".parquet")}


def test_a_run_resumed_from_a_checkpoint_is_an_undisturbed_one(tmp_path: Path) -> None:
    kept = tmp_path / "checkpoints"
    plain = sim.run(tiny(), tmp_path / "plain", components=[Remembers()])
    first = sim.run(tiny(), tmp_path / "first", checkpoint=kept, components=[Remembers()])
    again = sim.run(tiny(), tmp_path / "again", checkpoint=kept, components=[Remembers()])
    assert first.manifest["performance"]["checkpoint"]["kept"] == 1
    assert again.manifest["performance"]["checkpoint"]["continued_from"] == "2022-02-01"
    assert tables(plain) == tables(first) == tables(again)


def test_runs_with_other_components_never_share_a_checkpoint(tmp_path: Path) -> None:
    kept = tmp_path / "checkpoints"
    sim.run(tiny(), tmp_path / "a", checkpoint=kept, components=[Noted(1.0)])
    for number, components in enumerate(([], [Noted(2.0)], [Remembers()], [Noted(1.0), Noted(1.0)])):
        other = sim.run(tiny(), tmp_path / f"other{number}", checkpoint=kept, components=components)
        assert other.manifest["performance"]["checkpoint"]["continued_from"] is None


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


def test_what_is_missing_to_make_components_again_is_said() -> None:
    described = with_components(tiny(), [Noted()]).components[0].described()
    assert isinstance(given_again([described])[0], Noted)
    for change, message in (
        ({"module": "__main__"}, "was defined in a script or a notebook"),
        ({"module": "no_such_module"}, "cannot be imported from the module no_such_module"),
        ({"class": "Gone"}, "cannot be imported from the module tests.components.reactions"),
        ({"sha256": "0" * 64}, "has changed since the run"),
    ):
        with pytest.raises(ComponentRefusedError, match=message):
            given_again([{**described, **change}])


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


SCRIPT = """
import sim

LEAST = 0.4

def share(day):
    return LEAST + day.day / 100

class Local(sim.Component):
    def at_midnight(self, day, yesterday, tomorrow):
        tomorrow.coverage["local"] = share(day)

if __name__ == "__main__":
    scenario = sim.load_scenario("tiny", period={"start": "2022-01-29", "end": "2022-01-30", "warmup": "0 d"})
    table = sim.sweep(scenario, {"desks.call.staff": [40, 80]}, components=[Local()], workers=1)
    print(table["status"].tolist(), sim.run(scenario, "run", components=[Local()]).manifest["components"][0]["module"])
"""


@pytest.mark.slow
def test_workers_know_classes_of_a_plain_script(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["['done',", "'done']", "__main__"], done.stderr
    missing = subprocess.run(
        [sys.executable, "-m", "sim", "rerun", "run"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert missing.returncode != 0
    assert "give it again" in missing.stderr


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
        ("tomorrow.officers['call'][1] = -1", r"officers\['call'\] must be from 0 to 1e\+08; got -1 for province 44"),
        ("tomorrow.d_prime['sms'] = float('nan')", r"d_prime\['sms'\] must be from -100 to 100; got nan"),
        ("tomorrow.thresholds['local'][0] = 2.6", "must not rise from red to blue; got 2.6 for red and"),
        ("tomorrow.thresholds['local'] = 2.0", "must be from 2.5 to 100; got 2 for red"),
        ("tomorrow.blocked['web'][0] = -0.1", r"blocked\['web'\] must be from 0 to 1"),
        ("tomorrow.awareness[tomorrow.segments[0]] = 2", "awareness"),
    ],
)
def test_what_is_not_allowed_is_one_error(what: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=message):
        sim.run(tiny(), tmp_path / "run", components=[Wrong(what)])
    assert not (tmp_path / "run").exists()


def test_unknown_names_are_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="officers\\['visits'\\]: use one of 'call', 'visit'"):
        sim.run(tiny(), tmp_path / "run", components=[Wrong("tomorrow.officers['visits'] = 1")])


def test_what_is_no_component_is_refused(tmp_path: Path) -> None:
    for one, message in (
        (Noted, r"use Noted\(\)"),
        (lambda day: None, "use an instance of a class that extends sim.Component"),
    ):
        with pytest.raises(ComponentRefusedError, match=message):
            sim.run(tiny(), tmp_path / "run", components=[one])  # type: ignore[list-item]
    with pytest.raises(ComponentRefusedError, match="Noted\\['by'\\] is set"):
        sim.run(tiny(), tmp_path / "run", components=[Noted({1.0})])  # type: ignore[arg-type]


class Odd(sim.Component):
    """Remembers what no checkpoint holds."""

    def at_midnight(self, day: Any, yesterday: Any, tomorrow: Any) -> None:
        self.day = day


def test_what_cannot_be_kept_in_a_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=r"Odd: no checkpoint can be kept: .*date; it must be made of numbers"):
        sim.run(tiny(), tmp_path / "run", checkpoint=tmp_path / "kept", components=[Odd()])

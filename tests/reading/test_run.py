"""A run from scenario to folder and back into DataFrames."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.reading.manifest import performance
from sim.store.recorder import Recorder
from sim.store.tables import TABLES
from tests.made_up import MadeUp


def test_a_run_and_what_is_loaded_from_its_folder_are_the_same(as_made: sim.Run) -> None:
    run = as_made
    again = sim.load_run(run.path)
    assert again.manifest == run.manifest
    for name in TABLES:
        frame = getattr(run, name)
        assert list(frame.columns) == [column.name for column in TABLES[name].columns]
        pd.testing.assert_frame_equal(frame, getattr(again, name))
        assert len(frame) > 0
    assert run.scenario.sha256 == run.manifest["scenario_sha256"]


def test_tables_have_the_types_that_analysis_wants(as_made: sim.Run) -> None:
    run = as_made
    assert pd.api.types.is_datetime64_any_dtype(run.attempts["day"])
    assert run.attempts["count"].dtype == "int64"
    assert run.flows["province"].dtype == "Int16"
    assert run.flows["province"].isna().any()
    assert run.events["stage"].isna().all()
    assert run.figures["simulated"].dtype == "Float64"
    assert run.totals["attempts_by_fate.engaged"] == run.manifest["totals"]["attempts_by_fate"]["engaged"]


@pytest.mark.slow
def test_equal_scenarios_give_equal_files_whatever_is_recorded(as_made: sim.Run, made_up: MadeUp) -> None:
    one, two, three = as_made, made_up("two"), made_up("three", events="none")
    assert one.manifest["files"] == two.manifest["files"]
    same = set(one.manifest["files"]) - {"events.parquet", "scenario.yaml"}
    assert {name: one.manifest["files"][name] for name in same} == {
        name: three.manifest["files"][name] for name in same
    }
    other = made_up("other", seed=1)
    assert other.manifest["files"]["attempts.parquet"] != one.manifest["files"]["attempts.parquet"]


def test_the_manifest_has_the_keys_of_the_contract(as_made: sim.Run) -> None:
    run = as_made
    wanted = "name status engine seed scale versions machine command scenario_sha256 files figures totals"
    assert {*wanted.split(), "performance"} <= set(run.manifest)
    assert run.manifest["status"] == "finished"
    assert set(run.manifest["figures"][0]) == {
        "name", "window", "role", "reported", "simulated", "ratio", "tolerance", "standard_error", "interval", "within"
    }  # fmt: skip
    performance = run.manifest["performance"]
    assert set(performance) == {"wall_s", "phases", "peak_rss_bytes", "attempts_per_s"}
    assert performance["phases"]["days"] == 0.5
    # A Python process with pandas and pyarrow in it takes at least 50 MB and no terabyte.
    assert 5e7 < performance["peak_rss_bytes"] < 1e12
    on_disk = {path.name for path in run.path.iterdir()}
    assert on_disk == {"run.json", "log.txt", *run.manifest["files"]}
    assert json.loads((run.path / "run.json").read_text()) == run.manifest


def test_running_the_stored_scenario_again_gives_the_same_files(
    as_made: sim.Run, made_up: MadeUp, tmp_path: Path
) -> None:
    run = as_made  # by the counts that ``made_up`` has put in place of an engine
    again = sim.run(sim.load_scenario(str(run.path / "scenario.yaml")), tmp_path / "again")
    assert again.manifest["files"] == run.manifest["files"]


def test_without_a_folder_a_run_goes_below_results(
    made_up: MadeUp, as_made: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = sim.run(as_made.scenario)  # by the counts that ``made_up`` has put in place of an engine
    assert run.path.parent == tmp_path / "results" / "runs"


def test_events_of_a_run_without_events_are_an_error_that_says_so(made_up: MadeUp) -> None:
    run = made_up(events="none")
    with pytest.raises(FileNotFoundError, match="recorded no events"):
        _ = run.events


def test_a_run_that_breaks_a_law_is_not_kept(made_up: MadeUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    close = Recorder.close

    def cheat(recorder: Recorder) -> None:
        recorder.outcomes[recorder.scope.last_day, 0, 0, 0, 0][0] += 1
        close(recorder)

    monkeypatch.setattr(Recorder, "close", cheat)
    with pytest.raises(sim.ConservationError, match="episodes = engaged"):
        made_up("bad")
    assert os.listdir(tmp_path) == []


def test_an_unknown_choice_of_events_is_refused_before_anything_is_written(made_up: MadeUp, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="events"):
        made_up("bad", events="some")
    assert os.listdir(tmp_path) == []


def test_by_a_clock_that_stands_still_there_is_no_speed() -> None:
    told = performance(0.0, {"events": 0.0}, 5)
    assert told["attempts_per_s"] is None
    assert performance(2.0, {}, 5)["attempts_per_s"] == 2.5

"""The folder of an experiment: claimed once, gone on with by who asks for the same, its tables whole or made again."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.caches import program_digest
from sim.experiments.store import OUTCOMES, claim, complete, finished_run, read_frame, write_frame
from sim.store.folder import DamagedError, FolderError, holding, sealed, sha256

KIND = "sweep"
REQUEST = {"vary": {"seed": [1, 2]}}
TABLE = pd.DataFrame({"run": [1, 2], "share": [0.5, None]})
SHORT = {"start": "2022-01-31", "end": "2022-01-31", "warmup": "0 d"}


@pytest.fixture(scope="module")
def tiny() -> sim.Scenario:
    return sim.load_scenario("tiny", period=SHORT)


def about(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / f"{KIND}.json").read_text())
    return document


def made(tiny: sim.Scenario, folder: Path) -> Path:
    """Return the folder of a finished experiment."""
    claim(KIND, tiny, REQUEST, folder)
    complete(folder, KIND, ["t.parquet"], lambda: write_frame(folder / "t.parquet", TABLE))
    return folder


def never() -> None:
    raise AssertionError("made again")


def test_a_folder_says_what_it_is_for(tiny: sim.Scenario, tmp_path: Path) -> None:
    folder = claim(KIND, tiny, REQUEST, tmp_path / "deep" / "sweep")
    assert sorted(os.listdir(folder)) == ["scenario.yaml", "sweep.json"]
    start = {"name": "tiny", "seed": tiny.spec.seed, "scale": 1.0, "scenario_sha256": tiny.sha256, "engine": "vector"}
    assert about(folder) == {**start, **REQUEST}
    assert (folder / "scenario.yaml").read_text(encoding="utf-8") == tiny.yaml()
    assert claim(KIND, tiny, REQUEST, folder) == folder


@pytest.mark.parametrize(
    ("kind", "begin"),
    [("sweep", "results/sweeps/tiny-"), ("sensitivity", "results/sensitivities/tiny-"), ("mine", "one/two-")],
)
def test_a_folder_that_nobody_named_is_that_of_the_request(
    kind: str, begin: str, tiny: sim.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = Path("one/two") if kind == "mine" else None
    first = claim(kind, tiny, REQUEST, None, named)
    assert str(first).startswith(begin)
    assert len(str(first)) == len(begin) + 8
    assert claim(kind, tiny, dict(REQUEST), None, named) == first
    assert claim(kind, tiny, {"vary": {"seed": [1, 3]}}, None, named) != first


@pytest.mark.parametrize(("kind", "told"), [("sweep", "another sweep"), ("replicates", "other replicates")])
def test_another_request_is_refused_by_its_key(kind: str, told: str, tiny: sim.Scenario, tmp_path: Path) -> None:
    folder = claim(kind, tiny, REQUEST, tmp_path / "place")
    for request, key in (({"vary": {}}, "vary"), ({**REQUEST, "more": 1}, "more"), ({}, "vary")):
        with pytest.raises(FolderError) as refused:
            claim(kind, tiny, request, folder)
        assert (
            str(refused.value)
            == f"{folder}: holds {told}, with another value of '{key}'; use a folder that is new or empty"
        )


def test_a_folder_of_other_things_is_refused(tiny: sim.Scenario, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    claim(KIND, tiny, REQUEST, tmp_path / "empty")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    (tmp_path / "file").write_text("")
    for name, why in (("full", "not empty"), ("link", "is not a folder"), ("file", "not a folder")):
        with pytest.raises(FolderError, match=why):
            claim("attribution", tiny, REQUEST, tmp_path / name)
    assert os.listdir(tmp_path / "full") == ["thesis.txt"]


def test_tables_are_made_once_and_their_hashes_written_down(tiny: sim.Scenario, tmp_path: Path) -> None:
    folder = claim(KIND, tiny, REQUEST, tmp_path / "sweep")
    before = about(folder)

    def make() -> None:
        with pytest.raises(FolderError, match="is using it"), holding(folder):
            pass
        (folder / OUTCOMES).mkdir()
        write_frame(folder / "t.parquet", TABLE)

    complete(folder, KIND, ["t.parquet"], make)
    assert sorted(os.listdir(folder)) == ["scenario.yaml", "sweep.json", "t.parquet"]
    assert about(folder) == {
        **before, "files": {"t.parquet": sha256(folder / "t.parquet")}, "program": program_digest(), "warnings": [],
    }  # fmt: skip
    complete(folder, KIND, ["t.parquet"], never)
    # Who asks for the same finds it, finished as it is.
    claim(KIND, tiny, REQUEST, folder)


def test_a_table_is_read_as_it_was_written(tiny: sim.Scenario, tmp_path: Path) -> None:
    folder = made(tiny, tmp_path / "sweep")
    frame = read_frame(folder, KIND, "t.parquet")
    assert frame["run"].tolist() == [1, 2]
    assert frame["share"][0] == 0.5
    assert frame["share"][1] is pd.NA
    with pytest.raises(DamagedError):
        read_frame(folder, KIND, "sweep.json")
    write_frame(folder / "t.parquet", TABLE.head(1))
    with pytest.raises(DamagedError, match="its SHA-256 differs"):
        read_frame(folder, KIND, "t.parquet")


def test_a_finished_run_is_used_where_it_is_the_very_one(tiny: sim.Scenario, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert finished_run(folder, tiny) is None
    run = sim.run(tiny, folder)
    found = finished_run(folder, tiny)
    assert found is not None
    assert found.manifest == run.manifest
    assert found.scenario is tiny
    others: tuple[dict[str, Any], ...] = ({"period": SHORT, "seed": 8}, {"period": SHORT, "engine": "reference"})
    for values in others:
        with pytest.raises(FolderError, match="holds another run"):
            finished_run(folder, sim.load_scenario("tiny", **values))
    manifest = {key: value for key, value in run.manifest.items() if key != "sha256"}
    older = {**manifest, "versions": {**manifest["versions"], "tocsin": "0.0"}}
    (folder / "run.json").write_text(json.dumps(sealed(older)))
    with pytest.raises(FolderError, match="another version"):
        finished_run(folder, tiny)

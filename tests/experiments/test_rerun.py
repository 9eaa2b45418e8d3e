"""A run is made again from its own folder, and every byte is compared."""

import json
import os
import shutil
from pathlib import Path

import pytest

from sim.store.folder import RUN_JSON, sealed
from tests.cli.commands import Tocsin, tocsin

__all__ = ["tocsin"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with events."""
    import sim

    scenario = sim.load_scenario("tiny", {"period": "{start: 2022-01-24, end: 2022-01-25, warmup: 0 d}"})
    return sim.run(scenario, tmp_path_factory.mktemp("made") / "run", events="all").path


def failed(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("FAIL")]


@pytest.mark.parametrize("engine", [[], ["--engine", "reference"], ["--workers", "1"]])
def test_a_run_made_again_has_the_same_bytes(engine: list[str], made: Path, tocsin: Tocsin, tmp_path: Path) -> None:
    ended = tocsin("rerun", str(made), *engine)
    assert ended.code == 0, ended
    files = json.loads((made / RUN_JSON).read_text())["files"]
    expected = 5 + len(files) - ("reference" in engine)
    assert ended.out.splitlines()[-1] == f"{expected} checks, all passed"
    assert ("scenario.yaml" in ended.out) == ("reference" not in engine)
    assert os.listdir(tmp_path) == []


def test_what_differs_is_named_and_the_exit_code_is_1(made: Path, tocsin: Tocsin, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "run")
    document = json.loads((made / RUN_JSON).read_text())
    (tmp_path / "run" / "flows.parquet").write_bytes((made / "flows.parquet").read_bytes() + b"x")
    from sim.store.folder import sha256

    document["files"]["flows.parquet"] = sha256(tmp_path / "run" / "flows.parquet")
    document["totals"]["victims"] += 1
    document["versions"]["numpy"] = "0.1"
    (tmp_path / "run" / RUN_JSON).write_text(json.dumps(sealed(document)))
    ended = tocsin("rerun", "run")
    assert ended.code == 1
    names = [line.split(":")[0] for line in failed(ended.out)]
    assert names == ["FAIL flows.parquet", "FAIL run.json"]
    assert document["files"]["flows.parquet"] in failed(ended.out)[0]
    assert "warning: numpy was 0.1 and is now " in ended.err
    assert json.loads(tocsin("rerun", "run", "--json").out)["passed"] is False


def test_no_run_is_made_again_of_what_is_none(made: Path, tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("rerun", "nowhere").code == 2
    shutil.copytree(made, tmp_path / "run")
    (tmp_path / "run" / "scenario.yaml").write_text((made / "scenario.yaml").read_text().replace("seed: 7", "seed: 8"))
    ended = tocsin("rerun", "run")
    assert (ended.code, ended.out) == (2, "")
    assert "run/scenario.yaml: was changed after it was written" in ended.err
    ended = tocsin("rerun", str(made), "--engine", "abacus")
    assert ended.code == 2
    assert ended.err.startswith("--engine: 'abacus' is not allowed")

"""Results depend neither on workers, nor on the size of blocks, nor on what is recorded.

Blocks of one attempt are the hardest: every array of the vector engine begins small and must grow in the middle of
things, again and again.
"""

from pathlib import Path

import pytest

import sim
from sim.engines.vector.engine import simulate
from sim.store.recorder import Recorder
from tests.engines.small import files_that_differ
from tests.equality.both import assert_equal
from tests.equality.scenarios import FEATURES


def run(folder: Path, engine: str = "vector", workers: int | None = None, events: str | float = "all") -> sim.Run:
    return sim.run(
        sim.load_scenario("tiny", engine=engine, **FEATURES["tracks"]), folder, events=events, workers=workers
    )


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run(tmp_path_factory.mktemp("equal") / "reference", "reference")


@pytest.mark.parametrize(("workers", "block"), [(1, 2048), (2, 1), (7, 64)])
def test_neither_workers_nor_blocks_change_anything(
    workers: int, block: int, reference: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_blocks(scenario: sim.Scenario, recorder: Recorder, workers: int, *_: object) -> dict[str, float]:
        return simulate(scenario.spec, recorder, workers, block)

    monkeypatch.setattr("sim.engines.simulate", in_blocks)
    assert_equal(reference, run(tmp_path / "run", workers=workers))


def test_recording_changes_no_table_and_keeps_the_same_share(reference: sim.Run, tmp_path: Path) -> None:
    some, others = (run(tmp_path / engine, engine, events=0.3) for engine in ("vector", "reference"))
    assert_equal(some, others)
    none = run(tmp_path / "none", events="none")
    assert files_that_differ(reference, some) == files_that_differ(reference, none) == {"events.parquet"}
    kept = reference.events[reference.events["origin"].isin(set(some.events["origin"]))].reset_index(drop=True)
    assert kept.equals(some.events)
    assert 0.2 < some.events["origin"].nunique() / reference.events["origin"].nunique() < 0.4

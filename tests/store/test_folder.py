"""The folder of a run appears whole or not at all."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sim.store import folder
from sim.store import folder as store_folder

DONE: dict[str, Any] = store_folder.sealed(
    {
        "status": "finished",
        "name": "x",
        "engine": "vector",
        "seed": 1,
        "scale": 1.0,
        "policy_of": None,
        "command": "tocsin",
        "scenario_sha256": "0" * 64,
        "performance": {"wall_s": 1.0},
        **{key: {} for key in ("versions", "machine", "files", "totals", "chance")},
        **{key: [] for key in ("figures", "evidence", "findings", "warnings")},
    }
)


def test_a_folder_appears_only_when_it_is_published(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "run"
    with store_folder.Staging(target) as staging:
        store_folder.write_json(staging.path / "run.json", DONE)
        assert staging.path.parent == target.parent
        assert not target.exists()
        assert [(run.path, run.manifest) for run in store_folder.find_runs(tmp_path)] == [(staging.path, None)]
        with pytest.raises(store_folder.FolderError, match="unfinished"):
            store_folder.read_manifest(staging.path)
        staging.publish()
    assert os.listdir(target.parent) == ["run"]
    assert store_folder.read_manifest(target) == DONE


def test_a_failed_run_leaves_nothing_not_even_the_parents_it_made(tmp_path: Path) -> None:
    def interrupted() -> None:
        with store_folder.Staging(tmp_path / "deep" / "deeper" / "run") as staging:
            (staging.path / "attempts.parquet").write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == []


def test_an_empty_folder_is_taken_and_a_full_one_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with store_folder.Staging(tmp_path / "empty") as staging:
        store_folder.write_json(staging.path / "run.json", DONE)
        staging.publish()
    assert store_folder.read_manifest(tmp_path / "empty") == DONE
    with pytest.raises(store_folder.FolderError, match="not empty"):
        store_folder.Staging(tmp_path / "empty")
    (tmp_path / "file").write_text("")
    with pytest.raises(store_folder.FolderError, match="not a folder"):
        store_folder.demand_free(tmp_path / "file")
    with pytest.raises(store_folder.FolderError, match="cannot write in"):
        store_folder.demand_free(tmp_path / "file" / "run")
    with pytest.raises(store_folder.FolderError, match="no name"):
        store_folder.demand_free(Path())
    assert sorted(os.listdir(tmp_path)) == ["empty", "file"]


def test_a_folder_that_filled_up_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with store_folder.Staging(target) as staging:
        target.mkdir()
        (target / "mine").write_text("keep")
        with pytest.raises(store_folder.FolderError, match="free when the run started"):
            staging.publish()
    assert os.listdir(tmp_path) == ["run"]
    assert (target / "mine").read_text() == "keep"


def test_two_runs_of_one_process_may_stage_for_a_name_that_nobody_asked_for(tmp_path: Path) -> None:
    with (
        store_folder.Staging(tmp_path / "run", renamable=True) as one,
        store_folder.Staging(tmp_path / "run", renamable=True) as two,
    ):
        assert one.path != two.path
        assert [run.manifest for run in store_folder.find_runs(tmp_path)] == [None, None]
        with pytest.raises(store_folder.FolderError, match=f"process {os.getpid()} is writing it"):
            store_folder.Staging(tmp_path / "run")
    assert os.listdir(tmp_path) == []


def test_what_killed_runs_of_a_target_left_goes_and_nothing_else(tmp_path: Path) -> None:
    for name in (".run.unfinished-7", ".other.unfinished-7", ".run.unfinished", "runs"):
        (tmp_path / name).mkdir()
    (tmp_path / ".run.unfinished-8").symlink_to("runs")
    with store_folder.Staging(tmp_path / "run"):
        pass
    assert sorted(os.listdir(tmp_path)) == [".other.unfinished-7", ".run.unfinished", ".run.unfinished-8", "runs"]


def test_runs_are_found_down_to_a_depth_and_not_in_hidden_folders(tmp_path: Path) -> None:
    for place in ("a", "b/c", "b/c/d", ".hidden/e"):
        (tmp_path / place / "run").mkdir(parents=True)
        store_folder.write_json(tmp_path / place / "run" / "run.json", DONE)

    def found(depth: int) -> list[str]:
        return [str(one.path.relative_to(tmp_path)) for one in store_folder.find_runs(tmp_path, depth)]

    # Neither files nor links: a run is found once, whatever leads to it.
    (tmp_path / "0").write_text("first of all names")
    (tmp_path / "00").symlink_to("a")
    assert found(1) == []
    assert found(2) == ["a/run"]
    assert found(3) == ["a/run", "b/c/run"]
    assert [one.path for one in store_folder.find_runs(tmp_path)] == [
        one.path for one in store_folder.find_runs(tmp_path, 3)
    ]
    assert found(4) == ["a/run", "b/c/d/run", "b/c/run"]


def test_a_file_that_is_not_whole_does_not_appear(tmp_path: Path) -> None:
    error = KeyboardInterrupt()
    (tmp_path / "file").write_text("old")

    def write(raised: BaseException | None) -> None:
        with store_folder.whole(tmp_path / "file") as unfinished:
            unfinished.write_text("new")
            if raised:
                raise raised

    with pytest.raises(type(error)):
        write(error)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "old")]
    write(None)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "new")]


def test_default_folders_do_not_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = store_folder.default_folder("tiny", 5)
    assert first.parent == Path("results/runs")
    assert first.name.startswith("tiny-5-")
    now = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
    for name in ("tiny-5-20261126T153000Z", "tiny-5-20261126T153000Z-2", "tiny-5-20261126T153000Z-3"):
        free = store_folder.default_folder("tiny", 5, now)
        assert free.name == name
        free.mkdir(parents=True)


def test_what_is_published_is_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(folder, "sync", synced.append)
    with store_folder.Staging(tmp_path / "run") as staging:
        for name in ("a.parquet", "run.json"):
            (staging.path / name).write_text("x")
        staging.publish()
        assert synced == [staging.path / "a.parquet", staging.path / "run.json", staging.path, tmp_path]
    for durable in ({}, {"durable": True}, {"durable": False}):
        synced.clear()
        with store_folder.whole(tmp_path / "file", **durable) as unfinished:
            unfinished.write_text("x")
        assert synced == ([] if durable == {"durable": False} else [unfinished])


@pytest.mark.parametrize("text", ["{", '{"status": "running"}'])
def test_a_manifest_that_does_not_say_finished_is_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(text)
    with pytest.raises(store_folder.FolderError):
        store_folder.read_manifest(tmp_path / "run")
    assert [run.manifest for run in store_folder.find_runs(tmp_path)] == [None]


def test_a_manifest_holds_no_number_that_json_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store_folder.write_json(tmp_path / "run.json", {"ratio": float("nan")})
    store_folder.write_json(tmp_path / "run.json", {"name": "北京"})
    assert (tmp_path / "run.json").read_text(encoding="utf-8") == '{\n  "name": "北京"\n}\n'

"""Pictures for notebooks: the same as on the page, by name."""

import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.report.attempts import cascade


def test_a_run_offers_its_pictures(full: sim.Run) -> None:
    assert full.pictures.cascade(channel="call").to_json() == cascade(full).view(channel="call").to_json()
    names = [name for name in dir(full.pictures) if name != "table"]
    assert {"ratios", "cascade", "daily", "place", "waits", "money", "ages"} <= set(names)
    for name in names:
        figure = getattr(full.pictures, name)()
        assert figure.layout.title.text
        assert len(full.pictures.table(name).columns) > 1


def test_an_unknown_picture_is_named_with_those_that_there_are(full: sim.Run) -> None:
    with pytest.raises(AttributeError, match=r"no picture 'pie'.*cascade"):
        _ = full.pictures.pie


def test_a_run_that_is_loaded_has_pictures_too(full: sim.Run) -> None:
    again = sim.load_run(full.path)
    assert type(again) is type(full) is sim.Run
    assert dir(again.pictures) == dir(full.pictures)


AFTER_PICTURES = """
import sys
import sim

run = sim.load_run(sys.argv[1])
assert "cascade" in dir(run.pictures)
assert str(sim.report(run, sys.argv[2])) == sys.argv[2]
"""


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(full: sim.Run, reports: dict[str, Path], tmp_path: Path) -> None:
    """The hashes of that process are others, and pictures are imported before the report is called."""
    path = tmp_path / "one.html"
    subprocess.run([sys.executable, "-c", AFTER_PICTURES, str(full.path), str(path)], check=True)
    assert path.read_bytes() == reports["full"].read_bytes()

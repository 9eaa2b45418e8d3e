"""Pictures for notebooks: the same as on the page, by name."""

import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.report.pictures.cascade import cascade


def test_a_run_offers_its_pictures(full: sim.Run) -> None:
    assert full.pictures.cascade(channel="call").to_json() == cascade(full, channel="call").to_json()
    names = [name for name in dir(full.pictures) if name != "table"]
    assert {"ratios", "cascade", "daily", "rhythm", "place", "film", "waits", "roc", "money", "ages"} <= set(names)
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


ONE_AFTER_ANOTHER = """
import sys
import sim

run = sim.load_run(sys.argv[1])
assert "cascade" in dir(run.pictures)
for name in sys.argv[2:]:
    assert str(sim.report(run, name)) == name
    # Of the second page it only matters that it can be asked for.
    sys.modules["sim.report.page"].SECTIONS = ()
"""


@pytest.mark.slow
def test_the_report_can_be_called_whatever_was_imported_before(
    full: sim.Run, reports: dict[str, Path], tmp_path: Path
) -> None:
    places = [str(tmp_path / name) for name in ("one.html", "two.html")]
    subprocess.run([sys.executable, "-c", ONE_AFTER_ANOTHER, str(full.path), *places], check=True)
    # Another process, whose hashes are others, writes the same bytes.
    assert Path(places[0]).read_bytes() == reports["full"].read_bytes()
    assert Path(places[1]).is_file()

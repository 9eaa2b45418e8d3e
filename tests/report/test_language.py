"""Nothing on a page is English by itself: every text goes through ``sim.language``, but for what scenarios say."""

from pathlib import Path

import pytest

import sim
from sim.report.page import report
from tests.report.bracketed import names_of, unsaid
from tests.report.conftest import draw_only


def left_of(runs: list[sim.Run] | list[list[sim.Run]], every: list[sim.Run], place: Path) -> list[str]:
    """Return what no catalogue could translate of the report of runs."""
    page = report(runs, place / "report.html").read_text(encoding="utf-8")
    return unsaid(page, names_of(*every))


@pytest.fixture(scope="module")
def again(off: sim.Run, place: Path) -> sim.Run:
    """A replicate of the run of which something is off."""
    return sim.run(sim.load_scenario(str(off.path / "scenario.yaml"), seed=8), place / "again", workers=1)


@pytest.mark.usefixtures("marking")
def test_nothing_of_a_run_and_its_replicates_is_left_untranslatable(
    off: sim.Run, again: sim.Run, tmp_path: Path
) -> None:
    assert left_of([[off, again]], [off, again], tmp_path) == []


@pytest.mark.usefixtures("marking")
@pytest.mark.slow
def test_nothing_of_the_country_is_left_untranslatable(country: sim.Run, tmp_path: Path) -> None:
    assert left_of([country], [country], tmp_path) == []


@pytest.mark.usefixtures("marking")
@pytest.mark.slow
def test_nothing_of_a_run_without_anything_is_left_untranslatable(empty: sim.Run, tmp_path: Path) -> None:
    assert left_of([empty], [empty], tmp_path) == []


@pytest.mark.slow
@pytest.mark.usefixtures("marking")
def test_nothing_of_policies_is_left_untranslatable(
    full: sim.Run, silent: sim.Run, central: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All other pictures are on the pages of single runs.
    draw_only(monkeypatch, "place", "load")
    runs = [full, silent, central]
    assert left_of(runs, runs, tmp_path) == []


@pytest.mark.usefixtures("marking")
def test_nothing_of_replicates_is_left_untranslatable(
    replicates: list[list[sim.Run]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "load")
    assert left_of(replicates, [run for runs in replicates for run in runs], tmp_path) == []


@pytest.mark.slow
@pytest.mark.usefixtures("marking")
def test_nothing_of_whole_pages_of_several_runs_is_left_untranslatable(
    full: sim.Run, silent: sim.Run, central: sim.Run, replicates: list[list[sim.Run]], tmp_path: Path
) -> None:
    runs = [full, silent, central]
    assert left_of(runs, runs, tmp_path) == []
    assert left_of(replicates, [run for runs in replicates for run in runs], tmp_path) == []

"""Nothing on a page is English by itself: every text goes through ``sim.language``, but for what scenarios say."""

from pathlib import Path

import pytest

import sim
from sim.report.page import report
from tests.report.bracketed import names_of, unsaid


def left_of(runs: list[sim.Run] | list[list[sim.Run]], every: list[sim.Run], place: Path) -> list[str]:
    """Return what no catalogue could translate of the report of runs."""
    page = report(runs, place / "report.html").read_text(encoding="utf-8")
    return unsaid(page, names_of(*every))


@pytest.mark.usefixtures("marking")
def test_nothing_of_a_run_is_left_untranslatable(off: sim.Run, tmp_path: Path) -> None:
    assert left_of([off], [off], tmp_path) == []


@pytest.mark.usefixtures("marking")
def test_nothing_of_the_country_is_left_untranslatable(country: sim.Run, tmp_path: Path) -> None:
    assert left_of([country], [country], tmp_path) == []


@pytest.mark.usefixtures("marking")
def test_nothing_of_a_run_without_anything_is_left_untranslatable(empty: sim.Run, tmp_path: Path) -> None:
    assert left_of([empty], [empty], tmp_path) == []


@pytest.mark.usefixtures("marking")
def test_nothing_of_policies_is_left_untranslatable(
    full: sim.Run, silent: sim.Run, central: sim.Run, tmp_path: Path
) -> None:
    runs = [full, silent, central]
    assert left_of(runs, runs, tmp_path) == []


@pytest.mark.usefixtures("marking")
def test_nothing_of_replicates_is_left_untranslatable(replicates: list[list[sim.Run]], tmp_path: Path) -> None:
    every = [run for runs in replicates for run in runs]
    assert left_of(replicates, every, tmp_path) == []
    assert left_of(replicates[:1], every, tmp_path) == []

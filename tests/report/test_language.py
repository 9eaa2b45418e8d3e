"""Nothing on a page is English by itself: every text goes through ``sim.language``, but for what scenarios say."""

from pathlib import Path

import pytest

import sim
from sim.report.page import report
from tests.report.bracketed import names_of, unsaid
from tests.report.conftest import draw_only

pytestmark = pytest.mark.usefixtures("marking")


def demand_said(groups: list[list[sim.Run]], place: Path) -> None:
    """Fail if the report of runs has a text that no catalogue could translate."""
    page = report(groups, place / "report.html").read_text(encoding="utf-8")
    assert unsaid(page, names_of(*(run for group in groups for run in group))) == []


def test_nothing_of_replicates_is_left_untranslatable(
    replicates: list[list[sim.Run]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "load")
    demand_said(replicates, tmp_path)


@pytest.mark.slow
def test_nothing_of_whole_pages_is_left_untranslatable(
    off: sim.Run, country: sim.Run, empty: sim.Run, full: sim.Run, silent: sim.Run, tmp_path: Path
) -> None:
    again = sim.run(sim.load_scenario(str(off.path / "scenario.yaml"), seed=8), tmp_path / "again", workers=1)
    for groups in ([[off, again]], [[country]], [[empty]], [[full], [silent]]):
        demand_said(groups, tmp_path)

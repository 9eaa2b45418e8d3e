"""Folders as a report takes them: what compare made, replicates, single runs; and the report of each."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim import cli
from sim.experiments.paired import REPLICATES, Pairs, each, groups_of, prepared_replicates
from sim.report.figures import spread_table
from sim.store.folder import DamagedError, FolderError
from tests.cli.commands import Tocsin, tocsin
from tests.report.conftest import draw_only

__all__ = ["tocsin"]

# The base is the last by name: what decides is the comparison's own word.
POLICIES = {"with": {}, "without": {"measures.warning-central": "null", "measures.warning-local": "null"}}
PERIOD = {"period": "{start: 2022-01-24, end: 2022-01-27, warmup: 1 d}"}


def loaded(name: str, replicate: int = 0) -> sim.Scenario:
    """Load a policy of ``tiny``."""
    return sim.load_scenario("tiny", {"name": name, **PERIOD, **POLICIES[name]}, seed=7 + replicate)


def compare(folder: Path) -> Path:
    """Compare both policies over two replicates."""
    pairs = Pairs([loaded("without"), loaded("with")], 2, None, None, {})
    pairs.compared(pairs.prepared(folder), workers=1)
    return folder


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``tocsin compare --replicates 2`` makes it."""
    return compare(tmp_path_factory.mktemp("groups") / "compared")


@pytest.fixture(scope="module")
def replicates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``tocsin run --replicates 3`` makes it."""
    folder = prepared_replicates(REPLICATES, loaded("with"), 3, tmp_path_factory.mktemp("groups") / "replicates")
    list(each(REPLICATES, 3, lambda number: loaded("with", number), folder, workers=1))
    return folder


def said_of(groups: list[list[sim.Run]]) -> list[list[tuple[str, int]]]:
    """Return name and seed of each run."""
    return [[(run.manifest["name"], run.manifest["seed"]) for run in group] for group in groups]


def test_the_base_of_a_comparison_comes_first_with_its_replicates(comparison: Path) -> None:
    assert said_of(groups_of([comparison])) == [[("without", 7), ("without", 8)], [("with", 7), ("with", 8)]]


@pytest.mark.slow
def test_the_command_reports_the_folder_of_a_comparison_which_goes_on_as_before(
    tocsin: Tocsin, comparison: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "waits")
    ended = tocsin("report", str(comparison))
    assert (ended.code, ended.err) == (0, "")
    text = (comparison / "report.html").read_text(encoding="utf-8")
    assert "95% intervals over 2 replicates" in text
    assert "without, the baseline" in text
    compare(comparison)


def test_a_report_of_replicates_says_how_far_they_lie_apart(
    tocsin: Tocsin, replicates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_only(monkeypatch, "waits")
    (runs,) = groups_of([replicates])
    assert [run.manifest["seed"] for run in runs] == [7, 8, 9]
    numbers = spread_table(runs).set_index("number").loc["victims"]
    victims = [run.manifest["totals"]["victims"] for run in runs]
    assert numbers["mean"].value == pytest.approx(sum(victims) / 3)
    assert (numbers["lowest"].value, numbers["highest"].value) == (min(victims), max(victims))
    low, high = numbers["95% interval of the mean"].others.values()
    assert low < numbers["mean"].value < high
    ended = tocsin("report", str(replicates))
    assert (ended.code, ended.err) == (0, "")
    text = (replicates / "report.html").read_text(encoding="utf-8")
    assert "the first of 3 runs" in text
    assert numbers["95% interval of the mean"] in text


def without_its_end(folder: Path) -> str:
    """Take away what a comparison writes last."""
    (folder / "compare.json").unlink()
    return r"this comparison is not finished; resume it: tocsin compare"


def without_a_run(folder: Path) -> str:
    """Take a run away."""
    shutil.rmtree(folder / "with" / "r001")
    return "is not a run"


def with_draws(folder: Path) -> str:
    """Let it be of posterior draws."""
    request = json.loads((folder / "comparison.json").read_text())
    (folder / "comparison.json").write_text(json.dumps({**request, "draws": 4}))
    return r"compares 4 draws, but a report shows one; use tocsin report .*without/d000 .*with/d000"


def with_another_document(folder: Path) -> str:
    """Let it say something else."""
    (folder / "compare.json").write_text("[]")
    return "was not written by this program"


@pytest.mark.parametrize("spoil", [without_its_end, without_a_run, with_draws, with_another_document])
def test_what_is_no_whole_comparison_is_refused(comparison: Path, tmp_path: Path, spoil: Callable[[Path], str]) -> None:
    folder = tmp_path / "spoiled"
    shutil.copytree(comparison, folder)
    with pytest.raises((FolderError, DamagedError), match=spoil(folder)):
        groups_of([folder])


def test_a_comparison_stands_alone_and_replicates_are_all_there(
    tocsin: Tocsin, comparison: Path, replicates: Path, tmp_path: Path
) -> None:
    ended = tocsin("report", str(comparison), str(replicates))
    assert ended.code == cli.REFUSED
    assert "is a comparison, which makes its own report" in ended.err
    shutil.copytree(replicates, tmp_path / "two")
    shutil.rmtree(tmp_path / "two" / "r001")
    ended = tocsin("report", "two")
    assert ended.code == cli.REFUSED
    assert "2 of 3 replicates are finished; resume: tocsin run" in ended.err

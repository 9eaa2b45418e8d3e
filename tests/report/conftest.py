"""Small runs to draw: one in which everything happens, one of hostile names, some in which little or nothing does."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.language import speaking
from sim.report import page as pages
from sim.report.gallery import SECTIONS
from sim.report.page import report
from tests.report.bracketed import Marked

HOSTILE = "<img src=x onerror=alert(1)>"
TEMPLATE = "%{x} <b>&"
JANUARY, FEBRUARY = ["2022-01-01", "2022-01-31"], ["2022-02-01", "2022-02-28"]
FIGURES: list[dict[str, Any]] = [
    {**row, "source": "made up"}
    for row in (
        {"name": "calls_intercepted", "window": JANUARY, "value": 1e8, "role": "fitted", "tolerance": 0.5},
        {"name": "sms_intercepted", "window": FEBRUARY, "value": 1e8, "role": "predicted", "interval": [8e7, 3e8]},
        {
            "name": "cases_filed_change",
            "window": FEBRUARY,
            "base": JANUARY,
            "value": -0.01,
            "role": "fitted",
            "tolerance": 1,
        },
        {
            "name": "cases_filed",
            "window": ["2022-03-01", "2022-03-31"],
            "value": 1e5,
            "role": "fitted",
            "tolerance": 0.1,
        },
    )
]
"""Figures of the period of ``country``: of each kind one, and one of another month."""

NO_WARNING = {"measures.warning-central": "null", "measures.warning-local": "null"}
NO_ATTEMPTS = {f"fraud.volumes.{channel}.level": "0 per day" for channel in ("call", "sms", "online")}


def draw_only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let pages have these pictures alone: for what holds of a page whatever is drawn on it, made in a second."""
    kept = [
        replace(section, pictures=tuple(picture for picture in section.pictures if picture.name in names))
        for section in SECTIONS
    ]
    assert {picture.name for section in kept for picture in section.pictures} == set(names)
    monkeypatch.setattr(pages, "SECTIONS", tuple(section for section in kept if section.pictures))


@pytest.fixture
def marking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let everything that is said stand between brackets, and numbers as in Chinese, without letters."""
    translations = Marked()
    monkeypatch.setattr("sim.language._translations", lambda language: translations)
    with speaking("zh"):
        yield


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs lie."""
    return tmp_path_factory.mktemp("drawn")


def small(place: Path, name: str, settings: dict[str, str]) -> sim.Run:
    """Run tiny with changes."""
    return sim.run(sim.load_scenario("tiny", {"name": name, **settings}), place / name, events="all", workers=1)


@pytest.fixture(scope="session")
def full(place: Path) -> sim.Run:
    """A run in which everything happens."""
    return small(place, "full", {})


@pytest.fixture(scope="session")
def silent(place: Path) -> sim.Run:
    """The same people and attempts, and nobody warns them."""
    return small(place, "silent", NO_WARNING)


@pytest.fixture(scope="session")
def central(place: Path) -> sim.Run:
    """The same people and attempts, and the centre alone warns."""
    return small(place, "central", {"measures.warning-local": "null"})


@pytest.fixture(scope="session")
def empty(place: Path) -> sim.Run:
    """A run without attempts and alerts."""
    return small(place, "empty", {**NO_WARNING, **NO_ATTEMPTS})


@pytest.fixture(scope="session")
def off(place: Path) -> sim.Run:
    """A run of which a figure and, by month, something of its inside are not what they should be."""
    figure = (
        '{name: alerts_central, window: [2022-01-24, 2022-02-06], value: 1, role: fitted, tolerance: 1, source: ""}'
    )
    rows = (
        "{name: women_among_victims, range: [0, 1], basis: made up}",
        "{name: reached_red, by: month, range: [2, 3], basis: no share is as large}",
    )
    return small(place, "off", {"figures": f"[{figure}]", "evidence": f"[{', '.join(rows)}]"})


@pytest.fixture(scope="session")
def half(place: Path) -> sim.Run:
    """A run of every second person and attempt."""
    return small(place, "half", {"scale": "0.5"})


@pytest.fixture(scope="session")
def thin(place: Path) -> sim.Run:
    """The flagship without warnings, so thin and short that hardly anything happens."""
    period = {"start": "2022-03-01", "end": "2022-03-20", "warmup": "2 d"}
    return sim.run(sim.load_scenario("no-warning", scale=1e-5, period=period), place / "thin", events="all", workers=1)


@pytest.fixture(scope="session")
def hostile(place: Path, full: sim.Run) -> sim.Run:
    """A run of a scenario whose names are HTML: of a fraud type, a province, and in its title."""
    text = (full.path / "scenario.yaml").read_text()
    text = re.sub(r"\b(?<!')gaming(?!')\b", f'"{HOSTILE}"', text)
    text = text.replace("Beijing", f'"{HOSTILE} {TEMPLATE}"')
    text, titles = re.subn(r"(?m)^title: .*$", f'title: "{HOSTILE}"', text)
    assert titles == 1
    folder = place / "names"
    folder.mkdir()
    (folder / "hostile.yaml").write_text(text)
    return sim.run(sim.load_scenario(str(folder / "hostile.yaml")), place / "hostile", events="all", workers=1)


@pytest.fixture(scope="session")
def country(place: Path) -> sim.Run:
    """The flagship, thin and short: all provinces, measures that begin, figures that lie in the period."""
    period = {"start": "2021-12-20", "end": "2022-02-28", "warmup": "5 d"}
    scenario = sim.load_scenario("china-2022", scale=3e-5, period=period, figures=FIGURES)
    return sim.run(scenario, place / "country", workers=1)


@pytest.fixture(scope="session")
def replicates(place: Path) -> list[list[sim.Run]]:
    """Two policies, two seeds each."""
    found = []
    for name, settings in (("one", {}), ("two", NO_WARNING)):
        scenarios = [sim.load_scenario("tiny", {"name": name, **settings}, seed=seed) for seed in (7, 8)]
        runs = [sim.run(one, place / name / f"r{at}", events="all", workers=1) for at, one in enumerate(scenarios)]
        found.append(runs)
    return found


class Reports(dict[str, Path]):
    """Reports by name, each made when it is asked for first."""

    def __init__(self, place: Path, runs: dict[str, sim.Run | Sequence[sim.Run]]) -> None:
        super().__init__()
        self._place = place
        self._runs = runs

    def __missing__(self, name: str) -> Path:
        self[name] = report(self._runs[name], self._place / f"{name}.html")
        return self[name]


@pytest.fixture(scope="session")
def reports(
    place: Path, full: sim.Run, silent: sim.Run, central: sim.Run, country: sim.Run, empty: sim.Run, hostile: sim.Run
) -> dict[str, Path]:
    """Reports by name."""
    runs: dict[str, sim.Run | Sequence[sim.Run]] = {
        "full": full,
        "country": country,
        "empty": empty,
        "hostile": hostile,
    }
    runs["compared"] = [full, silent, central]
    return Reports(place, runs)

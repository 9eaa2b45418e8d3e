"""Small runs to draw: one in which everything happens, one of hostile names, some in which little or nothing does."""

import re
from pathlib import Path

import pytest

import sim

HOSTILE = "<img src=x onerror=alert(1)>"
TEMPLATE = "%{x} <b>&"
NO_WARNING = {"measures.warning-central": "null", "measures.warning-local": "null"}
NO_ATTEMPTS = {f"fraud.volumes.{channel}.level": "0 per day" for channel in ("call", "sms", "online")}


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

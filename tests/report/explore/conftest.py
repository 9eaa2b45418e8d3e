"""Pages with sliders over sweeps of formulas: two levers and three seeds, one seed, one lever that lies outside."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import sim
from sim.experiments.explored import Explored, explored
from sim.report.explore.page import written
from tests.experiments.made_up import luck, made_up

STAFF, DEADLINE = "desks.visit.staff", "warning.tiers.red.deadline"
HOSTILE = "</script><img src=x onerror=alert(1)>"


def shield(read: Sequence[float], replicate: int) -> Mapping[str, float | None]:
    """An outcome of each kind, at the size of a country."""
    staff, hours = read[0], read[1] if len(read) > 1 else 8.0
    reached = 1.0 - math.exp(-staff / 15.0)
    noise = 1.0 + 0.002 * luck(read, replicate) + 0.01 * replicate
    return {
        "victims": 4.0e6 * (1.4 - reached) * (1.0 + 0.02 * math.log(hours)) * noise,
        "saved": 2.0e6 * reached * noise,
        "loss_money": 2.7e11 * (1.4 - reached) * noise,
        "prevented_money": 8.0e10 * reached * noise,
        "cost_money.total": 9.0e7 * staff + 1.0e9,
        "first_contact_red": 30.0 * math.exp(40.0 / staff) * noise,
        "expired_red": max(0.0, 0.4 - 0.02 * staff - 0.005 * hours),
        "expired_orange": 0.0,
        "expired_blue": 0.1 + 0.01 * luck(read, replicate),
    }


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of sweeps by name."""
    place = tmp_path_factory.mktemp("explored")
    tiny = sim.load_scenario("tiny")
    hostile = sim.load_scenario("tiny", title=HOSTILE)
    two: dict[str, list[float | str]] = {STAFF: [10.0, 40.0], DEADLINE: ["2 h", "24 h"]}
    return {
        "two": made_up(place / "two", tiny, two, shield, replicates=3),
        "single": made_up(place / "single", tiny, two, shield),
        "outside": made_up(place / "<!--<script>", hostile, {STAFF: [30.0, 60.0]}, shield),
        "grid": made_up(place / "grid", tiny, {STAFF: [10.0, 20.0, 30.0, 35.0, 40.0]}, shield, kind="grid"),
    }


@pytest.fixture(scope="session")
def sweeps(folders: dict[str, Path]) -> dict[str, Explored]:
    """What they say."""
    return {name: explored(folder) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def pages(folders: dict[str, Path]) -> dict[str, Path]:
    """Pages of them."""
    return {name: written(folder) for name, folder in folders.items()}

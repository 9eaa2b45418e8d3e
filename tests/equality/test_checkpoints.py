"""A run that goes on from a checkpoint writes the bytes of one that nothing ever disturbed.

Checkpoints are found by what a scenario has done up to then, so every pair here is also a claim about what has no
effect before a day: a measure that begins later, the day on which one ends, a period that ends at another time.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import sim
from sim.store.checkpoint_file import CheckpointWarning, read_values, write_values
from tests.cli.commands import ROOT
from tests.engines.small import fewer
from tests.equality.both import assert_equal
from tests.equality.scenarios import (
    ACCOUNTS,
    ANSWERING,
    AT_ONCE,
    GROWING,
    LAUNDERING,
    MONTHS,
    POOLS,
    SIGNS,
    TRANSFERS,
    UNEVEN,
    VISITS,
    measure,
    wild,
)
from tests.equality.test_random import SETTINGS
from tests.slots import WITHOUT

PERIOD = {"start": "2022-02-03", "end": "2022-03-05", "warmup": "4 d"}
"""Two midnights between months, the first one in the warm-up."""
FIRST, SECOND = "2022-02-01", "2022-03-01"
BEFORE, END = "2022-02-28", "2022-06-30"
BASE: dict[str, Any] = {
    "period": PERIOD,
    **fewer(0.1),
    **UNEVEN,
    **GROWING,
    **LAUNDERING,
    # Few people hear much, and late, and it matters to them; victims report late: much is under way at midnight.
    "population.exposure.high_share": 0.001,
    "population.exposure.high_contacts": 0.9,
    "population.victim_before_factor": 6.0,
    "warning.dissuasion.fatigue": 0.98,
    "warning.dissuasion.stop": dict.fromkeys(("app", "sms", "call", "visit"), 0.5),
    "warning.sms.read_delay": {"lognormal": {"median": "3 h", "sigma": 1.0}},
    "aftermath.report.delay": {"lognormal": {"median": "1 d", "sigma": 1.0}},
    "measures.outage-in-february": measure("outage", 65, since=BEFORE, until=BEFORE, detector="central", mode="delay"),
}


def run(
    folder: Path,
    checkpoints: Path | None = None,
    *,
    scenario: str = "tiny",
    events: str | float = "all",
    workers: int | None = None,
    **values: Any,
) -> sim.Run:
    """Return a run, which has a folder for its checkpoints or keeps none."""
    loaded = sim.load_scenario(scenario, **values)
    return sim.run(loaded, folder, events=events, workers=workers, checkpoint=checkpoints or False)


def went_on_from(run: sim.Run) -> str | None:
    found: str | None = run.manifest["performance"]["checkpoint"]["continued_from"]
    return found


def assert_same(one: sim.Run, other: sim.Run) -> None:
    """Fail unless two runs of one scenario have the same bytes in all files."""
    assert_equal(one, other)
    assert one.manifest["files"] == other.manifest["files"]


def newest_first(folder: Path) -> list[Path]:
    """Return the checkpoints of a run, the latest in simulated time first: it holds the most rows."""
    return sorted(folder.iterdir(), key=lambda file: -file.stat().st_size)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run(tmp_path_factory.mktemp("undisturbed") / "run", **BASE)


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """The same run, which keeps two checkpoints beside itself."""
    folder = tmp_path_factory.mktemp("keeping")
    return run(folder / "run", folder / "checkpoints", **BASE)


@pytest.fixture
def checkpoints(keeping: sim.Run, tmp_path: Path) -> Path:
    """Return a copy of those checkpoints."""
    return Path(shutil.copytree(keeping.path.parent / "checkpoints", tmp_path / "checkpoints"))


def test_keeping_changes_nothing(undisturbed: sim.Run, keeping: sim.Run, checkpoints: Path) -> None:
    assert_same(undisturbed, keeping)
    said = keeping.manifest["performance"]["checkpoint"]
    kept = list(checkpoints.iterdir())
    assert len(kept) == 2
    assert said["kept"] == 2
    assert said["bytes"] == sum(file.stat().st_size for file in kept)
    assert said["continued_from"] is None
    assert "checkpoint" not in undisturbed.manifest["performance"]


def test_a_run_goes_on_from_each_checkpoint(undisturbed: sim.Run, checkpoints: Path, tmp_path: Path) -> None:
    for missing, day in enumerate((SECOND, FIRST)):
        for file in newest_first(checkpoints)[:missing]:
            file.unlink()
        again = run(tmp_path / day, checkpoints, **BASE)
        assert went_on_from(again) == day
        assert_same(undisturbed, again)
        # Midnights that it has passed are kept again.
        assert len(list(checkpoints.iterdir())) == 2


TALKS = measure(
    *("activities", 44, 65),
    since=FIRST,
    until=END,
    count=5000,
    people=60,
    segments={"communities": 1.0},
    ages=[50, None],
)


REMEMBERED: dict[str, dict[str, Any]] = {
    # What gangs have learned, transfers that wait over midnight, quiet alerts, accounts, tracks, lent seats.
    "answers": {
        **ANSWERING,
        **ACCOUNTS,
        **SIGNS,
        **AT_ONCE,
        **TRANSFERS,
        "warning.quiet": "3 d",
        "measures.waits": measure(
            "payment_delay", 11, 44, intensity=0.9, wait="30 h", second_thoughts="20 h", payee="any"
        ),
        "desks.call.staff": 2,
        "desks.visit.staff": 4,
    },
    # Members of pools, alerts between a talk and a second visit, officers on the way, awareness by age.
    "visits": {
        **ANSWERING,
        **WITHOUT,
        **VISITS,
        "gangs": {"pools": POOLS},
        "aftermath.suspects.roles": {"callers": 0.4, "accounts": 0.6},
        "desks.visit.staff": 60,
        "measures.talks-here": TALKS,
    },
}


@pytest.mark.parametrize("name", REMEMBERED)
def test_nothing_is_forgotten_whatever_workers_there_are(name: str, tmp_path: Path) -> None:
    values = REMEMBERED[name]
    undisturbed = run(tmp_path / "undisturbed", events=0.3, workers=1, **{**BASE, **values})
    run(tmp_path / "first", tmp_path / "checkpoints", events=0.3, workers=3, **{**BASE, **values})
    again = run(tmp_path / "again", tmp_path / "checkpoints", events=0.3, workers=2, **{**BASE, **values})
    assert went_on_from(again) == SECOND
    assert_same(undisturbed, again)


LATER: dict[str, Any] = {
    "measures.regulation-later": measure("source_regulation", 65, since=SECOND, target="sms_port", intensity=0.5),
    "measures.purge-later": measure("card_purge", 44, since=SECOND, intensity=0.9),
    "measures.filter-later": measure("filter", 11, since=SECOND, channel="call", intensity=-1.5),
    "measures.accounts-later": measure("blocking", 65, since=SECOND, target="account", intensity=1.0),
    "measures.holds-later": measure("bank_hold", 44, 65, since=SECOND, intensity=0.9),
    "measures.waits-later": measure(
        "payment_delay", 44, 65, since=SECOND, intensity=0.8, wait="30 h", second_thoughts="20 h"
    ),
    # Of victims of February too, who report later.
    "measures.purses-later": measure(
        "cluster_campaign", 11, since=SECOND, until=END, count=3, arrests=2.0, half_life_factor=50.0, hold=0.2
    ),
    "measures.videos-later": measure("videos", 44, since=SECOND, until=END, count=10, views=9_000_000),
    "measures.law-later": measure("law", 11, since=SECOND, deterrence=0.2, replacement_factor=2.0, data_sharing=1.0),
    "measures.central-later": measure("warning", 11, since=SECOND, detector="central", coverage=0.9, ramp=None),
    "measures.real-name-later": measure("real_name", 11, since=SECOND, replacement_factor=3.0),
    "measures.dens-later": {"kind": "den_campaign", "window": [SECOND, None], "region": "east", "intensity": 9.0},
    "measures.home-later": {"kind": "repatriation", "window": [SECOND, SECOND], "dens": 9, "suspects": 1.0},
    "fraud.surges": {"later": {"window": [SECOND, END], "factor": 3.0, "provinces": [44]}},
    # It does not follow at once upon the outage before.
    "measures.outage-later": measure("outage", 65, since="2022-03-02", until=END, detector="central", mode="delay"),
    "desks.call.growth": {"steps": [*GROWING["desks.call.growth"]["steps"], {"from": SECOND, "factor": 0.3}]},
    # What stops is a policy too.
    "measures.warning-central.window": ["2022-01-01", BEFORE],
    "measures.filter-here.window": ["2022-01-01", "2022-03-02"],
    "name": "later",
    "title": "What if much were otherwise from March on?",
}
"""A variant whose policy, one measure of nearly every kind in some provinces, begins at the second midnight."""


def test_a_variant_branches_where_its_policy_begins(checkpoints: Path, tmp_path: Path) -> None:
    values = {**BASE, **LATER}
    undisturbed = run(tmp_path / "undisturbed", **values)
    branch = run(tmp_path / "branch", checkpoints, **values)
    assert went_on_from(branch) == SECOND
    assert_same(undisturbed, branch)


def test_a_variant_that_teaches_some_ages_later_has_awareness_of_its_own(checkpoints: Path, tmp_path: Path) -> None:
    later = {"measures.talks-later": {**TALKS, "window": [SECOND, END]}}
    assert_same(run(tmp_path / "alone", **BASE, **later), run(tmp_path / "variant", checkpoints, **BASE, **later))


def test_an_outage_that_follows_upon_another_had_begun_before(checkpoints: Path, tmp_path: Path) -> None:
    # What waits for the end of the outage of 28 February now waits for that of the next one.
    follows = measure("outage", 65, since=SECOND, until="2022-03-02", detector="central", mode="delay")
    values = {**BASE, "measures.outage-follows": follows}
    undisturbed = run(tmp_path / "undisturbed", **values)
    branch = run(tmp_path / "branch", checkpoints, **values)
    assert went_on_from(branch) == FIRST
    assert_same(undisturbed, branch)


@pytest.mark.parametrize(("end", "day"), [("2022-03-09", SECOND), ("2022-02-20", FIRST)])
def test_a_period_may_end_later_or_earlier(end: str, day: str, checkpoints: Path, tmp_path: Path) -> None:
    values = {**BASE, "period": {**PERIOD, "end": end}}
    undisturbed = run(tmp_path / "undisturbed", **values)
    other = run(tmp_path / "other", checkpoints, **values)
    assert went_on_from(other) == day
    assert_same(undisturbed, other)


def test_what_knew_of_the_end_serves_no_other_period(tmp_path: Path) -> None:
    # Instructions wait until an outage is over, and so were discarded.
    outage = {"since": BEFORE, "until": "2022-03-07", "detector": "central", "mode": "delay"}
    values: dict[str, Any] = {**BASE, "measures.outage-in-february": measure("outage", 11, 44, 65, **outage)}
    run(tmp_path / "shorter", tmp_path / "checkpoints", **values)
    values["period"] = {**PERIOD, "end": "2022-03-09"}
    undisturbed = run(tmp_path / "undisturbed", **values)
    longer = run(tmp_path / "longer", tmp_path / "checkpoints", **values)
    assert went_on_from(longer) == FIRST
    assert_same(undisturbed, longer)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def of_another_day(file: Path) -> None:
    shutil.copy(newest_first(file.parent)[1], file)


def of_another_version(file: Path) -> None:
    write_values(file, {**read_values(file), "made_by": "0" * 64})


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(cut, "cannot be read"), (of_another_version, "another version"), (of_another_day, "another run")],
)
def test_what_is_no_good_is_not_used(
    spoil: Any, why: str, undisturbed: sim.Run, checkpoints: Path, tmp_path: Path
) -> None:
    newest = newest_first(checkpoints)[0]
    spoil(newest)
    with pytest.warns(CheckpointWarning, match=f"{newest.name}.*({why}).*not used"):
        again = run(tmp_path / "again", checkpoints, **BASE)
    assert went_on_from(again) == FIRST
    assert_same(undisturbed, again)


def test_a_run_goes_on_where_nothing_can_be_kept(undisturbed: sim.Run, tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("no folder")
    with pytest.warns(CheckpointWarning, match="cannot be kept"):
        again = run(tmp_path / "again", tmp_path / "checkpoints", **BASE)
    assert_same(undisturbed, again)


def test_folders_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    old, young, left_behind = (folder / name for name in ("a.checkpoint", "b.checkpoint", ".c.unfinished-1"))
    for seconds, file in enumerate((old, young, left_behind)):
        file.write_bytes(bytes(3_000_000))
        os.utime(file, (seconds, seconds))
    monkeypatch.setattr("sim.store.checkpoints.MOST_BYTES", 5_000_000)
    values = {**BASE, "period": {"start": "2022-01-31", "end": "2022-02-01", "warmup": "0 d"}}
    said = run(tmp_path / "run", folder, **values).manifest["performance"]["checkpoint"]
    assert said["kept"] == 1
    # The one that was used longest ago goes, and what a killed process has left.
    (new,) = set(folder.iterdir()) - {young}
    assert new.stat().st_size == said["bytes"]
    # The newest stays, whatever its size.
    monkeypatch.setattr("sim.store.checkpoints.MOST_BYTES", 1)
    run(tmp_path / "again", folder, **{**values, "seed": 8})
    (newest,) = folder.iterdir()
    assert newest not in (new, young)


KILLED = """
import os, signal, sys
from pathlib import Path
import sim
from tests.equality.test_checkpoints import BASE

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

moment, folder = sys.argv[1:]
if moment == "writing":
    kept, replace = [], os.replace
    def until_the_second(path, target):
        kept.extend([path] if str(target).endswith(".checkpoint") else [])  # not what caches write
        return die() if len(kept) == 2 else replace(path, target)
    os.replace = until_the_second
else:
    import sim.running
    sim.running.compose = die

sim.run(sim.load_scenario("tiny", **BASE), Path(folder) / "run", events="all", checkpoint=Path(folder) / "checkpoints")
"""
"""A run that kills itself while it writes its second checkpoint, or before its figures."""


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "day"), [("writing", FIRST), ("figures", SECOND)])
def test_a_killed_run_goes_on(moment: str, day: str | None, undisturbed: sim.Run, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", KILLED, moment, str(tmp_path)], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "run").exists()
    again = run(tmp_path / "run", tmp_path / "checkpoints", **BASE)
    assert went_on_from(again) == day
    assert_same(undisturbed, again)


@pytest.mark.slow
@settings(SETTINGS, max_examples=8)
@given(values=wild())
def test_random_runs_go_on(values: dict[str, Any]) -> None:
    values["period"] = MONTHS
    values.update(fewer(0.03))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        undisturbed = run(folder / "undisturbed", **values)
        assert_same(undisturbed, run(folder / "first", folder / "checkpoints", **values))
        for number in range(2):
            for file in newest_first(folder / "checkpoints")[:number]:
                file.unlink()
            again = run(folder / f"again-{number}", folder / "checkpoints", **values)
            assert went_on_from(again) == ("2022-03-01", "2022-02-01")[number]
            assert_same(undisturbed, again)


@pytest.mark.slow
def test_a_bundled_variant_branches_from_the_flagship(tmp_path: Path) -> None:
    values = {"period": {"start": "2021-11-20", "end": "2022-11-30", "warmup": "1 d"}, "scale": 0.0002}
    run(tmp_path / "base", tmp_path / "checkpoints", scenario="china-2022", events="none", **values)
    undisturbed = run(tmp_path / "undisturbed", scenario="outage", events="none", **values)
    branch = run(tmp_path / "branch", tmp_path / "checkpoints", scenario="outage", events="none", **values)
    assert went_on_from(branch) == "2022-09-01"
    assert_same(undisturbed, branch)

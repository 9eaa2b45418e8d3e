"""The whole command finds nothing; and each study finds what is broken: an engine, a rate, a service, a rule."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.base.days import HALF_HOUR_MS
from sim.engines.reference import alerts, track
from sim.engines.reference.world import Desk
from sim.verify.desks import HOURS, MG1, MMC, PRIORITIES, RENEGING, contacts
from sim.verify.desks import MMC_ALERTS as ALERTS
from sim.verify.statistics import ENGINES, LEAST, PROVINCES, Study
from sim.verify.streams import DETECTORS, GATES
from sim.verify.verification import RATE, SEED, STUDIES
from tests.cli.commands import Tocsin, tocsin
from tests.equality.both import assert_equal

__all__ = ["tocsin"]

pytestmark = pytest.mark.slow

FALSE_ALARMS = "false-alarm rate of the central detector, threshold 2.1"
HITS = "hit rate of the central detector, threshold 2.1"
STRICT = RATE / 200
"""Holm's method refuses any p-value below it, however many checks there are."""


def refused(study: Study, engine: str, changed: dict[str, Any] | None = None) -> set[str]:
    """Return the checks of a study that fail under values of which theory does not know."""
    other = dataclasses.replace(study, values={**study.values, **(changed or {})})
    return {row.checked for row in other.findings(engine, SEED) if row.p < STRICT}


def test_the_whole_command_finds_nothing(tocsin: Tocsin) -> None:
    """Through the faster engine; the other makes the same runs."""
    ended = tocsin("verify", "--quiet", "--engine", "vector")
    assert (ended.code, ended.err) == (0, "")


FEW = 4
"""Provinces of a study here. Provinces share nothing, so what engines do in a few of them they do in all."""


def of_few_provinces(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a study for ``FEW`` of its provinces: the staff and the contacts that these have."""
    found = dict(values)
    for key, value in values.items():
        if key.endswith(".staff"):
            found[key] = value * FEW // PROVINCES
        elif key.startswith("population.legitimate.") and isinstance(value, str):
            found[key] = f"{float(value.split()[0]) * FEW / PROVINCES:.10g} per day"
    return found


@pytest.mark.parametrize(
    "study", [study for study in STUDIES if len(study.days) == len(ENGINES)], ids=lambda study: study.name
)
def test_what_theory_says_of_one_engine_it_says_of_the_other(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They write the same bytes of the scenario of each study, so all checks find the same."""
    if study is not GATES:  # which names its provinces, and takes no time
        monkeypatch.setattr("sim.verify.statistics.PROVINCES", FEW)
        study = dataclasses.replace(study, values=of_few_provinces(study.values))
    runs = [sim.run(study.scenario(one, SEED, LEAST), tmp_path / one, events="all") for one in ENGINES]
    assert_equal(*runs)


@pytest.mark.parametrize(
    ("study", "changed", "seen"),
    [
        (MMC, contacts(ALERTS * 1.02), "alerts a day and province"),
        (MMC, {"desks.call.short": {"exponential": {"mean": "247.2 s"}}},
         "mean service, s; mean number of busy servers"),
        (MMC, {"desks.call.short": {"constant": "4 min"}}, "mean wait, s; gaps between departures, s"),
        (MMC, {"desks.call.staff": 4 * 32}, "probability of waiting"),
        (MG1, {"desks.visit.visit": {"uniform": {"low": "0 s", "high": "8 min"}}}, "visits: mean wait, s"),
        (MG1, {"desks.call.answered": 0.76}, "calls: mean service, s"),
        (PRIORITIES, {"warning.detectors.central.thresholds.red": 2.6}, "mean wait of red alerts, s"),
        (RENEGING, {"warning.tiers.red.deadline": "185.4 s"}, "mean wait of the served, s"),
        (HOURS, {"desks.call.short": {"exponential": {"mean": "8.4 min"}}}, "mean number in queue, 07:00 to 09:00"),
        (GATES, {"cards.fixed_dead_share": 0.153}, "calls from dead cards"),
        (GATES, {"interception.call.d_prime": 1.51}, "hit rate of the filter of calls, d' 1.5, threshold 1.2"),
        (GATES, {"scale": 0.2505}, "attempts a day of all channels, thinned by the scale"),
        (DETECTORS, {"measures.warning-central.coverage": 0.82}, FALSE_ALARMS),
        (DETECTORS, {"warning.detectors.contact.call.unanswered": 0.95}, HITS),
        (DETECTORS, {"warning.detectors.correlation": 0.45}, "contacts a day that both warn of"),
    ],
    ids=lambda value: value.name if isinstance(value, Study) else value if isinstance(value, str) else "with",
)  # fmt: skip
def test_what_differs_from_theory_by_a_few_per_cent_is_refused(
    study: Study, changed: dict[str, Any], seen: str
) -> None:
    assert set(seen.split("; ")) <= refused(study, "vector", changed)


# Rules of the reference engine, broken one at a time


def test_a_desk_without_priorities(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Desk.request
    monkeypatch.setattr(Desk, "request", lambda desk, rank: request(desk, (0, *rank[1:])))
    assert {"mean wait of red alerts, s", "mean wait of blue alerts, s"} <= refused(PRIORITIES, "reference")


def test_a_desk_that_serves_the_last_first(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Desk.request
    monkeypatch.setattr(Desk, "request", lambda desk, rank: request(desk, (rank[0], -rank[1], rank[2])))
    # The mean wait is the same; how long waits spread is not.
    assert "share that waits longer than a service" in refused(MMC, "reference")


def test_services_that_overrun_their_shift_and_hold_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def change_shift(desk: Desk, staffed: int) -> None:
        desk._settle()
        desk.staffed = staffed
        desk.busy = min(desk.busy, staffed // HALF_HOUR_MS)
        desk._trigger_put(None)

    def release(desk: Desk) -> None:
        desk._settle()
        desk.busy = max(0, desk.busy - 1)
        desk._trigger_put(None)

    monkeypatch.setattr(Desk, "change_shift", change_shift)
    monkeypatch.setattr(Desk, "release", release)
    assert "mean number in queue, 18:00 to 18:30" in refused(HOURS, "reference")


def test_services_three_per_cent_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = track.outcome

    def longer(*given: Any) -> tuple[bool, int]:
        success, duration = outcome(*given)
        return success, math.floor(duration * 1.03)

    monkeypatch.setattr(track, "outcome", longer)
    assert {"mean service, s", "mean number of busy servers"} <= refused(MMC, "reference")


def test_alerts_that_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts.Alert, "expire", lambda alert: None)
    assert {"share that reneges", "mean wait of the served, s"} <= refused(RENEGING, "reference")


def test_a_detector_that_sees_what_the_other_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.engines.reference import attempts

    covered = attempts.covered
    monkeypatch.setattr(
        attempts, "covered", lambda world, province, central, local: covered(world, province, central, central)
    )
    assert "contacts a day that both warn of" in refused(DETECTORS, "reference")

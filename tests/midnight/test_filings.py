"""Filed cases by the way of their first contact: every case once, the class by the shares of the attempt's day."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.base.words import Channel
from sim.draws.identity import attempt_id
from sim.midnight.cases import Filings
from sim.midnight.today import DayTotals
from sim.reading.quantities import Quantities, is_counted
from sim.store.columns import Scope
from tests.equality.scenarios import ANSWERING, CLASSES
from tests.midnight.test_gangs import night_of, scenario

CASES = 3000
MANY = {"fraud.volumes.online.level": "5000 per day", "aftermath.report.probability": 0.9}
SHARES = {"social": 0.7, "messaging": 0.3}


class Small:
    """Filings of ``tiny`` with two classes of online attempts, in which every day has its shares."""

    def __init__(self) -> None:
        spec = scenario(**{"fraud.classes.online": {name: {"share": share} for name, share in SHARES.items()}})
        night, self.notes, self.first = night_of(spec)
        self.provinces, self.types = len(night.common.provinces), len(spec.fraud.types)
        self.filings = Filings(night.common)

    def open(self, day: int, social: float) -> None:
        """Begin a day on which this share of the online attempts comes by social media."""
        self.filings.at_midnight(day, DayTotals.empty(self.provinces, self.types))
        shares = np.ones((self.provinces, 4, self.types))
        shares[:, 2], shares[:, 3] = social, 1.0 - social
        self.filings.keep(shares)

    def counted(self, *cases: int) -> Any:
        """Return the counts of cases that the first province files on the day that has begun."""
        totals = DayTotals.empty(self.provinces, self.types)
        totals.filed[0] = [(number, case) for number, case in enumerate(cases)]
        self.filings.count(totals)
        return self.notes.filed[self.filings.day]


def online(day: int, kind: int = 2) -> list[int]:
    """Return cases of online attempts of a day."""
    return [attempt_id(day, 0, Channel.ONLINE, kind, 1, index) for index in range(CASES)]


def test_the_class_of_a_case_has_the_shares_of_the_day_of_its_attempt() -> None:
    small = Small()
    small.open(small.first, 0.2)
    small.open(small.first + 1, 0.9)
    early, late = (small.counted(*online(small.first + day))[0, 2:, 2] for day in (0, 1))
    assert early.sum() == late.sum() == CASES
    error = 5 * np.sqrt(0.25 * CASES)
    assert early[0] == pytest.approx(0.2 * CASES, abs=error)
    assert late[0] == pytest.approx(0.9 * CASES, abs=error)
    assert list(small.notes.filed) == [small.first + 1]


def test_a_class_belongs_to_the_attempt_whatever_is_filed_beside_it() -> None:
    small = Small()
    small.open(small.first, 0.5)
    cases = online(small.first)
    alone = [small.counted(case)[0, 2, 2] for case in cases[:40]]
    assert 5 < sum(alone) < 35
    assert small.counted(*reversed(cases[:40]))[0, 2, 2] == sum(alone)


def test_channels_whose_attempts_are_alike_have_one_way() -> None:
    small = Small()
    small.open(small.first, 0.5)
    cases = [attempt_id(small.first, 0, channel, 1, 0, 7) for channel in (Channel.CALL, Channel.SMS, Channel.SMS)]
    assert small.counted(*cases)[0, :, 1].tolist() == [1, 2, 0, 0]


@pytest.mark.slow
def test_every_filed_case_has_one_way(tmp_path: Path) -> None:
    scenario = sim.load_scenario("tiny", engine="vector", **{**ANSWERING, **CLASSES, **MANY})
    run = sim.run(scenario, tmp_path / "run", workers=1)
    keys = ["day", "province", "fraud_type"]
    filed = run.outcomes.groupby(keys, observed=True)["filed"].sum()
    ways = run.filings.groupby(keys, observed=True)["count"].sum()
    assert ways.to_dict() == filed[filed > 0].to_dict()
    assert ways.sum() > 50
    scope = Scope.of(run.scenario)
    assert scope.contacts == ("call.domestic", "call.abroad", "sms", "online.social", "online.messaging")
    assert set(run.filings["contact"]) == set(scope.contacts)
    counted = Quantities.read(run.path, scope)
    by_way = run.filings.groupby("contact", observed=True)["count"].sum()
    for name, expected in {
        "call": by_way["call.domestic"] + by_way["call.abroad"],
        "call.abroad": by_way["call.abroad"],
        "sms": by_way["sms"],
        "online.social": by_way["online.social"],
    }.items():
        assert is_counted(f"cases_filed.{name}", scope)
        ((weight, series),) = counted.figure(f"cases_filed.{name}") or []
        assert weight * int(series.sum()) == expected
    assert not is_counted("cases_filed.call.foreign", scope)
    assert not is_counted("victims.call", scope)

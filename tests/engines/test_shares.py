"""A whole run against the probabilities of its days: fates up to an answer, and alerts on what is left."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.aftermath import Finished
from sim.base.days import day_number
from sim.base.words import Fate
from sim.country.calendar import Calendar
from sim.country.people import people_tables
from sim.country.provinces import Provinces
from sim.draws.identity import LIMITS, cell_of, day_of
from sim.midnight.night import Night
from sim.midnight.today import DayTotals
from sim.scenario import ScenarioModel
from sim.shield.answering import answering_tables
from sim.warning.detectors import ENGAGING, REST, prospect_of
from tests.chi_square import HOPELESS, LIKELY, fit
from tests.engines.small import run_tiny

CHANNELS = ("call", "sms", "online")
GATES = ("not_sent", "den_destroyed", "card_eliminated", "intercepted", "site_blocked", "unanswered")
TIERS = ("red", "orange", "yellow", "blue")
UNIT = 2.0**-32
FEW_ENGAGE = {
    f"fraud.types.{name}.engage": share
    for name, share in (("customer_service", 0.002), ("brushing", 0.01), ("loan_credit", 0.02))
}
"""Most who answer attempts of these types could not engage: their scores are looked at by bands."""


class Nothing:
    """A ledger that nobody reads."""

    def flow(self, day: int, province: int, quantity: str, count: int) -> None: ...

    def level(self, day: int, province: int, quantity: str, value: float) -> None: ...

    def flow_by_province(self, day: int, quantity: str, counts: np.ndarray) -> None: ...

    def level_by_province(self, day: int, quantity: str, values: np.ndarray) -> None: ...

    def filings(self, day: int, counts: np.ndarray) -> None: ...

    def cases(self, day: int, finished: Finished) -> None: ...


@pytest.fixture(scope="module")
def six_days(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    folder: Path = tmp_path_factory.mktemp("shares")
    period = {"start": "2022-01-31", "end": "2022-02-05", "warmup": "2 d"}
    return run_tiny(folder / "run", period=period, feedback=False, **FEW_ENGAGE)


def test_fates_come_in_the_shares_of_the_thresholds_of_their_day(six_days: sim.Run) -> None:
    spec = six_days.scenario.spec
    calendar, provinces = Calendar.of(spec.period), Provinces.of(spec)
    night = Night(spec, provinces, answering_tables(spec, people_tables(spec)), calendar, Nothing())
    days = {day: night(day, DayTotals.empty(3)) for day in range(calendar.first, calendar.last + 1)}
    types = list(spec.fraud.types)
    table = six_days.attempts
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    expected: dict[tuple[str, str, str], float] = defaultdict(float)
    for (date, code, channel, name), group in table.groupby(["day", "province", "channel", "fraud_type"]):
        today = days[day_number(date.date())]
        p, c, t = provinces.codes.index(code), CHANNELS.index(channel), types.index(name)
        count = group["count"].sum()
        assert count == today.attempts[p, c, t]
        stops = today.stops[:, p, c, t] * UNIT
        # What each measure, den, card, filter and site does is told in the tests of the gates.
        left = float(count)
        for fate, stop in zip(GATES, stops.tolist(), strict=True):
            expected[(channel, name, fate)] += left * stop
            left *= 1.0 - stop
        expected[(channel, name, "answered")] += left
        for fate, number in zip(group["fate"], group["count"], strict=True):
            found[(channel, name, fate if fate in GATES else "answered")] += number
    keys = sorted(expected)
    counts, wanted = [found[key] for key in keys], np.array([expected[key] for key in keys])
    assert fit(counts, wanted) > LIKELY
    # Nothing is stopped where nothing can be: no online attempt by a card, no call by a site.
    assert found[("online", "brushing", "card_eliminated")] == found[("call", "brushing", "site_blocked")] == 0
    recall = np.array([1.3 if key[2] == "intercepted" else 1.0 for key in keys])
    assert fit(counts, wanted * recall) < HOPELESS


def test_contacts_raise_alerts_in_the_shares_of_the_detectors(six_days: sim.Run) -> None:
    spec = six_days.scenario.spec
    events, table = six_days.events, six_days.attempts
    # Those of the last day may still be on their way.
    before = table[table["day"] < "2022-02-05"]
    last = day_number(spec.period.end)
    attempts = events[events["event"] == "attempt"]
    attempts = attempts[[day_of(int(origin)) < last for origin in attempts["origin"]]]
    issued = events[(events["event"] == "issue") & (events["stage"] == 0)]
    prospects = {
        cell_of(int(origin)) % LIMITS["prospect"] for origin in set(issued["origin"]) & set(attempts["origin"])
    }
    assert prospects > {ENGAGING, prospect_of(0, Fate.IGNORED), prospect_of(REST, Fate.IGNORED)}
    found, wanted = [], []
    for channel in CHANNELS:
        for seen in ("unanswered", "ignored"):
            number = before[(before["channel"] == channel) & (before["fate"] == seen)]["count"].sum()
            origins = attempts[(attempts["channel"] == channel) & (attempts["result"] == seen)]["origin"]
            d_prime = getattr(getattr(spec.warning.detectors.contact, channel), seen)
            of_them = issued[issued["origin"].isin(set(origins))]
            for detector, (name, coverage) in enumerate((("central", 0.9), ("local", 0.6))):
                settings = getattr(spec.warning.detectors, name)
                below = 0.0
                for tier in TIERS:
                    above = stats.norm.sf(getattr(settings.thresholds, tier) - d_prime - settings.shift)
                    wanted.append(number * coverage * (above - below))
                    found.append(((of_them["detector"] == detector) & (of_them["tier"] == tier)).sum())
                    below = above
    assert fit(found, wanted) > LIKELY
    assert fit(found, np.array(wanted) * 1.4) < HOPELESS


def test_false_alarms_come_in_the_shares_of_the_detectors(six_days: sim.Run) -> None:
    spec = six_days.scenario.spec
    table = six_days.alerts[six_days.alerts["truth"] == "legitimate"]
    whole_days = table[table["day"] < "2022-02-05"]
    contacts = 200_000 * 5
    found, wanted = [], []
    for name, coverage in (("central", 0.9), ("local", 0.6)):
        limits = getattr(spec.warning.detectors, name).thresholds
        below = 0.0
        for tier in TIERS:
            above = stats.norm.sf(getattr(limits, tier))
            wanted.append(contacts * coverage * (above - below))
            found.append(whole_days[(whole_days["source"] == name) & (whole_days["tier"] == tier)]["count"].sum())
            below = above
    # A few of the last midnight are issued after it, and some of the first come from the day before: alike in number.
    assert fit(found, wanted) > LIKELY
    assert fit(found, np.array(wanted) * 1.1) < HOPELESS


def above_both(spec: ScenarioModel, d_prime: float) -> float:
    """Return the probability that both scores of a contact reach their lowest tier."""
    detectors = spec.warning.detectors
    means = [d_prime + getattr(detectors, name).shift for name in ("central", "local")]
    limits = [getattr(detectors, name).thresholds.blue for name in ("central", "local")]
    r = detectors.correlation
    normal = stats.multivariate_normal(cov=[[1.0, r], [r, 1.0]])
    return float(normal.cdf([mean - limit for mean, limit in zip(means, limits, strict=True)]))


def test_each_detector_sees_contacts_of_its_own(tmp_path: Path) -> None:
    coverage = {f"measures.warning-{name}.coverage": 0.5 for name in ("central", "local")}
    period = {"start": "2022-01-31", "end": "2022-02-01", "warmup": "0 d"}
    run = run_tiny(tmp_path / "run", period=period, feedback=False, **coverage, **FEW_ENGAGE)
    spec, events = run.scenario.spec, run.events
    attempts = events[(events["event"] == "attempt") & events["result"].isin(["unanswered", "ignored"])]
    seen_alike = run.attempts[run.attempts["fate"].isin(["unanswered", "ignored"])]
    by_score = seen_alike.groupby(["channel", "fate"], observed=True)["count"].sum()
    issued = events[(events["event"] == "issue") & (events["stage"] == 0)]
    both = issued.groupby("origin")["detector"].nunique() == 2
    twice = set(both[both].index)
    legitimate = twice - set(events[events["event"] == "attempt"]["origin"])
    contact = spec.warning.detectors.contact
    expected = [
        sum(n * above_both(spec, getattr(getattr(contact, c), seen)) for (c, seen), n in by_score.items()),
        200_000 * 2 * above_both(spec, 0.0),
    ]
    found = [len(twice & set(attempts["origin"])), len(legitimate)]
    # The last alerts of the run are still on their way: minutes of two days.
    assert fit(found, 0.25 * np.array(expected)) > LIKELY
    # Were one uniform asked for both, each contact that one detector sees would be seen by the other.
    assert fit(found, 0.5 * np.array(expected)) < HOPELESS

"""What becomes of a cell's attempts is a multinomial count, and those that are followed meet whom they would have met.

Attempts are counted gate by gate and named afterwards, whom they reached is drawn given whether they were answered: so
the law of each is held against that of attempts which pass one gate after the other.
"""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sim
from sim.base.days import day_number
from sim.base.words import Channel, Fate
from sim.country.calendar import Calendar
from sim.country.people import home, people_tables, sample
from sim.country.provinces import Provinces
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import CERTAIN, threshold
from sim.draws.identity import cell_of, person_id, traffic_id
from sim.engines.vector.cells import pass_gates, split
from sim.midnight.night import Night
from sim.midnight.today import DayTotals
from sim.shield.answering import answering_tables
from sim.shield.engagement import propensities
from sim.shield.thresholds import GATES
from sim.warning.detectors import BANDS, ENGAGING, PROSPECTS, REST, SHARE, prospect_of
from tests.chi_square import HOPELESS, LIKELY, fit
from tests.engines.small import NO_LEGITIMATE, fewer, run_tiny
from tests.engines.test_shares import Nothing

UNIT = 2.0**-32
SHARES = (0.1, 0.25, 0.05, 0.6, 0.02, 0.55)
"""Of those that come to a gate, the share that it stops."""
STOPS = np.array([threshold(share) for share in SHARES], dtype=np.int64)
FATES = len(Fate)
SEEDS = 40_000
TRAFFIC = traffic_id(8000, 3, 1, 4)
HALF_HOUR = 1_800_000


def shares_of_fates() -> np.ndarray:
    """Return the probability of each fate up to being unanswered, and of being answered, (7,)."""
    left, found = 1.0, []
    for share in SHARES:
        found.append(left * share)
        left *= 1.0 - share
    return np.array([*found, left])


@compiled_with_arrays
def count_fates(first, count, stops, out):
    """Fill ``out`` (seeds, 7) with how many end at each gate, and how many are answered."""
    counted = np.zeros(FATES, np.int64)
    for k in range(len(out)):
        unanswered, answered = pass_gates(count, first + k, TRAFFIC, stops, counted)
        out[k, :GATES] = counted[:GATES]
        out[k, GATES - 1] = unanswered
        out[k, GATES] = answered


@compiled_with_arrays
def count_prospects(first, unanswered, answered, engaging, bands, out):
    """Fill ``out`` (seeds, prospects) with how many of a cell are followed."""
    for k in range(len(out)):
        split(first + k, TRAFFIC, unanswered, answered, engaging, bands, out[k])


def multinomial_fit(found: np.ndarray, shares: np.ndarray) -> float:
    """Return the p-value of rows of counts, each a draw from a multinomial, outcome by outcome."""
    count = int(found[0].sum())
    outcomes, often = np.unique(found, axis=0, return_counts=True)
    seen = {tuple(row): n for row, n in zip(outcomes.tolist(), often.tolist(), strict=True)}
    counts, wanted = [], []
    for places in itertools.combinations_with_replacement(range(len(shares)), count):
        outcome = np.bincount(places, minlength=len(shares))
        counts.append(seen.pop(tuple(outcome.tolist()), 0))
        wanted.append(len(found) * stats.multinomial.pmf(outcome, count, shares))
    assert not seen
    return fit(counts, wanted)


def test_few_attempts_end_at_the_gates_as_if_each_passed_them_alone() -> None:
    found = np.zeros((SEEDS, GATES + 1), dtype=np.int64)
    count_fates(1, 4, STOPS, found)
    assert (found.sum(axis=1) == 4).all()
    assert multinomial_fit(found, shares_of_fates()) > LIKELY
    other = shares_of_fates()
    other[[0, 6]] += 0.01, -0.01
    assert multinomial_fit(found, other) < HOPELESS


@pytest.mark.parametrize("count", [150, 12_000_000])
def test_many_attempts_end_at_the_gates_with_the_spread_of_a_multinomial(count: int) -> None:
    found = np.zeros((SEEDS, GATES + 1), dtype=np.int64)
    count_fates(77, count, STOPS, found)
    assert (found.sum(axis=1) == count).all()
    shares = shares_of_fates()
    wanted = count * shares
    squares = ((found - wanted) ** 2 / wanted).sum(axis=1)
    # Mean and variance of Pearson's statistic, exactly (Haldane 1937).
    kinds = len(shares)
    variance = 2.0 * (kinds - 1) + ((1.0 / shares).sum() - kinds**2 - 2.0 * kinds + 2.0) / count
    assert abs(squares.mean() - (kinds - 1)) < 4.0 * math.sqrt(variance / SEEDS)
    # All pairs of fates lean on each other as they must, and each is itself a binomial count.
    standard = (found - wanted) / np.sqrt(wanted * (1.0 - shares))
    odds = np.sqrt(shares / (1.0 - shares))
    correlation = np.corrcoef(standard, rowvar=False)
    off = ~np.eye(kinds, dtype=bool)
    assert np.abs(correlation + np.outer(odds, odds))[off].max() < 4.5 / math.sqrt(SEEDS)
    for column, share in zip(found.T, shares, strict=True):
        low, high = stats.binom.ppf([0.01, 0.99], count, share)
        edges = np.unique(np.linspace(low, high, 20).astype(int))
        cumulative = np.concatenate([[0.0], stats.binom.cdf(edges, count, share), [1.0]])
        assert (
            fit(np.bincount(np.searchsorted(edges, column), minlength=len(edges) + 1), SEEDS * np.diff(cumulative))
            > LIKELY
        )


def shares_of_bands(engaging: float = 0.0) -> np.ndarray:
    """Return the probability of engaging and of each band for the others."""
    left, found = 1.0 - engaging, [engaging]
    for share in SHARE / CERTAIN:
        found.append(left * share)
        left *= 1.0 - share
    return np.array([*found, left])


UNANSWERED = [prospect_of(band, Fate.UNANSWERED) for band in range(BANDS)]
IGNORED = [prospect_of(band, Fate.IGNORED) for band in range(BANDS)]


def test_attempts_lie_in_bands_as_if_each_were_scored_alone() -> None:
    named = np.zeros((SEEDS, PROSPECTS), dtype=np.int64)
    count_prospects(1, 3, 4, threshold(0.3), (BANDS, BANDS), named)
    assert multinomial_fit(named[:, [ENGAGING, *IGNORED]], shares_of_bands(0.3)) > LIKELY
    assert multinomial_fit(named[:, UNANSWERED], shares_of_bands()[1:]) > LIKELY
    assert multinomial_fit(named[:, [ENGAGING, *IGNORED]], shares_of_bands(0.27)) < HOPELESS
    # Those who do not answer and those who do are drawn apart: no band of the one leans on one of the other.
    correlation = np.corrcoef(named, rowvar=False)[np.ix_([ENGAGING, *IGNORED], UNANSWERED)]
    assert np.abs(correlation).max() < 4.5 / math.sqrt(SEEDS)


def test_what_is_not_looked_at_today_changes_no_other_band() -> None:
    whole, some = (np.zeros((2000, PROSPECTS), dtype=np.int64) for _ in range(2))
    count_prospects(5, 900, 700, threshold(0.1), (BANDS, BANDS), whole)
    assert (whole.sum(axis=1) == 1600).all()
    for bands in ((0, 0), (1, 4), (BANDS, REST), (3, 0)):
        count_prospects(5, 900, 700, threshold(0.1), bands, some)
        kept = [ENGAGING, *UNANSWERED[: bands[0]], *IGNORED[: bands[1]]]
        assert (some[:, kept] == whole[:, kept]).all()
        assert (np.delete(some, kept, axis=1) == 0).all()


# Whom those meet that are followed


PERIOD = {"start": "2022-01-31", "end": "2022-02-02", "warmup": "0 d"}
LESS_LABELLED: dict[str, Any] = {
    "feedback": False,
    "engagement.answering.call.labelled": 0.1,
    "engagement.answering.sms.labelled": 0.05,
    "engagement.answering.age_factor": [0.2, 1.0, 0.8, 0.6, 1.0, 0.3],
    "population.app.final_share": 0.6,
    "population.app.midpoint": "2021-06-01",
}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """Three days of many attempts, no one of which another one, an alert or a victim of the day before changes."""
    folder = tmp_path_factory.mktemp("thinning")
    values = {**fewer(15.0), **NO_LEGITIMATE, **LESS_LABELLED}
    return run_tiny(folder / "run", period=PERIOD, **values)


class Expected:
    """The probabilities of a day, computed person by person."""

    def __init__(self, run: sim.Run) -> None:
        spec = run.scenario.spec
        calendar, provinces = Calendar.of(spec.period), Provinces.of(spec)
        self.answering = answering_tables(spec, people_tables(spec))
        self.propensity = propensities(spec)
        night = Night(spec, provinces, self.answering, calendar, Nothing())
        self.today = {day: night(day, DayTotals.empty(3)) for day in range(calendar.first, calendar.last + 1)}
        everybody = sample(spec.seed, int(provinces.people.sum()), provinces.people, people_tables(spec))
        self.people = [everybody[everybody[:, 0] == p, 3:].T for p in range(3)]
        # Those of the lowest numbers draw their share of all contacts.
        share = spec.population.exposure.high_contacts
        self.met = [
            np.where(np.arange(people) < high, share / high, (1.0 - share) / (people - high))
            for people, high in zip(provinces.people, provinces.high, strict=True)
        ]

    def law(self, day: int, p: int, c: int, answers: bool) -> np.ndarray:
        """Return the probability of a half hour and a person, of attempts that are answered or not, (48, people)."""
        band, _, _, _, online, u_app, _ = self.people[p]
        app = (online == 1) & (u_app < self.today[day].app)
        chance = self.answering.answered[c][:, band, app.astype(int)] * UNIT
        if c == Channel.ONLINE:
            chance = chance * online
        weight = self.met[p] * (chance if answers else 1.0 - chance)
        hours = np.diff(self.today[day].moments[int(answers), p, c])
        return weight / weight.sum(axis=1, keepdims=True) * (hours / hours.sum())[:, None]

    def engages(self, day: int, p: int, t: int) -> np.ndarray:
        """Return the probability that each person engages, having answered, (people,)."""
        band, sex, _, segment, _, _, frailty = self.people[p]
        propensity = self.propensity[t, band, sex, frailty, 0]
        return np.minimum(propensity * self.today[day].unaware[p][segment], 1.0)


@pytest.fixture(scope="module")
def expected(busy: sim.Run) -> Expected:
    return Expected(busy)


def test_who_answers_engages_as_often_as_the_mixture_of_people_says(busy: sim.Run, expected: Expected) -> None:
    spec = busy.scenario.spec
    codes, types = [row.code for row in spec.population.provinces], list(spec.fraud.types)
    found, wanted = [], []
    table = busy.attempts.pivot_table(
        index=["day", "province", "channel", "fraud_type"], columns="fate", values="count", aggfunc="sum", observed=True
    ).fillna(0)
    for (date, code, channel, name), row in table.iterrows():
        day, p, c, t = day_number(date.date()), codes.index(code), Channel.of(channel), types.index(name)
        engaged = (expected.law(day, p, c, True).sum(axis=0) * expected.engages(day, p, t)).sum()
        found.append([row["engaged"], row["ignored"]])
        answered = row["engaged"] + row["ignored"]
        wanted.append([answered * engaged, answered * (1.0 - engaged)])
    assert np.sum(found, axis=0)[0] > 1000
    assert fit(found, wanted) > LIKELY
    assert fit(np.sum(found, axis=0), np.sum(wanted, axis=0)) > LIKELY
    assert fit(np.sum(found, axis=0), np.sum(wanted, axis=0) * [1.25, 1.0]) < HOPELESS


@pytest.mark.parametrize("fate", ["answered", "unanswered"])
def test_whom_an_attempt_found_and_when_is_as_if_they_had_been_asked(
    fate: str, busy: sim.Run, expected: Expected
) -> None:
    spec = busy.scenario.spec
    start = day_number(spec.period.start)
    events = busy.events
    attempts = events[(events["event"] == "attempt") & ((events["result"] == "unanswered") == (fate == "unanswered"))]
    codes = [row.code for row in spec.population.provinces]
    # In tiny everybody may engage who answers; of the others those are named who raise an alert.
    assert {cell_of(int(origin)) % 32 == ENGAGING for origin in attempts["origin"]} == {fate == "answered"}
    cells = pd.DataFrame(
        {
            "day": start + attempts["moment"] // (48 * HALF_HOUR),
            "p": [codes.index(code) for code in attempts["province"]],
            "c": [Channel.of(channel) for channel in attempts["channel"]],
            "half_hour": attempts["moment"] // HALF_HOUR % 48,
            "person": attempts["person"].astype(int),
        }
    )
    found, wanted, unasked = (np.zeros((3, 48, 6)) for _ in range(3))
    for (day, p, c), group in cells.groupby(["day", "p", "c"]):
        band = expected.people[p][0]
        law = expected.law(day, p, c, fate == "answered")
        for into, chance in ((wanted, law), (unasked, law.sum(axis=1)[:, None] * expected.met[p][None])):
            np.add.at(into[c].T, band, len(group) * chance.T)
        np.add.at(found[c], (group["half_hour"].to_numpy(), band[group["person"].to_numpy()]), 1)
    assert found.sum() > 3000
    for axis in (1, 2):
        assert fit(found.sum(axis=axis), wanted.sum(axis=axis)) > LIKELY
    assert fit(found.sum(axis=1), unasked.sum(axis=1)) < HOPELESS
    # Hours and ages together.
    assert fit(found, wanted) > LIKELY


def test_a_province_in_which_nobody_answers_still_ends(tmp_path: Path) -> None:
    # Two people a province, and of all ages only one that none of them has answers at all.
    values = {**fewer(1e9), **NO_LEGITIMATE, "scale": 1e-9, "seed": 3}
    spec = sim.load_scenario("tiny", period=PERIOD, **values).spec
    tables = people_tables(spec)
    present = {
        int(tables.band[home(spec.seed, person_id(p, number), p, tables)[0]]) for p in range(3) for number in (0, 1)
    }
    factors = [float(band not in present) for band in range(6)]
    assert 0.0 < sum(factors) < 6.0
    values["engagement.answering.age_factor"] = factors
    run = run_tiny(tmp_path / "run", period=PERIOD, **values)
    counts = run.attempts.groupby("fate")["count"].sum()
    # As many are answered as if there were whole provinces; somebody is met, who would not have answered.
    assert counts["ignored"] + counts["engaged"] > 50
    attempts = run.events[run.events["event"] == "attempt"]
    assert set(attempts["person"].dropna()) <= {0, 1}

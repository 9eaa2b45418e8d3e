"""The work of a run: what its time, memory and files grow with, computed from its scenario only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.base.days import YEAR_DAYS
from sim.base.words import Channel, Detector, Fate, Tier
from sim.country.calendar import Calendar
from sim.country.measures import Measures
from sim.country.provinces import Provinces
from sim.country.traffic import attempt_rates, legitimate_rates
from sim.draws.distributions import CERTAIN
from sim.draws.functions import normal_cdf
from sim.running import event_share
from sim.warning.detectors import coverage, detector_tables

if TYPE_CHECKING:
    from sim.scenario import Scenario

EVERY_DAYS = 10
"""Only one day in this number is computed, and represents the others: 10 has no divisor in common with a week."""

REACHING = 0.21
"""The share of potential attempts that a detector would see and find for which it does: filters, dens and sites stop
most others, and a contact raises one alert. It was 0.20 to 0.31 in runs of bundled scenarios
(docs/performance.md); tests hold the alerts of a run to a factor of two."""

MONTHS_A_YEAR = 12.0


@dataclass(frozen=True)
class Work:
    """The work of a run; numbers are expected ones at simulated scale, warm-up included.

    ``events`` is the share of origins with logged events; ``provinces`` are counted after pooling.
    """

    engine: str
    days: int
    provinces: int
    people: float
    attempts: float
    alerts: float
    events: float

    @classmethod
    def of(cls, scenario: "Scenario") -> "Work":
        """Return the work of a run of a scenario."""
        spec = scenario.spec
        provinces, calendar = Provinces.of(spec), Calendar.of(spec.period)
        detectors, measures = detector_tables(spec), Measures(dict(spec.measures))
        people = {row.code: row.population for row in spec.population.provinces}
        legitimate = legitimate_rates(spec, provinces).sum(axis=1)
        # The least score that raises an alert: of a legitimate contact, and of an ignored attempt, (detectors,).
        least = detectors.thresholds[:, Tier.BLUE]
        false = np.array([normal_cdf(-float(score)) for score in least])
        found = np.empty((len(Channel), len(Detector)))
        for channel in Channel:
            d_prime = detectors.contact[channel, Fate.IGNORED - Fate.UNANSWERED] + detectors.shift
            found[channel] = [normal_cdf(float(score)) for score in d_prime - least]
        attempts = alerts = 0.0
        days = calendar.days
        some = days[::EVERY_DAYS]
        all_rates = attempt_rates(spec, provinces, some).sum(axis=3)
        all_seen = coverage(measures, some, provinces.codes, people) / CERTAIN
        for day, rates, seen in zip(some, all_rates, all_seen, strict=True):
            weight = min(EVERY_DAYS, calendar.last + 1 - day)
            attempts += weight * float(rates.sum())
            alerts += weight * float(np.einsum("p,dp,d->", legitimate, seen, false))
            alerts += weight * REACHING * float(np.einsum("pc,dp,cd->", rates, seen, found))
        return cls(
            engine=spec.engine,
            days=len(days),
            provinces=len(provinces),
            people=float(provinces.people.sum()),
            attempts=attempts,
            alerts=alerts,
            events=event_share(spec.record.events),
        )

    @property
    def province_days(self) -> int:
        """Days of all provinces."""
        return self.days * self.provinces

    @property
    def months(self) -> float:
        """Months."""
        return self.days / YEAR_DAYS * MONTHS_A_YEAR

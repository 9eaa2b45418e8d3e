"""What the scenario alone decides for all days, and the protocol of the components that decide the rest.

Outages of detectors, which delay or lose the instructions of a day's detections.

The timetable: what the scenario alone decides, for all days, computed once before the first of them.

It says how the world will be without anybody's response. Midnights read a row of it; what depends on the run (dens,
cards, crews, cases, people's bytes) and what users' components change is kept by the components of a midnight.

The common protocol and inputs of the components of the macro layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sim.aftermath import AccountDays, capacities, searches
from sim.base.days import day_number
from sim.base.words import Detector, Fate
from sim.country.calendar import Calendar, Days, Measures, Values, growth, ramped
from sim.country.people import app_adoption
from sim.country.provinces import Provinces, Schedule
from sim.country.traffic import attempt_rates, cashed, delayed_shares, held_shares, reach
from sim.draws.distributions import Remainders, thresholds
from sim.gangs import routes
from sim.gangs.pools import returning
from sim.midnight.today import LOST, NO_OUTAGE, DayTotals, Ledger
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Outage
from sim.shield import cards, dens, interception, sites
from sim.shield.cards import replaced_share
from sim.shield.engagement import Education
from sim.shield.thresholds import fixed_thresholds
from sim.warning.detectors import coverage, data_sharing


def releases(measures: Measures, calendar: Calendar, days: Days, codes: list[int]) -> NDArray[np.int64]:
    """Return when instructions of each day's detections leave, (D, 2, codes): a moment, ``LOST`` or ``NO_OUTAGE``.

    Successive outages add up.
    """
    found = np.full((len(days), len(Detector), len(codes)), NO_OUTAGE)
    for _, in_force in measures.over(days, Outage):
        for d in np.flatnonzero(in_force).tolist():
            found[d] = [
                [_release(measures, calendar, days[d], source, code) for code in codes] for source in Detector.labels()
            ]
    return found


def _release(measures: Measures, calendar: Calendar, day: int, source: str, code: int) -> int:
    waits_until = day
    while outages := [one for one in measures.on(waits_until, Outage, code) if one.detector == source]:
        if any(outage.mode == "lose" for outage in outages):
            return LOST
        waits_until = max(day_number(outage.window[1]) for outage in outages if outage.window[1] is not None) + 1
    return NO_OUTAGE if waits_until == day else calendar.midnight(waits_until)


class Timetable(NamedTuple):
    """What the scenario alone decides, as arrays with a row for each day (D days, P provinces, T types, R regions).

    Provinces that no measure tells apart form a group and share a place in arrays with an axis of E groups. Rows are
    views of these arrays and must not be changed.

    Attributes:
        days: The numbers of the days.
        alike: (P,) the group of each province.
        rates: (D, P, 3, T) expected attempts if all gangs make them as the scenario states.
        loss_factor: (D,) factor of losses.
        gates: Thresholds of the gates that follow no stock, by fate: (D, E), (D, E, channels) or (D, E, channels, T).
        app: (D,) threshold of the share of internet users who have the app.
        d_prime: (D, E, 2) d' of the filters of calls and of SMS, before they lose any to gangs' adaptation.
        routes: (D, E, R) each, what measures do to the routes of attempts.
        up: (D, E, 3) shares of web sites, apps and accounts that are up.
        gains: (D, P, G) what a day's education adds to awareness at the next midnight, see ``engagement.renew``.
        coverage: (D, 2, E) thresholds of the share of contacts that each detector sees.
        data_sharing: (D, E) shift of d' of detectors.
        outage: (D, 2, E) when a detector's instructions leave, see ``releases``.
        staff: (D, growths) factors of staff, see ``Schedule.factors``.
        held: (D, E) thresholds of the share of payments that banks hold.
        delayed: (D, E, M) thresholds of the share of transfers that each measure delays, in the order of their names.
        reach: (D, E) factor of the half-life of money within reach of a stop-payment order.
        cashed: (D,) share of payments that reaches the gangs.
        capacity: (D,) cases of the whole country that investigation can finish.
        suspects: (D,) suspects of a solved case.
        raids: (D, R) factor of the hazard of raids by campaigns.
        returning: (D, 3) hazard of members abroad of returning home on a day; times people who return with each; times
            the share of the members that is arrested.
        purged: (D, E) share of idle cards that purges take.
        replaced: (D, E) share of the cards waiting that are replaced.
        accounts: What happens to accounts of mules; None without them.
        searches: (D, E, M, 4) how M measures find accounts, see ``sim.aftermath``.
    """

    days: range
    alike: NDArray[np.int64]
    rates: NDArray[np.float64]
    loss_factor: Values
    gates: Mapping[Fate, NDArray[np.int64]]
    app: NDArray[np.int64]
    d_prime: NDArray[np.float64]
    routes: routes.OnRoutes
    up: NDArray[np.float64]
    gains: NDArray[np.float64]
    coverage: NDArray[np.int64]
    data_sharing: NDArray[np.float64]
    outage: NDArray[np.int64]
    staff: NDArray[np.float64]
    held: NDArray[np.int64]
    delayed: NDArray[np.int64]
    reach: NDArray[np.float64]
    cashed: Values
    capacity: Values
    suspects: Values
    raids: NDArray[np.float64]
    returning: NDArray[np.float64]
    purged: NDArray[np.float64]
    replaced: NDArray[np.float64]
    accounts: AccountDays | None
    searches: NDArray[np.float64]

    @classmethod
    def of(
        cls, spec: ScenarioModel, provinces: Provinces, calendar: Calendar, measures: Measures, schedule: Schedule
    ) -> Self:
        """Compute the timetable of all days of a run, warm-up included."""
        days, fraud, suspects = calendar.days, spec.fraud, spec.aftermath.suspects
        examples, alike = measures.alike(provinces.codes)
        codes = [provinces.codes[p] for p in examples]
        people = {row.code: row.population for row in spec.population.provinces}
        delays = np.array([cards.replacement_days(spec.cards, measures, days, code) for code in codes])
        return cls(
            days=days,
            alike=alike,
            rates=attempt_rates(spec, provinces, days),
            loss_factor=growth(fraud.loss_growth, days, fraud.reference, fraud.loss_ceiling, fraud.grows_until),
            gates=fixed_thresholds(spec, measures, days, codes),
            app=thresholds(app_adoption(spec.population, days)),
            d_prime=interception.d_primes(spec.interception, measures, days, codes),
            routes=routes.by_day(spec, measures, days, codes),
            up=sites.up_shares(spec, measures, days, codes),
            gains=Education.of(spec, measures, provinces.codes).gains(days),
            coverage=coverage(measures, days, codes, people),
            data_sharing=data_sharing(measures, days, codes),
            outage=releases(measures, calendar, days, codes),
            staff=schedule.factors(days),
            held=thresholds(held_shares(measures, days, codes)),
            delayed=thresholds(delayed_shares(measures, days, codes)),
            reach=np.array([reach(measures, days, code) for code in codes]).T,
            cashed=cashed(measures, days, people),
            capacity=capacities(spec.aftermath.investigation, days),
            suspects=suspects.per_case * ramped(days, suspects.ramp),
            raids=dens.campaign_factors(spec.dens, measures, days),
            returning=returning(measures, days),
            purged=np.array([cards.purge_share(measures, days, code) for code in codes]).T,
            replaced=np.array([replaced_share(delay) for delay in delays]).T,
            accounts=None if spec.accounts is None else AccountDays.of(spec.accounts, measures, days, codes),
            searches=searches(measures, days, codes),
        )

    def row(self, day: int) -> int:
        """Return the row of a day; ValueError for a day outside the run."""
        return self.days.index(day)


class MacroComponent(Protocol):
    """One part of the macro state, and its changes at a midnight; ``name`` is that of docs/model.md."""

    name: str

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Change the state at the midnight at which a day begins.

        Args:
            day: The day number.
            yesterday: Counts of the engine on the day before.
        """


@dataclass(frozen=True)
class Common:
    """The inputs of all components.

    ``timetable`` holds what the scenario alone decides.
    """

    spec: ScenarioModel
    provinces: Provinces
    calendar: Calendar
    ledger: Ledger
    measures: Measures
    remainders: Remainders
    schedule: Schedule
    timetable: Timetable

    @classmethod
    def of(cls, spec: ScenarioModel, provinces: Provinces, calendar: Calendar, ledger: Ledger) -> Self:
        """Return the inputs of the components of a run."""
        measures = Measures(dict(spec.measures))
        schedule = Schedule(spec, provinces)
        timetable = Timetable.of(spec, provinces, calendar, measures, schedule)
        return cls(spec, provinces, calendar, ledger, measures, Remainders(spec.seed), schedule, timetable)

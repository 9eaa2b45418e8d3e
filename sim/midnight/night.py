"""Midnight: an ordered list of what changes between two days, shared by the engines.

Macro state (dens, cards, filters, awareness, measures, people's bytes) changes here and only here. Each step reads
what the steps before it left; what happened yesterday comes in as ``DayTotals`` and is read here alone.
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.cases import CaseBook, freshness
from sim.aftermath.settlement import settlements
from sim.base.days import DAY_MS, calendar_date
from sim.base.words import Channel, Detector, Fate
from sim.country.calendar import Calendar, growth, ramped
from sim.country.laundering import cashed, let_through, reach
from sim.country.measures import Measures, days_of, first_day, positions
from sim.country.people import PeopleTables, app_adoption
from sim.country.provinces import Provinces, Spread, at_once
from sim.country.traffic import (
    LIMIT,
    attempt_counts,
    attempt_rates,
    profiles,
)
from sim.draws.distributions import CERTAIN, threshold
from sim.draws.functions import left_after
from sim.draws.remainders import ONE, Remainders, fixed
from sim.gangs import effort
from sim.gangs.crews import Crews
from sim.gangs.effort import Effort
from sim.midnight.arrests import Arrests
from sim.midnight.ledger import NATION, Ledger
from sim.midnight.legitimate import Legitimate
from sim.midnight.outages import releases
from sim.midnight.people_bytes import fall_victim, forget, hear, mark, marked, pieces
from sim.midnight.today import Today
from sim.midnight.totals import DayTotals
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.measures import Activities, BankHold, ClusterCampaign, Repatriation, Videos
from sim.shield import answering, cards, dens, engagement, interception
from sim.shield.thresholds import gate_thresholds
from sim.warning.detectors import coverage, data_sharing


class Night:
    """The macro layer of a run: its state, and the steps that carry it over a midnight.

    With ``feedback: off`` no count of the run is read: cards are flagged by the expected interceptions, leads come
    from the capacity of the investigation, people's bytes stay as they are, and so do gangs. ``spread`` does what is
    heavy and the business of one province alone, perhaps for several of them at once; no result depends on it.
    """

    def __init__(
        self,
        spec: ScenarioModel,
        provinces: Provinces,
        people: PeopleTables,
        calendar: Calendar,
        ledger: Ledger,
        spread: Spread = at_once,
    ) -> None:
        self.spec = spec
        self.provinces = provinces
        self.calendar = calendar
        self.ledger = ledger
        self.spread = spread
        self.measures = Measures(dict(spec.measures))
        self.remainders = Remainders(spec.seed)
        self.types = list(spec.fraud.types)
        self.slots = dens.Slots.of(spec.seed, spec.dens, len(self.types))
        self.dens = dens.DenState.start(spec.seed, spec.dens, self.slots)
        self.crews = Crews.of(spec, self.slots)
        self.effort = Effort.of(spec)
        self.leads = 0
        self.expected: list[float] = []
        self.stock = cards.CardStock.start(spec)
        self.cases = CaseBook(spec, provinces, self.remainders)
        self.arrests = Arrests(len(provinces), self.remainders, ledger)
        self._settlements = settlements(spec, self.remainders, len(provinces), NATION)
        self._solved = np.zeros(len(provinces), dtype=np.int64)
        segments = spec.population.occupation.segments
        self.awareness = np.full((len(provinces), len(segments)), spec.engagement.awareness.start)
        self.all_bytes = np.zeros(int(provinces.people.sum()), dtype=np.uint8)
        self.bytes = np.split(self.all_bytes, np.cumsum(provinces.people)[:-1])
        self._segment_people = engagement.segment_people(spec)
        self._education = engagement.Education(
            spec.engagement.awareness, self.measures, provinces.codes, segments, self._segment_people
        )
        self.propensity = engagement.propensities(spec)
        self.most_engaging = engagement.most_engaging(self.propensity)
        self.answering = answering.answering_tables(spec, people)
        self._profiles = profiles(spec)
        # What only measures make differ is computed for one province of those that no measure tells apart.
        examples, self._alike = self.measures.alike(provinces.codes)
        self._examples = [provinces.codes[p] for p in examples]
        self._people = {row.code: row.population for row in spec.population.provinces}
        self.legitimate = Legitimate(spec, provinces)
        self._false_block_shares = np.array(interception.false_block_shares(spec.interception))
        self.card_load = cards.CardLoad(len(provinces))
        self._passing = np.full((len(Channel), len(self.types)), effort.NOBODY)
        self.today: Today

    @property
    def steps(self) -> tuple[Callable[[int, DayTotals], None], ...]:
        """The steps of a midnight, in their order."""
        return (
            self.close,
            self.investigate,
            self.raid,
            self.renew_crews,
            self.change_cards,
            self.settle,
            self.change_filters,
            self.renew_awareness,
            self.update_people,
            self.open_dens,
            self.learn_yields,
            self.open_day,
        )

    def __call__(self, day: int, yesterday: DayTotals) -> Today:
        """Carry the state over the midnight at which ``day`` begins and return what engines read during it."""
        for step in self.steps:
            step(day, yesterday)
        return self.today

    def snapshot(self) -> dict[str, Any]:
        """Return copies of the state between two days, before the midnight, with which ``resume`` goes on."""
        people = pieces(self.all_bytes, len(self.provinces))
        found: dict[int, list[NDArray[Any]]] = {}

        def find(some: slice) -> None:
            found.update({place: list(marked(people[place])) for place in range(some.start, some.stop)})

        self.spread(find, len(people))
        return {
            "remainders": self.remainders.snapshot(),
            "dens": {name: array.copy() for name, array in self.dens._asdict().items()},
            "leads": self.leads,
            "cards": [list(self.stock.active), list(self.stock.waiting)],
            "card_load": self.card_load.snapshot(),
            "cases": self.cases.snapshot(),
            "settlements": [settlement.snapshot() for settlement in self._settlements],
            "awareness": self.awareness.copy(),
            "expected": self.expected,
            "crews": None if self.crews is None else self.crews.snapshot(),
            "effort": None if self.effort is None else self.effort.snapshot(),
            "passing": self._passing,
            "people": [found[place] for place in range(len(people))],
        }

    def resume(self, snapshot: dict[str, Any]) -> None:
        """Take over the state of another run of the same scenario at the same midnight, before the first day."""
        self.remainders.resume(snapshot["remainders"])
        self.dens = dens.DenState(**snapshot["dens"])
        self.leads = snapshot["leads"]
        self.stock = cards.CardStock(*snapshot["cards"])
        self.card_load.resume(snapshot["card_load"])
        self.cases.resume(snapshot["cases"])
        for settlement, waiting in zip(self._settlements, snapshot["settlements"], strict=True):
            settlement.resume(waiting)
        self.awareness = snapshot["awareness"]
        self.expected = snapshot["expected"]
        if self.crews is not None:
            self.crews.resume(snapshot["crews"])
        if self.effort is not None:
            self.effort.resume(snapshot["effort"])
        self._passing = snapshot["passing"]
        for people, found in zip(pieces(self.all_bytes, len(self.provinces)), snapshot["people"], strict=True):
            mark(people, *found)

    # The steps, in their order.

    def close(self, day: int, yesterday: DayTotals) -> None:
        """Close yesterday: keep the load on the cards, and what the macro layer will read of it."""
        first = day == self.calendar.first
        if not first:
            self.card_load.add_day(yesterday.from_cards, self.stock)
        if calendar_date(day).day == 1:
            self.card_load.close_month()
        self.intercepted = [float(count) for count in yesterday.intercepted]
        if not self.spec.feedback:
            self.intercepted = [0.0] * len(self.provinces) if first else self.expected

    def investigate(self, day: int, yesterday: DayTotals) -> None:
        """Finish cases by capacity; solved ones give leads and suspects."""
        finished = self.cases.investigate(day, yesterday.filed)
        self.ledger.cases(day, finished)
        counts = finished.solved_by_province
        self.ledger.flow_by_province(day, "cases_solved", counts)
        self._solved = counts
        self.ledger.flow_by_province(day, "cases_closed", finished.taken - counts)
        suspects = self.spec.aftermath.suspects
        per_case = suspects.per_case * ramped(day, suspects.ramp)
        self.arrests.by_province(day, "suspects_cases", [fixed(count * per_case) for count in counts.tolist()])
        self.ledger.level_by_province(day, "backlog", self.cases.backlogs())
        hazard = self.spec.dens.hazard
        solved_in_all: float = int(counts.sum())
        if hazard.case_half_life is not None:
            solved_in_all = freshness(finished.cases[finished.solved], day, float(hazard.case_half_life))
        whole_country = solved_in_all / self.spec.scale if self.spec.feedback else self.cases.expected_solved(day)
        fading = left_after(DAY_MS, hazard.lead_half_life)
        self.leads = fixed(self.leads / ONE * fading + whole_country * hazard.leads_per_case)
        self.ledger.level(day, NATION, "leads", self.leads / ONE)

    def raid(self, day: int, yesterday: DayTotals) -> None:
        """Raid dens; arrest ringleaders and crews; bring home dens from abroad, at the start of their measure."""
        spec = self.spec
        homecomings = [
            measure
            for measure, _ in self.measures.on(day, Repatriation)
            if day == max(first_day(measure.window), self.calendar.first)
        ]
        abroad = Counter[str]()
        for measure in homecomings:
            abroad[measure.region or list(spec.dens.regions)[-1]] += measure.dens
        slower = 1.0 if self.crews is None else self.crews.slower
        raids = dens.raid(spec.seed, day, spec.dens, self.dens, self.measures, self.leads / ONE, abroad, slower)
        self.ledger.flow(day, NATION, "dens_destroyed", len(raids.raided))
        self.ledger.flow(day, NATION, "ringleaders_arrested", raids.leaders)
        at_home = sorted(set(raids.raided.tolist()) - set(raids.repatriated.tolist()))
        if self.crews is None:
            crews = math.fsum(float(self.slots.weight[slot]) for slot in at_home) * spec.dens.crew
        else:
            crews = self.crews.members(np.array(at_home, dtype=np.int64))
        self.arrests.of_nation(day, "suspects_dens", fixed(crews * spec.scale))
        for measure in homecomings:
            self.arrests.of_nation(day, "suspects_repatriated", fixed(measure.suspects * spec.scale))
        for campaign, _ in self.measures.on(day, ClusterCampaign):
            share = campaign.count / days_of(campaign.window)
            count = self.remainders.whole(NATION, "cluster_campaigns", fixed(share))
            self.ledger.flow(day, NATION, "cluster_campaigns", count)
            self.arrests.of_nation(day, "suspects_campaigns", fixed(share * campaign.arrests * spec.scale))

    def renew_crews(self, day: int, yesterday: DayTotals) -> None:
        """Take those arrested for cases and in campaigns out of the crews at work, then let these recruit."""
        arrested = self.arrests.thinning() / self.spec.scale
        if self.crews is not None:
            self.crews.thin(arrested, self.dens)
            self.crews.recruit(self.dens)

    def change_cards(self, day: int, yesterday: DayTotals) -> None:
        """Flag, purge and replace cards; arrest sellers."""
        settings = self.spec.cards
        purges = [cards.purge_share(self.measures, day, code) for code in self._examples]
        delays = [cards.replacement_days(settings, self.measures, day, code) for code in self._examples]
        replaced = [cards.replaced_share(delay) for delay in delays]
        moved = [
            cards.step(self.stock, p, settings, self.intercepted[p], purges[alike], replaced[alike])
            for p, alike in enumerate(self._alike.tolist())
        ]
        flagged = np.array(self.remainders.wholes("cards_flagged", [one.flagged for one in moved]))
        purged = np.array(self.remainders.wholes("cards_purged", [one.purged for one in moved]))
        self.ledger.flow_by_province(day, "cards_flagged", flagged)
        self.ledger.flow_by_province(day, "cards_eliminated", flagged + purged)
        per_card = self.spec.aftermath.suspects.per_card
        sellers = [fixed((one.flagged + one.purged) / ONE * per_card) for one in moved]
        self.arrests.by_province(day, "suspects_cards", sellers)
        self.ledger.level_by_province(day, "cards_active", np.array([stock / ONE for stock in self.stock.active]))
        self.ledger.level_by_province(day, "cards_waiting", np.array([stock / ONE for stock in self.stock.waiting]))

    def settle(self, day: int, yesterday: DayTotals) -> None:
        """Count the cases solved and suspects arrested at this midnight, or put some of them off to December."""
        arrested = self.arrests.settle()
        if not self._settlements:
            return
        cases, suspects = self._settlements
        counts = np.array(cases.settle(day, self._solved.tolist()), dtype=np.int64)
        self.ledger.flow_by_province(day, "cases_settled", counts)
        *by_province, nation = suspects.settle(day, arrested)
        self.ledger.flow_by_province(day, "suspects_settled", np.array(by_province, dtype=np.int64))
        self.ledger.flow(day, NATION, "suspects_settled", nation)

    def change_filters(self, day: int, yesterday: DayTotals) -> None:
        """Let gangs adapt and filters be retrained."""
        found = [interception.d_primes(self.spec.interception, self.measures, day, code) for code in self._examples]
        self._caught = interception.thresholds(self.spec.interception, found, self.types)
        self.d_prime = np.array(found)[self._alike]
        for channel, d_prime in zip(interception.FILTERED, self.d_prime.T, strict=True):
            self.ledger.level_by_province(day, f"d_prime_{channel}", d_prime)

    def renew_awareness(self, day: int, yesterday: DayTotals) -> None:
        """Let awareness fade, let yesterday's education renew it, count today's."""
        settings = self.spec.engagement.awareness
        codes = self.provinces.codes
        gains = np.zeros_like(self.awareness)
        if day > self.calendar.first:
            gains = self._education.gains(day - 1)
        engagement.renew(self.awareness, settings, gains)
        for videos, _ in self.measures.on(day, Videos):
            for quantity, count in (("videos_published", videos.count), ("video_views", videos.views)):
                counted = self.remainders.whole(NATION, quantity, fixed(count / days_of(videos.window)))
                self.ledger.flow(day, NATION, quantity, counted)
        for activities, _ in self.measures.on(day, Activities):
            places = positions(activities, codes)
            a_day = activities.count / days_of(activities.window)
            among = math.fsum(self.provinces.share[p] for p in places)
            values = [0] * len(codes)
            for p in places:
                values[p] = fixed(a_day * self.provinces.share[p] / among)
            counts = self.remainders.wholes("awareness_activities", values)
            self.ledger.flow_by_province(day, "awareness_activities", np.array(counts))
        means = [math.fsum(row) / len(row) for row in self.awareness.tolist()]
        self.ledger.level_by_province(day, "awareness", np.array(means))

    def update_people(self, day: int, yesterday: DayTotals) -> None:
        """Add yesterday's alerts heard and victims to people's bytes; on the first of a month halve what was heard."""
        if not self.spec.feedback:
            return
        first_of_month = calendar_date(day).day == 1

        def update(some: slice) -> None:
            for people, heard, victims in zip(
                self.bytes[some], yesterday.heard[some], yesterday.victims[some], strict=True
            ):
                if len(heard):
                    hear(people, np.asarray(heard, dtype=np.int64))
                if len(victims):
                    fall_victim(people, np.asarray(victims, dtype=np.int64))
                if first_of_month:
                    forget(people)

        self.spread(update, len(self.provinces))

    def open_dens(self, day: int, yesterday: DayTotals) -> None:
        """Reopen the dens whose day has come, some elsewhere; they work today."""
        raided = self.dens.raided.copy()
        reopened = dens.reopen(self.spec.seed, day, self.spec.dens, self.slots, self.dens)
        self.ledger.flow(day, NATION, "dens_reopened", reopened)
        self.ledger.level(day, NATION, "dens_raided", float(self.dens.raided.sum()))
        if self.crews is not None:
            self.crews.reopen(raided > self.dens.raided)
            self.ledger.level(day, NATION, "crews", self.crews.mean)

    def learn_yields(self, day: int, yesterday: DayTotals) -> None:
        """Let gangs learn what yesterday's attempts yielded."""
        if self.effort is not None and day > self.calendar.first:
            cash = cashed(self.measures, day - 1, self._people)
            self.effort.learn(yesterday.drawn_in, yesterday.first_payments, self._passing, cash)

    def open_day(self, day: int, yesterday: DayTotals) -> None:
        """Open the day: thresholds of the gates, and how many attempts and contacts it will bring."""
        spec = self.spec
        self.rates, raided = self._made(day)
        alike, examples = self._alike, self._examples
        # Contiguous also where examples are spread over provinces: kernels are compiled once for each layout.
        seen = np.ascontiguousarray(coverage(self.measures, day, examples, self._people)[:, alike])
        works = bool(seen[0].any()), bool(seen[1].any())
        cells, contacts = self.legitimate.of_day(day, works, self.spread)
        paid = [
            math.prod(1.0 - hold.intensity * ramp for hold, ramp in self.measures.on(day, BankHold, code))
            * let_through(self.measures, day, code)
            for code in examples
        ]
        app = threshold(app_adoption(spec.population, day))
        unanswered, moments = answering.of_day(self.answering, self._profiles, app)
        self.today = Today(
            day=day,
            stops=gate_thresholds(
                *(spec, self.measures, day, examples, alike),
                {
                    Fate.DEN_DESTROYED: raided[None, None],
                    Fate.CARD_ELIMINATED: cards.thresholds(self.stock, spec.cards, len(self.provinces)),
                    Fate.INTERCEPTED: self._caught[alike],
                    Fate.UNANSWERED: unanswered,
                },
            ),
            moments=moments,
            app=app,
            unaware=engagement.unaware_shares(self.awareness, spec.engagement.awareness.effect),
            coverage=seen,
            data_sharing=data_sharing(self.measures, day, examples)[alike],
            awareness=self.awareness.copy(),
            held=np.array([threshold(1.0 - share) for share in paid], dtype=np.int64)[alike],
            reach=np.array([reach(self.measures, day, code) for code in examples])[alike],
            outage=np.ascontiguousarray(releases(self.measures, self.calendar, day, examples)[:, alike]),
            loss_factor=growth(spec.fraud.loss_growth, day, spec.fraud.reference, spec.fraud.loss_ceiling),
            attempts=attempt_counts(spec.seed, day, self.rates),
            contacts=contacts,
            cells=cells,
        )
        most = max(int(np.max(self.today.attempts)), int(np.max(self.today.contacts, initial=0)))
        if most >= LIMIT:
            raise OverflowError(
                f"{most} attempts in one cell of {calendar_date(day)}; identities number up to {LIMIT - 1}"
            )
        if self.effort is not None:
            unaware = engagement.mean_shares(self.today.unaware, self._segment_people)
            self._passing = effort.passing(self.rates, self.today.stops, unaware)
        if not spec.feedback:
            self.expected = interception.expected(self.rates, self.today.stops).tolist()
        self.ledger.level(day, NATION, "app_adoption", self.today.app / CERTAIN)
        for detector, shares in zip(Detector.labels(), seen / CERTAIN, strict=True):
            self.ledger.level_by_province(day, f"coverage_{detector}", shares)
        blocked = interception.false_blocks(spec.seed, day, self.legitimate.rates, self._false_block_shares)
        for channel, counts in zip(interception.FILTERED, blocked.T, strict=True):
            self.ledger.flow_by_province(day, f"false_blocks_{channel}", counts)

    # What the steps share.

    def _made(self, day: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the expected attempts of a day, (P, 3, T), and thresholds of gate 2, (T,): those of raided dens."""
        rates = attempt_rates(self.spec, self.provinces, day)
        if self.crews is None:
            raided = dens.raided_thresholds(self.slots, self.dens.raided)
        else:
            made, raided = self.crews.made(self.dens)
            rates *= made
        if self.effort is not None:
            efforts = self.effort.answer(rates)
            time = effort.nation(rates)
            for quantity, values in (("effort", efforts), ("yield", self.effort.yields)):
                for channel, mean in zip(Channel.labels(), effort.by_channel(values, time), strict=True):
                    self.ledger.level(day, NATION, f"{quantity}_{channel}", mean)
            rates *= efforts
        return rates, raided

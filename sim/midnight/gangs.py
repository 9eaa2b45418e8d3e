"""Gangs at a midnight: dens or pools of members, raids, recruiting, and what gangs learn.

The dens and their crews: raided dens open again, some of them elsewhere.

Raids of dens at a midnight, from leads and measures.

The crews of dens at midnight: reduced by arrests, renewed by recruiting.

The members of gangs as two pools: raids, campaigns, returns and ringleaders at a midnight.

The memory of gangs of the yields of attempts.
"""

import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from sim.base.days import day_number
from sim.base.words import Channel
from sim.country.calendar import days_of, first_day
from sim.draws.distributions import ONE, fixed
from sim.draws.functions import exp, fsum
from sim.gangs import effort
from sim.gangs.crews import Crews
from sim.gangs.effort import Effort
from sim.gangs.pools import Stock
from sim.midnight.cases import Arrests, Investigation
from sim.midnight.timetable import Common
from sim.midnight.today import NATION, DayTotals
from sim.scenario.schema.measures import ClusterCampaign, Repatriation
from sim.shield import dens


class Dens:
    """The fixed ``slots`` of dens, their ``state``, and their ``crews``: None if all are always full."""

    name = "dens"

    def __init__(self, common: Common) -> None:
        self._common = common
        spec = common.spec
        self.slots = dens.Slots.of(spec.seed, spec.dens, len(spec.fraud.types))
        self.state = dens.DenState.start(spec.seed, spec.dens, self.slots)
        self.crews = Crews.of(spec, self.slots)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Reopen the dens whose day has come, some elsewhere; they work today."""
        spec, ledger = self._common.spec, self._common.ledger
        raided = self.state.raided.copy()
        reopened = dens.reopen(spec.seed, day, spec.dens, self.slots, self.state)
        ledger.flow(day, NATION, "dens_reopened", reopened)
        ledger.level(day, NATION, "dens_raided", float(self.state.raided.sum()))
        if self.crews is not None:
            self.crews.reopen(raided > self.state.raided)
            ledger.level(day, NATION, "crews", self.crews.mean)

    def made(self) -> tuple[NDArray[np.float64] | None, NDArray[np.int64]]:
        """Return the share of the stated attempts that gangs make, (T,), None for all; its raided part, (T,)."""
        if self.crews is None:
            return None, dens.raided_thresholds(self.slots, self.state.raided)
        return self.crews.made(self.state)


class Raids:
    """Raids, with the arrests of crews and ringleaders; the dens themselves are ``sim.midnight.gangs``."""

    name = "raids"

    def __init__(self, common: Common, arrests: Arrests, cases: Investigation, den_stock: Dens) -> None:
        self._common = common
        self._arrests = arrests
        self._cases = cases
        self._dens = den_stock
        crews = den_stock.crews
        self._rules = dens.RaidRules.of(common.spec.dens, 1.0 if crews is None else crews.slower)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Raid dens; arrest ringleaders and crews; at the start of their measure, bring dens home from abroad."""
        common, spec, crews = self._common, self._common.spec, self._dens.crews
        brought = homecomings(common, day)
        abroad = Counter[str]()
        for measure in brought:
            abroad[measure.region or list(spec.dens.regions)[-1]] += measure.dens
        leads = self._cases.leads / ONE
        factors = common.timetable.raids[common.timetable.row(day)]
        raids = dens.raid(spec.seed, day, self._rules, self._dens.state, factors, leads, abroad)
        common.ledger.flow(day, NATION, "dens_destroyed", len(raids.raided))
        common.ledger.flow(day, NATION, "ringleaders_arrested", raids.leaders)
        at_home = sorted(set(raids.raided.tolist()) - set(raids.repatriated.tolist()))
        if crews is None:
            members = math.fsum(float(self._dens.slots.weight[slot]) for slot in at_home) * spec.dens.crew
        else:
            members = crews.members(np.array(at_home, dtype=np.int64))
        self._arrests.of_nation(day, "suspects_dens", fixed(members * spec.scale))
        for measure in brought:
            self._arrests.of_nation(day, "suspects_repatriated", fixed(measure.suspects * spec.scale))
        campaigns(common, self._arrests, day)


def homecomings(common: Common, day: int) -> list[Repatriation]:
    """Return the measures whose suspects are brought home at the midnight of a day."""
    return [
        measure
        for measure in common.measures.on(day, Repatriation)
        if day == max(first_day(measure.window), common.calendar.first)
    ]


def campaigns(common: Common, arrests: Arrests, day: int) -> None:
    """Count the cluster campaigns of a day, and arrest their suspects."""
    for campaign in common.measures.on(day, ClusterCampaign):
        share = campaign.count / days_of(campaign.window)
        count = common.remainders.whole(NATION, "cluster_campaigns", fixed(share))
        common.ledger.flow(day, NATION, "cluster_campaigns", count)
        arrests.of_nation(day, "suspects_campaigns", fixed(share * campaign.arrests * common.spec.scale))


class Recruiting:
    """The arrests and the recruiting of a day; the crews themselves belong to the dens."""

    name = "recruiting"

    def __init__(self, common: Common, arrests: Arrests, dens: Dens) -> None:
        self._scale = common.spec.scale
        self._arrests = arrests
        self._dens = dens

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Remove suspects arrested for cases and in campaigns from the crews at work, then recruit."""
        arrested = self._arrests.thinning() / self._scale
        if self._dens.crews is not None:
            self._dens.crews.thin(arrested, self._dens.state)
            self._dens.crews.recruit(self._dens.state)


class PoolStock:
    """The ``stock`` of members, in place of dens with crews.

    Dens and ringleaders are whole counts of what the pools lose. Regions matter only by their campaigns: the last one
    is abroad, the others are home.
    """

    name = "pools"

    def __init__(self, common: Common, arrests: Arrests, cases: Investigation) -> None:
        self._common = common
        self._arrests = arrests
        self._cases = cases
        self.stock = Stock.of(common.spec)
        *home, _ = common.spec.dens.regions.values()
        self._regions = np.array(home) / fsum(np.array(home))
        self._since = day_number(self.stock.pools.since)
        if common.spec.feedback:
            arrests.pool = self.stock

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Change the pools from the day on which they begin to move; count dens, returns, ringleaders and suspects."""
        ledger = self._common.ledger
        campaigns(self._common, self._arrests, day)
        if day > self._since:
            self._move(day)
        else:
            self.stock.arrested = 0.0
        for measure in homecomings(self._common, day):
            self.stock.abroad -= min(self.stock.abroad, measure.suspects)
            ledger.flow(day, NATION, "dens_destroyed", measure.dens)
            self._arrests.of_nation(day, "suspects_repatriated", fixed(measure.suspects * self._common.spec.scale))
        ledger.level(day, NATION, "gangs_home", self.stock.home)
        ledger.level(day, NATION, "gangs_abroad", self.stock.abroad)

    def made(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the share of the stated attempts that gangs make, (T,), and no part of it that gate 2 stops, (T,)."""
        made = self.stock.made()
        return made, np.zeros(len(made), dtype=np.int64)

    def _move(self, day: int) -> None:
        """Change the pools by a day."""
        common, spec, stock = self._common, self._common.spec, self.stock
        row = common.timetable.row(day)
        leads = self._cases.leads / ONE
        campaigning = fsum(self._regions * common.timetable.raids[row, :-1])
        returning, people, arrested = common.timetable.returning[row].tolist()
        by_lead = self._leaders(leads)
        moved = stock.step(campaigning * _by_leads(stock, leads), returning)
        dens, own = moved.removed / stock.pools.crew, spec.dens.ringleaders
        leaders = by_lead + dens * own.share * own.at_raid
        # A ringleader leads 1 / share dens, which do not recruit until somebody takes over.
        stock.lose_leaders(leaders / own.share if own.share > 0.0 else 0.0)
        self._count(day, "dens_destroyed", "dens_destroyed", dens)
        self._count(day, "dens_campaign", "dens_campaign", dens * (campaigning - 1.0) / campaigning)
        self._count(day, "ringleaders_arrested", "ringleaders", leaders)
        self._arrests.of_nation(day, "suspects_dens", fixed(moved.removed * spec.scale))
        if returning > 0.0:
            self._count(day, "returned", "returned", moved.returned * people / returning)
            self._arrests.of_nation(day, "suspects_returned", fixed(moved.returned * arrested / returning * spec.scale))

    def _leaders(self, leads: float) -> float:
        """Return the ringleaders of dens at work whom leads arrest."""
        dens, own = self.stock.dens, self._common.spec.dens.ringleaders
        return dens * own.share * (1.0 - exp(-own.per_lead * leads / dens)) if dens > 0.0 else 0.0

    def _count(self, day: int, flow: str, quantity: str, expected: float) -> None:
        """Count whole dens or people from an expected number."""
        common = self._common
        common.ledger.flow(day, NATION, flow, common.remainders.whole(NATION, quantity, fixed(expected)))


def _by_leads(stock: Stock, leads: float) -> float:
    """Return the factor of removal at home by leads."""
    own = stock.pools.leads
    return 1.0 if own is None else 1.0 - own.share + own.share * leads / own.usual


class Learning:
    """The ``effort`` of gangs, None if they do not respond; ``passing`` (3, T) of the day that ends."""

    name = "effort"

    def __init__(self, common: Common) -> None:
        spec = common.spec
        self._common = common
        self.effort = Effort.of(spec)
        self.passing = np.full((len(Channel), len(spec.fraud.types)), effort.NOBODY)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Update the gangs' memory by the yields of yesterday's attempts; they begin to answer with the period."""
        if self.effort is None:
            return
        if day > self._common.calendar.first:
            cash = float(self._common.timetable.cashed[self._common.timetable.row(day - 1)])
            self.effort.learn(yesterday.drawn_in, yesterday.first_payments, self.passing, cash)
        if day == self._common.calendar.start:
            self.effort.begin()

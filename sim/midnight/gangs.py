"""Gangs at a midnight: their pools of members (raids, campaigns, returns, ringleaders) and what they learn."""

import numpy as np
from numpy.typing import NDArray

from sim.base.days import day_number
from sim.base.words import Channel
from sim.country.calendar import days_of, first_day
from sim.draws.distributions import ONE, fixed
from sim.draws.functions import exp, fsum
from sim.gangs import effort
from sim.gangs.effort import Effort
from sim.gangs.pools import Stock
from sim.midnight.cases import Arrests, Investigation
from sim.midnight.timetable import Common
from sim.midnight.today import NATION, DayTotals
from sim.scenario.schema.measures import ClusterCampaign, Repatriation


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

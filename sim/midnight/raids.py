"""Raids of dens at a midnight, from leads and measures."""

import math
from collections import Counter

import numpy as np

from sim.country.measures import days_of, first_day
from sim.draws.remainders import ONE, fixed
from sim.midnight.arrests import Arrests
from sim.midnight.den_stock import Dens
from sim.midnight.investigation import Investigation
from sim.midnight.ledger import NATION
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals
from sim.scenario.schema.measures import ClusterCampaign, Repatriation
from sim.shield import dens


class Raids:
    """Raids, with the arrests of crews and ringleaders; the dens themselves are ``sim.midnight.den_stock``."""

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

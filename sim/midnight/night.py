"""Midnight: an ordered list of components that change between two days, shared by the engines.

Macro state (dens, cards, filters, awareness, measures, people's bytes) changes only here. Each component reads the
state left by those before it; yesterday's events come in as ``DayTotals`` and are read only here.
"""

from collections.abc import Sequence

from sim.country.calendar import Calendar
from sim.country.provinces import Provinces, Spread, at_once
from sim.midnight.cases import Arrests, Filings, Investigation, Settling
from sim.midnight.component import Component, Visiting
from sim.midnight.gangs import Learning, PoolStock
from sim.midnight.opening import Filters, Levels, Opening
from sim.midnight.people import Awareness, People
from sim.midnight.slots import Dens, Raids, Recruiting
from sim.midnight.stocks import Accounts, Cards, LegitimateTransfers
from sim.midnight.timetable import Common, MacroComponent
from sim.midnight.today import DayTotals, Ledger, Today
from sim.scenario.schema import ScenarioModel
from sim.shield.answering import Answering


class Night:
    """The macro layer of a run: ``components`` in the order of a midnight.

    With ``feedback: off`` no count of the run is read: the expected interceptions flag cards, leads come from the
    capacity of the investigation, and filters, people's bytes and gangs do not change. ``spread`` runs heavy work by
    province, perhaps in parallel; it changes no result. Users' components, ``given``, come after all others and before
    the day is opened.
    """

    def __init__(
        self,
        spec: ScenarioModel,
        provinces: Provinces,
        answering: Answering,
        calendar: Calendar,
        ledger: Ledger,
        spread: Spread = at_once,
        given: Sequence[Component] = (),
    ) -> None:
        self.common = common = Common.of(spec, provinces, calendar, ledger)
        arrests = Arrests(common)
        levels = Levels(common)
        self.cases = Investigation(common, arrests)
        pools = common.spec.gangs is not None and common.spec.gangs.pools is not None
        self.dens: Dens | PoolStock
        of_gangs: tuple[tuple[MacroComponent, ...], tuple[MacroComponent, ...]]
        if pools:
            self.dens = PoolStock(common, arrests, self.cases)
            of_gangs = (self.dens,), ()
        else:
            self.dens = Dens(common)
            raids = Raids(common, arrests, self.cases, self.dens)
            of_gangs = (raids, Recruiting(common, arrests, self.dens)), (self.dens,)
        self.cards = Cards(common, arrests)
        self.accounts = None if spec.accounts is None else Accounts(common, spec.accounts)
        self.filings = Filings(common)
        self.filters = Filters(common)
        self.awareness = Awareness(common)
        self.people = People(common, spread)
        self.gangs = Learning(common)
        transfers = common.spec.population.transfers
        stocks = self.cards, self.dens, self.filters, self.awareness, self.gangs
        self.opening = Opening(common, answering, stocks, self.people, levels, self.accounts, self.filings)
        self.components: tuple[MacroComponent, ...] = (
            self.cases,
            self.filings,
            *of_gangs[0],
            self.cards,
            *(() if self.accounts is None else (self.accounts,)),
            Settling(common, arrests, self.cases),
            self.filters,
            self.awareness,
            self.people,
            *of_gangs[1],
            self.gangs,
            *(() if transfers is None else (LegitimateTransfers(common),)),
            *(Visiting(one, common, levels, self.filters, self.awareness) for one in given),
            self.opening,
        )

    @property
    def today(self) -> Today:
        """The inputs of engines during the day that began at the latest midnight."""
        return self.opening.today

    def found(self) -> dict[str, float]:
        """Return what the run has found in place of values that the scenario does not state, by dotted key."""
        of_routes = {} if self.opening.routes is None else self.opening.routes.found
        return {**of_routes, **({} if self.gangs.effort is None else self.gangs.effort.found())}

    def __call__(self, day: int, yesterday: DayTotals) -> Today:
        """Change the state at the midnight at which ``day`` begins; return the inputs of engines during that day."""
        for component in self.components:
            component.at_midnight(day, yesterday)
        return self.today

    def close_run(self, last: DayTotals) -> None:
        """Count what midnights count on the day after, of the last day of a run."""
        self.cards.close_run(last)
        self.filings.count(last)

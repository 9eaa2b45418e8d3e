"""The day that begins: filters, values that components may change, thresholds, numbers of attempts and contacts.

The filters of calls and SMS: gangs learn from what they stop how to pass, and they are retrained.

Values of a day that components may change: from the scenario, or as last changed.

The legitimate contacts of a day, which detectors may mistake: counts in each cell of scores.

The day that begins: thresholds of the gates, and numbers of attempts and contacts.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.base.words import Channel, Detector, Fate, Tier
from sim.country import traffic
from sim.country.provinces import Provinces, Spread
from sim.draws.distributions import CERTAIN
from sim.draws.distributions import thresholds as as_thresholds
from sim.gangs import effort
from sim.gangs.routes import OnRoutes, Routes
from sim.midnight.cases import Filings
from sim.midnight.gangs import Learning, PoolStock
from sim.midnight.people import Awareness, People
from sim.midnight.slots import Dens
from sim.midnight.stocks import Accounts, Cards
from sim.midnight.timetable import Common
from sim.midnight.today import NATION, DayTotals, Today, Values
from sim.scenario.schema import ScenarioModel
from sim.shield import answering, cards, engagement, interception, sites
from sim.shield.answering import Answering
from sim.shield.thresholds import gate_thresholds
from sim.warning.detectors import deciding


class Filters:
    """``d_prime`` (P, 2) of the filters of calls and of SMS on the day that begins, and the national ``lost`` (2,)."""

    name = "filters"

    def __init__(self, common: Common) -> None:
        self._common = common
        self.lost = interception.usual_loss(common.spec.interception)
        self.d_prime: NDArray[np.float64]

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Update d' as gangs adapt and filters are retrained."""
        common = self._common
        timetable, spec = common.timetable, common.spec
        if spec.feedback and day > common.calendar.first:
            nation = yesterday.intercepted.sum(axis=0)[: len(interception.FILTERED)] / spec.scale
            self.lost = interception.lost(spec.interception, self.lost, nation)
        self.d_prime = timetable.d_prime[timetable.row(day)].take(timetable.alike, axis=0) - self.lost

    def note(self, day: int) -> None:
        """Note d' of a day."""
        for channel, d_prime in zip(interception.FILTERED, self.d_prime.T, strict=True):
            self._common.ledger.level_by_province(day, f"d_prime_{channel}", d_prime)


class Levels:
    """Coverage, thresholds of scores, d' of filters, blocking and staff of a day.

    Methods that return ``Values`` return them as components read and write them; the others as engines read them, with
    exactly the scenario's numbers unless a component has changed them. ``_held`` has the changed values by name, NaN
    where the scenario's hold; they replace the scenario's until they are changed again.
    """

    def __init__(self, common: Common) -> None:
        self._common = common
        self._held: dict[str, Values] = {}
        self._schedule = common.schedule
        self._timetable = common.timetable
        both = [getattr(common.spec.warning.detectors, name) for name in Detector.labels()]
        self._scores = np.array([[getattr(one.thresholds, tier) for tier in Tier.labels()] for one in both])

    def hold(self, name: str, values: Values, changed: NDArray[np.bool_]) -> None:
        """Keep changed values of a name."""
        if changed.any():
            self._held.setdefault(name, np.full(values.shape, np.nan))[changed] = values[changed]

    def _over(self, name: str, values: Values) -> Values:
        """Return values with the changed ones replaced; the same array without changes."""
        held = self._held.get(name)
        return values if held is None else np.where(np.isnan(held), values, held)

    def coverage(self, day: int) -> NDArray[np.int64]:
        """Return the coverage of each detector as thresholds, (2, P)."""
        seen = self._row(self._timetable.coverage, day, axis=1)
        held = self._held.get("coverage")
        return seen if held is None else np.where(np.isnan(held), seen, as_thresholds(held))

    def covered(self, day: int) -> Values:
        """Return the coverage of each detector as shares, (2, P)."""
        return self._over("coverage", self.coverage(day) / CERTAIN)

    def thresholds(self) -> Values:
        """Return the lowest score of each tier by detector, (2, 4)."""
        return self._over("thresholds", self._scores)

    def d_prime(self, filters: Filters) -> Values:
        """Return d' of the filters of calls and of SMS, (2, P)."""
        return self._over("d_prime", filters.d_prime.T)

    def blocked(self, day: int) -> Values:
        """Return the share of web sites, of apps and of accounts that are down, (3, P)."""
        return self._over("blocked", 1.0 - self._row(self._timetable.up, day).T)

    def gates(self, day: int, filters: Filters) -> dict[Fate, NDArray[np.int64]]:
        """Return the thresholds of gates 1, 4 and 5 by province: source regulation, filters, blocked sites.

        A change of d' by components becomes that of the filters.
        """
        spec = self._common.spec
        found = {fate: self._row(by_day, day) for fate, by_day in self._timetable.gates.items()}
        filters.d_prime = self.d_prime(filters).T
        found[Fate.INTERCEPTED] = interception.thresholds_of(spec, filters.d_prime)
        if (held := self._held.get("blocked")) is not None:
            up = np.where(np.isnan(held.T), self._row(self._timetable.up, day), 1.0 - held.T)
            found[Fate.SITE_BLOCKED] = sites.thresholds_of(spec, up)
        return found

    def routes(self, day: int) -> OnRoutes:
        """Return what measures do to the routes of attempts, (P, R) each."""
        return OnRoutes(*(self._row(by_day, day) for by_day in self._timetable.routes))

    def officers(self, day: int) -> Values:
        """Return the officers of each desk at a share on duty of 1, in the whole country, (2, P)."""
        return self._over("officers", self._schedule.officers(self._staff(day)).T)

    def staffed(self, day: int) -> NDArray[np.int64]:
        """Return the time on duty as simulated in ms, (P, 2 desks, 48 half hours); read only."""
        # The same layout on all days: kernels are compiled once per layout.
        staffed = np.ascontiguousarray(self._schedule.staffed(day, self._staff(day)))
        held = self._held.get("officers")
        if held is None:
            return staffed
        changed = self._schedule.staffed_by(day, np.nan_to_num(held.T))
        return np.ascontiguousarray(np.where(np.isnan(held.T)[..., None], staffed, changed))

    def _staff(self, day: int) -> NDArray[np.float64]:
        """Return the factors of staff on a day."""
        staff: NDArray[np.float64] = self._timetable.staff[self._timetable.row(day)]
        return staff

    def _row(self, by_day: NDArray[Any], day: int, axis: int = 0) -> NDArray[Any]:
        """Return a day's values by province, from those of all days by group; ``axis`` is that of provinces."""
        row: NDArray[Any] = by_day[self._timetable.row(day)]
        return row.take(self._timetable.alike, axis=axis)


Works = tuple[bool, bool]
"""Whether the central and the local detector see any contacts on a day."""


class Drawn(NamedTuple):
    """The ``cells`` (n, 2) drawn on a day, and for each the uniforms at which it is empty."""

    cells: NDArray[np.int64]
    none: tuple[NDArray[np.float64], NDArray[np.float64]]


class Legitimate:
    """Legitimate contacts of a run; ``rates`` (P, 3) are expected on each day."""

    def __init__(self, spec: ScenarioModel, provinces: Provinces) -> None:
        """Compute which cells are drawn, by the detectors that work."""
        detectors = spec.warning.detectors
        self._seed = spec.seed
        self._detectors = detectors
        self.rates = traffic.legitimate_rates(spec, provinces)
        self._masses = traffic.cell_masses(detectors)
        self._least = detectors.central.thresholds.blue, detectors.local.thresholds.blue
        self._drawn = {
            (central, local): self._of(self._least, (central, local))
            for central in (False, True)
            for local in (False, True)
        }

    def of_day(
        self, day: int, works: Works, scores: NDArray[np.float64], spread: Spread
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the cells that are drawn on a day, (n, 2), and the contacts in them, (P, 3, n).

        Args:
            day: Day number.
            works: Whether the central and the local detector see any contacts on the day.
            scores: (2, 4) The lowest score of each tier by detector.
            spread: Fills the provinces, perhaps in parallel.
        """
        least = float(scores[Detector.CENTRAL, Tier.BLUE]), float(scores[Detector.LOCAL, Tier.BLUE])
        if least != self._least:
            self._least = least
            self._drawn.clear()
        if works not in self._drawn:
            self._drawn[works] = self._of(least, works)
        cells, none = self._drawn[works]
        contacts = np.empty((*self.rates.shape, len(cells)), dtype=np.int64)

        def fill(some: slice) -> None:
            contacts[some] = traffic.legitimate_counts(
                self._seed, day, self.rates[some], self._masses, cells, none, some.start
            )

        spread(fill, len(self.rates))
        return cells, contacts

    def _of(self, least: tuple[float, float], works: Works) -> Drawn:
        """Return the cells to draw for these lowest thresholds of both detectors."""
        cells = traffic.drawn_cells(self._detectors, works, least)
        return Drawn(cells, traffic.none_at(self.rates, self._masses, cells))


class Opening:
    """The last component of a midnight, which makes ``today`` from the state of all others.

    ``rates`` (P, 3, T) are the expected attempts of the day, ``first`` those before any is sent again; ``routes`` are
    those of attempts, None where all are alike and none is sent again.
    """

    name = "day"

    def __init__(
        self,
        common: Common,
        tables: Answering,
        stocks: tuple[Cards, Dens | PoolStock, Filters, Awareness, Learning],
        people: People,
        levels: Levels,
        accounts: Accounts | None,
        filings: Filings,
    ) -> None:
        """Take the fixed inputs of a run, and the components that a day depends on.

        Args:
            common: Of the run.
            tables: Who answers.
            stocks: The stocks that a day reads.
            people: Their spread is used.
            levels: The values that components may change.
            accounts: Of mules; None without them.
            filings: They need the shares of classes.
        """
        spec = common.spec
        self._common = common
        self._answering = tables
        self._cards, self._dens, self._filters, self._awareness, self._gangs = stocks
        self._people = people
        self._levels = levels
        self._accounts = accounts
        self._filings = filings
        self._profiles = traffic.profiles(spec)
        self._all_known = np.ones((len(common.provinces), len(deciding(spec))))
        self._legitimate = Legitimate(spec, common.provinces)
        self.routes = Routes.of(spec)
        self._false_blocks = interception.false_block_shares(spec.interception)
        self.today: Today
        self.rates: NDArray[np.float64]
        self.first: NDArray[np.float64]

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Open the day."""
        common, spec, levels = self._common, self._common.spec, self._levels
        timetable, alike = common.timetable, common.timetable.alike
        row = timetable.row(day)
        self.first, raided = self._made(day)
        seen = levels.coverage(day)
        works = bool(seen[0].any()), bool(seen[1].any())
        scores = levels.thresholds()
        cells, contacts = self._legitimate.of_day(day, works, scores, self._people.spread)
        app = int(timetable.app[row])
        unanswered, moments = answering.of_day(self._answering, self._profiles, app)
        awareness = self._awareness.levels
        gates = {
            **levels.gates(day, self._filters),
            Fate.DEN_DESTROYED: raided[None, None],
            Fate.CARD_ELIMINATED: cards.thresholds(self._cards.stock, spec.cards, len(common.provinces)),
            Fate.UNANSWERED: unanswered,
        }
        self.rates, blocked = self._sent(day, gates)
        self.today = Today(
            day=day,
            stops=gate_thresholds(gates, len(alike), len(spec.fraud.types)),
            moments=moments,
            app=app,
            unaware=engagement.unaware_shares(awareness, spec.engagement.awareness.effect),
            coverage=seen,
            data_sharing=timetable.data_sharing[row].take(alike),
            scores=scores,
            awareness=awareness.copy(),
            held=timetable.held[row].take(alike),
            delayed=timetable.delayed[row].take(alike, axis=0),
            reach=timetable.reach[row].take(alike) * (1.0 if self._accounts is None else self._accounts.slowness),
            searches=timetable.searches[row].take(alike, axis=0),
            known=self._all_known if self._accounts is None else self._accounts.known,
            outage=timetable.outage[row].take(alike, axis=1),
            staffed=levels.staffed(day),
            loss_factor=float(timetable.loss_factor[row]),
            attempts=traffic.attempt_counts(spec.seed, day, self.rates),
            contacts=contacts,
            cells=cells,
        )
        most = max(int(self.today.attempts.max()), int(self.today.contacts.max(initial=0)))
        if most >= traffic.LIMIT:
            raise OverflowError(
                f"{most} attempts in one cell of {calendar_date(day)}; identities number up to {traffic.LIMIT - 1}"
            )
        self._tell(day, blocked)

    def _sent(self, day: int, gates: dict[Fate, NDArray[np.int64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the expected attempts of a day, (P, 3, T), and the share of legitimate calls and SMS stopped, (P, 2).

        Gates that depend on the routes of attempts are changed in place.
        """
        stopped = np.tile(self._false_blocks, (len(self.first), 1))
        if self.routes is None:
            return self.first, stopped
        of_day = self._levels.routes(day)
        sent = self.routes.sent(self.first, gates, self._filters.d_prime, of_day)
        gates |= sent.gates
        self._cards.card_shares = sent.card_shares
        self._filings.keep(sent.shares)
        return sent.rates, self.routes.false_blocks(self._false_blocks, of_day)

    def _tell(self, day: int, blocked: NDArray[np.float64]) -> None:
        """Store the inputs of the next midnight, and note the levels of the day."""
        today, ledger, spec = self.today, self._common.ledger, self._common.spec
        if self._gangs.effort is not None:
            unaware = engagement.mean_shares(today.unaware, self._awareness.people)
            self._gangs.passing = effort.passing(self.first, self.rates, today.stops, unaware)
        if not spec.feedback:
            self._cards.expected = interception.expected(self.rates, today.stops).tolist()
        self._filters.note(day)
        self._awareness.note(day)
        ledger.level(day, NATION, "app_adoption", today.app / CERTAIN)
        for detector, shares in zip(Detector.labels(), today.coverage / CERTAIN, strict=True):
            ledger.level_by_province(day, f"coverage_{detector}", shares)
        false_blocks = interception.false_blocks(spec.seed, day, self._legitimate.rates, blocked)
        for channel, counts in zip(interception.FILTERED, false_blocks.T, strict=True):
            ledger.flow_by_province(day, f"false_blocks_{channel}", counts)

    def _made(self, day: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the expected first attempts of a day, (P, 3, T), and thresholds of gate 2, (T,), for raided dens."""
        timetable = self._common.timetable
        # A copy: gangs change what the scenario states.
        rates = timetable.rates[timetable.row(day)].copy()
        gangs = self._gangs.effort
        made, raided = self._dens.made()
        if made is not None:
            rates *= made
        # In the warm-up gangs make the stated attempts, and only learn.
        if gangs is not None and day >= self._common.calendar.start:
            stated = effort.nation(rates)
            efforts = gangs.answer(stated)
            for quantity, values in (("effort", efforts), ("yield", gangs.yields)):
                for channel, mean in zip(Channel.labels(), effort.by_channel(values, stated).tolist(), strict=True):
                    self._common.ledger.level(day, NATION, f"{quantity}_{channel}", mean)
            rates *= efforts
        return rates, raided

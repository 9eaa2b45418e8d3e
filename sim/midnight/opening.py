"""The day that begins: thresholds of the gates, and numbers of attempts and contacts."""

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.base.words import Channel, Detector, Fate
from sim.country.traffic import LIMIT, attempt_counts, profiles
from sim.draws.distributions import CERTAIN
from sim.gangs import effort
from sim.gangs.routes import Routes
from sim.midnight.account_stock import Accounts
from sim.midnight.awareness import Awareness
from sim.midnight.card_stock import Cards
from sim.midnight.den_stock import Dens
from sim.midnight.filings import Filings
from sim.midnight.filters import Filters
from sim.midnight.learning import Learning
from sim.midnight.ledger import NATION
from sim.midnight.legitimate import Legitimate
from sim.midnight.levels import Levels
from sim.midnight.people import People
from sim.midnight.pool_stock import PoolStock
from sim.midnight.protocol import Common
from sim.midnight.today import Today
from sim.midnight.totals import DayTotals
from sim.shield import answering, cards, engagement, interception
from sim.shield.answering import Answering
from sim.shield.thresholds import gate_thresholds
from sim.warning.signs import deciding


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
        self._profiles = profiles(spec)
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
            attempts=attempt_counts(spec.seed, day, self.rates),
            contacts=contacts,
            cells=cells,
        )
        most = max(int(self.today.attempts.max()), int(self.today.contacts.max(initial=0)))
        if most >= LIMIT:
            raise OverflowError(
                f"{most} attempts in one cell of {calendar_date(day)}; identities number up to {LIMIT - 1}"
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

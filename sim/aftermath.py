"""What follows a loss: report, stop-payment, filing, investigation, settlement.

Investigation: at midnight each province takes cases from its backlog and solves or closes them.

A share of the capacity takes the newest cases, the rest the oldest.

Settlement: some events of a day are counted at once, others later in the year, the last evenly over December.

Accounts of mules: what banks freeze and close, and how often by mistake, by the measures of a scenario.

Reports of victims, recovery by stop-payment orders, and the filing of the case.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.base.days import CENTS_PER_UNIT, DAY_MS, REPORT_DELAYS_MS, YEAR_DAYS, calendar_date
from sim.base.words import OriginKind
from sim.country.calendar import Days, Measures, Values, growth
from sim.country.provinces import Provinces
from sim.draws.compiled import compiled, compiled_with_arrays
from sim.draws.distributions import ONE, Remainders, fixed, row, threshold, thresholds, to_ticks
from sim.draws.functions import fsum, left_after
from sim.draws.identity import DAY_MASK, DAY_SHIFT, KIND_SHIFT, backlog_id
from sim.draws.philox import draw4
from sim.draws.purposes import ACCOUNT_FOUND, CASE_SOLVED, FILING, REPORT, WITHDRAWAL
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.layers import Accounts, Investigation, LateCount
from sim.scenario.schema.measures import AccountFreeze, AccountPurge
from sim.shield.cards import replaced_share
from sim.warning.service import drawn


@dataclass(frozen=True)
class Finished:
    """The cases that all provinces finished at a midnight, by province and within it in the order of filing.

    ``cases`` (n,) their numbers; ``solved`` (n,) which of them are solved, the others being closed unsolved; ``taken``
    (P,) the number of cases of each province.
    """

    cases: NDArray[np.int64]
    solved: NDArray[np.bool_]
    taken: NDArray[np.int64]

    @property
    def solved_by_province(self) -> NDArray[np.int64]:
        """Return the number of solved cases in each province, (P,)."""
        provinces = np.repeat(np.arange(len(self.taken)), self.taken)
        return np.bincount(provinces[self.solved], minlength=len(self.taken))

    def by_province(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the solved and the closed cases of each province."""
        ends = np.cumsum(self.taken)[:-1]
        for cases, solved in zip(np.split(self.cases, ends), np.split(self.solved, ends), strict=True):
            yield cases[solved], cases[~solved]


class Backlog:
    """The cases that wait in a province, in the order of filing: an array with free room at its end."""

    def __init__(self, cases: NDArray[np.int64]) -> None:
        self._cases = cases
        self._first = 0
        self._end = len(cases)

    def __len__(self) -> int:
        """Return the number of waiting cases."""
        return self._end - self._first

    def file(self, cases: NDArray[np.int64]) -> None:
        """Add cases at the end."""
        end = self._end + len(cases)
        if end > len(self._cases):
            waiting = self._cases[self._first : self._end]
            end = len(waiting) + len(cases)
            self._cases = np.empty(2 * end, dtype=np.int64)
            self._cases[: len(waiting)] = waiting
            self._first = 0
        self._cases[end - len(cases) : end] = cases
        self._end = end

    def waiting(self) -> NDArray[np.int64]:
        """Return a copy of the waiting cases, oldest first."""
        return self._cases[self._first : self._end].copy()

    def take(self, count: int) -> NDArray[np.int64]:
        """Remove and return the ``count`` oldest cases, oldest first, or all if there are fewer."""
        first, self._first = self._first, min(self._end, self._first + count)
        return self._cases[first : self._first]

    def take_newest(self, count: int) -> NDArray[np.int64]:
        """Remove and return the ``count`` newest cases, oldest first, or all if there are fewer."""
        end, self._end = self._end, max(self._first, self._end - count)
        return self._cases[self._end : end].copy()  # the next cases overwrite them


class CaseBook:
    """The backlog of each province: case numbers in the order of filing.

    ``at_start`` counts the cases that were waiting when the simulation began, ``filed``, ``solved`` and ``closed``
    those since: at_start + filed = solved + closed + waiting, at every midnight.
    """

    def __init__(self, spec: ScenarioModel, provinces: Provinces, remainders: Remainders) -> None:
        self._seed = spec.seed
        self._scale = spec.scale
        self._settings: Investigation = spec.aftermath.investigation
        self._solved_below = threshold(self._settings.solved)
        self._provinces = provinces
        self._remainders = remainders
        self._waiting: list[Backlog] = []
        for p, share in enumerate(provinces.share):
            count = remainders.whole(p, "backlog", fixed(self._settings.backlog * share * spec.scale))
            self._waiting.append(Backlog(backlog_ids(p, count)))
        self.at_start = self.waiting
        self.filed = self.solved = self.closed = 0

    @property
    def waiting(self) -> int:
        """Cases waiting in all provinces."""
        return sum(len(cases) for cases in self._waiting)

    def backlogs(self) -> NDArray[np.float64]:
        """Return the cases waiting in each province, (P,)."""
        return np.array([len(cases) for cases in self._waiting], dtype=np.float64)

    def investigate(self, capacity: float, filed: Sequence[Sequence[tuple[int, int]] | NDArray[np.int64]]) -> Finished:
        """Add yesterday's filed cases (moment, attempt) of each province; finish ``capacity`` of the country's."""
        for waiting, cases in zip(self._waiting, filed, strict=True):
            if len(cases):
                waiting.file(in_order(cases))
                self.filed += len(cases)
        capacities = [fixed(capacity * share * self._scale) for share in self._provinces.share]
        counts = self._remainders.wholes("capacity", capacities)
        share = self._settings.fresh_share or 0.0
        fresh = self._remainders.wholes("fresh_cases", [fixed(count * share) for count in counts])
        taken = [
            np.concatenate((waiting.take(count - newest), waiting.take_newest(newest)))
            for waiting, count, newest in zip(self._waiting, counts, fresh, strict=True)
        ]
        cases = np.concatenate(taken)
        finished = Finished(
            cases, are_solved(self._seed, cases, self._solved_below), np.array([len(some) for some in taken])
        )
        solved = int(finished.solved.sum())
        self.solved += solved
        self.closed += len(cases) - solved
        return finished


def capacities(settings: Investigation, days: Days) -> Values:
    """Return the cases of the whole country that investigation can finish on each day, (D,)."""
    return settings.capacity * growth(settings.growth, days, settings.reference)


def in_order(filed: ArrayLike) -> NDArray[np.int64]:
    """Return the cases of rows (moment, case), (n, 2), in the order of filing; ties go to the lower number."""
    rows = np.asarray(filed, dtype=np.int64).reshape(-1, 2)
    cases: NDArray[np.int64] = rows[np.lexsort((rows[:, 1], rows[:, 0])), 1]
    return cases


@compiled_with_arrays
def backlog_ids(province: int, count: int) -> NDArray[np.int64]:
    """Return the numbers of the first ``count`` cases of a province that are older than the simulation."""
    cases = np.empty(count, dtype=np.int64)
    for number in range(count):
        cases[number] = backlog_id(province, number)
    return cases


@compiled_with_arrays
def are_solved(seed: int, cases: NDArray[np.int64], solved_below: int) -> NDArray[np.bool_]:
    """Return which of the taken cases are solved; the others are closed unsolved."""
    solved = np.empty(len(cases), dtype=np.bool_)
    for k in range(len(cases)):
        solved[k] = draw4(seed, cases[k], CASE_SOLVED, 0)[0] < solved_below
    return solved


@compiled_with_arrays
def freshness(solved: NDArray[np.int64], day: int, half_life: float) -> float:
    """Return the number of new cases that would give as many leads as these, solved at the midnight before ``day``.

    It is the sum of 2**(-age / half_life), ages in whole days; half of the leads of a case are lost within
    ``half_life`` ms. Cases older than the simulation give none.
    """
    oldest = 0
    for case in solved:
        if case >> KIND_SHIFT == OriginKind.ATTEMPT:
            oldest = max(oldest, day - (case >> DAY_SHIFT & DAY_MASK))
    by_age = np.zeros(oldest + 1)
    for case in solved:
        if case >> KIND_SHIFT == OriginKind.ATTEMPT:
            by_age[day - (case >> DAY_SHIFT & DAY_MASK)] += 1.0
    for age in range(oldest + 1):
        if by_age[age] > 0.0:
            by_age[age] *= left_after(age * DAY_MS, half_life)
    return fsum(by_age)


MONTHS = 12
DECEMBER = MONTHS
DAYS = 31
"""Days of December."""


class Settlement:
    """The part of one quantity that waits to be counted, by place, in 10**-9.

    The remainders carry fractions of counts, so at the end of a December as many are counted as there were.
    """

    def __init__(self, rule: LateCount, quantity: str, remainders: Remainders, places: Sequence[int]) -> None:
        """Begin with nothing waiting.

        Args:
            rule: What waits, until when, and how much of it is counted in a month.
            quantity: Of ``remainders``.
            remainders: Of the run.
            places: Positions of provinces, -1 for the nation.
        """
        self._waits = fixed(rule.waits)
        self._until = rule.until
        self._released = fixed(rule.release * MONTHS / YEAR_DAYS)
        self._quantity = quantity
        self._remainders = remainders
        self._places = places
        self.waiting = [0] * len(places)

    def settle(self, day: int, counts: Sequence[int]) -> list[int]:
        """Return the count for each place on a day with these events."""
        today = calendar_date(day)
        waits = f"{today:%m-%d}" <= self._until
        settled = []
        for at, (place, count) in enumerate(zip(self._places, counts, strict=True)):
            due = -count * self._waits if waits else self._due(today, self.waiting[at])
            self.waiting[at] -= due
            settled.append(self._remainders.whole(place, self._quantity, count * ONE + due))
        return settled

    def _due(self, today: date, waiting: int) -> int:
        """Return how much of the waiting count is due on a later day than ``until``, in 10**-9."""
        return waiting // (DAYS + 1 - today.day) if today.month == DECEMBER else waiting * self._released // ONE


def settlements(spec: ScenarioModel, remainders: Remainders, provinces: int, nation: int) -> tuple[Settlement, ...]:
    """Return the settlements of cases by province, and of suspects by province and nation, if any."""
    late = spec.aftermath.settlement
    if late is None:
        return ()
    places = range(provinces)
    return (
        Settlement(late.part("cases"), "cases_settled", remainders, places),
        Settlement(late.part("suspects"), "suspects_settled", remainders, (*places, nation)),
    )


class AccountDays(NamedTuple):
    """What happens to accounts on each day in each group of provinces, (D, E) each.

    Attributes:
        found: Share of the victims' accounts that measures find.
        closed: Share of the accounts at work that banks find without any report, or purges close.
        replaced: Share of the accounts waiting that are replaced.
        found_wrongly: Accounts of honest people frozen for each victim.
        closed_wrongly: Accounts of honest people closed for each account at work.
    """

    found: NDArray[np.float64]
    closed: NDArray[np.float64]
    replaced: NDArray[np.float64]
    found_wrongly: NDArray[np.float64]
    closed_wrongly: NDArray[np.float64]

    @classmethod
    def of(cls, accounts: Accounts, measures: Measures, days: Days, codes: Sequence[int]) -> Self:
        """Return what happens in an example of each group, by its code."""
        by_group = [_of_province(accounts, measures, days, code) for code in codes]
        return cls(*(np.array(values).T for values in zip(*by_group, strict=True)))


def _of_province(accounts: Accounts, measures: Measures, days: Days, code: int) -> tuple[Values, ...]:
    """Return the values of ``AccountDays`` for a province, (D,) each."""
    found, found_wrongly, closed_wrongly = np.zeros((3, len(days)))
    kept = np.full(len(days), 1.0 - accounts.found)
    delay = np.full(len(days), accounts.replacement / DAY_MS)
    for freeze, ramp in measures.over(days, AccountFreeze, code):
        found = np.maximum(found, freeze.share * ramp)
        found_wrongly += freeze.share * ramp * (freeze.false_share or 0.0)
    for purge, ramp in measures.over(days, AccountPurge, code):
        kept *= 1.0 - purge.intensity * ramp
        delay *= 1.0 + (purge.replacement_factor - 1.0) * ramp
        closed_wrongly += purge.intensity * ramp * (purge.false_share or 0.0)
    return found, 1.0 - kept, replaced_share(delay), found_wrongly, closed_wrongly


def searches(measures: Measures, days: Days, codes: Sequence[int]) -> NDArray[np.float64]:
    """Return how measures find the account of a payment, (D, E, M, 4): threshold; kind, a, b of the time it takes.

    All measures use the same draws: an account that a weak search finds, a stronger one finds too.
    """
    every = measures.all(AccountFreeze)
    shares = measures.by_measure(days, AccountFreeze, codes) * [one.share for one in every]
    found = np.zeros((*shares.shape, 4))
    found[..., 0] = thresholds(shares)
    for m, freeze in enumerate(every):
        found[:, :, m, 1:] = row(freeze.after)
    return found


class ReportTables(NamedTuple):
    """Properties of the reports, stop-payment orders and filings of a scenario.

    Attributes:
        reports: Thresholds of reporting at all, (2,): of victims whom no warning reached, and of others.
        delay: (kind, a, b) of the ms from the end of an episode to the report.
        filing: (kind, a, b) of the ms from the report to the filing.
        share: Recovered share of a payment that an order reaches at once.
        half_life: Ms after which that share has halved.
        processing: (kind, a, b) of the ms from the report until the order reaches the bank.
        is_processed: Whether orders take that time.
        has_accounts: Whether money is in reach until it is withdrawn, in place of the half-life.
        withdrawal: (2, 3) (kind, a, b) of the ms from a payment until its money is out of reach: usually, and late.
        late: Threshold of leaving late.
    """

    reports: NDArray[np.int64]
    delay: NDArray[np.float64]
    filing: NDArray[np.float64]
    share: float
    half_life: float
    processing: NDArray[np.float64]
    is_processed: bool
    has_accounts: bool
    withdrawal: NDArray[np.float64]
    late: int


def report_tables(spec: ScenarioModel) -> ReportTables:
    """Return the tables of a scenario."""
    aftermath, accounts = spec.aftermath, spec.accounts
    processing = aftermath.stop_payment.processing
    own, warned = aftermath.report.probability, aftermath.report.after_warning
    late = None if accounts is None else accounts.late
    return ReportTables(
        reports=np.array([threshold(own), threshold(own if warned is None else warned)], dtype=np.int64),
        delay=np.array(row(aftermath.report.delay)),
        filing=np.array(row(aftermath.filing.delay)),
        share=aftermath.stop_payment.share,
        half_life=float(aftermath.stop_payment.half_life or 0),
        processing=np.array(row(processing)),
        is_processed=processing is not None,
        has_accounts=accounts is not None,
        withdrawal=np.array([row(accounts.withdrawal_delay if accounts else None), row(late.delay if late else None)]),
        late=0 if late is None else threshold(late.share),
    )


@compiled
def report_delay(seed: int, attempt: int, warned: bool, tables: ReportTables, clock: int) -> int:
    """Return the ms from the end of an episode to the victim's report, -1 if they do not report.

    ``warned`` says whether a warning reached the victim before.
    """
    u, high, low, _ = draw4(seed, attempt, REPORT, 0)
    if u >= tables.reports[int(warned)]:
        return -1
    return to_ticks(drawn(tables.delay, high, low), clock)


@compiled
def filing_delay(seed: int, attempt: int, tables: ReportTables, clock: int) -> int:
    """Return the ms from the report to the filing of the case."""
    high, low, _, _ = draw4(seed, attempt, FILING, 0)
    return to_ticks(drawn(tables.filing, high, low), clock)


@compiled
def order_delay(seed: int, attempt: int, tables: ReportTables, clock: int) -> int:
    """Return the ms from the report until the stop-payment order reaches the bank."""
    if not tables.is_processed:
        return 0
    _, _, high, low = draw4(seed, attempt, FILING, 0)
    return to_ticks(drawn(tables.processing, high, low), clock)


@compiled
def recovered(
    payment: tuple[int, int, int, int],
    elapsed: int,
    reach: float,
    searches: NDArray[np.float64],
    tables: ReportTables,
    clock: int,
) -> int:
    """Return the cents of a payment that come back to a victim who reports, rounded down.

    Args:
        payment: Seed, attempt, number of the payment, cents.
        elapsed: Ms from the payment until the stop-payment order reaches the bank.
        reach: Factor of the time that money stays within reach, on the day of the report.
        searches: (M, 4) how M measures find accounts on that day, see ``sim.aftermath``.
        tables: Of the scenario.
        clock: Ms of a tick.

    Returns:
        All cents if a search finds the account before the money leaves; else the share that an order recovers.
    """
    seed, attempt, number, cents = payment
    if not tables.has_accounts:
        return int(cents * (tables.share * left_after(elapsed, tables.half_life * reach)))
    high, low, u_late, _ = draw4(seed, attempt, WITHDRAWAL, number)
    stays = to_ticks(drawn(tables.withdrawal[1 if u_late < tables.late else 0], high, low) * reach, clock)
    if len(searches):
        u_found, high, low, _ = draw4(seed, attempt, ACCOUNT_FOUND, number)
        for search in searches:
            if u_found < search[0] and to_ticks(drawn(search[1:], high, low), clock) < stays:
                return cents
    return int(cents * tables.share) if elapsed < stays else 0


@compiled
def delay_bin(delay: int) -> int:
    """Return the code of the bin of a report delay in ms: the first whose edge it does not exceed, else the last."""
    code = 0
    for edge in REPORT_DELAYS_MS:
        if delay > edge:
            code += 1
    return code


@compiled
def loss_bin(cents: int) -> int:
    """Return the code of the bin of a loss: the least b >= 0 with ``cents <= 100 * 2**b``."""
    edge = CENTS_PER_UNIT
    code = 0
    while edge < cents:
        edge <<= 1
        code += 1
    return code

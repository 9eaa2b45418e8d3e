"""Whether given staff keeps a promise about the alerts of a tier, and the smallest numbers that do.

A promise says which share is reached, how soon, and by which desk. A trial is a run with given seats in each
province.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.base.days import DAY_MS, HOUR_MS
from sim.base.failures import RefusedError
from sim.base.words import DESKS, WRITTEN, ContactChannel, Tier
from sim.country.calendar import Calendar
from sim.country.provinces import Provinces, Schedule, desks_of, staff_of
from sim.experiments.simulations import Simulations
from sim.experiments.store import nullable
from sim.reading.run import Outcome
from sim.scenario import ScenarioError, changed
from sim.scenario.bounds import MOST_STAFF
from sim.scenario.keys import written
from sim.scenario.load import as_pooled
from sim.scenario.schema.warning import ProvinceStaff

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario
    from sim.scenario.schema import ScenarioModel
    from sim.scenario.schema.warning import TierSettings

SMS, CALL, VISIT = ContactChannel.SMS.label, ContactChannel.CALL.label, ContactChannel.VISIT.label
MESSAGES = {channel.label for channel in WRITTEN}


class PromiseError(RefusedError, ValueError):
    """A promise that cannot be tried: what is wrong and what is allowed, in one line."""


@dataclass(frozen=True)
class Terms:
    """The terms of a promise as a user states them.

    ``within`` is a duration such as ``2 h``, None for the scenario's own deadline; ``relative`` says that ``share`` is
    a share of what unlimited staff reaches.
    """

    desk: str
    tier: str
    share: float
    within: str | None
    relative: bool


@dataclass(frozen=True)
class Promise:
    """``share`` of the alerts of ``tier`` are reached before ``deadline``, by the staff of ``desk``.

    Attributes:
        share: The share, exactly as in decimals: 0.95 is nineteen in twenty.
        deadline: In ms from issue.
        relative: Whether it is a share of what unlimited staff reaches.
        days: Days from the start of the period whose alerts all meet their deadline within it. Alerts of later days
            would count only if reached early, so they are left out.
        tiers: Tiers whose alerts may come to the desk.
    """

    desk: str
    tier: str
    share: Fraction
    deadline: int
    relative: bool
    days: int
    tiers: tuple[str, ...]

    def target(self, reached: int, ended: int) -> Fraction:
        """Return the share that must be reached where unlimited staff reaches ``reached`` of ``ended`` alerts."""
        return self.share * Fraction(reached, ended) if self.relative and ended else self.share


def promised(scenario: "Scenario", terms: Terms) -> "tuple[Scenario, Promise]":
    """Return a scenario with the deadline of a promise and with its pools as provinces, and the promise.

    Pools become provinces since each of them gets its staff.

    Raises:
        PromiseError: If it cannot be tried.
    """
    desk, tier, share, within = terms.desk, terms.tier, terms.share, terms.within
    desks = tuple(one.label for one in DESKS)
    for what, name, names in (("desk", desk, desks), ("tier", tier, Tier.labels())):
        if name not in names:
            raise PromiseError(f"{what} must be one of {', '.join(names)}; got {name}")
    if not 0.0 < share <= 1.0:
        raise PromiseError(f"share must be above 0 and at most 1 (for example 0.95); got {share:g}")
    if within is not None:
        try:
            scenario = changed(scenario, {f"warning.tiers.{tier}.deadline": within})
        except ScenarioError as error:
            raise PromiseError(
                f"within {within}: {error.mistakes[0].message}; use a duration, for example 2 h"
            ) from None
    spec = scenario.spec
    tiers = tuple(name for name in Tier.labels() if comes_to(spec, name, desk))
    if tier not in tiers:
        raise PromiseError(
            f"{tier} alerts never come to the {desk} desk; "
            + (f"use a tier that does ({', '.join(tiers)})" if tiers else "use another desk")
        )
    deadline: int = getattr(spec.warning.tiers, tier).deadline
    days = (spec.period.end - spec.period.start).days + 1 - math.ceil(deadline / DAY_MS)
    if days < 1:
        raise PromiseError(
            f"the period ends before any {tier} alert meets its deadline; use a longer period or a shorter deadline"
        )
    return as_pooled(scenario), Promise(desk, tier, Fraction(str(share)), deadline, terms.relative, days, tiers)


def comes_to(spec: "ScenarioModel", tier: str, desk: str) -> bool:
    """Return whether alerts of a tier may come to a desk: at first, or after something before it fails."""
    tiers = spec.warning.tiers
    return any(_comes_to(getattr(tiers, tier).of_group(group), desk) for group in range(tiers.groups))


def _comes_to(settings: "TierSettings", desk: str) -> bool:
    writes = not MESSAGES.isdisjoint(settings.first)
    calls = CALL in settings.first or (writes and settings.calls_unread())
    if desk == CALL:
        return calls
    follows = settings.visits_unanswered() or settings.again is not None
    return VISIT in settings.first or (calls and follows)


def with_staff(policy: "Scenario", desk: str, staff: Mapping[int, int]) -> "Scenario":
    """Return a policy with other staff of a desk, by province (code)."""
    given: dict[str, Any] = {}
    for code, own in getattr(policy.spec.desks, desk).by_province.items():
        given[str(int(code))] = written(ProvinceStaff, own)
    for code, number in staff.items():
        own = given.get(str(code))
        given[str(code)] = {**own, "staff": number} if isinstance(own, dict) else number
    return changed(policy, {f"desks.{desk}.by_province": given})


Numbers = dict[int, int]
"""Whole numbers by province (code)."""

Enough = Callable[[Numbers], Mapping[int, bool]]
"""Tries one number for each province and says for each whether it was enough; others may be missing."""

ROUNDS = 40
"""Trials after which numbers that still change count as unsettled."""


@dataclass(frozen=True)
class Settled:
    """Numbers that were tried together; those of ``unsettled`` provinces were not enough at the end of the search."""

    numbers: Numbers
    unsettled: frozenset[int]


def bisect(trial: Enough, first: Numbers, most: Numbers) -> Numbers:
    """Find for each province a number that was enough in some trial while one less was not in another.

    All provinces are tried at once, one trial for each step. Steps are in the logarithm of the number while its bounds
    are far apart. Where the result is not monotone in the number, the answer is one of several at which it changes.
    ``most`` is known to be enough and not tried.

    Returns:
        A number for each province, from 0 to ``most``.
    """
    low = dict.fromkeys(most, -1)
    high = dict(most)
    while True:
        wide = [key for key in high if high[key] - low[key] > 1]
        if not wide:
            return high
        numbers = dict(high)
        for key in wide:
            untried = low[key] == -1 and high[key] == most[key]
            middle = first[key] if untried else _middle(low[key], high[key])
            numbers[key] = min(max(middle, low[key] + 1), high[key] - 1)
        enough = trial(numbers)
        for key in wide:
            (high if enough[key] else low)[key] = numbers[key]


def _middle(low: int, high: int) -> int:
    """Return the geometric mean of bounds that are far apart, otherwise the arithmetic mean."""
    return math.isqrt(max(low, 1) * high) if high > 2 * max(low, 1) else (low + high) // 2


def settle(trial: Enough, candidates: Numbers, rounds: int = ROUNDS) -> Settled:
    """Adjust numbers until all are enough in one trial, and none that may be lowered is enough with one less.

    A number that is not enough is raised by one and never lowered again, so the search ends; one that is still enough
    with one less is lowered by one. At most ``rounds`` trials are made.

    Returns:
        The numbers, with the provinces that were not enough after the last trial.
    """
    numbers = dict(candidates)
    raised: set[int] = set()
    short: set[int] = set()
    while True:
        enough = trial(numbers)
        rounds -= 1
        short = {key for key in numbers if not enough[key]}
        if short and rounds > 0:
            raised |= short
            numbers = {key: number + (key in short) for key, number in numbers.items()}
            continue
        if short or rounds <= 0:
            return Settled(numbers, frozenset(short))
        enough = trial(one_less(numbers))
        rounds -= 1
        spare = {key for key, number in numbers.items() if number > 0 and key not in raised and enough[key]}
        if not spare:
            return Settled(numbers, frozenset())
        numbers = {key: number - (key in spare) for key, number in numbers.items()}


def one_less(numbers: Numbers) -> Numbers:
    """Return every number minus one, at least 0."""
    return {key: max(number - 1, 0) for key, number in numbers.items()}


KEPT, IMPOSSIBLE, NO_ALERTS, UNSETTLED = "kept", "impossible", "no alerts", "unsettled"

SERVICE_DAYS = 30
"""Days for which a service may hold a seat beyond its alert's deadline, in the bound on busy seats."""

MOST_SEAT_MS = 2**62
"""Staffed time of a desk over all provinces that fits into 64 bits."""


@dataclass(frozen=True)
class Trial:
    """Counts of one policy, added up over replicates, by province; victims and money prevented are means."""

    provinces: dict[int, dict[str, int]]
    victims: float
    prevented_money: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "Trial":
        """Return the trial whose replicates have these outcomes."""
        counts: dict[int, dict[str, int]] = {}
        for outcome in outcomes:
            for code, row in outcome["provinces"].items():
                own = counts.setdefault(int(code), dict.fromkeys(row, 0))
                for name, count in row.items():
                    own[name] = max(own[name], count) if name == "peak" else own[name] + count
        return cls(
            counts,
            fmean(outcome["victims"] for outcome in outcomes),
            fmean(outcome["prevented_money"] for outcome in outcomes),
        )

    def ended(self, code: int) -> int:
        """Return the number of alerts that count in a province."""
        return self.provinces[code]["reached"] + self.provinces[code]["failed"]

    def share(self, code: int) -> float | None:
        """Return the share of alerts reached in a province; None where no alert counts."""
        return self.provinces[code]["reached"] / self.ended(code) if self.ended(code) else None

    def keeps(self, code: int, target: Fraction) -> bool:
        """Return whether a province reaches its target."""
        return self.provinces[code]["reached"] >= target * self.ended(code)


class Trials:
    """The trials of one search for the smallest staff, ``smallest`` where the promise can be kept, by province.

    Numbers are seats on duty at a share of 1 and before growth, at simulated scale.
    """

    def __init__(
        self,
        policy: "Scenario",
        promise: Promise,
        replicates: int,
        simulations: Simulations,
        tell: Callable[[str], None],
    ) -> None:
        self.policy, self.promise = policy, promise
        self.desk = DESKS.index(ContactChannel.of(promise.desk))
        self._replicates, self._simulations, self._tell = replicates, simulations, tell
        self.scale = policy.spec.scale
        self.country = Provinces.of(policy.spec)
        self.smallest: Numbers = {}
        self._tried: list[tuple[Numbers, Trial]] = []
        self.unsettled: frozenset[int] = frozenset()

    def search(self) -> None:
        """Find the ceiling, bisect, and settle the numbers."""
        self._as_it_is = self._try({})
        most, self.ceiling = self._without_limit()
        codes = self.country.codes
        self.targets = {
            code: self.promise.target(self.ceiling.provinces[code]["reached"], self.ceiling.ended(code))
            for code in codes
        }
        able = [code for code in codes if self.ceiling.ended(code) and self.ceiling.keeps(code, self.targets[code])]
        self._tell(f"unlimited staff keeps the promise in {len(able)} of {len(codes)} provinces")
        current = self._current()
        if able:
            seats = {code: max(1, math.floor(current[code] * self.scale + 0.5)) for code in able}
            candidates = bisect(self._enough, seats, {code: most[code] for code in able})
            self._tell("each province has its number; now all together, then one less")
            settled = settle(self._enough, candidates)
            self.smallest, self.unsettled = settled.numbers, settled.unsettled
        self.final, self._less = self._try(self.smallest), self._try(one_less(self.smallest))
        self._try({code: number + 1 for code, number in self.smallest.items()})

    def frame(self) -> "pd.DataFrame":
        """Return the table of provinces, see ``Staffing.frame``."""
        import pandas as pd

        current = self._current()
        staff = self._staff(self.smallest)
        days = self.promise.days * self._replicates
        rows = []
        for code, name in zip(self.country.codes, self.country.names, strict=True):
            own = self.final.provinces[code]
            rows.append(
                {
                    "province": code,
                    "name": name,
                    "status": self._status(code),
                    "staff": staff.get(code),
                    "current": current[code],
                    "target": float(self.targets[code]),
                    "share": self.final.share(code),
                    "one_less": self._less.share(code) if self.smallest.get(code) else None,
                    "as_it_is": self._as_it_is.share(code),
                    "ceiling": self.ceiling.share(code),
                    "alerts": self.final.ended(code),
                    "alerts_per_day": own["alerts"] / days / self.scale,
                    "monotone": self._monotone(code),
                    "utilisation": own["busy_ms"] / own["staffed_ms"] if own["staffed_ms"] else None,
                    "staff_hours": self.hours(own["staffed_ms"]),
                }
            )
        frame = pd.DataFrame(rows)
        frame["staff"] = frame["staff"].astype("Int64")
        frame["monotone"] = frame["monotone"].astype("boolean")
        return nullable(frame, ("share", "one_less", "as_it_is", "ceiling", "utilisation"))

    def curve(self, factors: Sequence[float]) -> "pd.DataFrame":
        """Return the cost curve at some multiples of the smallest staff, see ``Staffing.curve``."""
        import pandas as pd

        self._tell("computing the cost curve")
        numbers = [
            {code: math.floor(number * factor + 0.5) for code, number in self.smallest.items()} for factor in factors
        ]
        rows: list[dict[str, Any]] = []
        trials = [self._as_it_is, *self._try_all(numbers)]
        for factor, seats, trial in zip((None, *factors), ({}, *numbers), trials, strict=True):
            reached = sum(row["reached"] for row in trial.provinces.values())
            ended = sum(trial.ended(code) for code in trial.provinces)
            rows.append(
                {
                    "factor": factor,
                    "staff": _whole_country(self._current(self.staffed(seats))),
                    "staff_hours": self.hours(sum(row["staffed_ms"] for row in trial.provinces.values())),
                    "share": reached / ended if ended else None,
                    "kept": sum(
                        bool(self.ceiling.ended(code)) and trial.keeps(code, target)
                        for code, target in self.targets.items()
                    ),
                    "victims": trial.victims,
                    "prevented_money": trial.prevented_money,
                    "victims_change": trial.victims - self.final.victims,
                    "prevented_money_change": trial.prevented_money - self.final.prevented_money,
                }
            )
        return nullable(pd.DataFrame(rows), ("factor", "share"))

    def staffed(self, seats: Mapping[int, int]) -> "Scenario":
        """Return the policy with these seats in some provinces."""
        return with_staff(self.policy, self.promise.desk, self._staff(seats)) if seats else self.policy

    def _monotone(self, code: int) -> bool | None:
        """Return whether in all trials as many seats or more were enough and fewer were not; None without a number."""
        smallest = self.smallest.get(code)
        if smallest is None:
            return None
        own = [(numbers[code], trial) for numbers, trial in self._tried if code in numbers]
        return all(trial.keeps(code, self.targets[code]) == (number >= smallest) for number, trial in own)

    def _status(self, code: int) -> str:
        """Return the status of a province's promise."""
        if not self.ceiling.ended(code):
            return NO_ALERTS
        if code not in self.smallest:
            return IMPOSSIBLE
        return UNSETTLED if code in self.unsettled else KEPT

    def _without_limit(self) -> tuple[Numbers, Trial]:
        """Return numbers of seats that can never all be busy, and their trial."""
        most = self._most_seats()
        seats = {code: min(most, 2 * self._wanted(row["peak"])) for code, row in self._as_it_is.provinces.items()}
        while True:
            trial = self._try(seats)
            wanted = {code: min(most, self._wanted(row["peak"])) for code, row in trial.provinces.items()}
            if all(wanted[code] <= seats[code] for code in seats):
                return seats, trial
            seats = {code: min(most, max(2 * wanted[code], number)) for code, number in seats.items()}

    def _wanted(self, peak: int) -> int:
        """Return a bound on the seats that alerts can hold at once, from the most that are issued on a day."""
        # An alert holds at most one seat, until its deadline or the end of a service that began before. The shift with
        # the smallest share, on the day with the smallest staff, must have as many.
        spec = self.policy.spec
        simulated = (spec.period.end - spec.period.start).days + 1 + math.ceil(spec.period.warmup / DAY_MS)
        longest = max(rule.deadline for rule in spec.warning.tiers.rules())
        alive = min(simulated, math.ceil(longest / DAY_MS) + SERVICE_DAYS)
        return math.ceil((peak + 1) * alive / self._multiples[0])

    def _most_seats(self) -> int:
        """Return the most seats of a province that the schema allows and whose staffed time 64 bits can hold."""
        spec = self.policy.spec
        days = (spec.period.end - spec.period.start).days + 1
        countable = MOST_SEAT_MS / (days * DAY_MS * len(self.country) * max(1.0, self._multiples[1]))
        growths = [one.growth for one in desks_of(spec, self.country)[self.desk] if one.growth]
        grown = max((growth.largest for growth in growths), default=1.0)
        return int(min(countable, MOST_STAFF * self.scale / max(1.0, grown)))

    @cached_property
    def _multiples(self) -> tuple[float, float]:
        """The least and the most factor of the desk's staff, from shares on duty and growth."""
        calendar = Calendar.of(self.policy.spec.period)
        return Schedule(self.policy.spec, self.country).multiples(self.desk, calendar.first, calendar.last)

    def _enough(self, seats: Numbers) -> dict[int, bool]:
        trial = self._try(seats)
        return {code: trial.keeps(code, self.targets[code]) for code in seats}

    def _try(self, seats: Numbers) -> Trial:
        return self._try_all([seats])[0]

    def _try_all(self, numbers: Sequence[Numbers]) -> list[Trial]:
        """Simulate some numbers of seats."""
        seed, each = self.policy.spec.seed, self._replicates
        policies = [self.staffed(seats) for seats in numbers]
        scenarios = [changed(policy, {"seed": seed + number}) for policy in policies for number in range(each)]
        outcomes = self._simulations.run(scenarios, len(scenarios))
        trials = [Trial.of(outcomes[start : start + each]) for start in range(0, len(outcomes), each)]
        self._tried += zip(numbers, trials, strict=True)
        return trials

    def _staff(self, seats: Mapping[int, int]) -> dict[int, int]:
        """Return the country's staff for seats at simulated scale; it gives the same seats again."""
        return {code: round(number / self.scale) for code, number in seats.items()}

    def _current(self, scenario: "Scenario | None" = None) -> dict[int, float]:
        """Return the staff of a scenario, that of the promise by default, by province."""
        staff = staff_of((scenario or self.policy).spec, self.country)[self.desk]
        return dict(zip(self.country.codes, staff, strict=True))

    def hours(self, staffed_ms: int) -> float:
        """Convert simulated staffed time into hours of the country, for one seed."""
        return staffed_ms / HOUR_MS / self._replicates / self.scale


def _whole_country(staff: Mapping[int, float]) -> float:
    """Return the staff of all provinces to a millionth, without the rounding of shares of the national staff."""
    return round(math.fsum(staff.values()), 6)

"""Staffing: the smallest staff, province by province, that keeps a promise, and what more or less would cost.

``promise`` says what is promised, ``bisection`` how numbers are searched for; this module makes trials of a number of
staff into runs, counts their alerts, and stores what was found.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Unpack

from sim.country.calendar import Calendar
from sim.country.provinces import Provinces
from sim.days import DAY_MS, HOUR_MS
from sim.experiments.bisection import Numbers, bisect, one_less, settle
from sim.experiments.promise import Promise, PromiseError, Terms, promised, with_staff
from sim.experiments.simulations import Computing, Simulations, demand_keywords
from sim.experiments.store import claim, complete, read_frame, write_frame
from sim.results.folder import whole
from sim.results.outcomes import Outcome, service
from sim.scenario import changed
from sim.scenario.bounds import MOST_STAFF
from sim.scenario.schema.population import COUNTRY
from sim.warning.schedule import FEW_SERVERS, Schedule, desks_of, staff_of
from sim.words import DESKS, ContactChannel, Tier

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

KIND = "staffing"
STAFF_FILE, CURVE_FILE, STAFFED_YAML = "staff.parquet", "curve.parquet", "staffed.yaml"

KEPT, IMPOSSIBLE, NO_ALERTS, UNSETTLED = "kept", "impossible", "no alerts", "unsettled"

FACTORS = (0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4)
"""Multiples of the smallest staff on the cost curve."""

SERVICE_DAYS = 30
"""Days for which a service may hold a seat beyond its alert's deadline, in the bound on seats that can be busy."""

MOST_SEAT_MS = 2**62
"""Staffed time of a desk over all provinces that 64 bits can hold."""


class Search(Computing, total=False):
    """Keywords of ``staffing`` that say how it searches, beside those of every experiment.

    Attributes:
        replicates: Seeds, counting up, over which alerts are added up; 1 if not given.
        folder: Where it is kept, ``results/staffings/NAME-HASH`` if not given.
        tell: Called with a line of text at each step.
    """

    replicates: int
    folder: Path | None
    tell: Callable[[str], None] | None


@dataclass(frozen=True)
class Staffing:
    """The result of a search for staff.

    Attributes:
        folder: Where it is kept.
    """

    folder: Path

    @cached_property
    def frame(self) -> "pd.DataFrame":
        """One row a province.

        ``status`` is ``kept``; ``impossible``, where staff without limit reaches less than the ``target``; ``no
        alerts``; or ``unsettled``, where the search was given up. ``staff`` is the smallest number at a share on duty
        of 1 and before growth, missing where there is none; ``current`` is the scenario's own. Shares are of alerts
        that were reached or could have been: ``share`` with the smallest staff (all provinces at once; the scenario's
        own where there is no smallest), ``one_less`` with one less in every province, ``as_it_is`` with the scenario's
        own staff, ``ceiling`` without limit; missing where no alert counts. ``alerts`` are those counted, as simulated;
        ``alerts_per_day`` all of the tier, in the country; ``staff_hours`` are those on duty in the period;
        ``utilisation`` is busy by staffed time, above 1 where services outlast a shift that fewer seats follow.
        """
        return read_frame(self.folder, KIND, STAFF_FILE)

    @cached_property
    def curve(self) -> "pd.DataFrame":
        """The cost curve: one row for each multiple (``factor``) of the smallest staff, and one for the scenario's own.

        ``factor`` is missing for the scenario's own staff. ``staff`` and ``staff_hours`` are of the desk in the
        country, ``share`` of the country's alerts, ``kept`` is the number of provinces where the promise is kept;
        ``victims``, ``prevented_yuan``, and how these two differ (``..._change``) from those with the smallest staff.
        All of its runs meet the same attempts and people.
        """
        return read_frame(self.folder, KIND, CURVE_FILE)

    @cached_property
    def scenario(self) -> "Scenario":
        """The scenario with the promise for its deadline and with the smallest staff, as ``staffed.yaml`` has it."""
        from sim.scenario import load_scenario

        return load_scenario(str(self.folder / STAFFED_YAML))

    @property
    def warnings(self) -> list[str]:
        """What a user should know before they trust it, in one line each."""
        scale = self.scenario.spec.scale
        staff = self.frame["staff"].dropna()
        thin = int((staff * scale < FEW_SERVERS).sum())
        if scale == 1.0 or not thin:
            return []
        pooled = self.scenario.spec.pooled_further(COUNTRY)
        pool = "" if pooled is None else ", or --pool country for the staff of the country, which keeps its lines"
        return [
            f"scale {scale:g}: {thin} of {len(staff)} desks have fewer than {FEW_SERVERS:g} staff x scale, so waits "
            "are shorter than the country's, and staff is told "
            f"in steps of {1 / scale:.3g}; scale 1 and a shorter period{pool}"
        ]


def staffing(
    scenario: "Scenario",
    desk: str = ContactChannel.VISIT.label,
    tier: str = Tier.RED.label,
    share: float = 0.95,
    within: str | None = None,
    relative: bool = False,
    curve: Sequence[float] = FACTORS,
    **search: Unpack[Search],
) -> Staffing:
    """Find the smallest staff of each province's desk that reaches a share of a tier's alerts in time.

    The tier's deadline is set to ``within``, so an alert that waits longer expires: the policy that is tried is the
    promise. Alerts that are reached, unread, unanswered or expired count, those of the last days left out, see
    ``Promise``. What staff without limit reaches is the ceiling. All provinces are searched at once, by bisection; then
    trials of all numbers together, and of one less everywhere, confirm them.

    The result is kept in the folder, with a scenario that has the staff; a search that was interrupted goes on, one
    that is done is read. What cannot be promised is a PromiseError; a folder that holds something else, a FolderError;
    a run that failed, a SimulationError.

    Args:
        scenario: The scenario that is staffed.
        desk: The desk whose staff is looked for, ``call`` or ``visit``.
        tier: The tier whose alerts the promise is about.
        share: Which share of them is to be reached.
        within: Their deadline, a duration such as ``2 h``; None leaves the scenario's own.
        relative: Whether ``share`` is one of what staff without limit reaches.
        curve: Multiples of the smallest staff on the cost curve.
        **search: ``replicates``, seeds whose alerts are added up; ``folder``, where it is kept; ``workers``,
            ``executor`` and ``progress``, who makes the runs; ``tell``, called with a line at each step. See ``Search``
            and ``Computing``.

    Returns:
        The staff by province, the cost curve, and the scenario with the staff.
    """
    demand_keywords("staffing", search, Search.__optional_keys__)
    terms = Terms(desk, tier, share, within, relative)
    replicates, tell = search.get("replicates", 1), search.get("tell")
    path = prepared(scenario, terms, curve, replicates, search.get("folder"))

    def make() -> None:
        policy, promise = promised(scenario, terms)
        read = partial(service, desk=desk, tier=tier, tiers=promise.tiers, days=promise.days)
        workers, executor, progress = search.get("workers"), search.get("executor"), search.get("progress")
        with Simulations(path, read, workers, executor, progress) as simulations:
            trials = _Trials(policy, promise, replicates, simulations, tell or (lambda line: None))
            trials.search()
            points = trials.curve(curve)
        staffed = trials.staffed(trials.smallest)
        title = f"Staff that keeps a promise: {share:.4g} of {tier} alerts reached by the {desk} desk in time"
        named = changed(staffed, {"name": f"{scenario.name[:72]}-staffed", "title": title})
        with whole(path / STAFFED_YAML) as unfinished:
            unfinished.write_text(named.yaml(), encoding="utf-8", newline="\n")
        write_frame(path / CURVE_FILE, points)
        write_frame(path / STAFF_FILE, trials.frame())

    complete(path, KIND, [STAFFED_YAML, CURVE_FILE, STAFF_FILE], make)
    return Staffing(path)


def prepared(scenario: "Scenario", terms: Terms, curve: Sequence[float], replicates: int, folder: Path | None) -> Path:
    """Make the folder of a search, or find the one where it goes on, as ``claim`` does; raises PromiseError."""
    _, promise = promised(scenario, terms)
    wrong = [factor for factor in curve if not 0.0 < factor < math.inf]
    if wrong:
        raise PromiseError(f"curve has the factor {wrong[0]:g}; multiples of the staff above 0")
    if replicates < 1:
        raise PromiseError(f"{replicates} replicates are none; at least 1")
    request = {
        "desk": terms.desk,
        "tier": terms.tier,
        "share": terms.share,
        "deadline_ms": promise.deadline,
        "relative": terms.relative,
        "curve": [float(factor) for factor in curve],
        "replicates": replicates,
    }
    return claim(KIND, scenario, request, folder)


@dataclass(frozen=True)
class _Trial:
    """Counts of one policy, added up over replicates, by province; victims and money prevented are means."""

    provinces: dict[int, dict[str, int]]
    victims: float
    prevented_yuan: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "_Trial":
        """Return the trial whose replicates had these outcomes."""
        counts: dict[int, dict[str, int]] = {}
        for outcome in outcomes:
            for code, row in outcome["provinces"].items():
                own = counts.setdefault(int(code), dict.fromkeys(row, 0))
                for name, count in row.items():
                    own[name] = max(own[name], count) if name == "peak" else own[name] + count
        return cls(
            counts,
            fmean(outcome["victims"] for outcome in outcomes),
            fmean(outcome["prevented_yuan"] for outcome in outcomes),
        )

    def ended(self, code: int) -> int:
        """Return how many alerts count in a province."""
        return self.provinces[code]["reached"] + self.provinces[code]["failed"]

    def share(self, code: int) -> float | None:
        """Return the share that was reached in a province; None where no alert counts."""
        return self.provinces[code]["reached"] / self.ended(code) if self.ended(code) else None

    def keeps(self, code: int, target: Fraction) -> bool:
        """Return whether a province reaches its target."""
        return self.provinces[code]["reached"] >= target * self.ended(code)


class _Trials:
    """The trials of one search for the smallest staff.

    Numbers are seats on duty at a share of 1 and before growth, at simulated scale, by province.

    Attributes:
        smallest: The numbers that keep the promise, for the provinces where any do.
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
        self._desk = DESKS.index(ContactChannel.of(promise.desk))
        self._replicates, self._simulations, self._tell = replicates, simulations, tell
        self._scale = policy.spec.scale
        self._country = Provinces.of(policy.spec)
        self.smallest: Numbers = {}
        self._unsettled: frozenset[int] = frozenset()

    def search(self) -> None:
        """Find the ceiling, bisect, and settle the numbers."""
        self._as_it_is = self._try({})
        most, self._ceiling = self._without_limit()
        codes = self._country.codes
        self._targets = {
            code: self.promise.target(self._ceiling.provinces[code]["reached"], self._ceiling.ended(code))
            for code in codes
        }
        able = [code for code in codes if self._ceiling.ended(code) and self._ceiling.keeps(code, self._targets[code])]
        self._tell(f"with staff without limit the promise is kept in {len(able)} of {len(codes)} provinces")
        current = self._current()
        if able:
            seats = {code: max(1, math.floor(current[code] * self._scale + 0.5)) for code in able}
            candidates = bisect(self._enough, seats, {code: most[code] for code in able})
            self._tell("each province has its number by itself; all of them together now, then one less")
            settled = settle(self._enough, candidates)
            self.smallest, self._unsettled = settled.numbers, settled.unsettled
        self._final, self._less = self._try(self.smallest), self._try(one_less(self.smallest))

    def frame(self) -> "pd.DataFrame":
        """Return the table of provinces, see ``Staffing.frame``."""
        import pandas as pd

        current = self._current()
        staff = self._staff(self.smallest)
        days = self.promise.days * self._replicates
        rows = []
        for code, name in zip(self._country.codes, self._country.names, strict=True):
            own = self._final.provinces[code]
            rows.append(
                {
                    "province": code,
                    "name": name,
                    "status": self._status(code),
                    "staff": staff.get(code),
                    "current": current[code],
                    "target": float(self._targets[code]),
                    "share": self._final.share(code),
                    "one_less": self._less.share(code) if self.smallest.get(code) else None,
                    "as_it_is": self._as_it_is.share(code),
                    "ceiling": self._ceiling.share(code),
                    "alerts": self._final.ended(code),
                    "alerts_per_day": own["alerts"] / days / self._scale,
                    "utilisation": own["busy_ms"] / own["staffed_ms"] if own["staffed_ms"] else None,
                    "staff_hours": self._hours(own["staffed_ms"]),
                }
            )
        frame = pd.DataFrame(rows)
        frame["staff"] = frame["staff"].astype("Int64")
        for column in ("share", "one_less", "as_it_is", "ceiling", "utilisation"):
            frame[column] = frame[column].astype("Float64")
        return frame

    def curve(self, factors: Sequence[float]) -> "pd.DataFrame":
        """Return the cost curve at some multiples of the smallest staff, see ``Staffing.curve``."""
        import pandas as pd

        self._tell("the cost curve")
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
                    "staff_hours": self._hours(sum(row["staffed_ms"] for row in trial.provinces.values())),
                    "share": reached / ended if ended else None,
                    "kept": sum(
                        bool(self._ceiling.ended(code)) and trial.keeps(code, target)
                        for code, target in self._targets.items()
                    ),
                    "victims": trial.victims,
                    "prevented_yuan": trial.prevented_yuan,
                    "victims_change": trial.victims - self._final.victims,
                    "prevented_yuan_change": trial.prevented_yuan - self._final.prevented_yuan,
                }
            )
        frame = pd.DataFrame(rows)
        for column in ("factor", "share"):
            frame[column] = frame[column].astype("Float64")
        return frame

    def staffed(self, seats: Mapping[int, int], **more: Any) -> "Scenario":
        """Return the policy with so many seats in some provinces, and with ``more`` values."""
        return with_staff(self.policy, self.promise.desk, self._staff(seats), **more) if seats or more else self.policy

    def _status(self, code: int) -> str:
        if not self._ceiling.ended(code):
            return NO_ALERTS
        if code not in self.smallest:
            return IMPOSSIBLE
        return UNSETTLED if code in self._unsettled else KEPT

    def _without_limit(self) -> tuple[Numbers, _Trial]:
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
        """Return a bound on the seats that alerts can hold at once.

        An alert holds one seat at most, until its deadline and for as long as a service that was begun before. The
        shift with the smallest share, on the day when the staff is smallest, is to have as many.

        Args:
            peak: The most alerts that are issued on a day.

        Returns:
            Seats at a share on duty of 1, before growth.
        """
        spec = self.policy.spec
        simulated = (spec.period.end - spec.period.start).days + 1 + math.ceil(spec.period.warmup / DAY_MS)
        longest: int = max(getattr(spec.warning.tiers, tier).deadline for tier in self.promise.tiers)
        alive = min(simulated, math.ceil(longest / DAY_MS) + SERVICE_DAYS)
        return math.ceil((peak + 1) * alive / self._multiples[0])

    def _most_seats(self) -> int:
        """Return the most seats of a province that the schema allows and whose staffed time can be added up."""
        spec = self.policy.spec
        days = (spec.period.end - spec.period.start).days + 1
        countable = MOST_SEAT_MS / (days * DAY_MS * len(self._country) * max(1.0, self._multiples[1]))
        growths = [one.growth for one in desks_of(spec, self._country)[self._desk] if one.growth]
        grown = max((growth.largest for growth in growths), default=1.0)
        return int(min(countable, MOST_STAFF * self._scale / max(1.0, grown)))

    @cached_property
    def _multiples(self) -> tuple[float, float]:
        """The least and the most that the desk's staff is multiplied by, by shares on duty and growth."""
        calendar = Calendar.of(self.policy.spec.period)
        return Schedule(self.policy.spec, self._country).multiples(self._desk, calendar.first, calendar.last)

    def _enough(self, seats: Numbers) -> dict[int, bool]:
        trial = self._try(seats)
        return {code: trial.keeps(code, self._targets[code]) for code in seats}

    def _try(self, seats: Numbers) -> _Trial:
        return self._try_all([seats])[0]

    def _try_all(self, numbers: Sequence[Numbers]) -> list[_Trial]:
        """Simulate some policies, by their numbers of seats, for all seeds."""
        seed, each = self.policy.spec.seed, self._replicates
        scenarios = [self.staffed(seats, seed=seed + number) for seats in numbers for number in range(each)]
        outcomes = self._simulations.run(scenarios, len(scenarios))
        return [_Trial.of(outcomes[start : start + each]) for start in range(0, len(outcomes), each)]

    def _staff(self, seats: Mapping[int, int]) -> dict[int, int]:
        """Return the country's staff for seats at simulated scale; as staff of the scenario it makes the same seats."""
        return {code: round(number / self._scale) for code, number in seats.items()}

    def _current(self, scenario: "Scenario | None" = None) -> dict[int, float]:
        """Return the staff of a scenario, that of the promise by default, by province."""
        staff = staff_of((scenario or self.policy).spec, self._country)[self._desk]
        return dict(zip(self._country.codes, staff, strict=True))

    def _hours(self, staffed_ms: int) -> float:
        return staffed_ms / HOUR_MS / self._replicates / self._scale


def _whole_country(staff: Mapping[int, float]) -> float:
    """Return the staff of all provinces, to a millionth: shares of the national staff add up but for rounding."""
    return round(math.fsum(staff.values()), 6)

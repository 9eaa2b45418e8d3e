"""Staffing: the smallest staff, province by province, that keeps a promise, and what more or less would cost.

And provinces with their people, officers on duty and, for a finished run, alerts a day.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from sim.base.rounding import amount, written
from sim.base.words import DESK_LABELS, ContactChannel, Tier
from sim.country.calendar import Calendar
from sim.country.provinces import Provinces, Schedule
from sim.experiments.parameters import Counts
from sim.experiments.simulations import Computing, Simulations, asked, make_tables
from sim.experiments.store import claim, read_frame, write_frame
from sim.experiments.trials import ROUNDS, PromiseError, Terms, Trials, promised
from sim.language import said
from sim.reading.intervals import nine_tenths
from sim.reading.run import service
from sim.scenario import changed
from sim.scenario.bounds import MOST_STAFF
from sim.scenario.load import Options, ScenarioLike
from sim.store.exported import sums
from sim.store.folder import whole
from sim.warning.size import in_english, of_sizes

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run
    from sim.scenario import Scenario, ScenarioModel

KIND = "staffing"
DRAWS = "draws"
"""The folder of the searches for posterior draws."""

STAFF_FILE, CURVE_FILE, STAFFED_YAML = "staff.parquet", "curve.parquet", "staffed.yaml"

FACTORS = (0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4)
"""Multiples of the smallest staff on the cost curve."""


class Search(Computing, total=False):
    """Keywords of ``staffing`` that control the search, in addition to those of every experiment.

    Attributes:
        replicates: Seeds, counting up, over which alerts are added up; by default 1.
        folder: Where it is kept, by default ``results/staffings/NAME-HASH``.
        tell: Called with a line of text at each step.
    """

    replicates: int
    folder: str | Path | None
    tell: Callable[[str], None] | None


class Staffed(Search, Options):
    """Keywords of ``staffing``: those of ``Search``, and changes of its scenario (``Options``)."""


@dataclass(frozen=True)
class Staffing:
    """The result of a search for staff.

    Attributes:
        folder: Where it is kept.
    """

    folder: Path

    @cached_property
    def frame(self) -> "pd.DataFrame":
        """One row for each province.

        ``status`` is ``kept``; ``impossible``, where unlimited staff reaches less than the ``target``; ``no alerts``;
        or ``unsettled``, where the search was given up. ``staff`` is the smallest number at a share on duty of 1 and
        before growth, missing where there is none; ``current`` is the scenario's own. Shares are of alerts that were
        reached or could have been: ``share`` with the smallest staff (all provinces at once; the scenario's own where
        there is no smallest), ``one_less`` with one less in every province, ``as_it_is`` with the scenario's own staff,
        ``ceiling`` with unlimited staff; missing where no alert counts. ``monotone`` says whether in all trials as much
        staff or more was enough and less was not, missing without a smallest number. ``alerts`` are those counted, as
        simulated; ``alerts_per_day`` all of the tier, in the country; ``staff_hours`` are those on duty in the period;
        ``utilisation`` is busy by staffed time, above 1 where services outlast a shift that fewer seats follow.
        """
        return read_frame(self.folder, KIND, STAFF_FILE)

    @cached_property
    def curve(self) -> "pd.DataFrame":
        """The cost curve: one row for each multiple (``factor``) of the smallest staff, and one for the scenario's own.

        ``factor`` is missing for the scenario's own staff. ``staff`` and ``staff_hours`` are of the desk in the
        country, ``share`` of the country's alerts, ``kept`` is the number of provinces where the promise is kept;
        ``victims``, ``prevented_money``, and their differences (``..._change``) from the smallest staff.
        All runs have the same attempts and people.
        """
        return read_frame(self.folder, KIND, CURVE_FILE)

    @cached_property
    def scenario(self) -> "Scenario":
        """The scenario with the promised deadline and the staff, as in ``staffed.yaml``."""
        from sim.scenario import load_scenario

        return load_scenario(str(self.folder / STAFFED_YAML))

    @property
    def warnings(self) -> list[str]:
        """What a user must know before they trust the result, one line each."""
        lines = []
        turning = self.frame[~self.frame["monotone"].fillna(value=True)]
        if len(turning):
            lines.append(
                f"{', '.join(turning['name'])}: more staff did not always reach more alerts, so this number is one of "
                "several; use more replicates"
            )
        spec = self.scenario.spec
        if spec.scale < 1.0:
            lines.append(
                said(
                    "At scale {scale}, one seat stands for {step} officers, and staff changes by no less. "
                    "Use scale 1 and a shorter period.",
                    scale=written(f"{spec.scale:g}"),
                    step=amount(1 / spec.scale),
                )
            )
        return [*of_sizes([spec]), *lines]


def staffing(
    scenario: ScenarioLike,
    desk: str = ContactChannel.VISIT.label,
    tier: str = Tier.RED.label,
    share: float = 0.95,
    within: str | None = None,
    relative: bool = False,
    curve: Sequence[float] = FACTORS,
    **asking: Unpack[Staffed],
) -> Staffing:
    """Find the smallest staff of each province's desk that reaches a share of a tier's alerts in time.

    The tier's deadline is set to ``within``, so that an alert that waits longer expires: the tested policy is the
    promise. Alerts that are reached, unread, unanswered or expired count, except those of the last days, see
    ``Promise``. The ceiling is what unlimited staff reaches. All provinces are searched at once, by bisection; then
    trials of all numbers together, and of one less everywhere, confirm them.

    The result is kept in the folder, with a scenario that has the staff. An interrupted search is resumed, a finished
    one is read. A folder that holds something else raises a FolderError; a failed run, a SimulationError.

    Args:
        scenario: The scenario that is staffed, or the name or path of one.
        desk: The desk whose staff is searched, ``call`` or ``visit``.
        tier: The tier whose alerts the promise covers.
        share: The share of them that must be reached.
        within: Their deadline, a duration such as ``2 h``; None for the scenario's own.
        relative: Whether ``share`` is one of what unlimited staff reaches.
        curve: Multiples of the smallest staff on the cost curve.
        **asking: ``replicates``, seeds whose alerts are added up; ``folder``, where it is kept; ``workers``,
            ``executor`` and ``progress``; ``tell``, called with a line at each step; changes of the scenario. See
            ``Search``, ``Computing`` and ``Options``.

    Returns:
        The staff by province, the cost curve, and the scenario with the staff.

    Raises:
        PromiseError: If the promise is impossible.
    """
    found, search = asked("staffing", scenario, asking, Staffed.__optional_keys__)
    replicates, folder, tell = search.pop("replicates", 1), search.pop("folder", None), search.pop("tell", None)
    terms = Terms(desk, tier, share, within, relative)
    policy, promise = promised(found, terms)
    wrong = [factor for factor in curve if not 0.0 < factor < math.inf]
    if wrong:
        raise PromiseError(f"curve must have multiples of the staff above 0; got {wrong[0]:g}")
    if replicates < 1:
        raise PromiseError(f"replicates must be at least 1; got {replicates}")
    request = {
        "desk": desk,
        "tier": tier,
        "share": share,
        "deadline_ms": promise.deadline,
        "relative": relative,
        "curve": [float(factor) for factor in curve],
        "replicates": replicates,
    }

    path = claim(KIND, found, request, folder)

    def make(simulations: Simulations) -> None:
        trials = Trials(policy, promise, replicates, simulations, simulations.telling(tell))
        trials.search()
        points = trials.curve(curve)
        title = f"Staff that keeps a promise: {share:.4g} of {tier} alerts reached by the {desk} desk in time"
        staffed = changed(trials.staffed(trials.smallest), {"name": f"{found.name[:72]}-staffed", "title": title})
        with whole(path / STAFFED_YAML) as unfinished:
            unfinished.write_text(staffed.yaml(), encoding="utf-8", newline="\n")
        write_frame(path / CURVE_FILE, points)
        write_frame(path / STAFF_FILE, trials.frame())

    read = partial(service, desk=desk, tier=tier, tiers=promise.tiers, days=promise.days)
    tables, warnings = [STAFFED_YAML, CURVE_FILE, STAFF_FILE], in_english([found.spec])
    make_tables(path, KIND, read, tables, make, warnings, search)
    return Staffing(path)


def staffing_over(
    draws: "Sequence[Scenario]", base: Staffing, *promise: Any, **search: Unpack[Search]
) -> "pd.DataFrame":
    """Find the smallest staff of each province with the values of posterior draws: its parameter uncertainty.

    The searches of the draws are kept in the folder of ``base``, the search with the scenario's own values.

    Returns:
        One row for each province: ``name``; ``low``, ``middle`` and ``high``, the smallest staff at 5, 50 and 95% of
        the draws that have one, missing if none has; ``kept``, the number of draws that have one.
    """
    import pandas as pd

    found = []
    search.pop("begun", None)
    for number, one in enumerate(draws):
        search["folder"] = base.folder / DRAWS / f"d{number:03d}"
        found.append(staffing(one, *promise, **search).frame[["name", "staff"]].assign(draw=number))
    every = pd.concat(found)
    rows = []
    for name, staff in every.groupby("name", sort=False)["staff"]:
        numbers = [float(one) for one in staff.dropna()]
        ends = nine_tenths(numbers) if len(numbers) > 1 else (*numbers, *numbers, *numbers) or (None, None, None)
        rows.append({"name": name, **dict(zip(("low", "middle", "high"), ends, strict=True)), "kept": len(numbers)})
    return pd.DataFrame(rows).astype(dict.fromkeys(("low", "middle", "high"), "Float64"))


BISECTION, SETTLING = 9, 4
"""Typical numbers of trials: until each province has its number, and until all have them together; tests hold their sum
to a factor of two."""


def runs_of(scenario: "Scenario", terms: Terms, curve: Sequence[float], replicates: int) -> Counts:
    """Return an estimate of how many runs ``staffing`` makes for these arguments: each trial depends on the last.

    The fewest: the scenario as it is and unlimited staff, which keep the promise nowhere. The most: every search goes
    from one end of what the schema allows to the other.
    """
    promised(scenario, terms)
    widest = math.log2(max(MOST_STAFF * scenario.spec.scale, 4.0))  # with fewer seats its own logarithm is nothing
    bisection = math.ceil(widest) + math.ceil(math.log2(widest)) + 2
    # The scenario's own; unlimited, which may be tried a few times; settled numbers, one less, one more; the curve.
    trials = Counts(2, 2 + BISECTION + SETTLING + 3 + len(curve), 4 + bisection + ROUNDS + 3 + len(curve))
    return trials.times(replicates)


WEEK = 7
"""Days averaged at either end of the period: every weekday once."""


@dataclass(frozen=True)
class ProvinceOfficers:
    """A province of a scenario, or a pool of them.

    ``first`` and ``last`` are mean officers on duty by desk in the first and last week of the period, day and night, at
    scale 1. ``alerts_per_day`` are mean alerts issued in a run's period, scaled up to the country; None without a run.
    """

    code: int
    name: str
    people: int
    first: dict[str, float]
    last: dict[str, float]
    alerts_per_day: float | None = None


def officers(spec: "ScenarioModel", run: "Run | None" = None) -> list[ProvinceOfficers]:
    """Return the provinces of a scenario, in the order of their codes; alerts come from a finished run of it."""
    calendar = Calendar.of(spec.period)
    days = range(calendar.start, calendar.last + 1)
    schedule = Schedule(spec, Provinces.of(spec))
    first, last = (_mean_on_duty(schedule, some) for some in (days[:WEEK], days[-WEEK:]))
    alerts = None if run is None else _alerts(run)
    scale = spec.scale * len(days)
    return [
        ProvinceOfficers(
            row.code,
            row.name,
            row.population,
            first[place],
            last[place],
            None if alerts is None else alerts[row.code] / scale,
        )
        for place, row in enumerate(spec.population.provinces)
    ]


def _mean_on_duty(schedule: Schedule, days: Sequence[int]) -> list[dict[str, float]]:
    """Return the mean staff on duty by desk, for each province."""
    means = schedule.on_duty(days).mean(axis=(0, 3))
    return [dict(zip(DESK_LABELS, map(float, row), strict=True)) for row in means]


def _alerts(run: "Run") -> Counter[int]:
    rows = sums(run.path, "alerts", ["province"], ["count"]).to_pylist()
    return Counter({row["province"]: row["count"] for row in rows})

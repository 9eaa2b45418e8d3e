"""Staffing: the smallest staff, province by province, that keeps a promise, and what more or less would cost.

``promise`` says what is promised, ``bisection`` how numbers are searched for; this module makes trials of a number of
staff into runs, counts their alerts, and stores what was found.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from sim.base.rounding import amount, written
from sim.base.words import ContactChannel, Tier
from sim.experiments.bisection import ROUNDS
from sim.experiments.counts import Counts
from sim.experiments.half_hours import HalfHours
from sim.experiments.promise import PromiseError, Terms, promised
from sim.experiments.simulations import Computing, Simulations, demand_keywords
from sim.experiments.store import claim, complete, read_frame, write_frame
from sim.experiments.trials import KEPT, Trials
from sim.language.spoken import said
from sim.reading.draw_intervals import nine_tenths
from sim.reading.outcomes import service
from sim.scenario import changed
from sim.scenario.bounds import MOST_STAFF
from sim.store.folder import whole
from sim.warning.size import in_english, of_sizes

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

KIND = "staffing"
DRAWS = "draws"
"""The folder of the searches of draws."""

STAFF_FILE, CURVE_FILE, STAFFED_YAML = "staff.parquet", "curve.parquet", "staffed.yaml"
HALF_HOURS_FILE, SAVINGS_FILE, FLAT_YAML = "half_hours.parquet", "savings.parquet", "flat.yaml"

FACTORS = (0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4)
"""Multiples of the smallest staff on the cost curve."""

TRIMS = 48
"""Trials that take seats out of single half hours, unless a user says how many."""


class Search(Computing, total=False):
    """Keywords of ``staffing`` that say how it searches, beside those of every experiment.

    Attributes:
        replicates: Seeds, counting up, over which alerts are added up; 1 if not given.
        folder: Where it is kept, ``results/staffings/NAME-HASH`` if not given.
        tell: Called with a line of text at each step.
        trims: To staff each half hour by itself; the most trials that take seats out of single half hours. If not
            given, or None, shifts stay as they are.
    """

    replicates: int
    folder: Path | None
    tell: Callable[[str], None] | None
    trims: int | None


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
        own staff, ``ceiling`` without limit; missing where no alert counts. ``monotone`` says whether in all trials as
        much staff or more was enough and less was not, missing without a smallest number. ``alerts`` are those counted,
        as simulated;
        ``alerts_per_day`` all of the tier, in the country; ``staff_hours`` are those on duty in the period;
        ``utilisation`` is busy by staffed time, above 1 where services outlast a shift that fewer seats follow.
        """
        return read_frame(self.folder, KIND, STAFF_FILE)

    @cached_property
    def curve(self) -> "pd.DataFrame":
        """The cost curve: one row for each multiple (``factor``) of the smallest staff, and one for the scenario's own.

        ``factor`` is missing for the scenario's own staff. ``staff`` and ``staff_hours`` are of the desk in the
        country, ``share`` of the country's alerts, ``kept`` is the number of provinces where the promise is kept;
        ``victims``, ``prevented_money``, and how these two differ (``..._change``) from those with the smallest staff.
        All of its runs meet the same attempts and people.
        """
        return read_frame(self.folder, KIND, CURVE_FILE)

    @cached_property
    def half_hours(self) -> "pd.DataFrame":
        """One row a province, kind of day and half hour, of provinces whose half hours were staffed by themselves.

        ``weekdays`` are those of the kind of day, Monday 1; ``start`` is when the half hour begins. ``staff`` is on
        duty in it, before growth; ``flat`` with the smallest flat staff. ``load`` is the staff that would be busy if no
        alert waited, with alerts of the tier and of more urgent ones alone.

        Raises KeyError where half hours were not asked for.
        """
        return read_frame(self.folder, KIND, HALF_HOURS_FILE)

    @cached_property
    def savings(self) -> "pd.DataFrame":
        """One row a province: what staffing by half hour saves beside the smallest flat staff.

        ``share_flat`` and ``share`` are reached; ``..._next`` with the next seeds, as many, which the search has not
        seen, of which ``target_next`` are to be. ``hours_a_day_flat`` and ``hours_a_day`` are on duty, in the mean of
        the period; ``overtime_a_day_flat`` and ``overtime_a_day`` those in which more seats are busy than are on duty,
        as services outlast a shift. ``saved`` is the part of both that is saved, ``wages_a_day_flat`` and
        ``wages_a_day`` pay for both by the scenario's ``costs.wage``, missing without, and for thinned desks of fewer
        than five seats, of which rounding to whole ones may be over a tenth. ``status`` is as in ``frame``.

        Raises KeyError where half hours were not asked for.
        """
        return read_frame(self.folder, KIND, SAVINGS_FILE)

    @property
    def by_half_hour(self) -> bool:
        """Whether half hours were staffed by themselves."""
        return (self.folder / HALF_HOURS_FILE).exists()

    @cached_property
    def scenario(self) -> "Scenario":
        """The scenario with the promise for its deadline and with the staff, as ``staffed.yaml`` has it."""
        from sim.scenario import load_scenario

        return load_scenario(str(self.folder / STAFFED_YAML))

    @property
    def warnings(self) -> list[str]:
        """What a user should know before they trust it, in one line each."""
        lines = []
        turning = self.frame[~self.frame["monotone"].fillna(value=True)]
        if len(turning):
            lines.append(
                f"{', '.join(turning['name'])}: more staff did not always reach more, so the number is one of several; "
                "more replicates"
            )
        if self.by_half_hour:
            lines += self._unseen()
        spec = self.scenario.spec
        if spec.scale < 1.0:
            lines.append(
                said(
                    "At scale {scale}, staff is told in steps of {step}: a seat stands for so many people. Use scale 1 "
                    "and a shorter period.",
                    scale=written(f"{spec.scale:g}"),
                    step=amount(1 / spec.scale),
                )
            )
        return [*of_sizes([spec]), *lines]

    def _unseen(self) -> list[str]:
        """Return the line that says where rosters that keep the promise break it with other seeds, if any do."""
        rows = self.savings[self.savings["status"] == KEPT]
        short = rows[rows["share_next"] < rows["target_next"]]
        if short.empty:
            return []
        missing = (short["target_next"] - short["share_next"]).max()
        return [
            f"with the next seeds half hours fall short of the promise in {len(short)} of {len(rows)} provinces, by "
            f"{100 * missing:.2g} points at most; more replicates or a longer period, or fewer trims"
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
    replicates, tell, trims = search.get("replicates", 1), search.get("tell"), search.get("trims")
    path = prepared(scenario, terms, curve, Extent(replicates, trims), search.get("folder"))
    tables = [STAFFED_YAML, CURVE_FILE, STAFF_FILE]
    if trims is not None:
        tables += [FLAT_YAML, HALF_HOURS_FILE, SAVINGS_FILE]

    def make() -> None:
        policy, promise = promised(scenario, terms)
        read = partial(service, desk=desk, tier=tier, tiers=promise.tiers, days=promise.days)
        if trims is not None:
            read = partial(read, half_hours=True)
        workers, executor, progress = search.get("workers"), search.get("executor"), search.get("progress")
        title = f"Staff that keeps a promise: {share:.4g} of {tier} alerts reached by the {desk} desk in time"

        def write(staffed: "Scenario", name: str, file: str) -> None:
            named = changed(staffed, {"name": f"{scenario.name[:72]}-{name}", "title": title})
            with whole(path / file) as unfinished:
                unfinished.write_text(named.yaml(), encoding="utf-8", newline="\n")

        verbose, days = search.get("verbose", False), search.get("days")
        with Simulations(path, read, workers, executor, progress, verbose, days) as simulations:
            trials = Trials(policy, promise, replicates, simulations, simulations.telling(tell))
            trials.search()
            points = trials.curve(curve)
            staffed = trials.staffed(trials.smallest)
            if trims is not None:
                write(staffed, "flat", FLAT_YAML)
                half_hours = HalfHours(trials)
                half_hours.search(trims)
                staffed = half_hours.scenario
                write_frame(path / HALF_HOURS_FILE, half_hours.frame())
                write_frame(path / SAVINGS_FILE, half_hours.savings())
        write(staffed, "staffed", STAFFED_YAML)
        write_frame(path / CURVE_FILE, points)
        write_frame(path / STAFF_FILE, trials.frame())

    complete(path, KIND, tables, make, in_english([scenario.spec]))
    return Staffing(path)


def staffing_over(
    draws: "Sequence[Scenario]", base: Staffing, *promise: Any, **search: Unpack[Search]
) -> "pd.DataFrame":
    """Find the smallest staff of each province with the values of posterior draws: what of it is not known.

    Args:
        draws: The scenario with the values of each draw.
        base: The search with the scenario's own values; those of the draws are kept in its folder.
        *promise: ``desk``, ``tier``, ``share``, ``within``, ``relative`` and ``curve``, as of ``staffing``.
        **search: As of ``staffing``.

    Returns:
        One row a province: ``name``; ``low``, ``middle`` and ``high``, the smallest staff at 5, 50 and 95 per cent of
        the draws where there is one, missing where there is none in any; ``kept``, in how many there is.
    """
    import pandas as pd

    found = []
    for number, one in enumerate(draws):
        own = search.copy()
        own["folder"] = base.folder / DRAWS / f"d{number:03d}"
        done = staffing(one, *promise, **own)
        found.append(done.frame[["name", "staff"]].assign(draw=number))
    every = pd.concat(found)
    rows = []
    for name, staff in every.groupby("name", sort=False)["staff"]:
        numbers = [float(one) for one in staff.dropna()]
        ends = nine_tenths(numbers) if len(numbers) > 1 else (*numbers, *numbers, *numbers) or (None, None, None)
        rows.append({"name": name, **dict(zip(("low", "middle", "high"), ends, strict=True)), "kept": len(numbers)})
    return pd.DataFrame(rows).astype(dict.fromkeys(("low", "middle", "high"), "Float64"))


@dataclass(frozen=True)
class Extent:
    """How far a search goes: seeds, and trials of single half hours, None where shifts stay as they are."""

    replicates: int
    trims: int | None = None


BISECTION, SETTLING = 9, 4
"""Typical numbers of trials: until each province has its number by itself, and until all have them together; tests hold
their sum to a factor of two."""

SHAPES = 4
"""Shapes of the day that are tried where half hours are staffed by themselves: those of ``HalfHours``."""


def runs_of(scenario: "Scenario", terms: Terms, curve: Sequence[float], extent: Extent) -> Counts:
    """Return how many runs ``staffing`` makes for these arguments; each trial asks for the next, so none knows.

    At least: the scenario as it is and staff without limit, which keep the promise nowhere. At most: every search goes
    from one end of what the schema allows to the other.
    """
    promised(scenario, terms)
    widest = math.log2(max(MOST_STAFF * scenario.spec.scale, 4.0))  # with fewer seats its own logarithm is nothing
    bisection = math.ceil(widest) + math.ceil(math.log2(widest)) + 2
    # As it is, and without limit, which may be tried a few times; numbers settled, one less, one more; the curve.
    trials = Counts(2, 2 + BISECTION + SETTLING + 3 + len(curve), 4 + bisection + ROUNDS + 3 + len(curve))
    if extent.trims is not None:
        # The load; shapes; settled; trims, which at last may be taken back; the roster; three with the next seeds.
        last = 5 + extent.trims
        most = SHAPES * bisection + ROUNDS + 1 + extent.trims + last
        trials = trials.plus(Counts(0, SHAPES * BISECTION + SETTLING + last, most))
    return trials.times(extent.replicates)


def prepared(scenario: "Scenario", terms: Terms, curve: Sequence[float], extent: Extent, folder: Path | None) -> Path:
    """Make the folder of a search, or find the one where it goes on, as ``claim`` does; raises PromiseError."""
    _, promise = promised(scenario, terms)
    wrong = [factor for factor in curve if not 0.0 < factor < math.inf]
    if wrong:
        raise PromiseError(f"curve has the factor {wrong[0]:g}; multiples of the staff above 0")
    if extent.replicates < 1:
        raise PromiseError(f"{extent.replicates} replicates are none; at least 1")
    if extent.trims is not None and extent.trims < 0:
        raise PromiseError(f"{extent.trims} trims are less than none; 0 or more")
    request = {
        "desk": terms.desk,
        "tier": terms.tier,
        "share": terms.share,
        "deadline_ms": promise.deadline,
        "relative": terms.relative,
        "curve": [float(factor) for factor in curve],
        "replicates": extent.replicates,
        "trims": extent.trims,
    }
    return claim(KIND, scenario, request, folder)

"""Predict the figures of a scenario that nobody has reported: runs over posterior draws, and the model's own error.

The runs say what the parameters leave open. No draw has values that only the predicted scenario has, such as what comes
after the data: each run draws these from their ranges. The model itself is off by the discrepancy of each family of
figures (``calibration.discrepancy``). Nobody knows how it grows beyond the data; the assumption, ``ASSUMPTION``, is
stored with each prediction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, get_args

import numpy as np

from sim.base import __version__
from sim.base.caches import program_digest
from sim.base.days import YEAR_DAYS
from sim.base.failures import RefusedError
from sim.base.rounding import significant
from sim.calibration.calibrate import FEWEST
from sim.calibration.fit import family_of, values_at
from sim.calibration.prior import Array, Prior
from sim.calibration.report import QUANTILES
from sim.experiments.parameters import COSTS, PREDICTIONS, generator_of, ranged_parameters
from sim.experiments.simulations import Computing, Simulations
from sim.experiments.store import claim
from sim.predictions import OVER_DRAWS, Document
from sim.reading.figures import CHANGE, days_of, iso
from sim.reading.run import Outcome, figures_evidence_and_quantities
from sim.scenario import changed, load_scenario
from sim.scenario.load import read_files
from sim.scenario.schema.population import Family, plain_pool
from sim.store.columns import Scope, Target
from sim.store.folder import holding, sha256

if TYPE_CHECKING:
    from sim.scenario import Scenario

KIND = "prediction"
DIGITS = 6
"""Significant digits of a stored value; runs are noisier than the sixth."""

ASSUMPTION = (
    "Each value of a draw is multiplied by exp(d e), where d is calibration.discrepancy of the figure's family. The "
    "variance of e is 1 + t, t being the years from the last day of the fitted windows to that of the figure's window: "
    "a standard normal error of each calendar year, and a random walk over t. Errors are common to all figures of a "
    "family, those of one year included, and independent between families. A change has the errors of both its windows."
)
"""How the discrepancy grows with time, as each prediction says it."""

OWN_SEEDS = 5 << 32
"""Added to the scenario's seed to draw the values of ``own_values``: no run has such a seed."""


class PredictError(RefusedError):
    """A scenario cannot be predicted: why, and what would help."""


@dataclass(frozen=True)
class Plan:
    """What is predicted, and from what.

    Attributes:
        scenario: The scenario with its own values.
        asked: The positions of the predicted figures among the scenario's figures.
        draws: How many of the first posterior draws are run.
        draws_sha256: The SHA-256 of the file of all draws.
        data_end: The last day of the windows that the scenario with these draws was fitted to.
        own: For each draw the values of ``own_values``.
    """

    scenario: "Scenario"
    asked: tuple[int, ...]
    draws: int
    draws_sha256: str
    data_end: date
    own: tuple[Mapping[str, Any], ...]

    @property
    def targets(self) -> tuple[Target, ...]:
        """The predicted figures."""
        rows = Scope.of(self.scenario).targets
        return tuple(rows[number] for number in self.asked)

    def identity(self, today: date) -> Document:
        """Return what a prediction of a day depends on, scenario, draws and program, as it is stored."""
        return {
            "date": today.isoformat(),
            "draws": self.draws,
            "scenario_sha256": self.scenario.sha256,
            "draws_sha256": self.draws_sha256,
            "sources": program_digest(),
        }


def planned(name: str, scenario: "Scenario", draws: int | None = None) -> Plan:
    """Plan the prediction of a scenario that was loaded by a name, over its first draws, by default all.

    Returns:
        The plan.

    Raises:
        PredictError: Without posterior draws, without enough of them, without a figure to predict inside the period, or
            if the scenario that has the draws was fitted to nothing.
    """
    files, _, _ = read_files(name, None)
    if files.draws is None or files.drawn is None:
        raise PredictError(
            f"{scenario.name} has no posterior draws, and a prediction needs an interval; make them with tocsin "
            "calibrate and calibration.members above 0, in this scenario or in one that it extends"
        )
    count, most = draws or len(files.draws.rows), len(files.draws.rows)
    if not FEWEST <= count <= most:
        raise PredictError(f"draws is {count}; it must be {FEWEST} to {most}, the number of stored draws")
    scope = Scope.of(scenario)
    asked = tuple(
        number
        for number, row in enumerate(scope.targets)
        if row.role == "predicted"
        and row.value is None
        and all(days_of(scope, window) for window in (row.window, row.base or row.window))
    )
    if not asked:
        raise PredictError(
            f"{scenario.name} has no figure to predict; give figures role: predicted, a window inside the period and "
            "no value"
        )
    table, fitted = files.drawn
    known = load_scenario(str(fitted))
    ends = [row.window[1] for row in Scope.of(known).targets if row.role == "fitted" and row.window[1]]
    if not ends:
        raise PredictError(f"{fitted.name} has draws but no fitted figure; give one figure role: fitted")
    return Plan(scenario, asked, count, sha256(table), max(ends), own_values(scenario, known, count))


def own_values(scenario: "Scenario", known: "Scenario", draws: int) -> tuple[dict[str, Any], ...]:
    """Draw the values with a range of a scenario which the one with the posterior does not have, from their priors.

    Args:
        scenario: The scenario that is predicted.
        known: The one whose posterior it has.
        draws: How many.

    Returns:
        Values by dotted key, for each draw; empty ones if the scenario has no such values.
    """
    given = {one.key for one in ranged_parameters(known)}
    own = [one for one in ranged_parameters(scenario) if one.key not in given and not one.key.startswith(COSTS)]
    prior = Prior(tuple(own))
    coordinates = prior.coordinates(prior.draw(scenario.spec.seed + OWN_SEEDS, draws))
    return tuple(values_at(own, row) for row in coordinates)


def prepared(plan: Plan, folder: Path | None = None) -> Path:
    """Make the folder of the runs, or find the one to resume, as ``claim`` does."""
    return claim(KIND, plan.scenario, {"draws": plan.draws, "draws_sha256": plan.draws_sha256}, folder)


def predict(
    plan: Plan, load: "Callable[[int], Scenario]", folder: Path, today: date, **computing: Unpack[Computing]
) -> Document:
    """Run a scenario with its own values and with those of each draw, and compose the prediction.

    Args:
        plan: What is predicted.
        load: Returns the scenario with the values of a draw.
        folder: Where finished runs are kept; the same call resumes after an interruption.
        today: The day of the prediction.
        **computing: Who makes the runs, see ``Computing``.

    Returns:
        The prediction, not yet sealed. A failed run raises a SimulationError.
    """
    with holding(folder), Simulations(folder, figures_evidence_and_quantities, **computing) as simulations:
        drawn = (changed(load(number), own) if own else load(number) for number, own in enumerate(plan.own))
        scenarios = chain([plan.scenario], drawn)
        first, *others = simulations.run(scenarios, plan.draws + 1)
    return composed(plan, first, others, today)


def composed(plan: Plan, own: Outcome, drawn: Sequence[Outcome], today: date) -> Document:
    """Return the prediction from the outcomes of the runs, not yet sealed; PredictError if it has no figure."""
    spec = plan.scenario.spec
    shares = spec.calibration.discrepancy
    rows = [
        (number, target)
        for number, target in zip(plan.asked, plan.targets, strict=True)
        if None not in (own["figures"][number], *(one["figures"][number] for one in drawn))
    ]
    if not rows:
        raise PredictError(f"{plan.scenario.name} counts none of the figures without a value; name other figures")
    off = errors([target for _, target in rows], plan.data_end, spec.seed, len(drawn))
    figures = []
    for (number, target), moved in zip(rows, off, strict=True):
        values = np.array([one["figures"][number] for one in drawn], dtype=np.float64)
        family = family_of(target.name)
        share = 0.0 if family is None else shares.get(family, 0.0)
        level = 1.0 if target.name.endswith(CHANGE) else 0.0
        figures.append(_figure(target, own["figures"][number], (values + level) * np.exp(share * moved) - level))
    return {
        "scenario": plan.scenario.name,
        "version": __version__,
        **plan.identity(today),
        "data_end": plan.data_end.isoformat(),
        "interval": OVER_DRAWS,
        "assumption": ASSUMPTION,
        **({"own": list(plan.own[0])} if plan.own[0] else {}),
        "discrepancy": dict(shares),
        "scale": spec.scale,
        "pool": plain_pool(spec.population.pool),
        "seed": spec.seed,
        "terms": {"currency": spec.terms.currency, "channels": dict(spec.terms.channels)},
        "figures": figures,
    }


def errors(targets: Sequence[Target], data_end: date, seed: int, draws: int) -> Array:
    """Return the errors e of ``ASSUMPTION`` (figures, draws): of a change the later one less the earlier one."""
    days = sorted({day for row in targets for window in (row.window, row.base or row.window) if (day := window[1])})
    years = sorted({day.year for day in days})
    beyond = np.maximum([(day - data_end).days / YEAR_DAYS for day in days], 0.0)
    steps = np.sqrt(np.diff(beyond, prepend=0.0))
    families = get_args(Family)
    normal = generator_of(seed, PREDICTIONS).standard_normal((len(families), len(years) + len(days), draws))
    walks = np.cumsum(steps[:, None] * normal[:, len(years) :], axis=1)
    moved = normal[:, [years.index(day.year) for day in days]] + walks

    def of_day(row: Target, day: date | None) -> Array:
        family = family_of(row.name)
        if family is None or day is None:
            return np.zeros(draws)
        return np.asarray(moved[families.index(family), days.index(day)])

    return np.array(
        [of_day(row, row.window[1]) - (of_day(row, row.base[1]) if row.base is not None else 0.0) for row in targets]
    )


def _figure(target: Target, point: float, values: Array) -> Mapping[str, Any]:
    """Return a figure of the prediction: its point, its quantiles and all its values."""
    base = {} if target.base is None else {"base": iso(target.base)}
    return {
        "name": target.name,
        "window": iso(target.window),
        **base,
        "point": significant(point, DIGITS),
        "quantiles": {f"{one:g}": significant(float(np.quantile(values, one)), DIGITS) for one in QUANTILES},
        "values": [significant(float(one), DIGITS) for one in values],
    }

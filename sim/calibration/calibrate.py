"""A calibration from end to end: fit, posterior, report, and the values back into the scenario's file.

This module puts the parts together; the numbers are made by ``fit``, ``data`` and ``posterior``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.calibration.data import Data, Model
from sim.calibration.evaluations import Evaluations, Task
from sim.calibration.fit import JACOBIAN_SEEDS, NO_FIGURE, NO_PARAMETER, Fit, FitError, Fitter, solving, values_at
from sim.calibration.levels import Level, can_be_pooled
from sim.calibration.posterior import Posterior, Start, conditioning, jacobian_at, sample_posterior
from sim.calibration.report import TAILS, Document, add_posterior, compose, to_markdown
from sim.calibration.targets import Targets, label_of
from sim.calibration.writeback import Update, write_back
from sim.experiments.counts import Counts
from sim.experiments.parameters import Parameter, free_parameters, full_forms
from sim.results.figures import error_of_whole
from sim.results.folder import replace_json, whole
from sim.results.holding import holding
from sim.results.outcomes import Outcome
from sim.results.scope import Scope
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.running import Progress

FOLDER = Path("results") / "calibrations"
REPORT = "fit.json"
REPORT_TEXT = "fit.md"


@dataclass(frozen=True)
class Calibration:
    """The result of a calibration: its folder, its report, and the file that was written."""

    folder: Path
    document: Document
    scenario_file: Path | None


def calibrate(
    scenario: Scenario,
    folder: Path | None = None,
    workers: int | None = None,
    file: Path | None = None,
    tell: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] | None = None,
    verbose: bool = False,
    days: "Callable[[Scenario], Progress] | None" = None,
) -> Calibration:
    """Fit the calibrated parameters of a scenario to its fitted figures, and condition all free ones on them.

    Simulations are kept in the folder: the same call goes on after an interruption.

    Args:
        scenario: The scenario that is calibrated, as its section ``calibration`` says.
        folder: Where simulations and report are kept, ``results/calibrations/NAME`` if not given.
        workers: How many runs are made at a time; as many as this machine has cores, if not given.
        file: The scenario's own file, if it is to be changed: the fitted values, the figure that fixed each, and the
            standard errors of the figures are written into it.
        tell: Called with a line at each step.
        progress: Called with the number of runs of a step that are done and the number of all.
        verbose: Whether the lines of the log in the folder go to standard error, too.
        days: Called with the scenario of a large run, as by experiments.

    Returns:
        The folder, the report, and the file. Where there is nothing to fit, or nothing to fit it to, FitError is
        raised.
    """
    path = folder or FOLDER / scenario.name
    settings = scenario.spec.calibration
    levels, parameters, targets, scope = _planned(scenario)
    seeds = levels[-1].seeds
    path.mkdir(parents=True, exist_ok=True)
    with holding(path), Evaluations(scenario, path, workers, progress, verbose, days) as evaluations:
        tell = evaluations.telling(tell)
        start = np.array([one.coordinate(one.start) for one in parameters])
        fit = Fitter(evaluations, parameters, targets, levels, tell).fit(start)
        reference = evaluations.evaluate([Task(levels[-1], seed, fit.values()) for seed in seeds])
        document = compose(scenario, fit, levels[-1], _evidence(scope, reference))
        draws: Posterior | None = None
        if settings.members:
            data = Data(scope, settings.evidence, reference)
            ensemble, model = _condition(scenario, evaluations, data, levels, fit, tell)
            draws = ensemble.accepted()
            add_posterior(document, ensemble, draws, _intervals(model, data, draws))
        document["simulated"] = len(evaluations.asked)
    replace_json(path / REPORT, document)
    with whole(path / REPORT_TEXT) as unfinished:
        unfinished.write_text(to_markdown(document), encoding="utf-8", newline="\n")
    if file is not None:
        draws_file = None
        if draws is not None and len(draws.coordinates):
            draws_file = f"{scenario.name}-draws.csv"
            _write_draws(file.with_name(draws_file), draws)
        write_back(file, _update(scenario, document, draws_file))
    return Calibration(path, document, file)


def _planned(scenario: Scenario) -> tuple[list[Level], list[Parameter], Targets, Scope]:
    """Return the levels, from coarse to fine, what is fitted, and to what; raises FitError where nothing can be."""
    settings = scenario.spec.calibration
    seeds = tuple(scenario.spec.seed + number for number in range(settings.seeds))
    scales = [scale for scale in settings.scales if scale < scenario.spec.scale]
    coarse = [Level(scale, seeds, can_be_pooled(scenario, scale)) for scale in scales]
    levels = [*coarse, Level(scenario.spec.scale, seeds)]
    scope = Scope.of(scenario)
    targets = Targets.of(scope)
    parameters = free_parameters(scenario, "calibrated")
    if unknown := set(settings.parameters) - {one.key for one in free_parameters(scenario)}:
        raise FitError(f"calibration.parameters names {min(unknown)}, which has no range; a number with one")
    if missing := set(settings.evidence) - {known.name for known in scope.evidence}:
        raise FitError(
            f"calibration.evidence names {min(missing)}, of which the scenario has no evidence; a name of its own"
        )
    if not parameters or not targets.fitted:
        raise FitError(NO_PARAMETER if not parameters else NO_FIGURE)
    return levels, parameters, targets, scope


def runs_of(scenario: Scenario) -> list[tuple[Scenario, Counts]]:
    """Return a scenario of each level and how many runs ``calibrate`` makes of its like; raises FitError as it does.

    How many steps are taken the figures say. At most: each search takes all the steps that it may.
    """
    levels, parameters, _, _ = _planned(scenario)
    seeds, members = len(levels[-1].seeds), scenario.spec.calibration.members
    counts = solving(seeds, len(parameters), len(levels))
    if members:
        chain = len(levels[:-1] or levels)
        for number, more in enumerate(conditioning(members, len(free_parameters(scenario)), chain)):
            counts[number] = counts[number].plus(more)
    return [(level.scenario(scenario, level.seeds[0], {}), count) for level, count in zip(levels, counts, strict=True)]


def _evidence(scope: Scope, outcomes: Sequence[Outcome]) -> list[Document]:
    """Return the mean of each quantity of the evidence over runs, beside what is known of it."""
    rows: list[Document] = []
    for number, known in enumerate(scope.evidence):
        values = [outcome["evidence"][number] for outcome in outcomes]
        mean = None if None in values else sum(values) / len(values)
        row = {key: getattr(known, key) for key in ("name", "value", "low", "high", "basis")}
        within = None if mean is None else known.low <= mean <= known.high
        rows.append({**row, "simulated": mean, "within": within})
    return rows


def _condition(
    scenario: Scenario,
    evaluations: Evaluations,
    data: Data,
    levels: Sequence[Level],
    fit: Fit,
    tell: Callable[[str], None],
) -> tuple[Posterior, Model]:
    """Condition every free parameter on the data, simulated at the levels below the scenario's own.

    Args:
        scenario: The scenario that is calibrated.
        evaluations: Makes the runs.
        data: What the parameters are conditioned on.
        levels: All levels, the scenario's own last.
        fit: The fit, where all members begin; parameters that were not fitted begin at their own values.
        tell: Called with a line at each step.

    Returns:
        All members, and the model that they were conditioned with last.
    """
    parameters, fitted = free_parameters(scenario), fit.values()
    models = [Model(data, evaluations, level, parameters, fitted) for level in levels[:-1] or levels]
    coordinates = np.array([one.coordinate(one.start) for one in parameters])
    for number, one in enumerate(parameters):
        if one.key in fitted:
            coordinates[number] = fit.coordinates[fit.keys.index(one.key)]
    jacobian = jacobian_at(coordinates, models[0], levels[0].seeds[:JACOBIAN_SEEDS], data.errors)
    start = Start(coordinates, data.expected(), jacobian)
    chain = [(model, model.seed_sd) for model in models]
    seed, members = scenario.spec.seed, scenario.spec.calibration.members
    ensemble = sample_posterior(parameters, chain, start, data.observed, data.errors, seed, members, tell)
    return ensemble, models[-1]


def _intervals(model: Model, data: Data, draws: Posterior) -> dict[str, tuple[float, float]]:
    """Return the interval of each figure over posterior draws, of parameters and chance, by its label."""
    intervals = {}
    if len(draws.coordinates):
        for number, figures in model.predictions(draws.coordinates, draws.seeds).items():
            low, high = np.quantile(figures, TAILS)
            intervals[data.targets.label(number)] = (float(low), float(high))
    return intervals


def _write_draws(path: Path, draws: Posterior) -> None:
    """Store posterior draws, one a row, as a scenario's ``calibration.draws``."""
    lines = [",".join(["draw", *(one.key for one in draws.parameters)])]
    for number, coordinates in enumerate(draws.coordinates):
        values = values_at(draws.parameters, coordinates).values()
        lines.append(",".join([str(number), *(str(value) for value in values)]))
    with whole(path) as unfinished:
        unfinished.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _update(scenario: Scenario, document: Document, draws: str | None) -> Update:
    """Return what is written back into the scenario's file."""
    by_label = {row["figure"]: row for row in document["figures"]}
    figures: dict[int, dict[str, Any]] = {}
    for number, row in enumerate(scenario.spec.figures):
        known = by_label.get(label_of(row.name, row.window))
        if known is None or row.role == "input":
            continue
        figures[number] = {"standard_error": _short(error_of_whole(known["standard_error"], row, scenario.spec.scale))}
        if row.role == "predicted" and known.get("interval"):
            figures[number]["interval"] = [_short(end) for end in known["interval"]]
    return Update(
        values={one["key"]: one["value"] for one in document["parameters"]},
        targets={one["key"]: one["target"] for one in document["parameters"]},
        inherited=dict(full_forms(scenario.resolved)),
        figures=figures,
        draws=draws,
    )


def _short(value: float) -> int | float:
    """Return a number to four significant digits."""
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded

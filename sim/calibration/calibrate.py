"""A calibration from end to end: fit, posterior, report, and the values back into the scenario's file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.calibration.data import Data, Model
from sim.calibration.evaluations import Evaluations, Task
from sim.calibration.fit import SLOPE_SEEDS, Fit, FitError, Fitter, values_at
from sim.calibration.levels import Level, can_be_pooled
from sim.calibration.parameters import full_forms, ranged
from sim.calibration.posterior import Posterior, posterior, slopes_at
from sim.calibration.report import TAILS, Document, add_posterior, compose, to_markdown
from sim.calibration.targets import Targets, label_of
from sim.calibration.writeback import Found, write_back
from sim.results.folder import write_json
from sim.results.outcomes import Outcome
from sim.results.scope import Scope
from sim.scenario import Scenario

FOLDER = Path("results") / "calibrations"
REPORT = "fit.json"
REPORT_TEXT = "fit.md"


@dataclass(frozen=True)
class Calibration:
    """What a calibration leaves: its folder, its report, and the file that was written."""

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
) -> Calibration:
    """Fit the calibrated parameters of a scenario to its fitted figures; say what is known of all that have a range.

    Simulations are kept in ``folder`` (``results/calibrations/NAME``): the same call goes on after an interruption.
    The fitted values, the figure that fixed each, and the standard errors of the figures are written into ``file``,
    the scenario's own, if it is given. ``tell`` hears of each step, ``progress`` of the simulations of a step.

    Raises FitError where there is nothing to fit, or nothing to do it with.
    """
    place = folder or FOLDER / scenario.name
    settings = scenario.spec.calibration
    seeds = tuple(scenario.spec.seed + number for number in range(settings.seeds))
    pooled = can_be_pooled(scenario)
    coarse = [Level(scale, seeds, pooled) for scale in settings.scales if scale < scenario.spec.scale]
    levels = [*coarse, Level(scenario.spec.scale, seeds)]
    scope = Scope.of(scenario)
    targets = Targets.of(scope)
    parameters = ranged(scenario, "calibrated")
    if unknown := set(settings.parameters) - {one.key for one in ranged(scenario)}:
        raise FitError(f"calibration.parameters names {min(unknown)}, which has no range")
    if missing := set(settings.evidence) - {known.name for known in scope.evidence}:
        raise FitError(f"calibration.evidence names {min(missing)}, of which the scenario has no evidence")
    if not parameters or not targets.fitted:
        raise FitError("no calibrated parameter has a range" if not parameters else "no figure is fitted")
    with Evaluations(scenario, place, workers, progress) as evaluations:
        start = np.array([one.place(one.start) for one in parameters])
        fitter = Fitter(evaluations, parameters, targets, levels, tell)
        fit = fitter.fit(start)
        last = evaluations.run([Task(levels[-1], seed, fit.values()) for seed in seeds])
        document = compose(scenario, fit, levels[-1], _evidence(scope, last))
        drawn: Posterior | None = None
        if settings.members:
            data = Data(scope, settings.evidence, last)
            found, drawn, predicted = _posterior(scenario, evaluations, data, levels, fit, tell)
            add_posterior(document, found, drawn, predicted)
        document["simulated"] = evaluations.asked
    write_json(place / REPORT, document)
    (place / REPORT_TEXT).write_text(to_markdown(document), encoding="utf-8", newline="\n")
    if file is not None:
        draws = None
        if drawn is not None and len(drawn.places):
            draws = f"{scenario.name}-draws.csv"
            _write_draws(file.with_name(draws), drawn)
        write_back(file, _found(scenario, document, draws))
    return Calibration(place, document, file)


def _evidence(scope: Scope, outcomes: Sequence[Outcome]) -> list[Document]:
    """Give the mean of each quantity of the evidence over runs, beside what is known of it."""
    rows: list[Document] = []
    for number, known in enumerate(scope.evidence):
        values = [outcome["evidence"][number] for outcome in outcomes]
        mean = None if None in values else sum(values) / len(values)
        row = {key: getattr(known, key) for key in ("name", "value", "low", "high", "basis")}
        within = None if mean is None else known.low <= mean <= known.high
        rows.append({**row, "simulated": mean, "within": within})
    return rows


def _posterior(
    scenario: Scenario,
    evaluations: Evaluations,
    data: Data,
    levels: Sequence[Level],
    fit: Fit,
    tell: Callable[[str], None],
) -> tuple[Posterior, Posterior, dict[str, tuple[float, float]]]:
    """Condition every parameter with a range on the data, simulated at the levels below the scenario's own.

    Gives the whole ensemble, those of its members that come to the data, and the interval of each figure over these, of
    parameters and chance.
    """
    parameters, own = ranged(scenario), fit.values()
    models = [Model(data, evaluations, level, parameters, own) for level in levels[:-1] or levels]
    place = np.array([one.place(one.start) for one in parameters])
    for number, one in enumerate(parameters):
        if one.key in own:
            place[number] = fit.places[fit.keys.index(one.key)]
    slopes = slopes_at(place, models[0], levels[0].seeds[:SLOPE_SEEDS], data.error)
    start, last = (place, data.expected(), slopes), models[-1]
    chain = [(model, model.chance) for model in models]
    seed, members = scenario.spec.seed, scenario.spec.calibration.members
    found = posterior(parameters, chain, start, data.observed, data.error, seed, members, tell)
    drawn = found.accepted()
    intervals = {}
    if len(drawn.places):
        for number, figures in last.predictions(drawn.places, drawn.seeds).items():
            low, high = np.quantile(figures, TAILS)
            intervals[data.targets.label(number)] = (float(low), float(high))
    return found, drawn, intervals


def _write_draws(path: Path, found: Posterior) -> None:
    """Store members of the posterior, one a row, as a scenario's ``calibration.draws``."""
    lines = [",".join(["draw", *(one.key for one in found.parameters)])]
    for number, places in enumerate(found.places):
        values = values_at(found.parameters, places).values()
        lines.append(",".join([str(number), *(str(value) for value in values)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _found(scenario: Scenario, document: Document, draws: str | None) -> Found:
    """Give what goes back into the scenario's file."""
    by_label = {row["figure"]: row for row in document["figures"]}
    figures: dict[int, dict[str, Any]] = {}
    for number, row in enumerate(scenario.spec.figures):
        known = by_label.get(label_of(row.name, row.window))
        if known is None or row.role == "input":
            continue
        figures[number] = {"standard_error": _short(known["standard_error"])}
        if row.role == "predicted" and known.get("interval"):
            figures[number]["interval"] = [_short(end) for end in known["interval"]]
    return Found(
        values={one["key"]: one["value"] for one in document["parameters"]},
        targets={one["key"]: one["target"] for one in document["parameters"]},
        inherited=dict(full_forms(scenario.resolved)),
        figures=figures,
        draws=draws,
    )


def _short(value: float) -> int | float:
    """Give a number to four significant digits."""
    rounded = float(f"{value:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded

"""Write fitted values back into the scenario's file; its comments and layout stay.

A calibration from end to end: fit, posterior, tests of it, report, and files next to the scenario's own.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from sim.base.rounding import significant
from sim.calibration import fit as fitting
from sim.calibration.fit import Data, FitError, Level, Model
from sim.calibration.policies import compared, expanded, loader, over_draws, stored_of, totals_over
from sim.calibration.posterior import Posterior, Start, conditioning, one_thread_of_blas, sample_posterior
from sim.calibration.prior import SUFFIX as FIGURES
from sim.calibration.prior import Prior, figures_of_draws, write_figures
from sim.calibration.report import Document, add_ensemble, add_known, compose, to_markdown
from sim.experiments.parameters import DIGITS, Counts, Parameter, free_parameters, full_forms
from sim.experiments.simulations import Computing, demand_keywords
from sim.experiments.store import WARNINGS
from sim.reading.figures import error_of_whole
from sim.reading.intervals import DRAW, StoredAnswers, store_answers
from sim.reading.run import Outcome
from sim.scenario import Scenario, ScenarioModel, load_scenario
from sim.scenario.merging import SUFFIX as DRAWS
from sim.scenario.merging import is_full_form
from sim.store.columns import Scope
from sim.store.folder import holding, replace_json, whole
from sim.warning.size import in_english, of_sizes


@dataclass(frozen=True)
class Update:
    """The changes of a calibration to a scenario's file, by dotted key or, for figures, by position in its list.

    ``targets`` are the labels of the figures that fixed the values, ``inherited`` the rest of the full form of values
    that the file inherits, ``draws`` is the name of the file of posterior draws. ``derived`` are values that runs have
    found.
    """

    values: Mapping[str, Any]
    targets: Mapping[str, str]
    inherited: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    figures: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    draws: str | None = None
    derived: Mapping[str, float] = field(default_factory=dict)


def write_back(path: Path, update: Update) -> None:
    """Change a scenario's file; it is replaced at once or not at all."""
    text = edited(path.read_text(encoding="utf-8"), update)
    with whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="\n")


def edited(text: str, update: Update) -> str:
    """Return the text of a scenario's file with the update."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    def flow(entries: Mapping[str, Any]) -> CommentedMap:
        made = CommentedMap(entries)
        made.fa.set_flow_style()
        return made

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # lines are never folded
    yaml.indent(mapping=2, sequence=4, offset=2)
    # As scenarios write it; the library would write an empty value.
    yaml.representer.add_representer(type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null"))
    root = yaml.load(text)

    def holder(key: str) -> tuple[Any, str]:
        *parents, last = key.split(".")
        node = root
        for part in parents:
            if part not in node:
                node[part] = CommentedMap()
            node = node[part]
            if is_full_form(node):
                node = node["value"]
        return node, last

    for key, value in update.derived.items():
        node, last = holder(key)
        if is_full_form(node.get(last)):
            node, last = node[last], "value"
        node[last] = value
    for key, value in update.values.items():
        node, last = holder(key)
        if last in node and is_full_form(node[last]):
            parameter = node[last]
        else:
            parameter = node[last] = flow(update.inherited.get(key, {}))
        parameter["value"] = value
        parameter["origin"] = "calibrated"
        _set_before(parameter, "target", update.targets[key], "basis")
    for number, entries in update.figures.items():
        for name, value in entries.items():
            listed = _flow_list(value) if isinstance(value, list) else value
            _set_before(root["figures"][number], name, listed, "source")
    if update.draws is not None:
        if "calibration" not in root:
            root["calibration"] = CommentedMap()
        root["calibration"]["draws"] = update.draws
    out = StringIO()
    yaml.dump(root, out)
    return out.getvalue()


def _flow_list(values: list[Any]) -> Any:
    """Return a list that is written on one line."""
    from ruamel.yaml.comments import CommentedSeq

    made = CommentedSeq(values)
    made.fa.set_flow_style()
    return made


def _set_before(node: Any, key: str, value: Any, before: str) -> None:
    """Set a key of a map; a new one is placed before another, or at the end."""
    if key in node or before not in node:
        node[key] = value
    else:
        node.insert(list(node).index(before), key, value)


FOLDER = Path("results") / "calibrations"
REPORT = "fit.json"
REPORT_TEXT = "fit.md"

FEWEST = 10
"""The fewest draws from which anything is concluded."""


@dataclass(frozen=True)
class Calibration:
    """The result of a calibration: its folder, its report, and the file that was changed."""

    folder: Path
    document: Document
    scenario_file: Path | None


def calibrate(
    scenario: Scenario,
    folder: str | Path | None = None,
    file: Path | None = None,
    tell: Callable[[str], None] = lambda line: None,
    policies: Sequence[str] = (),
    policy_draws: int | None = None,
    **computing: Unpack[Computing],
) -> Calibration:
    """Fit the calibrated parameters of a scenario to its fitted figures, and condition all free ones on them.

    Simulations are kept in the folder: the same call resumes after an interruption.

    Args:
        scenario: The scenario that is calibrated, as its section ``calibration`` says.
        folder: Where simulations and report are kept, by default ``results/calibrations/NAME``.
        file: The scenario's own file, to write the values back. The fitted values, the figure that fixed each, and
            standard errors of figures (where it has none, or those of runs of the whole country) are written into it,
            posterior draws next to it.
        tell: Called with a line at each step.
        policies: Names or files of scenarios that extend the file, levers ``KEY=VALUE``, ``all`` or ``levers``, see
            ``sim.calibration.policies.expanded``: their changes are reported over the draws, and the draws' answers
            are stored next to the file. They need the file to be written.
        policy_draws: How many draws each policy is run with; by default all.
        **computing: ``workers``, ``executor`` and ``progress``, see ``Computing``.

    Returns:
        The folder, the report, and the file. Raises FitError where there is nothing to fit, or nothing to fit it to.
    """
    demand_keywords("calibrate", computing, Computing.__optional_keys__)
    path = Path(folder or FOLDER / scenario.name)
    settings = scenario.spec.calibration
    levels, parameters, targets, scope = _planned(scenario)
    policies = expanded(policies, scenario, file)
    seeds = levels[-1].seeds
    path.mkdir(parents=True, exist_ok=True)
    with holding(path), fitting.Evaluations(scenario, path, **computing) as evaluations:
        tell = evaluations.telling(tell)
        start = np.array([one.coordinate(one.start) for one in parameters])
        fit = fitting.Fitter(evaluations, parameters, targets, levels, tell).fit(start)
        reference = evaluations.evaluate([fitting.Task(levels[-1], seed, fit.values()) for seed in seeds])
        document = compose(scenario, fit, levels[-1], _evidence(scope, reference))
        document[WARNINGS] = in_english(_sizes(scenario, levels))
        draws: Posterior | None = None
        with one_thread_of_blas() if settings.members else nullcontext():
            if settings.members:
                data = Data(scope, settings.evidence, reference, levels[-1].scale)
                draws = _condition(scenario, evaluations, data, levels, fit, document, tell)
            if file is not None:
                draws_file = None
                if draws is not None:
                    draws_file = f"{scenario.name}{DRAWS}"
                    _write_draws(file.with_name(draws_file), draws, settings.derived)
                write_back(file, _update(scenario, document, _found(reference, settings.derived), draws_file))
                if draws is not None:
                    number = min(policy_draws or len(draws.outcomes), len(draws.outcomes))
                    names = [str(file), *policies]
                    answers = _answer(document, evaluations, levels[0], draws, names, number, tell)
                    store_answers(file.parent, scenario.name, answers)
                    model = Model(data, evaluations, levels[0], draws.parameters, fit.values())
                    figures = figures_of_draws(data, model, draws.outcomes)
                    write_figures(file.with_name(f"{scenario.name}{FIGURES}"), load_scenario(str(file)), figures)
        document["simulated"] = len(evaluations.asked)
    replace_json(path / REPORT, document)
    with whole(path / REPORT_TEXT) as unfinished:
        unfinished.write_text(to_markdown(document), encoding="utf-8", newline="\n")
    return Calibration(path, document, file)


def _kept(outcome: Outcome, derived: Sequence[str]) -> dict[str, float]:
    """Return the values that a run has found at or below the keys that ``calibration.derived`` lists, and no others."""
    found: dict[str, float] = outcome.get("derived", {})
    return {key: value for key, value in found.items() if any(f"{key}.".startswith(f"{one}.") for one in derived)}


def _found(outcomes: Sequence[Outcome], derived: Sequence[str]) -> dict[str, float]:
    """Return the mean over runs of each value to keep that they have found, by dotted key, to the digits of a file."""
    found = _kept(outcomes[0], derived)
    means = {key: sum(outcome["derived"][key] for outcome in outcomes) / len(outcomes) for key in found}
    return {key: significant(mean, DIGITS) for key, mean in means.items()}


def _answer(
    document: Document,
    evaluations: fitting.Evaluations,
    level: Level,
    draws: Posterior,
    names: Sequence[str],
    number: int,
    tell: Callable[[str], None],
) -> dict[str, StoredAnswers]:
    """Return the stored answers of a scenario's file and its policies, and add to the report what they depend on."""
    own, *policies = names
    load = loader(Path(own))
    # The file has what runs of the fit have found on average, a run without it what it finds itself.
    outcomes = {own: over_draws([own], load, evaluations, level, 0, tell)[own] + draws.outcomes}
    outcomes |= over_draws(policies, load, evaluations, level, number, tell)
    if policies:
        document["posterior"]["policies"] = compared(draws, level.seeds[0], own, outcomes)
    return stored_of(outcomes, load)


def _planned(scenario: Scenario) -> tuple[list[Level], list[Parameter], fitting.Targets, Scope]:
    """Return the levels, from coarse to fine, the parameters and the targets; raises FitError for an impossible fit."""
    settings = scenario.spec.calibration
    seeds = tuple(scenario.spec.seed + number for number in range(settings.seeds))
    levels = [
        Level(scale, seeds, fitting.coarse_pool(scenario, scale) if scale < 1.0 else None) for scale in settings.scales
    ]
    scope = Scope.of(scenario)
    targets = fitting.Targets.of(scope)
    parameters = free_parameters(scenario, "calibrated")
    if unknown := set(settings.parameters) - {one.key for one in free_parameters(scenario)}:
        raise FitError(f"calibration.parameters names {min(unknown)}, which has no range; name a number with one")
    if missing := set(settings.evidence) - {known.name for known in scope.evidence if not known.claimed}:
        raise FitError(
            f"calibration.evidence names {min(missing)}, which is not in the scenario's evidence; name one that is"
        )
    if not parameters or not targets.fitted:
        raise FitError(fitting.NO_PARAMETER if not parameters else fitting.NO_FIGURE)
    if settings.members:
        if find_spec("sklearn") is None:
            raise FitError(
                "scikit-learn is not installed; run pip install '.[calibration]' in the checkout, or set "
                "calibration.members: 0"
            )
        Prior.of(scenario)
    return levels, parameters, targets, scope


def unsaid(scenario: Scenario) -> list[str]:
    """Return what runs of a calibration's size cannot show; raises FitError as ``calibrate``."""
    return of_sizes(_sizes(scenario, _planned(scenario)[0]))


def _sizes(scenario: Scenario, levels: Sequence[Level]) -> list[ScenarioModel]:
    """Return the scenario at the levels whose results are reported: the finest and, for a posterior, the coarsest."""
    told = [levels[-1], *([levels[0]] if scenario.spec.calibration.members else [])]
    return [level.scenario(scenario, level.seeds[0], {}).spec for level in told]


def runs_of(scenario: Scenario, policies: int = 0, policy_draws: int | None = None) -> list[tuple[Scenario, Counts]]:
    """Return a scenario of each level and how many runs ``calibrate`` makes at it; raises FitError as it does.

    Each policy, after ``expanded``, is run with the draws, at most one for each member, and with its own values. The
    figures decide how many steps are taken; the largest count assumes that each search takes all its steps.
    """
    levels, parameters, _, _ = _planned(scenario)
    counts = fitting.solving(len(levels[-1].seeds), len(parameters), len(levels))
    members = scenario.spec.calibration.members
    counts[0] = counts[0].plus(conditioning(members))
    draws = min(policy_draws or members, members)
    counts[0] = counts[0].plus(Counts(FEWEST + 1, draws + 1, draws + 1).times(policies))
    return [(level.scenario(scenario, level.seeds[0], {}), count) for level, count in zip(levels, counts, strict=True)]


def _evidence(scope: Scope, outcomes: Sequence[Outcome]) -> list[Document]:
    """Return the mean of each quantity of the evidence over runs, and its published range."""
    rows: list[Document] = []
    for number, known in enumerate(scope.evidence):
        values = [outcome["evidence"][number] for outcome in outcomes]
        mean = None if None in values else sum(values) / len(values)
        row = {key: getattr(known, key) for key in ("name", "value", "low", "high", "basis")}
        within = None if mean is None or known.claimed else known.low <= mean <= known.high
        claim = {"claimed": True} if known.claimed else {}
        rows.append({**row, **claim, "simulated": mean, "within": within})
    return rows


def _condition(
    scenario: Scenario,
    evaluations: fitting.Evaluations,
    data: Data,
    levels: Sequence[Level],
    fit: fitting.Fit,
    document: Document,
    tell: Callable[[str], None],
) -> Posterior | None:
    """Condition every free parameter on the data at the coarsest level, and report it; None with too few draws."""
    settings, seed = scenario.spec.calibration, scenario.spec.seed
    prior = Prior.of(scenario)
    parameters = prior.parameters
    model = Model(data, evaluations, levels[0], parameters, fit.values())
    unseen = Model(data, evaluations, levels[0], parameters, fit.values(), levels[0].seeds[-1] + 1)
    stated: dict[str, float] = dict(settings.discrepancy.items())
    errors = data.errors(stated)
    fitted = dict(zip(fit.values(), fit.coordinates, strict=True))
    start = np.array([fitted.get(one.key, one.coordinate(one.start)) for one in parameters])
    begun = Start(start, (data.expected() - data.observed) / errors, model.chance(errors))
    ensemble = sample_posterior(
        prior, begun, model.residuals(errors), unseen.residuals(errors), seed, settings.members, tell
    )
    draws = ensemble.accepted()
    add_ensemble(document, ensemble, draws)
    if len(draws.coordinates) < FEWEST:
        return None
    tell("leaving out windows, one at a time")
    add_known(document, draws, data, model, stated, seed)
    tell("finding the parameters that answers depend on")
    document["posterior"]["answers"] = totals_over(draws, model.base, unseen, seed)
    return draws


def _write_draws(path: Path, draws: Posterior, listed: Sequence[str]) -> None:
    """Store posterior draws, one on each row, as a scenario's ``calibration.draws``.

    What the run of a draw has found, of the ``listed`` values, is stored to the last digit, so that its policies meet
    the same gangs.
    """
    rows = [
        {**fitting.values_at(draws.parameters, coordinates), **_kept(outcome, listed)}
        for coordinates, outcome in zip(draws.coordinates, draws.outcomes, strict=True)
    ]
    with whole(path) as unfinished:
        pd.DataFrame(rows, dtype=object).rename_axis(DRAW).to_csv(unfinished, lineterminator="\n")


def _update(scenario: Scenario, document: Document, derived: Mapping[str, float], draws: str | None) -> Update:
    """Return the update of the scenario's file."""
    by_label = {row["figure"]: row for row in document["figures"]}
    figures: dict[int, dict[str, Any]] = {}
    scale = scenario.spec.calibration.scales[-1]
    for number, row in enumerate(scenario.spec.figures):
        known = by_label.get(fitting.label_of(row.name, row.window))
        if known is None or row.role == "input":
            continue
        figures[number] = {}
        # The file may have errors from runs of the whole country, which say more than runs of a part.
        if row.standard_error is None or scale == 1.0:
            figures[number]["standard_error"] = _short(error_of_whole(known["standard_error"], row, scale))
        if row.role != "fitted" and known.get("interval"):
            figures[number]["interval"] = [_short(end) for end in known["interval"]]
    return Update(
        values={one["key"]: one["value"] for one in document["parameters"]},
        targets={one["key"]: one["target"] for one in document["parameters"]},
        inherited=dict(full_forms(scenario.levers)),
        figures=figures,
        draws=draws,
        derived=derived,
    )


def _short(value: float) -> int | float:
    """Return a number to four significant digits."""
    rounded = significant(value, 4)
    return int(rounded) if rounded == int(rounded) else rounded

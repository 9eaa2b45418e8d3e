"""The page with sliders: one HTML file with everything in it; the same sweep gives the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from pydantic import BaseModel

from sim.base.rounding import percent
from sim.base.rounding import written as number_written
from sim.experiments.design import BOX, DesignError, Value
from sim.experiments.explored import Estimate, Explored, Lever, SweptQuantity, explored, planned_box
from sim.experiments.simulations import Asking, asked, demand_keywords
from sim.language.dates import day_named
from sim.language.labels import named
from sim.language.spoken import counted, said, telling_in
from sim.report.charts import in_script
from sim.report.explore import texts
from sim.report.explore.data import catalogue, data_of
from sim.report.filled import content_hash, filled
from sim.report.looks import capital
from sim.report.parts import Table, TableCell
from sim.scenario.options import Options, ScenarioLike
from sim.scenario.schema.population import Apart, Population
from sim.store.folder import demand_file, whole
from sim.told.vocabulary import quantity_named
from sim.warning.size import of_varied

if TYPE_CHECKING:
    from sim.scenario import Scenario

EXPLORE_HTML = "explore.html"
FOLDER = Path(__file__).parent
STYLES = (FOLDER.parent / "page.css", FOLDER / "explore.css")
SCRIPT = FOLDER / "explore.js"
TEMPLATE = "explore/explore.html.jinja"

POOR = 0.5
"""A card warns of noise if the other points predict a smaller share of the variance between points."""


@dataclass
class Card:
    """An outcome at the first setting of the page, in words."""

    name: str
    said: str
    level: str
    interval: str
    change: str
    change_interval: str
    poor: bool


@dataclass
class Slider:
    """A lever on the page: its step, its texts, and the place of the scenario's value, in percent of its length."""

    id: str
    key: str
    name: str
    description: str
    last: int
    step: int
    said: str
    low: str
    high: str
    present: str
    mark: float | None


def explore(
    scenario: ScenarioLike,
    vary: Mapping[str, Sequence[Value]] | None = None,
    samples: int | None = None,
    replicates: int = 1,
    folder: Path | None = None,
    out: str | Path | None = None,
    **asking: Unpack[Asking],
) -> Path:
    """Make the page with sliders over a sweep, which is simulated first unless it is finished.

    The sweep is an ordinary one, of a ``box``: after an interrupt the same call resumes it. FolderError is raised
    for a folder with other content or a name that no file can have.

    Args:
        scenario: A scenario, or the name or path of one; or the folder of a finished sweep, which needs no further
            runs.
        vary: The two ends of each lever by dotted key; an empty list stands for the parameter's own range. By default
            those of the scenario's ``sweep``.
        samples: The number of points, by default ``sim.experiments.design.usual_points`` of the levers.
        replicates: Runs of each point, with seeds counting up; from two on, intervals include run-to-run noise.
        folder: Where the sweep is kept, by default ``results/sweeps/NAME-HASH``.
        out: The page, by default ``explore.html`` in that folder.
        **asking: ``workers``, ``executor`` and ``progress``, see ``Computing``; changes of the scenario, see
            ``Options``.

    Returns:
        The path of the page.

    Raises:
        DesignError: For levers that cannot be varied or explored, or options with the folder of a finished sweep.
    """
    from sim.experiments.sweep import prepared, sweep

    demand_keywords("explore", asking, Asking.__optional_keys__)
    if out is not None:
        demand_file(Path(out))
    if isinstance(scenario, str | Path) and Path(scenario).is_dir():
        changes = next((key for key in Options.__annotations__ if asking.get(key) is not None), None)
        if changes is not None:
            raise DesignError(f"{changes}: a finished sweep cannot be combined with options of its scenario")
        return written(Path(scenario), out)
    found, computing = asked("explore", scenario, asking)
    place = prepared(found, planned_box(found, vary, samples), replicates, folder)
    sweep(found, vary, BOX, samples, replicates, place, **computing)
    return written(place, out)


def written(folder: Path, out: str | Path | None = None) -> Path:
    """Write the page of a finished sweep; it appears, or replaces an older one, whole or not at all."""
    path = folder / EXPLORE_HTML if out is None else Path(out)
    demand_file(path)
    found = explored(folder)
    with telling_in(found.scenario.spec.terms):
        text = page(found)
    with whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return path


def page(found: Explored) -> str:
    """Return the HTML of the page of a sweep."""
    numbers = [_nearest(lever.steps, lever.present) for lever in found.levers]
    start = [lever.steps.index(number) for lever, number in zip(found.levers, numbers, strict=True)]
    coordinates = [lever.coordinate(number) for lever, number in zip(found.levers, numbers, strict=True)]
    estimates = [(outcome, outcome.at(coordinates)) for outcome in found.outcomes if not outcome.is_constant]
    script = SCRIPT.read_text(encoding="utf-8")
    return filled(
        TEMPLATE,
        title=found.scenario.spec.title,
        lead=_lead(found),
        sliders=[_slider(at, lever, start[at], found.scenario) for at, lever in enumerate(found.levers)],
        setting=texts.setting_text(found, numbers),
        sentences=[texts.sentence(outcome, one) for outcome, one in estimates if outcome.name in texts.SENTENCES],
        cards=[_card(outcome, one) for outcome, one in estimates],
        constant=[
            (texts.name_of(outcome), texts.level_text(outcome.unit, float(outcome.simulated.flat[0])))
            for outcome in found.outcomes
            if outcome.is_constant
        ],
        left_out=[capital(quantity_named(name)) for name in found.left_out],
        mind=_mind(found),
        points=_points(found),
        checks=_checks(found),
        facts=_facts(found),
        data=in_script(data_of(found, start)),
        styles="".join(path.read_text(encoding="utf-8") for path in STYLES),
        script=script,
        hash=content_hash(script),
    )


def _nearest(steps: Sequence[float], number: float) -> float:
    return min(steps, key=lambda step: abs(step - number))


def _slider(at: int, lever: Lever, step: int, scenario: "Scenario") -> Slider:
    last = len(lever.steps) - 1
    mark = 100.0 * step / last if lever.is_inside else None
    low, said_there, high, present = (
        texts.lever_text(lever, number)
        for number in (lever.steps[0], lever.steps[step], lever.steps[-1], lever.present)
    )
    name, description = texts.lever_named(scenario, lever.key), _description(scenario, lever.key)
    return Slider(f"lever-{at}", lever.key, name, description, last, step, said_there, low, high, present, mark)


def _description(scenario: "Scenario", key: str) -> str:
    """Return the schema's description of a key, or an empty text."""
    place: Any = scenario.spec
    found: str | None = None
    for name in key.split("."):
        field = type(place).model_fields.get(name) if isinstance(place, BaseModel) else None
        found = None if field is None else field.description
        place = place[name] if isinstance(place, Mapping) else getattr(place, name)
    return found or ""


def _card(outcome: SweptQuantity, one: Estimate) -> Card:
    return Card(
        name=outcome.name,
        said=texts.name_of(outcome),
        level=texts.level_text(outcome.unit, one.level, texts.digits_of(one)),
        interval=_interval(outcome, one),
        change=texts.change_text(outcome, one),
        change_interval=texts.change_interval(outcome, one),
        poor=outcome.checked["explained"] < POOR,
    )


def _interval(outcome: SweptQuantity, one: Estimate) -> str:
    """Return the interval of a card, or the reason that it has none."""
    if one.low == one.high:
        return said(texts.FRAME["one_seed"]) if one.point is not None else ""
    low, high = (texts.level_text(outcome.unit, end, texts.digits_of(one)) for end in (one.low, one.high))
    return said(texts.FRAME["interval"], low=low, high=high)


def _lead(found: Explored) -> str:
    spec = found.scenario.spec
    return said(
        "Move the sliders to see outcomes for the whole country, interpolated between {points} simulated settings of "
        "{scenario}, {first} to {last}.",
        points=len(found.points),
        scenario=spec.name,
        first=day_named(spec.period.start),
        last=day_named(spec.period.end),
    )


def _mind(found: Explored) -> list[str]:
    """Return warnings about the sweep."""
    told = []
    if found.replicates == 1:
        told.append(
            said(
                "One seed was simulated, so no interval here includes run-to-run noise. Use --replicates 3 or more to "
                "include it."
            )
        )
    if found.present is None:
        told.append(said("The unchanged scenario was not simulated, so the page shows no differences from it."))
    told += [
        said(
            "{lever}: {value}, as in the scenario, lies outside the simulated range.",
            lever=texts.lever_named(found.scenario, lever.key),
            value=value,
        )
        for lever, value in ((lever, texts.lever_text(lever, lever.present)) for lever in found.levers)
        if not lever.is_inside
    ]
    if found.failed:
        told.append(
            counted(
                "One setting failed and is left out.",
                "{count} settings failed and are left out.",
                count=found.failed,
            )
        )
    ends = {lever.key: (lever.parameter.ends[0], lever.parameter.ends[1]) for lever in found.levers}
    return [*told, *of_varied(found.scenario, ends)]


def _points(found: Explored) -> Table:
    """Return every simulated point: its values, and the mean of each outcome over its replicates."""
    names = [texts.lever_named(found.scenario, lever.key) for lever in found.levers]
    columns = [said("point"), *names, *(texts.name_of(one) for one in found.outcomes)]
    amounts = [
        {point.number: float(each.mean()) for point, each in zip(one.points, one.simulated, strict=True)}
        for one in found.outcomes
    ]
    rows = []
    for point in found.points:
        told = [
            TableCell(texts.lever_text(lever, lever.parameter.read(value)), True)
            for lever, value in zip(found.levers, point.values, strict=True)
        ]
        for outcome, by_point in zip(found.outcomes, amounts, strict=True):
            amount = by_point.get(point.number)
            if amount is None and point == found.present and outcome.present is not None:
                amount = float(outcome.present.mean())
            told.append(TableCell("" if amount is None else texts.level_text(outcome.unit, amount), True))
        rows.append([TableCell(str(point.number)), *told])
    return Table(columns, rows)


def _checks(found: Explored) -> Table:
    """Return how well the other points predict each point, by outcome."""
    columns = [
        *(said("outcome"), said("lowest simulated"), said("highest simulated"), said("typical error")),
        *(said("largest error"), said("points within their intervals"), said("variance explained")),
    ]
    rows = []
    for outcome in found.outcomes:
        checked, unit = outcome.checked, outcome.unit
        sizes = (float(np.min(outcome.simulated)), float(np.max(outcome.simulated)))
        told = [*(texts.level_text(unit, size) for size in (*sizes, checked["typical"], checked["largest"]))]
        told += [percent(checked["inside"]), percent(max(0.0, checked["explained"]))]
        rows.append([TableCell(texts.name_of(outcome)), *(TableCell(text, True) for text in told)])
    return Table(columns, rows)


def _pooled(population: Population) -> tuple[str, bool]:
    """Return which provinces are pooled, and whether that is a key of the scenario, which nobody translates."""
    if not isinstance(population.pool, Apart):
        return population.pool, True
    apart = ", ".join(named(population.names[code]) for code in population.pool.apart)
    return said("{provinces} apart, all others pooled", provinces=apart), False


def _facts(found: Explored) -> list[tuple[str, str, bool]]:
    """Return facts by name, and whether each is a key or name, which nobody translates."""
    spec = found.scenario.spec
    several = said("{low} to {high}", low=spec.seed, high=spec.seed + found.replicates - 1)
    return [
        (said("scenario"), spec.name, True),
        (said("SHA-256 of the scenario"), found.scenario.sha256, True),
        (said("period"), said("{low} to {high}", low=spec.period.start, high=spec.period.end), False),
        (said("scale"), number_written(f"{spec.scale:g}"), False),
        (said("provinces"), *_pooled(spec.population)),
        (said("seeds"), str(spec.seed) if found.replicates == 1 else several, False),
        (said("simulated settings"), str(len(found.points)), False),
        (said("runs"), catalogue(found), True),
    ]

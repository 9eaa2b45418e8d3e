"""Data for the page's script in plain values.

A surface holds the terms of its predictions (``sim.experiments.surface``), so that the script needs a kernel, two sums
and one triangular solution. The script writes texts of ``texts``, and numbers by the rules of ``sim.base.rounding``.
"""

from typing import Any

from sim.base.rounding import rules
from sim.experiments.explored import SAME, Explored, Lever, SweptQuantity
from sim.experiments.intervals import quantile
from sim.report.explore.texts import NARROW, lever_named, lever_text, name_of, templates

Plain = dict[str, Any]


def data_of(found: Explored, start: list[int]) -> Plain:
    """Return the data for the page's script, ready for JSON; ``start`` has the first step of each slider."""
    return {
        "levers": [_lever(lever, lever_named(found.scenario, lever.key)) for lever in found.levers],
        "start": start,
        "points": [
            {
                "number": point.number,
                "at": list(point.coordinates),
                "said": [
                    lever_text(lever, lever.parameter.read(value))
                    for lever, value in zip(found.levers, point.values, strict=True)
                ],
            }
            for point in found.points
            if point.is_inside
        ],
        "outcomes": [_outcome(outcome) for outcome in found.outcomes if not outcome.is_constant],
        "texts": templates(),
        "numbers": rules(),
        "same": SAME,
        "narrow": NARROW,
        "chance": quantile(found.replicates) / found.replicates**0.5 if found.replicates > 1 else 0.0,
        "catalogue": catalogue(found),
        "command": f"tocsin run {found.folder.as_posix()}/scenario.yaml",
    }


def catalogue(found: Explored) -> str:
    """Return the file that lists the runs of a sweep."""
    return f"{found.folder.as_posix()}/catalogue.parquet"


def _lever(lever: Lever, name: str) -> Plain:
    """Return a lever: for each step of its slider the coordinate, the value in a scenario, the number and the text."""
    return {
        "key": lever.key,
        "name": name,
        "unit": lever.parameter.unit,
        "at": [lever.coordinate(number) for number in lever.steps],
        "values": [str(lever.parameter.written(number)) for number in lever.steps],
        "numbers": lever.steps,
        "said": [lever_text(lever, number) for number in lever.steps],
        "present": lever.coordinate(lever.present) if lever.is_inside else None,
    }


def _outcome(outcome: SweptQuantity) -> Plain:
    surface = outcome.surface
    return {
        "name": outcome.name,
        "said": name_of(outcome),
        "unit": outcome.unit,
        "logarithmic": outcome.is_logarithmic,
        "most": None if outcome.most == float("inf") else outcome.most,
        "numbers": [point.number for point in outcome.points],
        "points": surface.points.tolist(),
        "simulated": outcome.simulated.tolist(),
        "present": None if outcome.present is None else outcome.present.tolist(),
        "lengths": surface.lengths.tolist(),
        "chance": surface.chance,
        "deviation": surface.deviation,
        "width": surface.width,
        "slopes": surface.slopes.tolist(),
        "weights": surface.weights.tolist(),
    }

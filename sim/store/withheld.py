"""Withhold costs of desks whose staff changes by more than a tenth when it is rounded to whole seats.

Desks of a sampled country have whole seats, at least one each. If many desks are small, their seats differ from the
scenario's staff, and so would their costs; no number is better than a wrong one.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from sim.base.rounding import amount, written
from sim.base.words import DESK_LABELS
from sim.language.labels import named
from sim.language.spoken import said
from sim.scenario.schema.pooling import options

if TYPE_CHECKING:
    from sim.scenario.schema import ScenarioModel

TENTH = 0.1
"""Relative difference of staff time from the scenario's above which its cost is withheld."""

NOISE = 1e-9
"""Relative difference that rounding of doubles can cause."""

SCALES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Scales that messages offer; costs of the whole country are never withheld."""

Specs = Sequence["ScenarioModel"]


def rounded_desks(spec: "ScenarioModel") -> dict[str, float]:
    """Return simulated over stated staff time of the desks that rounding changes by more than a tenth, by label."""
    if spec.scale >= 1.0:
        return {}
    from sim.country.schedule import staff_time

    times = zip(DESK_LABELS, staff_time(spec), strict=True)
    return {desk: seats / staff for desk, (seats, staff) in times if abs(seats - staff) > TENTH * staff}


def rounded_change(base: "ScenarioModel", other: "ScenarioModel") -> list[str]:
    """Return the desks whose simulated change in staff time differs from the stated one by more than a tenth."""
    if base.desks == other.desks or base.scale >= 1.0:
        return []
    from sim.country.schedule import staff_time

    found = []
    for desk, (seats, staff), (more_seats, more_staff) in zip(
        DESK_LABELS, staff_time(base), staff_time(other), strict=True
    ):
        simulated, stated = more_seats - seats, more_staff - staff
        if abs(simulated - stated) > TENTH * abs(stated) + NOISE * staff:
            found.append(desk)
    return found


def run_withheld(spec: "ScenarioModel") -> str:
    """Return why costs of a run are withheld and how to get them; empty if they are not, or without prices."""
    found = {} if spec.costs is None else rounded_desks(spec)
    if not found:
        return ""
    return said(
        "Costs are withheld: at scale {scale}, rounding to whole seats gives {desks} the scenario's staff. {remedy}",
        scale=written(f"{spec.scale:g}"),
        desks=", ".join(
            said("the {desk} desks {times} times", desk=named(desk), times=amount(times))
            for desk, times in found.items()
        ),
        remedy=_remedy([spec], lambda specs: rounded_desks(specs[0])),
    )


def change_withheld(base: "ScenarioModel", other: "ScenarioModel") -> str:
    """Return why cost differences of two scenarios are withheld, as ``run_withheld`` does."""
    if base.costs is None or other.costs is None:
        return ""
    told = run_withheld(base) or run_withheld(other)
    found = [] if told else rounded_change(base, other)
    if not found:
        return told
    return said(
        "Cost differences are withheld: at scale {scale}, rounding to whole seats distorts the change in staff by over "
        "10% at these desks: {desks}. {remedy}",
        scale=written(f"{base.scale:g}"),
        desks=", ".join(map(named, found)),
        remedy=_remedy([base, other], lambda specs: rounded_change(*specs) or rounded_desks(specs[0])),
    )


def _remedy(specs: Specs, rounded: "Callable[[Specs], Collection[str]]") -> str:
    """Return in words the pool, or the smallest scale of ``SCALES``, with which nothing is withheld."""
    kind = specs[0].coarsest()
    pooled = [] if kind is None else [one for spec in specs if (one := spec.pooled_further(kind)) is not None]
    if kind is not None and len(pooled) == len(specs) and not rounded(pooled):
        option = options(kind, specs[0].population.names)
        return said("Use {option} or a larger scale.", option=option)
    scale = next(
        one
        for one in SCALES
        if one > specs[0].scale and not rounded([spec.model_copy(update={"scale": one}) for spec in specs])
    )
    option = f"--scale {scale:g}"
    return said("Use {option} or larger.", option=option)

"""Settings of event logs, sweeps and calibration; no simulated day depends on them."""

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.bounds import Discrepancy, Members, Probability, Samples, Scale, Seeds
from sim.scenario.schema.base import DottedKey, Naming, Part
from sim.scenario.tables import CsvFile

Family = Literal["alerts", "cards", "cases", "dens", "interceptions", "money", "suspects"]
"""Families of figures, each with its own discrepancy of the model."""


class Record(Part):
    """Which events are written: none, all, or those of a share of attempts and contacts."""

    events: Literal["none", "all"] | Probability = "none"
    """Which events are logged one by one: none, all, or those of a share of all attempts and contacts. Unit: share, or
    a word. More: a larger log; results stay the same. Example: `0.01`"""


class Sweep(Part):
    """Parameters to vary, each with its values, and how they are combined."""

    design: Literal["grid", "sobol", "lhs"] = "grid"
    """How values are combined: grid (every combination), or sobol or lhs (points spread evenly over the ranges).
    Example: `grid`"""
    samples: Samples | None = None
    """Points of a design other than grid. Unit: points. More: a denser design and as many more runs. Example: `64`"""
    vary: dict[DottedKey, list[str | float | int | bool]] = Field(default_factory=dict)
    """Parameters to vary, by dotted key, each with its values or, for a design other than grid, with both ends of a
    range. Unit: as the parameter. More: another value tried. Example: `{desks.visit.staff: [2000, 4000, 8000]}`"""


class Order(Part):
    """Parameters whose values are known to be ordered."""

    order: Annotated[list[DottedKey], Field(min_length=2)]
    """Dotted keys of numbers with a range, from the smallest value to the largest; equal values are allowed. Example:
    `[warning.tiers.red.deadline, warning.tiers.orange.deadline]`"""
    basis: Annotated[str, Field(min_length=1)]
    """Why the order is known. Example: `a graver tier is not slower`"""


class Calibration(Part):
    """How the calibrated parameters are fitted to the fitted figures.

    ``parameters`` are the dotted keys that may move; an empty list means all with a range. ``scales`` are those of the
    runs, from coarse to fine, with ``seeds`` replicates each. ``members`` is the size of the posterior's ensemble, 0
    for none. ``evidence`` constrains the posterior in addition to the figures, and ``discrepancy`` is how far off the
    figures of a family are at best. ``draws`` names the table of posterior draws, see ``sim.scenario.stored_draws``.
    """

    parameters: list[DottedKey] = Field(default_factory=list)
    """Dotted keys of the parameters that may move; an empty list means all with a range, except costs. Example:
    `[fraud.volumes.call.level]`"""
    scales: Annotated[list[Scale], Field(min_length=1)] = Field(default_factory=lambda: [0.005, 1.0])
    """Scales of the runs of the fit, from coarse to fine; expectations use the last. Unit: share of the country. More:
    slower, and less run-to-run noise in the fit. Example: `[0.005, 0.02]`"""
    seeds: Seeds = 8
    """Replicates averaged at each scale. Unit: runs. More: slower, and less run-to-run noise in the fit. Example: `8`
    """
    members: Members = 0
    """Posterior draws in the ensemble; 0 makes none. Unit: draws. More: slower, and a better picture of the
    uncertainty. Example: `240`"""
    derived: list[DottedKey] = Field(default_factory=list)
    """Dotted keys of values that a calibration leaves out of its runs: each run then finds its own, and the calibration
    writes them into the file and into each draw. Example: `[gangs.answer.usual]`"""
    discrepancy: dict[Family, Discrepancy] = Field(default_factory=dict)
    """By family of figures, how far the model is off at its best parameters: a standard deviation. Unit: share of a
    level. More: wider intervals, and figures that constrain less. Example: `{cases: 0.04}`"""
    evidence: list[Annotated[str, Naming("quantity")]] = Field(default_factory=list)
    """Names of evidence that constrains the posterior, in addition to the figures. Example: `[recall_call, loss_mean]`
    """
    draws: CsvFile | None = Field(default=None, exclude=True)
    """Name of the CSV file of posterior draws, stored next to the scenario. Example: `week-draws.csv`"""

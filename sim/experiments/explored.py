"""Explore a finished sweep: its levers, and a surface for each outcome that predicts values between its points.

Any sweep that varies numbers will do; a ``box`` is made for it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.base.words import Tier
from sim.experiments.design import BOX, Design, DesignError, Value, counted, least_points
from sim.experiments.intervals import quantile
from sim.experiments.parameters import DECIMALS, DIGITS, Parameter, parameter_over
from sim.experiments.store import claimed, finished_request, read_frame
from sim.experiments.surface import Surface, fitted
from sim.experiments.sweep import CATALOGUE, DONE, KIND, POINT, REPLICATE, STATUS, planned
from sim.reading.headline import HEADLINE
from sim.reading.quantities import IN_MONEY
from sim.warning.size import of_varied

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario import Scenario

Array = npt.NDArray[np.float64]

MOST_LEVERS, MOST_POINTS = 8, 512
"""Limits of a page: sliders that a person can move, points whose surface a phone can evaluate."""

MOST_STEPS = 200
"""Steps of a slider, without those for the scenario's own value and the ends."""

PEOPLE, MONEY, SHARE, MINUTES = "people", "money", "share", "minutes"

OUTCOMES: dict[str, str] = {
    **{name: MONEY if name in IN_MONEY else PEOPLE for name in HEADLINE if name != "episodes"},
    "cost_money.total": MONEY,
    "first_contact_red": MINUTES,
    **{f"expired_{tier}": SHARE for tier in Tier.labels()},
}
"""The columns of a catalogue that are explored where they exist, and their units."""

SAME = 1e-9
"""Difference up to which coordinates count as equal."""


@dataclass(frozen=True)
class Lever:
    """A number that was varied: its simulated range, and the scenario's own value in its unit (``present``)."""

    parameter: Parameter
    present: float

    @property
    def key(self) -> str:
        """Its dotted key."""
        return self.parameter.key

    @property
    def is_inside(self) -> bool:
        """Whether the scenario's own value lies within the simulated range."""
        return self.parameter.low <= self.present <= self.parameter.high

    def coordinate(self, number: float) -> float:
        """Return the coordinate of a number that lies in the range."""
        return min(max(self.parameter.coordinate(number), 0.0), 1.0)

    @cached_property
    def steps(self) -> list[float]:
        """Return the stops of a slider: round numbers, both ends, and the scenario's own value."""
        one = self.parameter
        found = {one.low, one.high, *([self.present] if self.is_inside else [])}
        if one.logarithmic:
            rough = (one.low * (one.high / one.low) ** (step / MOST_STEPS) for step in range(MOST_STEPS))
            found |= {self._rounded(float(f"{number:.2g}")) for number in rough}
        else:
            step = self._step((one.high - one.low) / MOST_STEPS)
            first, last = math.ceil(one.low / step), math.floor(one.high / step)
            found |= {self._rounded(number * step) for number in range(first, last + 1)}
        return sorted(number for number in found if one.low <= number <= one.high)

    @property
    def _is_whole(self) -> bool:
        return self.parameter.kind is not float

    def _rounded(self, number: float) -> float:
        if self._is_whole:
            return float(round(number))
        decimals = DECIMALS.get(self.parameter.unit)
        return float(f"{number:.{DIGITS}g}") if decimals is None else round(number, decimals)

    def _step(self, rough: float) -> float:
        """Return the smallest 1, 2 or 5 times a power of ten that is not smaller, and whole where it must be."""
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(times * power for times in (1.0, 2.0, 5.0, 10.0) if times * power >= rough * (1.0 - SAME))
        return max(1.0, step) if self._is_whole else step


@dataclass(frozen=True)
class Point:
    """A simulated point: its number in the catalogue, its values, and its place in the box."""

    number: int
    values: tuple[Value, ...]
    coordinates: tuple[float, ...]

    @property
    def is_inside(self) -> bool:
        """Whether it lies in the box; the scenario as it is may not."""
        return all(-SAME <= one <= 1.0 + SAME for one in self.coordinates)


@dataclass(frozen=True)
class Estimate:
    """The prediction for a setting, with a 95% interval.

    ``more`` is the difference from the unchanged scenario, None where that was not simulated; ``point`` is where the
    setting was simulated, None where it is interpolated.
    """

    level: float
    low: float
    high: float
    more: float | None
    more_low: float | None
    more_high: float | None
    point: int | None


@dataclass(frozen=True)
class SweptQuantity:
    """An outcome of a sweep.

    Attributes:
        points: The points in the box at which it has a value.
        simulated: (points, replicates) The simulated values.
        present: (replicates,) The values of the unchanged scenario; None where that was not simulated.
    """

    name: str
    unit: str
    points: tuple[Point, ...]
    simulated: Array
    present: Array | None

    @cached_property
    def is_logarithmic(self) -> bool:
        """Whether the surface is fitted to logarithms: waits span orders of magnitude."""
        return self.unit == MINUTES and bool((self.simulated > 0).all())

    @cached_property
    def is_constant(self) -> bool:
        """Whether all simulated values are equal."""
        return bool((self.simulated == self.simulated.flat[0]).all())

    @property
    def most(self) -> float:
        """The largest possible value."""
        return 1.0 if self.unit == SHARE else math.inf

    @cached_property
    def surface(self) -> Surface:
        """The surface through its points."""
        coordinates = np.array([point.coordinates for point in self.points])
        return fitted(coordinates, np.log(self.simulated) if self.is_logarithmic else self.simulated)

    def amounts(self, heights: Array) -> Array:
        """Return values of the outcome from heights of the surface."""
        return np.clip(np.exp(heights) if self.is_logarithmic else heights, 0.0, self.most)

    def at(self, coordinates: Sequence[float]) -> Estimate:
        """Return the prediction for coordinates from 0 to 1; interpolation error and noise add up in squares."""
        place = np.array(coordinates, dtype=np.float64)
        found = self._simulated_at(place)
        if found is not None:
            each = self.simulated[found]
            near = far = level = float(each.mean())
        else:
            heights, deviation = self.surface.at(place[None])
            each = self.amounts(heights[0])
            level = float(each.mean())
            middle, half = float(heights[0].mean()), self.surface.width * float(deviation[0])
            near, far = (float(one) for one in self.amounts(np.array([middle - half, middle + half])))
            near, far = min(near, level), max(far, level)
        chance = _chance(each)
        low, high = level - math.hypot(level - near, chance), level + math.hypot(far - level, chance)
        more = more_low = more_high = None
        if self.present is not None:
            apart = each - self.present
            more, chance = float(apart.mean()), _chance(apart)
            more_low, more_high = more - math.hypot(level - near, chance), more + math.hypot(far - level, chance)
        number = None if found is None else self.points[found].number
        return Estimate(level, max(low, 0.0), min(high, self.most), more, more_low, more_high, number)

    def _simulated_at(self, place: Array) -> int | None:
        apart = np.abs(self.surface.points - place).max(axis=1)
        nearest = int(apart.argmin())
        return nearest if apart[nearest] <= SAME else None

    @cached_property
    def checked(self) -> dict[str, float]:
        """How well each point is predicted by all others.

        ``typical`` (root mean square) and ``largest`` errors are in the unit of the outcome; ``inside`` is the share of
        points within their intervals; ``explained`` the predicted share of the variance over the points, 0 or less
        where the surface predicts no better than the mean.
        """
        errors, deviations = self.surface.left_out
        heights = self.surface.values.mean(axis=1)
        missed = self.amounts(heights - errors) - self.amounts(heights)
        spread = float(np.sum((heights - heights.mean()) ** 2))
        return {
            "typical": float(np.sqrt(np.mean(missed**2))),
            "largest": float(np.abs(missed).max()),
            "inside": float(np.mean(np.abs(errors) <= self.surface.width * deviations + SAME * np.abs(heights))),
            "explained": 1.0 - float(np.sum(errors**2)) / spread if spread else 1.0,
        }


@dataclass(frozen=True)
class Explored:
    """A finished sweep with a surface for each outcome; ``points`` are those of which all runs finished."""

    folder: Path
    scenario: "Scenario"
    levers: tuple[Lever, ...]
    points: tuple[Point, ...]
    failed: int
    replicates: int
    outcomes: tuple[SweptQuantity, ...]
    left_out: tuple[str, ...]

    @cached_property
    def present(self) -> Point | None:
        """The point of the unchanged scenario; None where it was not simulated."""
        return _present(self.levers, self.points)


def explored(folder: Path) -> Explored:
    """Return a finished sweep with its surfaces.

    A sweep without surfaces (it varied something other than numbers, or too much with too few points) raises a
    DesignError; a folder without a finished sweep, a FolderError.
    """
    request = finished_request(folder, KIND)
    frame = read_frame(folder, KIND, CATALOGUE)
    scenario = claimed(folder, KIND)
    levers = tuple(_lever(scenario, key, values) for key, values in request["vary"].items())
    points = _points(frame, levers, int(request["replicates"]))
    inside = {point.coordinates: point for point in reversed(points) if point.is_inside}
    demand_explorable(len(levers), len(inside))
    kept = sorted(inside.values(), key=lambda point: point.number)
    found = [_outcome(frame, name, unit, kept, _present(levers, points)) for name, unit in OUTCOMES.items()]
    return Explored(
        folder,
        scenario,
        levers,
        points,
        int(request["points"]) - len(points),
        int(request["replicates"]),
        tuple(one for one in found if isinstance(one, SweptQuantity)),
        tuple(one for one in found if isinstance(one, str)),
    )


def planned_box(scenario: "Scenario", vary: Mapping[str, Sequence[Value]] | None, samples: int | None) -> Design:
    """Return the design of a box that can be explored; raises DesignError if there is none, or it is too large."""
    plan = planned(scenario, vary, BOX, samples)
    levers = [_lever(scenario, axis.key, axis.given) for axis in plan.axes]
    # The scenario as it is lies on no surface where it is outside, and whole steps may merge points.
    demand_explorable(len(levers), len(plan) if all(lever.is_inside for lever in levers) else len(plan) - 1)
    return plan


def warned(folder: Path) -> list[str]:
    """Return the warnings about a finished sweep; raises FolderError where there is none."""
    request = finished_request(folder, KIND)
    return of_varied(claimed(folder, KIND), request["vary"])


def demand_explorable(levers: int, points: int) -> None:
    """Raise DesignError unless a page can show this number of levers and points of a box."""
    if levers > MOST_LEVERS:
        raise DesignError(f"a page has at most {MOST_LEVERS} levers; got {levers}")
    least = least_points(levers)
    if not least <= points <= MOST_POINTS:
        raise DesignError(
            f"a page over {counted(levers, 'lever')} needs {least} to {MOST_POINTS} finished points; got {points}"
        )


def _lever(scenario: "Scenario", key: str, values: Sequence[Value]) -> Lever:
    parameter = parameter_over(scenario, key, values)
    if parameter is None:
        shown = ",".join(map(str, values))
        raise DesignError(f"{key}={shown}: a page needs two different numbers; use a sweep that varies numbers")
    return Lever(parameter, parameter.start)


def _points(frame: "pd.DataFrame", levers: Sequence[Lever], replicates: int) -> tuple[Point, ...]:
    """Return the points of which all runs finished."""
    done = frame[frame[STATUS] == DONE].groupby(POINT)[REPLICATE].count()
    found = []
    for number in done[done == replicates].index:
        row = frame[frame[POINT] == number].iloc[0]
        values = tuple(_plain(row[lever.key]) for lever in levers)
        numbers = [lever.parameter.read(value) for lever, value in zip(levers, values, strict=True)]
        found.append(Point(int(number), values, tuple(map(_coordinate, levers, numbers))))
    return tuple(found)


def _coordinate(lever: Lever, number: float) -> float:
    """Return the coordinate of a number; 2, which lies outside, where it has no logarithm."""
    if lever.parameter.logarithmic and number <= 0.0:
        return 2.0
    found = lever.parameter.coordinate(number)
    return float(round(found)) if min(abs(found), abs(found - 1.0)) <= SAME else found


def _present(levers: Sequence[Lever], points: Sequence[Point]) -> Point | None:
    numbers = [lever.present for lever in levers]
    for point in points:
        read = [lever.parameter.read(value) for lever, value in zip(levers, point.values, strict=True)]
        if np.allclose(read, numbers, rtol=SAME, atol=0.0):
            return point
    return None


def _outcome(
    frame: "pd.DataFrame", name: str, unit: str, points: Sequence[Point], present: Point | None
) -> SweptQuantity | str | None:
    """Return an outcome; its name where it has too few values; None where the catalogue has no such column."""
    if name not in frame.columns:
        return None
    wide = frame.pivot_table(index=POINT, columns=REPLICATE, values=name, aggfunc="first", dropna=False)
    rows = {
        int(number): row
        for number, row in zip(wide.index, wide.to_numpy(dtype=np.float64, na_value=np.nan), strict=True)
    }
    whole = [point for point in points if point.number in rows and not np.isnan(rows[point.number]).any()]
    if len(whole) < least_points(len(points[0].coordinates)):
        return name
    base = rows.get(present.number) if present is not None else None
    if base is not None and np.isnan(base).any():
        base = None
    return SweptQuantity(name, unit, tuple(whole), np.array([rows[point.number] for point in whole]), base)


def _chance(each: Array) -> float:
    """Return half the width of the interval of a mean over replicates; 0 for one replicate, which shows no noise."""
    return quantile(len(each)) * float(each.std(ddof=1)) / math.sqrt(len(each)) if len(each) > 1 else 0.0


def _plain(value: Any) -> Value:
    plain: Value = value.item() if isinstance(value, np.generic) else value
    return plain

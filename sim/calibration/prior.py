"""The prior: a distribution over the range of each free parameter, and orders of values that are known.

A parameter's coordinate is its place in its range, from 0 to 1 (``sim.experiments.parameters``); a normal score is
standard normal in the prior. The shape of a range says how both belong together:

- ``logit_normal``: the log odds of the coordinate are normal with a standard deviation of 1 and the scenario's own
  value as median. So nine tenths lie between 0.16 and 0.84 of a range whose middle is the value; near an end, or in a
  range that is even in the logarithm, it resembles a lognormal distribution.
- ``triangular``: the density falls linearly to 0 at both ends from its top at the scenario's own value.
- ``flat``: even over the range.

Draws that break an order of the scenario's ``constraints`` are sorted: the ends of ranges are ordered, too, so sorted
values lie inside their ranges. Of values with equal priors, sorting gives the prior given the order.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim.base.failures import RefusedError
from sim.draws.functions import exp, log, normal_cdf, normal_quantile
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import MEMBER
from sim.experiments.parameters import Parameter, free_parameters, in_unit
from sim.scenario import Scenario
from sim.scenario.keys import keys_at
from sim.scenario.merging import LOGIT_NORMAL, TRIANGULAR

Array = npt.NDArray[np.float64]

EDGE = 1e-4
"""The smallest distance of a coordinate from 0 and 1 for its normal score."""


SPREAD_DRAWS = 1000
"""Draws from which the spread of scores in the prior is computed."""


class PriorError(RefusedError, ValueError):
    """A constraint that no prior can keep: which one, and what is allowed, in one line."""


@dataclass(frozen=True)
class Chain:
    """Parameters, by number, whose values are ordered; numbers are compared in the unit of the first."""

    numbers: tuple[int, ...]
    units: tuple[float, ...]


@dataclass(frozen=True)
class Prior:
    """The prior of some parameters. Arrays of draws are (draws, parameters)."""

    parameters: tuple[Parameter, ...]
    chains: tuple[Chain, ...] = ()

    @classmethod
    def of(cls, scenario: Scenario) -> "Prior":
        """Return the prior of a scenario's free parameters; an order binds those of its keys that are free.

        Raises PriorError for a constraint that cannot be kept, UnknownKeyError for one with a key that no scenario has.
        """
        parameters = tuple(free_parameters(scenario))
        places = {one.key: number for number, one in enumerate(parameters)}
        chains = []
        for constraint in scenario.spec.constraints:
            for key in constraint.order:
                keys_at(key)
            bound = tuple(places[key] for key in constraint.order if key in places)
            if len(bound) > 1:
                chains.append(_chain(bound, parameters))
        return cls(parameters, tuple(chains))

    def draw(self, seed: int, members: int) -> Array:
        """Draw normal scores from the prior; each draw and parameter has its own identity."""
        drawn = np.empty((members, len(self.parameters)))
        for member in range(members):
            for number in range(len(self.parameters)):
                high, low, _, _ = draw4(seed, member + 1, MEMBER, number)
                drawn[member, number] = normal_quantile(uniform52(high, low))
        return self.ordered(drawn)

    def coordinates(self, scores: Array) -> Array:
        """Return the coordinates of normal scores."""
        columns = [_each(one, column, _coordinate) for one, column in zip(self.parameters, scores.T, strict=True)]
        return np.array(columns).T.reshape(scores.shape)

    def scores(self, coordinates: Array) -> Array:
        """Return the normal scores of coordinates."""
        inside = np.clip(coordinates, EDGE, 1.0 - EDGE)
        columns = [_each(one, column, _score) for one, column in zip(self.parameters, inside.T, strict=True)]
        return np.array(columns).T.reshape(coordinates.shape)

    def ordered(self, scores: Array) -> Array:
        """Return normal scores with the values of each chain sorted; scores that keep all orders are unchanged."""
        if not self.chains:
            return scores
        found = scores.copy()
        for row in found:
            while any(self._sorted(row, chain) for chain in self.chains):
                pass
        return found

    @cached_property
    def spread(self) -> Array:
        """The standard deviation of each normal score in the prior, (parameters,): 1 where no order binds it."""
        if not self.chains:
            return np.ones(len(self.parameters))
        return np.asarray(self.draw(0, SPREAD_DRAWS).std(axis=0))

    def _sorted(self, row: Array, chain: Chain) -> bool:
        """Sort the values of a chain in a row of scores; return whether that changed any."""
        coordinates = [_coordinate(self.parameters[one], float(row[one])) for one in chain.numbers]
        numbers = [
            self.parameters[one].unrounded(place) * unit
            for one, place, unit in zip(chain.numbers, coordinates, chain.units, strict=True)
        ]
        if all(before <= after for before, after in pairwise(numbers)):
            return False
        for one, number, unit in zip(chain.numbers, sorted(numbers), chain.units, strict=True):
            place = min(max(self.parameters[one].coordinate(number / unit), EDGE), 1.0 - EDGE)
            row[one] = _score(self.parameters[one], place)
        return True


def _chain(numbers: tuple[int, ...], parameters: Sequence[Parameter]) -> Chain:
    """Return a chain; raises PriorError unless units agree, and ends of ranges and own values are ordered."""
    first = parameters[numbers[0]]
    try:
        units = tuple(in_unit(parameters[one], 1.0, first) for one in numbers)
    except ValueError as error:
        raise PriorError(f"constraints: {error}; name numbers of one kind") from None
    for before, after in pairwise(range(len(numbers))):
        one, other = parameters[numbers[before]], parameters[numbers[after]]
        for what, low, high in (
            ("value", one.start, other.start),
            ("lower end", one.low, other.low),
            ("upper end", one.high, other.high),
        ):
            if low * units[before] > high * units[after]:
                raise PriorError(
                    f"constraints: the {what} of {one.key} is above that of {other.key}; values and ranges must have "
                    "the stated order"
                )
    return Chain(numbers, units)


def _each(parameter: Parameter, column: Array, convert: Callable[[Parameter, float], float]) -> list[float]:
    return [convert(parameter, float(one)) for one in column]


def _coordinate(parameter: Parameter, score: float) -> float:
    """Return the coordinate of a normal score."""
    if parameter.shape == LOGIT_NORMAL:
        return 1.0 / (1.0 + exp(-_log_odds(parameter.coordinate(parameter.start)) - score))
    part = normal_cdf(score)
    if parameter.shape != TRIANGULAR:
        return part
    top = parameter.coordinate(parameter.start)
    return math.sqrt(part * top) if part < top else 1.0 - math.sqrt((1.0 - part) * (1.0 - top))


def _score(parameter: Parameter, coordinate: float) -> float:
    """Return the normal score of a coordinate between 0 and 1."""
    if parameter.shape == LOGIT_NORMAL:
        return _log_odds(coordinate) - _log_odds(parameter.coordinate(parameter.start))
    if parameter.shape != TRIANGULAR:
        return normal_quantile(coordinate)
    top = parameter.coordinate(parameter.start)
    part = coordinate**2 / top if coordinate < top else 1.0 - (1.0 - coordinate) ** 2 / (1.0 - top)
    return normal_quantile(min(max(part, EDGE**2), 1.0 - EDGE**2))


def _log_odds(part: float) -> float:
    return log(part / (1.0 - part))


def draw_errors(seed: int, members: int, data: int) -> Array:
    """Draw the errors of each member's observations: (members, data), standard normal."""
    drawn = np.empty((members, data))
    for member in range(members):
        for number in range(data):
            drawn[member, number] = normal_quantile(uniform32(draw4(seed, member + 1, MEMBER, number)[2]))
    return drawn

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

Posterior draws are stored with a scenario, next to tables of their answers and figures. These figures are those of the
draws' own runs, without the bias of the level at which they were made, discrepancy of the model and rounding.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.base.days import ORIGIN
from sim.base.failures import RefusedError
from sim.calibration.fit import Data, Model
from sim.draws.functions import exp, log, normal_cdf, normal_quantile
from sim.draws.philox import draw4, uniform32, uniform52
from sim.draws.purposes import MEMBER
from sim.experiments.parameters import Parameter, free_parameters, in_unit
from sim.reading.intervals import DRAW, HASH, TAILS, policy_digest, policy_digests, read_answers, stored_answers
from sim.reading.intervals import SUFFIX as ANSWERS
from sim.reading.run import Outcome
from sim.scenario import Scenario, load_scenario
from sim.scenario.keys import keys_at
from sim.scenario.load import posterior as table_of
from sim.scenario.load import read_files
from sim.scenario.merging import LOGIT_NORMAL, TRIANGULAR
from sim.scenario.merging import SUFFIX as DRAWS
from sim.scenario.provinces import coded_key, names_in
from sim.store.folder import whole

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
        return self._each(scores, _coordinate)

    def scores(self, coordinates: Array) -> Array:
        """Return the normal scores of coordinates."""
        return self._each(np.clip(coordinates, EDGE, 1.0 - EDGE), _score)

    def _each(self, values: Array, convert: Callable[[Parameter, float], float]) -> Array:
        """Return each value (draws, parameters) converted by its parameter."""
        columns = zip(self.parameters, values.T, strict=True)
        converted = [[convert(one, float(value)) for value in column] for one, column in columns]
        return np.array(converted).T.reshape(values.shape)

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


SHOWN = 10
"""Parameters that a notebook shows by the bare name of a posterior: those that the data moved most."""

SUFFIX = "-figures.csv"

Figures = Mapping[str, Sequence[float]]
"""The figures of draws, by label (``sim.calibration.fit.label_of``): (draws,), in the figure's unit."""


def figures_of_draws(data: Data, model: Model, outcomes: Sequence[Outcome]) -> Figures:
    """Return the counted figures of the draws' runs, by label, without the bias of the level."""
    columns = zip(data.counted, model.figures(outcomes).T, strict=True)
    return {data.targets.label(number): data.targets.unscale(number, scaled).tolist() for number, scaled in columns}


def write_figures(path: Path, scenario: Scenario, figures: Figures) -> None:
    """Store the figures of the draws of a scenario, to six digits: one row per draw, one column per label."""
    table = pd.DataFrame(figures).rename_axis(DRAW)
    table.insert(0, HASH, policy_digests(scenario))
    with whole(path) as unfinished:
        table.to_csv(unfinished, float_format="%.6g", lineterminator="\n")


def read_figures(path: Path, scenario: Scenario) -> pd.DataFrame | None:
    """Return stored figures, one row per draw and one column per label; None if they are another scenario's."""
    table = pd.read_csv(path, index_col=DRAW)
    own = policy_digest(scenario)
    found = table[[own in known.split() for known in table.pop(HASH)]]
    return None if found.empty else found


class PosteriorDraws(pd.DataFrame):
    """The posterior draws of a scenario, as a table: one row per draw, one column per dotted key, cells as in its file.

    Attributes:
        scenario: The scenario, with its own values.
        answers: Its stored answers: one row per draw, one column per total; None without any.
        figures: Its stored figures: one row per draw, one column per figure and window; None without any.
        fixed: Columns that ``summary`` leaves out: the scenario replaces the value, or has no range for it.
    """

    _metadata = ["scenario", "answers", "figures", "fixed"]  # noqa: RUF012, the type of pandas

    scenario: Scenario
    answers: pd.DataFrame | None
    figures: pd.DataFrame | None
    fixed: tuple[str, ...]

    def summary(self) -> pd.DataFrame:
        """Return what the data say about each parameter.

        Returns:
            One row per dotted key, those that the data moved most first: ``unit``, the scenario's own ``value``, the
            ends ``low`` and ``high`` of its range, the 5, 50 and 95 % quantiles of the draws, and ``spread_left``, the
            share of the prior's standard deviation that is left, of normal scores (``sim.calibration.posterior``).
            Dates are days since 2000-01-01.
        """
        free, names = free_parameters(self.scenario), names_in(self.scenario.root())
        spread = Prior.of(self.scenario).spread
        places = {one.key: number for number, one in enumerate(free)}
        rows = {}
        for key in self.columns:
            if key in self.fixed:
                continue
            place = places[coded_key(key, names)]
            one = free[place]
            drawn = np.array([one.read(cell) for cell in self[key]])
            coordinates = np.array([one.coordinate(x) for x in drawn])
            left = Prior((one,)).scores(coordinates[:, None]).std() / spread[place]
            told = np.array([one.start, one.low, one.high, *np.quantile(drawn, [TAILS[0], 0.5, TAILS[1]])])
            dated = one.kind is date
            unit = f"days since {ORIGIN}" if dated else one.unit or "1"
            rows[key] = [unit, *(told - (ORIGIN.toordinal() if dated else 0)), float(left)]
        columns = ["unit", "value", "low", "high", "5%", "50%", "95%", "spread_left"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("key")
        return table.sort_values("spread_left", kind="stable")

    def __repr__(self) -> str:
        return f"{self._told()}\n{self.summary().head(SHOWN).to_string(float_format='{:.4g}'.format)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._told())}</p>{self.summary().head(SHOWN).to_html(float_format='{:.4g}'.format)}"

    def _told(self) -> str:
        """Return what is stored, in one line."""
        stored = {"answers": self.answers, "figures": self.figures}
        also = "".join(f", with their {name}" for name, table in stored.items() if table is not None)
        return (
            f"{self.scenario.name}: {len(self)} posterior draws of {len(self.columns) - len(self.fixed)} parameters"
            f"{also}; those that the data moved most:"
        )


def posterior(name_or_path: str) -> PosteriorDraws:
    """Return the posterior draws stored with a scenario, as ``load_scenario(..., draw=k)`` applies them.

    Args:
        name_or_path: The name of a bundled scenario, or the path of one.

    Returns:
        A DataFrame with one row per draw and one column per dotted key; the index counts the draws from 0, and cells
        have the numbers or texts of the file, such as ``61.5 d``. Raises ScenarioError if no draws are stored, or with
        the mistakes of the files.
    """
    draws = PosteriorDraws(table_of(name_or_path))
    draws.scenario = scenario = load_scenario(name_or_path)
    path = _beside(name_or_path, ANSWERS)
    answers = ({} if path is None else read_answers(path)).get(policy_digest(scenario)) or stored_answers(scenario)
    draws.answers = None if answers is None else pd.DataFrame(dict(answers.drawn)).rename_axis(DRAW)
    path = _beside(name_or_path, SUFFIX)
    draws.figures = None if path is None else read_figures(path, scenario)
    root, free = load_scenario(name_or_path, draw=0).root(), {one.key for one in free_parameters(scenario)}
    names = names_in(root)

    def is_fixed(key: str) -> bool:
        node = root.at(root.path_to(coded_key(key, names)))
        return coded_key(key, names) not in free or node is None or node.place.layer != DRAW

    draws.fixed = tuple(key for key in draws.columns if is_fixed(key))
    return draws


def _beside(name_or_path: str, suffix: str) -> Path | None:
    """Return the table that a calibration stored next to the draws of a scenario; None if there is none."""
    files, _, _ = read_files(name_or_path, None)
    assert files.draws is not None
    name = Path(files.draws.top.file).name.removesuffix(DRAWS) + suffix
    return next((path.with_name(name) for path in files.paths if path.with_name(name).is_file()), None)

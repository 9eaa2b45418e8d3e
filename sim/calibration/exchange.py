"""The stored posterior of a scenario for other tools: a table of draws that becomes an xarray DataTree.

ArviZ reads the tree as it stands; its groups and dimensions are those of ArviZ' own (chain, draw). xarray belongs to
the optional extra ``exchange``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.base.days import ORIGIN
from sim.base.failures import RefusedError
from sim.base.version import __version__
from sim.calibration.fit import Matrix
from sim.calibration.posterior import PRIOR_SEEDS
from sim.calibration.prior import Prior
from sim.calibration.stored_figures import SUFFIX, read_figures
from sim.calibration.targets import Targets, Vector, family_of
from sim.experiments.parameters import Parameter, free_parameters
from sim.reading.draw_intervals import TAILS
from sim.reading.stored_answers import DRAW, StoredAnswers, policy_digest, read_answers, stored_answers
from sim.reading.stored_answers import SUFFIX as ANSWERS
from sim.scenario import Scenario, load_scenario
from sim.scenario import posterior as table_of
from sim.scenario.load import read_files, value_at
from sim.scenario.nodes import KeyPath, Node
from sim.scenario.provinces import coded_key, names_in
from sim.scenario.stored_draws import SUFFIX as DRAWS
from sim.store.scope import Scope

if TYPE_CHECKING:
    import xarray as xr

PRIOR_DRAWS = 1000
"""Draws from the prior, enough for its densities."""

SHOWN = 10
"""Parameters that a notebook shows by the bare name of a posterior: those that the data moved most."""

MONEY = "_money"
CHAIN = "chain"
FIGURE = "figure"
FIGURES = "figures"
"""The dimension and the variable of figures in a tree."""


class ExchangeError(RefusedError, ImportError):
    """A library of an optional extra is not installed."""


@dataclass(frozen=True)
class _Column:
    """A parameter, its numbers in the draws and in draws from the prior, (draws,), in its unit, and what is left.

    ``left`` is the standard deviation of its normal scores over that in the prior.
    """

    parameter: Parameter
    drawn: Vector
    prior: Vector
    left: float


class PosteriorDraws(pd.DataFrame):
    """The posterior draws of a scenario, as a table: one row per draw, one column per dotted key, cells as in its file.

    Attributes:
        scenario: The scenario, with its own values.
        answers: Its stored answers: one row per draw, one column per total; None without any.
        figures: Its stored figures: one row per draw, one column per figure and window; None without any.
        fixed: Columns that a tree leaves out: the scenario replaces the value, or has no range for it.
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
            share of the prior's standard deviation that is left, of normal scores (``sim.calibration.prior``). Dates
            are days since 2000-01-01.
        """
        rows = {}
        for key, column in self._columns.items():
            one = column.parameter
            told = [one.start, one.low, one.high, *np.quantile(column.drawn, [TAILS[0], 0.5, TAILS[1]])]
            rows[key] = [units_of(one), *_counted(one, told), column.left]
        names = ["unit", "value", "low", "high", "5%", "50%", "95%", "spread_left"]
        table = pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("key")
        return table.sort_values("spread_left", kind="stable")

    def to_datatree(self) -> "xr.DataTree":
        """Return draws, prior, posterior predictions and data as an xarray DataTree, which ArviZ reads.

        Variables of ``posterior`` and ``prior`` have dotted keys as names and the dimensions (chain, draw), with one
        chain; their attributes are ``units``, ``origin``, ``range``, its ``shape`` and ``basis``. ``constant_data`` has
        the scenario's own values. Dates are days since 2000-01-01. ``observed_data`` has the reported ``figures``
        (figure), with role, family, tolerance, discrepancy and source as coordinates. Where a calibration stored them,
        ``posterior_predictive`` has the ``figures`` of the draws (chain, draw, figure), and ``predictions`` their
        answers, by the names of totals. Attributes of each group name the scenario, its ``sha256`` and the version of
        Tocsin; ``fixed`` of ``posterior`` names columns that are left out.

        Returns:
            The tree.

        Raises:
            ExchangeError: If xarray is not installed.
        """
        try:
            import xarray as xr
        except ImportError:
            raise ExchangeError("xarray is not installed; run pip install '.[exchange]' in the checkout") from None
        about, drawn, prior, own = {}, {}, {}, {}
        for key, column in self._columns.items():
            one = column.parameter
            about[key] = _about(self.scenario, one)
            drawn[key], prior[key] = _counted(one, column.drawn), _counted(one, column.prior)
            own[key] = (), float(_counted(one, one.start)), about[key]
        observed = self._observed()
        groups = {
            "posterior": _sampled(drawn, about),
            "prior": _sampled(prior, about),
            "observed_data": observed,
            "constant_data": xr.Dataset(own),
        }
        if self.answers is not None:
            totals = {str(name): column.to_numpy() for name, column in self.answers.items()}
            currency = self.scenario.spec.currency
            units = {name: {"units": currency if name.endswith(MONEY) else "1"} for name in totals}
            groups["predictions"] = _sampled(totals, units)
        if self.figures is not None:
            drawn_figures = {FIGURES: self.figures[observed[FIGURE].values].to_numpy()}
            groups["posterior_predictive"] = _sampled(drawn_figures, {FIGURES: {}}, FIGURE).assign_coords(
                observed.coords
            )
        attributes = {
            "scenario": self.scenario.name,
            "sha256": self.scenario.sha256,
            "inference_library": "tocsin",
            "inference_library_version": __version__,
        }
        tree = xr.DataTree.from_dict({name: group.assign_attrs(attributes) for name, group in groups.items()})
        tree.attrs = attributes
        tree["posterior"].attrs["fixed"] = ", ".join(self.fixed)
        return tree

    def __repr__(self) -> str:
        return f"{self._told()}\n{self.summary().head(SHOWN).to_string(float_format='{:.4g}'.format)}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._told())}</p>{self.summary().head(SHOWN).to_html(float_format='{:.4g}'.format)}"

    def _told(self) -> str:
        """Return what is stored, in one line."""
        stored = {"answers": self.answers, "figures": self.figures}
        also = "".join(f", with their {name}" for name, table in stored.items() if table is not None)
        return (
            f"{self.scenario.name}: {len(self)} posterior draws of {len(self._columns)} parameters{also}; those that "
            f"the data moved most:"
        )

    @cached_property
    def _columns(self) -> dict[str, _Column]:
        """The columns of parameters, by their names."""
        free, prior = prior_numbers(self.scenario)
        spread = Prior.of(self.scenario).spread
        names = names_in(self.scenario.root())
        places = {one.key: number for number, one in enumerate(free)}
        found = {}
        for key in self.columns:
            if key not in self.fixed:
                place = places[coded_key(key, names)]
                drawn = np.array([free[place].read(cell) for cell in self[key]])
                coordinates = np.array([free[place].coordinate(x) for x in drawn])
                left = Prior((free[place],)).scores(coordinates[:, None]).std() / spread[place]
                found[key] = _Column(free[place], drawn, prior[:, place], float(left))
        return found

    def _observed(self) -> "xr.Dataset":
        """Return the reported figures; those that are stored for the draws, if any are."""
        import xarray as xr

        targets = Targets.of(Scope.of(self.scenario))
        stated: dict[str, float] = dict(self.scenario.spec.calibration.discrepancy.items())
        numbers = [
            number
            for number, row in enumerate(targets.rows)
            if isinstance(row.value, int | float)
            and (self.figures is None or targets.label(number) in self.figures.columns)
        ]
        rows = [targets.rows[number] for number in numbers]
        tolerances = [targets.tolerance(number) for number in numbers]
        coordinates: dict[str, Sequence[Any]] = {
            "role": [row.role for row in rows],
            "family": [family_of(row.name) or "" for row in rows],
            "tolerance": tolerances,
            "discrepancy": [
                targets.in_tolerances(number, stated) * one for number, one in zip(numbers, tolerances, strict=True)
            ],
            "source": [self.scenario.spec.figures[number].source for number in numbers],
        }
        return xr.Dataset(
            {FIGURES: (FIGURE, [float(str(row.value)) for row in rows])},
            {FIGURE: [targets.label(number) for number in numbers]}
            | {name: (FIGURE, column) for name, column in coordinates.items()},
        )


def posterior(name_or_path: str) -> PosteriorDraws:
    """Return the posterior draws stored with a scenario, as ``load_scenario(..., draw=k)`` applies them.

    Args:
        name_or_path: The name of a bundled scenario, or the path of one.

    Returns:
        A DataFrame with one row per draw and one column per dotted key; the index counts the draws from 0, and cells
        have the numbers or texts of the file, such as ``61.5 d``. ``to_datatree()`` gives draws, prior, posterior
        predictions and data to xarray and ArviZ. Raises ScenarioError if no draws are stored, or with the mistakes of
        the files.
    """
    draws = PosteriorDraws(table_of(name_or_path))
    draws.scenario = scenario = load_scenario(name_or_path)
    draws.answers = draws.figures = None
    if (known := _answers(scenario, _beside(name_or_path, ANSWERS))) is not None:
        draws.answers = pd.DataFrame(dict(known.drawn)).rename_axis(DRAW)
    if (path := _beside(name_or_path, SUFFIX)) is not None:
        draws.figures = read_figures(path, scenario)
    root, free = load_scenario(name_or_path, draw=0).root(), {one.key for one in free_parameters(scenario)}
    names = names_in(root)
    coded = {key: coded_key(key, names) for key in draws.columns}
    layers = {key: _layer(root, root.path_to(coded[key])) for key in coded}
    draws.fixed = tuple(key for key in coded if coded[key] not in free or layers[key] != DRAW)
    return draws


def prior_numbers(scenario: Scenario) -> tuple[Sequence[Parameter], Matrix]:
    """Return the free parameters of a scenario and draws from their prior, (draws, parameters), in their units."""
    prior = Prior.of(scenario)
    coordinates = prior.coordinates(prior.draw(scenario.spec.seed + PRIOR_SEEDS, PRIOR_DRAWS))
    columns = [[one.number(x) for x in column] for one, column in zip(prior.parameters, coordinates.T, strict=True)]
    return prior.parameters, np.array(columns).T


def units_of(parameter: Parameter) -> str:
    """Return the unit of a parameter's numbers in a tree; 1 without one."""
    return f"days since {ORIGIN}" if parameter.kind is date else parameter.unit or "1"


def _counted(parameter: Parameter, numbers: npt.ArrayLike) -> Vector:
    """Convert numbers of a parameter for a tree: dates count from 2000."""
    return np.asarray(numbers, dtype=np.float64) - (ORIGIN.toordinal() if parameter.kind is date else 0)


def _about(scenario: Scenario, parameter: Parameter) -> dict[str, Any]:
    """Return the attributes of a parameter's variables."""
    return {
        "units": units_of(parameter),
        "origin": parameter.origin,
        "range": _counted(parameter, [parameter.low, parameter.high]).tolist(),
        "shape": parameter.shape,
        "basis": value_at(scenario.levers, parameter.key).get("basis") or "",
    }


def _sampled(columns: Mapping[str, Vector], attributes: Mapping[str, Any], *dimensions: str) -> "xr.Dataset":
    """Return variables over one chain and all draws, from arrays (draws, ...) whose other dimensions have names."""
    import xarray as xr

    names = (CHAIN, DRAW, *dimensions)
    found = xr.Dataset({key: (names, column[None], attributes[key]) for key, column in columns.items()})
    return found.assign_coords({CHAIN: [0], DRAW: range(found.sizes.get(DRAW, 0))})


def _layer(root: Node, path: KeyPath) -> str | None:
    """Return the layer that gave the value at a path: ``draw`` where a draw did; None without a value."""
    node = root.at(path)
    return None if node is None else node.place.layer


def _beside(name_or_path: str, suffix: str) -> Path | None:
    """Return the table that a calibration stored next to the draws of a scenario; None if there is none."""
    files, _, _ = read_files(name_or_path, None)
    assert files.draws is not None
    name = Path(files.draws.top.file).name.removesuffix(DRAWS) + suffix
    return next((path.with_name(name) for path in files.paths if path.with_name(name).is_file()), None)


def _answers(scenario: Scenario, path: Path | None) -> StoredAnswers | None:
    """Return the answers of a scenario in a table, or else among those that are bundled."""
    known = {} if path is None else read_answers(path)
    return known.get(policy_digest(scenario)) or stored_answers(scenario)

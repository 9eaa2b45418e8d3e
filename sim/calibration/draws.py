"""Posterior draws stored with a scenario, and the tables of their answers and figures next to them.

Figures of draws are those of the draws' own runs, without the bias of the level at which these were made; discrepancy
of the model and rounding of reports are not in them. A posterior predictive check compares them with reported figures.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from sim.base.days import ORIGIN
from sim.calibration.data import Data, Model
from sim.calibration.prior import Prior
from sim.experiments.parameters import free_parameters
from sim.reading.chance import TAILS
from sim.reading.outcomes import Outcome
from sim.reading.stored_answers import DRAW, HASH, policy_digest, policy_digests, read_answers, stored_answers
from sim.reading.stored_answers import SUFFIX as ANSWERS
from sim.scenario import Scenario, load_scenario
from sim.scenario import posterior as table_of
from sim.scenario.load import read_files
from sim.scenario.provinces import coded_key, names_in
from sim.scenario.stored_draws import SUFFIX as DRAWS
from sim.store.folder import whole

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

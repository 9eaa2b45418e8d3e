"""Stored figures: the figures of each posterior draw, in a table next to the draws.

A posterior predictive check compares them with the reported figures. They are those of the draws' own runs, without the
bias of the level at which these were made; discrepancy of the model and rounding of reports are not in them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.calibration.data import Data, Model
from sim.reading.outcomes import Outcome
from sim.reading.stored_answers import DRAW, HASH, policy_digest, policy_digests
from sim.scenario import Scenario
from sim.store.folder import whole

if TYPE_CHECKING:
    import pandas as pd

SUFFIX = "-figures.csv"

Figures = Mapping[str, Sequence[float]]
"""The figures of draws, by label (``sim.calibration.targets.label_of``): (draws,), in the figure's unit."""


def figures_of_draws(data: Data, model: Model, outcomes: Sequence[Outcome]) -> Figures:
    """Return the counted figures of the draws' runs, by label, without the bias of the level."""
    columns = zip(data.counted, model.figures(outcomes).T, strict=True)
    return {data.targets.label(number): data.targets.unscale(number, scaled).tolist() for number, scaled in columns}


def write_figures(path: Path, scenario: Scenario, figures: Figures) -> None:
    """Store the figures of the draws of a scenario, to six digits: one row per draw, one column per label."""
    import pandas as pd

    table = pd.DataFrame(figures).rename_axis(DRAW)
    table.insert(0, HASH, policy_digests(scenario))
    with whole(path) as unfinished:
        table.to_csv(unfinished, float_format="%.6g", lineterminator="\n")


def read_figures(path: Path, scenario: Scenario) -> "pd.DataFrame | None":
    """Return stored figures, one row per draw and one column per label; None if they are another scenario's."""
    import pandas as pd

    table = pd.read_csv(path, index_col=DRAW)
    own = policy_digest(scenario)
    found = table[[own in known.split() for known in table.pop(HASH)]]
    return None if found.empty else found

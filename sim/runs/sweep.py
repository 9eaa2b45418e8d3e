"""A sweep as users see it: the table of its runs, with its picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from sim.experiments.design import Value
from sim.experiments.simulations import Asking, asked
from sim.experiments.sweep import SEED, STATUS
from sim.experiments.sweep import sweep as simulate
from sim.language.spoken import telling_in
from sim.midnight.component import Component
from sim.scenario.errors import choices
from sim.scenario.lever_words import key_name
from sim.scenario.load import Scenario
from sim.scenario.options import ScenarioLike
from sim.scenario.provinces import coded_key
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Sweep(pd.DataFrame):
    """The runs of a sweep: a row for each run, a column for each varied key and each total.

    Selections of rows or columns are plain DataFrames.

    Attributes:
        scenario: The scenario that is varied.
    """

    _metadata = ["scenario"]  # noqa: RUF012, the type of pandas

    scenario: Scenario

    @property
    def varied(self) -> list[str]:
        """The keys that were varied, in the order of the columns."""
        names = [str(name) for name in self.columns]
        return names[names.index(SEED) + 1 : names.index(STATUS)]

    def plot(self, y: str = "victims", x: str | None = None) -> "go.Figure":  # type: ignore[override]
        """Draw a quantity by a varied key as a plotly figure, with a line for each combination of the other keys.

        Points are means over replicates with their 95% intervals; without replicates the title says that the noise is
        unknown.

        Args:
            y: A column of totals or figures.
            x: A varied key, by default the first.

        Returns:
            The figure.

        Raises:
            ValueError: If there is no such column or key.
        """
        from sim.report.pictures.sweep import swept

        keys = self.varied
        names = [str(name) for name in self.columns]
        quantities = names[names.index(STATUS) + 2 :]
        first = keys[0] if x is None else coded_key(x, self.scenario.spec.population.names)
        for what, given, allowed in (("quantity", y, quantities), ("varied key", first, keys)):
            if given not in allowed:
                raise ValueError(f"no {what} '{given}'; {choices(given, allowed)}")
        ordered = [first, *(key for key in keys if key != first)]
        with telling_in(self.scenario.spec.terms):
            named = [key_name(key, self.scenario.spec) for key in ordered]
            return swept(self, y, quantity_named(y), ordered, named)


def sweep(
    scenario: ScenarioLike,
    vary: Mapping[str, Sequence[Value]] | None = None,
    kind: str | None = None,
    samples: int | None = None,
    replicates: int = 1,
    folder: str | Path | None = None,
    components: Sequence[Component] = (),
    **asking: Unpack[Asking],
) -> Sweep:
    """Simulate a scenario at every point of a design, once for each seed.

    Arguments, errors and columns are those of ``sim.experiments.sweep.sweep``; besides, the scenario can be a name or a
    path, and be changed as ``Options`` says.

    Returns:
        The catalogue, one row for each run in the order of the design.
    """
    found, computing = asked("sweep", scenario, asking)
    frame = simulate(found, vary, kind, samples, replicates, folder, components, **computing)
    made = Sweep(frame)
    made.attrs |= frame.attrs
    made.scenario = found
    return made

"""An attribution as users see it: its tables to read, and its picture."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from sim.base.rounding import amount, between, percent
from sim.experiments.attribute import GANGS, PREVENTED
from sim.experiments.attribute import Attribution as Stored
from sim.experiments.attribute import attribute as attributed_to
from sim.experiments.simulations import Asking
from sim.language.labels import named
from sim.language.spoken import said, telling_in
from sim.midnight.component import Component
from sim.scenario.load import Scenario, load_scenario
from sim.scenario.options import ScenarioLike
from sim.store.folder import SCENARIO_YAML
from sim.told.costs import layer_named
from sim.told.experiments import over_what, records
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    import plotly.graph_objects as go

ALL = "all"
"""The row of all layers together."""


class Attribution(Stored):
    """What each layer prevents and costs: ``layers``, ``overlaps``, ``costs`` and ``coalitions`` are its tables."""

    def table(self, quantity: str = "victims") -> pd.DataFrame:
        """Return the effect of each layer on a quantity as texts with three significant figures and intervals.

        Args:
            quantity: A quantity of ``layers``; ValueError is raised for others.

        Returns:
            A row for each layer, the last for all of them together: alone, last, and on average over all orders, with
            its share of the whole and its interval, whose kind the head of the last column names.
        """
        with self._speaking():
            rows = self._rows(quantity)
            whole = {row.get(GANGS): row["shapley"] for row in rows if row["layer"] == ALL}
            found = [
                {
                    said("layer"): layer_named(row["layer"]),
                    **({said("gangs"): named(row[GANGS])} if len(whole) > 1 else {}),
                    said("alone"): amount(row["alone"]),
                    said("last"): amount(row["last"]),
                    said("average"): amount(row["shapley"]),
                    said("share"): percent(row["shapley"] / all_of) if (all_of := whole[row.get(GANGS)]) else "",
                    over_what(self): "" if row["low"] is None else str(between(row["low"], row["high"])),
                }
                for row in rows
            ]
            return pd.DataFrame(found)

    def plot(self, quantity: str = "victims") -> "go.Figure":
        """Draw the effect of each layer on a quantity as a plotly figure: alone, last, and on average.

        Args:
            quantity: A quantity of ``layers``; ValueError is raised for others.

        Returns:
            The figure.
        """
        from sim.report.pictures.attribution import attributed

        with self._speaking():
            rows = [row for row in self._rows(quantity) if row["layer"] != ALL]
            several = len({row.get(GANGS) for row in rows}) > 1
            names = [
                f"{layer_named(row['layer'])}, {named(row[GANGS])}" if several else layer_named(row["layer"])
                for row in rows
            ]
            title = said("What each layer prevents") if quantity in PREVENTED else said("What each layer causes")
            if all(row["low"] is not None for row in rows):
                title = f"{title} ({over_what(self)})"
            return attributed(rows, names, quantity_named(quantity), title)

    def _rows(self, quantity: str) -> list[dict[str, Any]]:
        """Return the rows of a quantity; raises ValueError where there are none."""
        every = records(self.layers)
        names = list(dict.fromkeys(row["quantity"] for row in every))
        if quantity not in names:
            raise ValueError(f"no quantity '{quantity}'; one of {', '.join(names)}")
        return [row for row in every if row["quantity"] == quantity]

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Tell numbers in the terms of the scenario."""
        with telling_in(load_scenario(self.folder / SCENARIO_YAML).spec.terms):
            yield


def attribute(
    scenario: ScenarioLike,
    layers: Collection[str] | None = None,
    orders: int | None = None,
    replicates: int = 1,
    folder: str | Path | None = None,
    gangs: str | None = None,
    draws: Sequence[Scenario] = (),
    components: Sequence[Component] = (),
    **asking: Unpack[Asking],
) -> Attribution:
    """Attribute what a scenario prevents to its layers.

    Arguments and errors are those of ``sim.experiments.attribute.attribute``.

    Returns:
        The tables of layers, of overlaps, of costs and of runs, with ``table()`` and ``plot()``.
    """
    return Attribution(
        attributed_to(scenario, layers, orders, replicates, folder, gangs, draws, components, **asking).folder
    )

"""A run as users see it: a finished run with its answer and the pictures of its report."""

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from sim.base.rounding import percent
from sim.language.spoken import said, telling_in
from sim.reading import run as stored
from sim.reading.chance import LEVEL, TWENTIETHS
from sim.reading.quantities import HEADLINE
from sim.scenario.options import Options, ScenarioLike, with_options

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.midnight.component import Component
    from sim.report.gallery import Gallery
    from sim.running import Progress
    from sim.told.one import Answer


class Run(stored.Run):
    """A finished run: its stored tables as DataFrames, the values computed from them, and the pictures of its report.

    Tables (``attempts``, ``alerts``, ``contacts``, ``waits``, ``first_contacts``, ``hours``, ``outcomes``, ``cases``,
    ``flows``, ``state``, ``events``) are pandas DataFrames as stored: counts as simulated, days as datetimes, provinces
    as two-digit codes, null as a missing value. Their ``attrs`` have ``scale`` and ``unit``: sums over them are those
    of the sample. ``figures``, ``totals``, ``evidence`` and ``to_frame`` are scaled up to the country.
    """

    @cached_property
    def pictures(self) -> "Gallery":
        """The pictures of a report, as plotly figures that notebooks show: ``run.pictures.cascade(channel="call")``."""
        from sim.report.gallery import Gallery

        return Gallery(self)

    def plot(self, picture: str = "cascade", **choices: str) -> "go.Figure":
        """Draw a picture of the report as a plotly figure, which notebooks show.

        Args:
            picture: Its name: one of ``dir(run.pictures)``.
            **choices: The choices that the report offers for it, such as ``channel="call"`` of the cascade.

        Returns:
            The figure.

        Raises:
            ValueError: If there is no such picture.
        """
        try:
            draw = getattr(self.pictures, picture)
        except AttributeError as error:
            raise ValueError(str(error)) from None
        return draw(**choices)

    def summary(self) -> "pd.DataFrame":
        """Return the numbers of the answer with their intervals, scaled up to the country.

        Returns:
            A row for each quantity, with its ``meaning``, ``value``, ``low``, ``high``, and ``interval``, which names
            the kind of interval. Numbers without an interval are left out.
        """
        import pandas as pd

        from sim.told.answer import by_chance, estimates

        found, noise = estimates([self]), by_chance([self])
        by_seed = said("{level}, run-to-run noise", level=percent(LEVEL))
        by_draw = said("{level}, parameter uncertainty and run-to-run noise", level=percent(1 - 2 / TWENTIETHS))
        with telling_in(self.scenario.spec.terms):
            rows = {
                name: (said(text), float(one.value), one.low, one.high, by_seed if one == noise[name] else by_draw)
                for name, text in HEADLINE.items()
                if (one := found.get(name)) is not None and one.low is not None
            }
        columns = ["meaning", "value", "low", "high", "interval"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("quantity")

    @property
    def answer(self) -> "Answer":
        """The answer in sentences, with its numbers, warnings and the commands to type next; its text is ``str``."""
        from sim.told.one import of_runs

        with telling_in(self.scenario.spec.terms):
            return of_runs([self])

    def _repr_html_(self) -> str:
        return self.answer.html()


def run(
    scenario: ScenarioLike,
    out: str | Path | None = None,
    events: str | float | None = None,
    workers: int | None = None,
    progress: "Progress | None" = None,
    *,
    age_s: float = 0.0,
    verbose: bool = False,
    components: "Sequence[Component]" = (),
    **options: Unpack[Options],
) -> Run:
    """Run a scenario with its engine and keep the results.

    Mistakes in the scenario or its options raise ScenarioError, in the words of the command line. A taken folder raises
    FolderError, a broken conservation law ConservationError, an impossible ``events``
    ValueError. A run that raises leaves nothing behind.

    Args:
        scenario: A scenario, or the name or path of one.
        out: The folder of the run itself, which must be empty or not exist; by default a new one below ``results/runs``
            of the current folder.
        events: Which events are kept: ``none``, ``all`` or those of a share of the origins, by default as the scenario
            says.
        workers: Threads, by default one per core; they change no result. The reference engine uses one.
        progress: Called after each day, warm-up included, with its day number and the attempts so far.
        age_s: Seconds that this process had already spent on the run; they are added to the reported time.
        verbose: Whether to write its log to standard error, too.
        components: Instances of classes that extend ``sim.Component``: they react at each midnight, in this order. The
            run gets a copy of each.
        **options: Changes of the scenario: ``scale``, ``pool``, ``seed``, ``engine`` and ``set``, values by dotted key;
            see ``Options``.

    Returns:
        The finished run, whose tables are read on first use.
    """
    from sim import running

    began = time.perf_counter()
    found = with_options(scenario, **options)
    if components:
        from sim.midnight.giving import with_components

        found = with_components(found, components)
    age_s += time.perf_counter() - began
    finished = running.run(found, out, events, workers, progress, age_s=age_s, verbose=verbose)
    return Run(finished.path, finished.scenario)


def load_run(path: str | Path) -> Run:
    """Open the folder of a finished run; raises FolderError for anything else."""
    return Run(Path(path))

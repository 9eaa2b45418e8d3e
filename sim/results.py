"""Results as users hold them: runs, comparisons, sweeps and attributions with their answers, tables and pictures.

Code that compares or draws reads a stored run (``sim.reading.run``), so that module cannot import pictures. What users
hold is therefore made here, above the report.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from sim import running
from sim.base.rounding import amount, between, percent
from sim.experiments.attribute import GANGS, PREVENTED
from sim.experiments.attribute import Attribution as StoredAttribution
from sim.experiments.attribute import attribute as attributed
from sim.experiments.compare import Document, distinct, document_of_rows, frame_of
from sim.experiments.compare import compare as compare_runs
from sim.experiments.paired import ENTRIES, Pairs, made_in, runs_of
from sim.experiments.pairing import PairingError
from sim.experiments.parameters import Value
from sim.experiments.simulations import Asking, asked
from sim.experiments.sweep import SEED, STATUS
from sim.experiments.sweep import sweep as simulate
from sim.language import ENGLISH, named, said, speaking, telling_in
from sim.midnight.component import Component, with_components
from sim.reading import run as stored
from sim.reading.intervals import LEVEL, TWENTIETHS
from sim.reading.quantities import COST, HEADLINE
from sim.report.drawing import capital
from sim.scenario.errors import choices, found
from sim.scenario.levers import Lever, key_name, levers
from sim.scenario.load import Options, Scenario, ScenarioLike, load_scenario, with_options
from sim.scenario.provinces import coded_key
from sim.store.folder import SCENARIO_YAML
from sim.told.answers import (
    EFFECTS,
    PRICED_ALONE,
    TOLD,
    Answer,
    ends_of,
    interval_name,
    kind_said,
    layer_named,
    of_comparison,
    of_runs,
    signed,
    signed_percent,
)
from sim.told.experiments import MANY_TIMES, over_what, records
from sim.told.words import quantity_named

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from sim.report.gallery import Gallery


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

    def summary(self) -> pd.DataFrame:
        """Return the numbers of the answer with their intervals, scaled up to the country.

        Returns:
            A row for each quantity, with its ``meaning``, ``value``, ``low``, ``high``, and ``interval``, which names
            the kind of interval. Numbers without an interval are left out.
        """
        from sim.told.runs import by_chance, estimates

        estimated, noise = estimates([self]), by_chance([self])
        by_seed = said("{level}, run-to-run noise", level=percent(LEVEL))
        by_draw = said("{level}, parameter uncertainty and run-to-run noise", level=percent(1 - 2 / TWENTIETHS))
        with telling_in(self.scenario.spec.terms):
            rows = {
                name: (said(text), float(one.value), one.low, one.high, by_seed if one == noise[name] else by_draw)
                for name, text in HEADLINE.items()
                if (one := estimated.get(name)) is not None and one.low is not None
            }
        columns = ["meaning", "value", "low", "high", "interval"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("quantity")

    @property
    def answer(self) -> Answer:
        """The answer in sentences, with its numbers, warnings and the commands to type next; its text is ``str``."""
        with telling_in(self.scenario.spec.terms):
            return of_runs([self])

    def _repr_html_(self) -> str:
        return self.answer.html()


def run(
    scenario: ScenarioLike,
    out: str | Path | None = None,
    events: str | float | None = None,
    workers: int | None = None,
    progress: running.Progress | None = None,
    *,
    verbose: bool = False,
    components: Sequence[Component] = (),
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
        verbose: Whether to write its log to standard error, too.
        components: Instances of classes that extend ``sim.Component``: they react at each midnight, in this order. The
            run gets a copy of each.
        **options: Changes of the scenario: ``scale``, ``pool``, ``seed``, ``engine`` and ``set``, values by dotted key;
            see ``Options``.

    Returns:
        The finished run, whose tables are read on first use.
    """
    began = time.perf_counter()
    changed = with_components(with_options(scenario, **options), components)
    age_s = time.perf_counter() - began
    finished = running.run(changed, out, events, workers, progress, age_s=age_s, verbose=verbose)
    return Run(finished.path, finished.scenario)


def load_run(path: str | Path) -> Run:
    """Open the folder of a finished run; raises FolderError for anything else."""
    return Run(Path(path))


Compared = ScenarioLike | stored.Run | Sequence[stored.Run] | Sequence[Sequence[stored.Run]]
"""An entry of a comparison: a scenario to run, or runs that exist."""

NUMBERS = 5
"""Columns of numbers at the right of a table."""

ALSO_SHOWN = ("alerts_by_end.expired",)
"""Quantities of a table besides those of the effect."""


class Comparison(pd.DataFrame):
    """Paired differences of scenarios from the first of them, the baseline: a table with a row for each quantity.

    Its bare name shows the effect in sentences and a table of it. Selections of rows or columns are plain DataFrames.

    Attributes:
        scenarios: The compared scenarios by their names in the table, the baseline first.
        groups: The runs by the same names, replicates in the order of their seeds, as far as they were given or made.
    """

    _metadata = ["scenarios", "groups"]  # noqa: RUF012, the type of pandas

    scenarios: dict[str, Scenario]
    groups: Mapping[str, Sequence[Any]]

    @property
    def runs(self) -> dict[str, list[Run]]:
        """The runs of each scenario by its name, replicates in the order of their seeds."""
        return {name: [Run(run.path, run.scenario) for run in group] for name, group in self.groups.items()}

    @property
    def document(self) -> Document:
        """The comparison as ``tocsin compare --json`` prints it, without fates."""
        with speaking(ENGLISH):
            document = document_of_rows(list(self.scenarios), records(self), list(self.scenarios.values()))
        return {**document, **{str(name): value for name, value in self.attrs.items()}}

    def table(self, quantities: Sequence[str] | None = None, *, wide: bool = False) -> pd.DataFrame:
        """Return the differences as texts with units, three significant figures and intervals, to read or to print.

        Args:
            quantities: Which, such as ``victims``; by default those of the effect, and expired alerts.
            wide: Whether quantities are columns: a row for each scenario, with its differences in percent of the
                baseline (in their units from ten times that on) and their intervals in parentheses. Where these are
                over posterior draws for some scenarios only, a last column names their kind.

        Returns:
            A row for each scenario and quantity, whose last column is named after the kind of its intervals; or, if
            ``wide``, a row for each scenario, first the baseline. ``attrs["interval"]`` says in full which intervals.

        Raises:
            ValueError: If the comparison has no such quantity.
        """
        every = records(self)
        names = [*TOLD, *ALSO_SHOWN] if quantities is None else list(quantities)
        missing = [name for name in quantities or () if all(row["quantity"] != name for row in every)]
        if missing:
            raise ValueError(f"{missing[0]!r} is not a quantity of this comparison; see comparison['quantity']")
        with telling_in(self._base.spec.terms):
            if wide:
                return _wide(next(iter(self.scenarios)), names, every)
            over_draws = any(row["posterior_draws"] for row in every)
            unpriced = {row["scenario"] for row in every if row["withheld"]}
            rows = [
                _cells(row, row["scenario"] in unpriced, over_draws)
                for scenario in dict.fromkeys(row["scenario"] for row in every)
                for name in names
                for row in every
                if (row["scenario"], row["quantity"]) == (scenario, name)
            ]
            heads = [said("scenario"), said("quantity"), said("baseline"), said("policy"), said("difference")]
            found = pd.DataFrame(rows, columns=[*heads, said("change"), _interval_head(every)])
            found.attrs["interval"] = kind_said(every)
        return found if len(self.scenarios) > 2 else found.drop(columns=heads[0])

    def plot(self, picture: str = "differences") -> "go.Figure":  # type: ignore[override]
        """Draw the comparison as a plotly figure, which notebooks show: a picture of its report.

        Args:
            picture: ``differences`` in percent of the baseline, ``effect`` (of people and money alone), ``fates``
                (where attempts end), or ``costs``.

        Returns:
            The figure.

        Raises:
            ValueError: If there is no such picture.
        """
        from sim.report.experiments import cost_differences, differences, effect, fates

        pictures: dict[str, Callable[[Any], Any]] = {
            **{"differences": differences, "effect": effect},
            **{"fates": lambda frame: fates((frame, ())), "costs": cost_differences},
        }
        if picture not in pictures:
            raise ValueError(f"no picture '{picture}'; {choices(picture, pictures)}")
        with telling_in(self._base.spec.terms):
            return pictures[picture](self).view()

    def to_latex(self, buf: Any = None, **options: Any) -> Any:
        """Return ``table()`` for a paper, as LaTeX that needs the package booktabs.

        Args:
            buf: A file or path to write to; None returns the text.
            **options: Further arguments of ``pandas.DataFrame.to_latex``, such as ``caption`` and ``label``.

        Returns:
            The text, without ``buf``.
        """
        table = self.table()
        layout = "l" * (len(table.columns) - NUMBERS) + "r" * NUMBERS
        usual = {"index": False, "escape": True, "column_format": layout, "caption": self._caption(table)}
        return table.to_latex(buf, **{**usual, **options})

    def to_word(self, path: str | Path, caption: str | None = None) -> Path:
        """Write ``table()`` for a paper as a document of Word; ExchangeError if python-docx is not installed.

        Args:
            path: The file, which takes the place of an older one.
            caption: What stands above the table, by default scenarios and kind of intervals.

        Returns:
            The file.
        """
        from sim.report.parts import write_word

        table = self.table()
        return write_word(table, NUMBERS, path, self._caption(table) if caption is None else caption)

    def _caption(self, table: pd.DataFrame) -> str:
        """Return what a table of a paper says of itself."""
        base, *others = self.scenarios
        what = said("{policy}, compared with {base}", policy=", ".join(others), base=base)
        return f"{what}. {capital(table.attrs['interval'])}."

    @property
    def _base(self) -> Scenario:
        return next(iter(self.scenarios.values()))

    @property
    def answers(self) -> dict[str, Answer]:
        """The effect of each policy by its name: in sentences, with its numbers, changes and warnings."""
        with telling_in(self._base.spec.terms):
            return {one.name: one for one in of_comparison(self.document)}

    def _repr_html_(self) -> str:
        *others, last = self.answers.values()
        # Warnings are the same for all policies.
        every = [*(replace(one, warnings=()) for one in others), last]
        heads = [said("{policy}, compared with {base}", policy=one.name, base=one.base) for one in every]
        return "".join(f"<h4>{escape(head)}</h4>{one.html()}" for head, one in zip(heads, every, strict=True))


def _named(name: str, unpriced: bool = False) -> str:
    """Return the words for a quantity in a table."""
    if name in EFFECTS:
        return said((PRICED_ALONE if unpriced and name.startswith(COST) else EFFECTS[name])[2])
    return quantity_named(name)


def _cells(row: dict[str, Any], unpriced: bool, over_draws: bool) -> list[str]:
    """Return the texts of a row of a table; ``over_draws`` says that other rows have intervals over stored draws."""
    name = row["quantity"]
    quantity = _named(name, unpriced)
    difference, base = row["difference"], row["base"]
    found = ends_of(row, bool(row["posterior_draws"]))
    share = signed_percent(difference / base) if base else ""
    if not difference and not row["chance"] and row["low"] is not None:
        interval = "0"
    elif base and not row["other"]:
        interval = said("all")
    elif found.low is None:
        interval = said("unknown")
    else:
        interval = found.ends(signed)
        marked = over_draws and not row["posterior_draws"]
        interval = said("{interval} (95%, replicates)", interval=interval) if marked else interval
    return [row["scenario"], quantity, amount(base), amount(row["other"]), found.number(signed), share, interval]


def _wide(base: str, names: Sequence[str], rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return a row of texts for the baseline and for each scenario, with a column for each quantity.

    All intervals of a row are of one kind: over posterior draws where all its quantities have them.
    """
    scenarios = list(dict.fromkeys(row["scenario"] for row in rows))
    table: dict[str, dict[str, str]] = {base: {}}
    kinds: dict[str, list[dict[str, Any]]] = {}
    for scenario in scenarios:
        of = {row["quantity"]: row for row in rows if row["scenario"] == scenario}
        mine = [of[name] for name in names if name in of]
        if not all(row["posterior_draws"] for row in mine):
            mine = [{**row, "posterior_draws": None} for row in mine]
        table[base] |= {_named(row["quantity"]): amount(row["base"]) for row in mine}
        table[scenario] = {_named(row["quantity"]): _change(row) for row in mine}
        kinds.setdefault(_interval_head(mine), []).extend(mine)
        table[scenario][said("interval")] = _interval_head(mine)
    found = pd.DataFrame.from_dict(table, orient="index").rename_axis(said("scenario")).fillna("")
    found = found[[*table[base], said("interval")]]
    found.attrs["interval"] = "; ".join(map(kind_said, kinds.values()))
    return found if len(kinds) > 1 else found.drop(columns=said("interval"))


def _change(row: dict[str, Any]) -> str:
    """Return a difference with its interval: in percent of the baseline, or in its units from ten times that on."""
    over = "posterior_" if row["posterior_draws"] else ""
    low, high = row[f"{over}low"], row[f"{over}high"]
    relative = abs(row["difference"]) < MANY_TIMES * abs(row["base"])
    one, told = (row["base"], signed_percent) if relative else (1, signed)
    middle = told(row["difference"] / one) if row["difference"] else "0"
    return middle if low is None or low == high else f"{middle} ({between(low / one, high / one, told)})"


def _interval_head(rows: Sequence[dict[str, Any]]) -> str:
    """Return the kind of intervals in a few words, for the head of a column."""
    if any(row["posterior_draws"] for row in rows):
        return said("90%, draws")
    return said("interval") if all(row["low"] is None for row in rows) else interval_name(rows)


def compare(
    entries: Sequence[Compared],
    *,
    replicates: int | None = None,
    draws: int | None = None,
    events: str | float | None = None,
    out: str | Path | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    **options: Unpack[Options],
) -> Comparison:
    """Compare scenarios, or runs, with the first of them, the baseline, on identical attempts and people.

    Scenarios are run first. Finished runs of an interrupted call are used again. Mistakes in scenarios raise
    ScenarioError.

    Args:
        entries: The baseline and the others. Scenarios: names, paths or Scenario objects, mixed. Or runs: each entry is
            a run, the folder of one or of replicates, a sequence of runs that differ in their seed only, or such
            sequences, one for each posterior draw. All entries have the same number of runs, in the same order.
        replicates: Pairs of each scenario, with seeds counting up; by default 4, or 1 per draw with ``draws``. This and
            all that follows is only for scenarios.
        draws: Also run so many posterior draws, the first ones, for parameter uncertainty; only for scenarios given by
            names or paths.
        events: Which events are kept: ``none``, ``all`` or those of a share of the origins.
        out: The folder of the runs, by default ``results/runs/compare-NAME-SEED-HASH``.
        workers: How many runs are made at once, by default one per core.
        progress: Called with the number of finished runs, as they finish.
        **options: Changes of every scenario: ``scale``, ``pool``, ``seed``, ``engine`` and ``set``; see ``Options``.

    Returns:
        One row for each scenario and quantity; the columns are those of ``sim.experiments.compare.compare``.

    Raises:
        PairingError: A ValueError, for scenarios or runs that cannot be paired.
    """
    given = [entries] if isinstance(entries, str) or not isinstance(entries, Iterable) else entries
    every: list[Any] = [
        runs_of(Path(one)) if isinstance(one, str | Path) and Path(one).is_dir() else one for one in given
    ]
    for one in every:
        if not isinstance(one, Scenario | str | Path | stored.Run | Sequence):
            raise PairingError(f"{found(one)} is neither a scenario nor a run; {ENTRIES}")
    scenarios = [one for one in every if isinstance(one, Scenario | str | Path)]
    if not scenarios:
        asked = {"replicates": replicates, "draws": draws, "events": events, "out": out, **options}
        wrong = next((name for name, value in asked.items() if value is not None), None)
        if wrong is not None:
            raise PairingError(f"{wrong}: finished runs cannot be combined with run options")
        frame, groups = compare_runs(every), [_flat(entry) for entry in every]
        names = distinct([group[0].manifest["name"] for group in groups])
        of = [group[0].scenario for group in groups]
        return _comparison(frame, frame.attrs, dict(zip(names, of, strict=True)), dict(zip(names, groups, strict=True)))
    if len(scenarios) < len(every):
        raise PairingError("finished runs cannot be combined with scenarios")
    pairs = Pairs(scenarios, replicates, draws, events, options)
    folder = pairs.prepared(out)
    document = pairs.compared(folder, workers, progress)
    names = [document["base"], *document["others"]]
    caveats = {name: document[name] for name in ("warnings", "findings")}
    groups_made = made_in(folder, names, draws, pairs.replicates)
    return _comparison(frame_of(document["rows"]), caveats, dict(zip(names, pairs.pair(0), strict=True)), groups_made)


def _comparison(
    frame: pd.DataFrame,
    caveats: dict[Any, Any],
    scenarios: dict[str, Scenario],
    groups: Mapping[str, Sequence[stored.Run]],
) -> Comparison:
    made = Comparison(frame)
    made.attrs |= caveats
    made.scenarios, made.groups = scenarios, groups
    return made


def _flat(entry: Any) -> list[stored.Run]:
    """Return the runs of an entry, those of several draws one after the other."""
    return [entry] if isinstance(entry, stored.Run) else [run for one in entry for run in _flat(one)]


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
        from sim.report.experiments import swept

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
    varied, computing = asked("sweep", scenario, asking)
    frame = simulate(varied, vary, kind, samples, replicates, folder, components, **computing)
    made = Sweep(frame)
    made.attrs |= frame.attrs
    made.scenario = varied
    return made


ALL = "all"
"""The row of all layers together."""


class Attribution(StoredAttribution):
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
        from sim.report.experiments import attributed

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

    def _speaking(self) -> AbstractContextManager[None]:
        """Tell numbers in the terms of the scenario."""
        return telling_in(load_scenario(self.folder / SCENARIO_YAML).spec.terms)


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
    done = attributed(scenario, layers, orders, replicates, folder, gangs, draws, components, **asking)
    return Attribution(done.folder)


def diff(base: Scenario | stored.Run | str | Path, other: Scenario | stored.Run | str | Path) -> list[Lever]:
    """Return every lever in which two scenarios, or the scenarios of two runs, differ, also by province.

    Args:
        base: A scenario, a run, the name or path of a scenario, or the folder of a run, of replicates or draws.
        other: The one to compare with it, given in the same ways.

    Returns:
        Rows with ``key``, ``province``, ``base``, ``other`` and ``name``, which ``pandas.DataFrame`` accepts.
    """
    return levers(scenario_of(base), scenario_of(other))


def scenario_of(one: Scenario | stored.Run | str | Path) -> Scenario:
    """Return a scenario: the given one, that of a run, or one loaded from a path or by name."""
    if isinstance(one, Scenario):
        return one
    if isinstance(one, stored.Run):
        return one.scenario
    return runs_of(Path(one))[0].scenario if Path(one).is_dir() else load_scenario(str(one))

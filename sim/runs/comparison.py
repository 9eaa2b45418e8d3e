"""A comparison as users see it: the table of paired differences, with its answer, pictures and tables for papers."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from sim.base.rounding import amount, between
from sim.experiments.compare import compare as compare_runs
from sim.experiments.compare import distinct, frame_of
from sim.experiments.paired import PAIRS, Document, compare_scenarios, document_of_rows, made_in, prepared, runs_of
from sim.experiments.pairing import PairingError
from sim.experiments.replicates import Making
from sim.language.spoken import said, telling_in
from sim.reading import run as stored
from sim.reading.costs import COST
from sim.report.looks import capital
from sim.running import run as run_once
from sim.running import with_events
from sim.runs.run import Run
from sim.scenario.errors import choices, found
from sim.scenario.load import Scenario, changed
from sim.scenario.options import Options, ScenarioLike, with_options
from sim.told.costs import interval_name
from sim.told.effect import EFFECTS, PRICED_ALONE, TOLD, ends_of, kind_said, signed, signed_percent
from sim.told.experiments import MANY_TIMES, records
from sim.told.one import Answer, of_comparison
from sim.told.vocabulary import quantity_named

if TYPE_CHECKING:
    import plotly.graph_objects as go

Compared = ScenarioLike | stored.Run | Sequence[stored.Run] | Sequence[Sequence[stored.Run]]
"""An entry of a comparison: a scenario to run, or runs that exist."""

NUMBERS = 5
"""Columns of numbers at the right of a table."""

ENTRIES = "use sim.compare([BASELINE, POLICY])"

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
            head = _interval_head(every)
            heads = [
                said("scenario"),
                said("quantity"),
                said("baseline"),
                said("policy"),
                said("difference"),
                said("change"),
            ]
            found = pd.DataFrame(rows, columns=[*heads, head])
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
        from sim.report.pictures.comparison import differences, effect, fates
        from sim.report.pictures.costs import cost_differences

        pictures: dict[str, Callable[[pd.DataFrame], go.Figure]] = {
            "differences": differences,
            "effect": effect,
            "fates": fates,
            "costs": cost_differences,
        }
        if picture not in pictures:
            raise ValueError(f"no picture '{picture}'; {choices(picture, pictures)}")
        with telling_in(self._base.spec.terms):
            return pictures[picture](self)

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
        from sim.report.word import write_word

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
    every = [_finished(one) for one in given]
    for one in every:
        if not isinstance(one, Scenario | str | Path | stored.Run | Sequence):
            raise PairingError(f"{found(one)} is neither a scenario nor a run; {ENTRIES}")
    scenarios = [one for one in every if isinstance(one, Scenario | str | Path)]
    if not scenarios:
        asked = {"replicates": replicates, "draws": draws, "events": events, "out": out, **options}
        wrong = next((name for name, value in asked.items() if value is not None), None)
        if wrong is not None:
            raise PairingError(f"{wrong}: finished runs cannot be combined with run options")
        return _of_runs(every)
    if len(scenarios) < len(every):
        raise PairingError("finished runs cannot be combined with scenarios")
    if len(scenarios) < 2:
        raise PairingError(f"a comparison needs a baseline and at least one other scenario; {ENTRIES}")
    if draws is not None and draws < 1:
        raise PairingError(f"draws must be at least 1; got {draws}")
    if draws is not None and options.get("draw") is not None:
        raise PairingError("draws: cannot be combined with draw; use one of them")
    usual = PAIRS if draws is None else 1
    pairs = usual if replicates is None else replicates

    @lru_cache(maxsize=4 * len(scenarios))
    def load(place: str, draw: int | None, replicate: int) -> Scenario:
        if replicate:
            one = load(place, draw, 0)
            return changed(one, {"seed": one.spec.seed + replicate})
        chosen = options.copy()
        if draw is not None:
            chosen["draw"] = draw
        one = with_options(scenarios[int(place)], **chosen)
        return one if events is None else with_events(one, events)

    def make(scenario: Scenario, folder: Path) -> stored.Run:
        return run_once(scenario, folder, workers=workers)

    def finished(number: int) -> None:
        if progress is not None:
            progress(number)

    places = [str(place) for place in range(len(scenarios))]
    folder = prepared(places, load, None if out is None else Path(out), draws, pairs)
    making = Making(make, workers or os.cpu_count() or 1)
    document = compare_scenarios(places, load, making, folder, draws, pairs, finished)
    made = Comparison(frame_of(document["rows"]))
    made.attrs |= {name: document[name] for name in ("warnings", "findings")}
    names = [document["base"], *document["others"]]
    made.scenarios = {
        name: load(place, None if draws is None else 0, 0) for name, place in zip(names, places, strict=True)
    }
    made.groups = made_in(folder, names, draws, pairs)
    return made


def _finished(entry: Compared) -> Any:
    """Return an entry, the folder of finished runs as these runs."""
    return runs_of(Path(entry)) if isinstance(entry, str | Path) and Path(entry).is_dir() else entry


def _of_runs(entries: Sequence[Any]) -> Comparison:
    """Compare runs."""
    frame = compare_runs(entries)
    found = Comparison(frame)
    found.attrs |= frame.attrs
    groups = [_flat(entry) for entry in entries]
    names = distinct([group[0].manifest["name"] for group in groups])
    found.scenarios = {name: group[0].scenario for name, group in zip(names, groups, strict=True)}
    found.groups = dict(zip(names, groups, strict=True))
    return found


def _flat(entry: Any) -> list[stored.Run]:
    """Return the runs of an entry, those of several draws one after the other."""
    return [entry] if isinstance(entry, stored.Run) else [run for one in entry for run in _flat(one)]

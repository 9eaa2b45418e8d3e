"""Parts of the page in plain values: tables, charts as JSON, texts of the scripts, and templates that are filled in.

A chart is a picture's first view, and of each other view what differs from it. Sums of a run's stored tables are taken
without loading all attempts, which have millions of rows at full scale.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base import __version__
from sim.base.failures import RefusedError
from sim.base.rounding import Written, written
from sim.language import ENGLISH, counted, headed, said, spoken
from sim.report.drawing import capital
from sim.store.folder import demand_file, whole

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from sim.base.days import calendar_date, day_number, month_start, next_month
from sim.language import day_named, month_named
from sim.store import exported
from sim.store.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run


Plain = dict[str, Any]

FOLDER = Path(__file__).parent
"""Where the templates of reports lie."""


def filled(template: str, folder: Path = FOLDER, **values: Any) -> str:
    """Return a page: a template of a folder, filled in."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(said=said, counted=counted, capital=capital)
    return environment.get_template(template).render(language=spoken(), **values)


def content_hash(script: str) -> str:
    """Return the hash by which the page's content security policy allows a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


class Judged(str):
    """The verdict of a comparison in words, and whether it ``holds``; None if nothing is judged."""

    holds: bool | None

    def __new__(cls, text: str, holds: bool | None) -> "Judged":
        """Make one of its words and its verdict."""
        found = super().__new__(cls, text)
        found.holds = holds
        return found


MISSING = ""
"""The value of a number that is missing."""


@dataclass
class TableCell:
    """A cell of a table.

    ``value`` is the number itself, for the page's script, if the text shortens it; it is empty if the number is
    missing. ``further`` has further numbers of the text by name, as JSON. A cell that ``is_own`` repeats a scenario
    word for word, so nobody translates it. ``holds`` is the verdict of a comparison; None for all other cells.
    """

    text: str
    number: bool = False
    value: str | None = None
    further: str = ""
    is_own: bool = False
    holds: bool | None = None


@dataclass
class Table:
    """A table of the page; the first cell of each row is its heading; ``keys`` are the English names of its columns."""

    columns: list[str]
    rows: list[list[TableCell]]
    keys: list[str] = field(default_factory=list)

    def with_number(self, key: str, there: bool) -> "Table":
        """Return the rows that have a number in a column, or those that have none."""
        at = self.keys.index(key)
        return Table(self.columns, [row for row in self.rows if (row[at].value != MISSING) == there], self.keys)


def table(frame: "pd.DataFrame", own: Collection[str] = ()) -> Table:
    """Return a DataFrame as a table of the page; ``own`` names columns that repeat the scenario word for word."""
    keys = [str(name) for name in frame.columns]
    rows = [
        [
            TableCell("" if value is None else str(value), is_own=True) if key in own else cell(value)
            for key, value in zip(keys, row, strict=True)
        ]
        for row in frame.to_numpy(object)
    ]
    return Table([headed(name) for name in keys], rows, keys)


def cell(value: Any) -> TableCell:
    """Return a cell of a table: numbers with three digits, nothing for missing values."""
    import pandas as pd

    if isinstance(value, bool):
        return TableCell(said("yes") if value else said("no"))
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return TableCell("")
    if isinstance(value, Judged):
        return TableCell(str(value), holds=value.holds)
    if isinstance(value, Written):
        further = script_json({name: float(number) for name, number in value.others.items()}) if value.others else ""
        return TableCell(str(value), True, MISSING if value.value is None else _exact(value.value), further)
    if isinstance(value, int | float):
        long = abs(value) >= 1000 or value == round(value)
        shown = f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if long else f"{value:.3g}"
        exact = _exact(value)
        # It has a value only if the text, here still in English, shortens it.
        return TableCell(written(shown), True, None if shown == exact else exact)
    return TableCell(headed(value))


def _exact(value: float) -> str:
    """Return a number that reads back as the same one, without a point if it is whole."""
    return str(int(value)) if value == int(value) else repr(float(value))


STYLE = "Light Shading"
"""A style of Word's default template with rules above, below the heads and below, as papers have them."""


class ExchangeError(RefusedError, ImportError):
    """A library of an optional extra is not installed."""


def write_word(table: "pd.DataFrame", numbers: int, path: str | Path, caption: str) -> Path:
    """Write a table of texts as a document for Word; the file appears, or replaces an older one, whole or not at all.

    FolderError is raised where no file can have that name.

    Args:
        table: The table.
        numbers: How many columns at the right are numbers.
        path: The file.
        caption: What stands above the table.

    Returns:
        The file.

    Raises:
        ExchangeError: If python-docx, which belongs to the optional extra ``word``, is not installed.
    """
    try:
        import docx
        from docx.enum.text import WD_ALIGN_PARAGRAPH
    except ImportError:
        raise ExchangeError("python-docx is not installed; run pip install '.[word]' in the checkout") from None
    file = Path(path)
    demand_file(file)
    document = docx.Document()
    document.add_paragraph(caption, style="Caption")
    grid = document.add_table(rows=1, cols=len(table.columns), style=STYLE)
    for number, row in enumerate([tuple(table.columns), *table.itertuples(index=False)]):
        cells = grid.add_row().cells if number else grid.rows[0].cells
        for place, (one, text) in enumerate(zip(cells, row, strict=True)):
            one.text = str(text)
            if place >= len(row) - numbers:
                one.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    with whole(file) as unfinished:
        document.save(str(unfinished))
    return file


def chart(views: "dict[str, go.Figure]") -> Plain:
    """Return a chart of the views of a picture, by key: the first whole, and of each other what differs from it.

    Of a trace only the entries that differ are stored; if the number of traces differs, all are.
    """
    (first, figure), *others = views.items()
    base = _plain(figure)
    differing = {key: _difference(base, _plain(other)) for key, other in others}
    return {"base": base, "first": first, "views": {first: {}, **differing}}


def share_scales(runs: "list[list[go.Figure]]") -> None:
    """Give the views of several runs side by side one scale of colours, view by view."""
    for figures in zip(*runs, strict=True):
        maps = [
            trace for figure in figures for trace in figure.data if trace.type == "heatmap" and trace.zmax is not None
        ]
        for trace in maps:
            trace.update(zmin=min(one.zmin for one in maps), zmax=max(one.zmax for one in maps))
        # If the bars of one run are cut, those of the others get the same axis.
        bars = [figure for figure in figures if figure.data and all(trace.type == "bar" for trace in figure.data)]
        cut = [figure.layout.xaxis.range for figure in bars if figure.layout.xaxis.range]
        for figure in bars if cut else ():
            figure.update_xaxes(range=[min(low for low, _ in cut), max(high for _, high in cut)])


def script_json(document: Any) -> str:
    """Return a document as JSON without spaces; raises ValueError for NaN and infinity."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def in_script(document: Any) -> str:
    """Return a document as JSON for a script element, which no text of it can end."""
    return script_json(document).replace("<", "\\u003c")


def packed(text: str) -> str:
    """Return a text as the page unpacks it: compressed by zlib, in base64, which no script element ends."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _plain(figure: "go.Figure") -> Plain:
    import plotly.io

    document: Plain = json.loads(plotly.io.to_json(figure, validate=False, engine="json"))
    document["layout"].pop("template", None)
    return {"data": document["data"], "layout": document["layout"]}


def _difference(base: Plain, other: Plain) -> Plain:
    layout = _changed(base["layout"], other["layout"])
    if len(base["data"]) != len(other["data"]):
        return {"all": other["data"], "layout": layout}
    traces = [_changed(one, two) for one, two in zip(base["data"], other["data"], strict=True)]
    return {"data": traces, "layout": layout}


def _changed(base: Plain, other: Plain) -> Plain:
    """Return the entries of ``other`` that differ from ``base``, and null for those that it lacks."""
    found = {key: value for key, value in other.items() if key not in base or base[key] != value}
    return {**found, **{key: None for key in base if key not in other}}


MOST_NAMED = 3
"""The most runs that a line of sources names."""

_FIELDS = {"y": "%Y", "MMM": "%b", "M": "%-m", "d": "%-d"}
_FIELD = re.compile(r"'([^']*)'|([a-zA-Z])\2*")
_UNFIT = re.compile(r"[^\w.-]+")


def script_words() -> dict[str, Any]:
    """Return every text that a script of the page shows, by use; the script fills in the fields."""
    return {
        "tooOld": said("This browser is too old for pictures. The numbers are in the tables."),
        "numbersBelow": said("{picture}. The numbers are in the table below.", picture="{picture}"),
        "dark": said("Dark"),
        "light": said("Light"),
        "darkColours": said("Dark colours"),
        "lightColours": said("Light colours"),
        "shown": said("{count} shown", count="{count}"),
        "save": said("Save"),
        "saveThis": said("Save: {what}", what="{what}"),
        "pictureAs": said("Picture as {kind}", kind="{kind}"),
        "tableAs": said("Table as {kind}", kind="{kind}"),
        "table": said("Table"),
        "source": said("Source"),
    }


def source_of(runs: "Sequence[Run]") -> str:
    """Return the line under a saved picture or table: scenarios, seed and scale of the runs, and Tocsin's version."""
    first = runs[0].manifest
    names = list(dict.fromkeys(str(run.manifest["name"]) for run in runs))
    values = {"seed": first["seed"], "scale": written(f"{first['scale']:g}"), "version": __version__}
    if len(names) == 1:
        return said("Scenario {name}, seed {seed}, scale {scale}; Tocsin {version}", name=names[0], **values)
    shown = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
    return said("Scenarios {names}, seed {seed}, scale {scale}; Tocsin {version}", names=shown, **values)


def file_name(runs: "Sequence[Run]") -> str:
    """Return the beginning of the names of saved files."""
    return _UNFIT.sub("-", "-".join(dict.fromkeys(str(run.manifest["name"]) for run in runs[:MOST_NAMED]))).strip("-.")


def axes_locale() -> dict[str, Any] | None:
    """Return months, days and number formats for axes, as a locale of plotly; None for English, its default."""
    language = spoken()
    if language == ENGLISH:
        return None
    from babel import Locale

    known = Locale(language)
    months, days = known.months["format"], known.days["format"]
    symbols, patterns = known.number_symbols["latn"], known.datetime_skeletons
    # Babel's week begins on Monday, plotly's on Sunday.
    week = (6, 0, 1, 2, 3, 4, 5)
    form = {
        "months": [months["wide"][month] for month in range(1, 13)],
        "shortMonths": [months["abbreviated"][month] for month in range(1, 13)],
        "days": [days["wide"][day] for day in week],
        "shortDays": [days["abbreviated"][day] for day in week],
        "year": _pattern("y"),
        "month": _pattern(str(patterns["yMMM"])),
        "dayMonth": _pattern(str(patterns["MMMd"])),
        "dayMonthYear": _pattern(str(patterns["yMMMd"])),
        "date": _pattern(str(patterns["yMMMd"])),
        "decimal": symbols["decimal"],
        "thousands": symbols["group"],
    }
    return {"moduleType": "locale", "name": language, "dictionary": {}, "format": form}


def day_pattern() -> str:
    """Return the d3 format of a day at the pointer: ``1 Jun 2022`` in English."""
    locale = axes_locale()
    return "%e %b %Y" if locale is None else str(locale["format"]["dayMonthYear"])


def _pattern(pattern: str) -> str:
    """Translate a pattern of the Unicode locale data, ``d MMM y``, to d3: ``%-d %b %Y``."""
    return _FIELD.sub(lambda found: found[1] if found[1] is not None else _FIELDS[found[0]], pattern)


Names = tuple[str, ...]

MONTHS_FROM = 125
"""Days of a period from which pictures show months instead of days."""
WHOLE_PERIOD = "all"
"""The choice of all months."""


def country(run: "Run") -> float:
    """Return how many of the country one simulated count stands for: the inverse of the scale."""
    return float(1.0 / run.manifest["scale"])


def tally(
    run: "Run",
    table: str,
    by: Sequence[str],
    of: Sequence[str] = ("count",),
    where: Mapping[str, Iterable[str]] | None = None,
) -> "pd.DataFrame":
    """Sum measures ``of`` a stored table by columns, as simulated; sorted, with a row for each key that occurs.

    ``by`` may hold ``month``, the first day of it, of a table that counts by days too. ``where`` names the values of
    columns whose rows are summed. KeyError is raised for tables and columns that do not exist.

    Returns:
        A column for each of ``by`` and ``of``.
    """
    digest = run.manifest["files"].get(TABLES[table].file, "")
    chosen = tuple((name, tuple(values)) for name, values in (where or {}).items())
    return _tally(run.path, digest, table, tuple(by), tuple(of), chosen).copy()


@lru_cache(maxsize=64)
def _tally(
    folder: Path, digest: str, table: str, by: Names, of: Names, where: tuple[tuple[str, Names], ...]
) -> "pd.DataFrame":
    """Sum a table once for all pictures that need the same; ``digest``, of its file, tells one run from another."""
    frame: pd.DataFrame = exported.sums(folder, table, by, of, dict(where)).to_pandas()
    return frame.sort_values(list(by), ignore_index=True)


def counts(
    run: "Run", table: str, by: Sequence[str], of: str = "count", where: Mapping[str, Iterable[str]] | None = None
) -> dict[Any, float]:
    """Return a measure of the country by the value of a column, or by a tuple of values of several; else 0."""
    frame = tally(run, table, by, [of], where).set_index(list(by))[of] * country(run)
    return defaultdict(float, frame.to_dict())


def wide(
    run: "Run", table: str, by: Sequence[str], of: str = "count", where: Mapping[str, Iterable[str]] | None = None
) -> "pd.DataFrame":
    """Return a measure of the country by a day or month (rows, as datetimes) and a label; zeros where there is none."""
    import pandas as pd

    frame = tally(run, table, by, [of], where)
    index, columns = by
    found = frame.pivot_table(index=index, columns=columns, values=of, aggfunc="sum", fill_value=0) * country(run)
    return found.set_axis(pd.to_datetime(found.index), axis="index")


def table_of(rows: Iterable[Any], columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """Return rows as a DataFrame with unchanged cells; rows without columns are dictionaries."""
    import pandas as pd

    return pd.DataFrame(list(rows), columns=None if columns is None else list(columns), dtype=object)


def days_of(run: "Run") -> int:
    """Return the number of days of a run's period."""
    period = run.scenario.spec.period
    return (period.end - period.start).days + 1


def step(run: "Run") -> str:
    """Return the step of time that suits a run: ``day`` for short periods, else ``month``."""
    return "day" if days_of(run) < MONTHS_FROM else "month"


def steps(run: "Run") -> dict[date, int]:
    """Return each day, or the first day of each month, and its number of days within the period."""
    period = run.scenario.spec.period
    first, last = day_number(period.start), day_number(period.end)
    if step(run) == "day":
        return {calendar_date(day): 1 for day in range(first, last + 1)}
    return {
        calendar_date(month): min(next_month(month) - 1, last) - max(month, first) + 1 for month in _months(first, last)
    }


def step_named(run: "Run", when: date) -> str:
    """Return a day or month as people read it, whichever is the run's step of time."""
    return day_named(when) if step(run) == "day" else month_named(when)


def months(run: "Run") -> dict[str, str]:
    """Return the choices of a month, by name: the whole period, then each of its months, such as ``2022-05``."""
    period = run.scenario.spec.period
    every = [calendar_date(month) for month in _months(day_number(period.start), day_number(period.end))]
    return {WHOLE_PERIOD: said("the whole period"), **{f"{month:%Y-%m}": month_named(month) for month in every}}


def _months(first: int, last: int) -> Iterable[int]:
    """Yield the first day of each month that has one of the days from ``first`` to ``last``."""
    month = month_start(first)
    while month <= last:
        yield month
        month = next_month(month)

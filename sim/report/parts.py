"""Parts of the page in plain values, for its templates."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.base.rounding import Written, written
from sim.language.spoken import headed, said
from sim.report.charts import script_json
from sim.report.looks import Judged
from sim.report.pictures.figures import SIMULATED

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.told.answers import Answer


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


@dataclass
class Plot:
    """A chart of a picture with its table.

    ``words`` gives its numbers in a sentence. ``source`` names its run under a saved file; it is empty for a chart of
    all runs.
    """

    chart: str
    label: str
    table: Table
    words: str = ""
    run: str = ""
    source: str = ""

    @property
    def named(self) -> str:
        """The label and, if there are several runs, the run."""
        return f"{self.label}, {self.run}" if self.run else self.label

    @property
    def inside(self) -> Table:
        """The rows of a table of figures that have a simulated number."""
        return self._figures(True)

    @property
    def outside(self) -> Table:
        """The rows of a table of figures that have none."""
        return self._figures(False)

    def _figures(self, simulated: bool) -> Table:
        at = self.table.keys.index(SIMULATED)
        rows = [row for row in self.table.rows if (row[at].value != MISSING) == simulated]
        return Table(self.table.columns, rows, self.table.keys)


@dataclass
class Control:
    """A control of a picture: id of its element, argument that it sets, label, options and the selected one."""

    id: str
    key: str
    label: str
    options: dict[str, str]
    selected: str


@dataclass
class Shown:
    """A picture on the page, with a chart of each run."""

    id: str
    caption: str
    controls: list[Control]
    plots: list[Plot]


@dataclass
class Part:
    """A section of a tab."""

    anchor: str
    heading: str
    lead: str
    pictures: list[Shown] = field(default_factory=list)


@dataclass
class Tab:
    """A tab of the page: its anchor, heading, introduction and sections, then those of its template.

    ``further`` are anchors and headings of the sections that the template has.
    """

    anchor: str
    heading: str
    lead: str
    parts: list[Part] = field(default_factory=list)
    further: list[tuple[str, str]] = field(default_factory=list)

    @property
    def template(self) -> str:
        """The file of its template."""
        return f"{self.anchor}.html.jinja"

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Anchor and heading of each section."""
        return [*((part.anchor, part.heading) for part in self.parts), *self.further]


@dataclass
class Group:
    """Findings under a heading; a single run has no heading."""

    heading: str
    lines: list[str]


@dataclass
class About:
    """Words and tables of one run; ``findings`` are all of them."""

    label: str
    answer: str
    numbers: dict[str, tuple[str, str]]
    period: str
    findings: list[str]
    inside: str
    evidence: Table
    months: Table
    provenance: list[tuple[str, str, bool]]
    phases: Table
    parameters: Table
    command: str
    spread: Table | None = None
    replicates: int = 1


@dataclass
class Policy:
    """The first screen of a policy, compared with the baseline.

    ``run_as`` are other settings of the run. ``fresh`` are findings new with the policy, ``gone`` those of the baseline
    alone.
    """

    label: str
    answer: "Answer"
    run_as: list[str]
    fresh: list[str]
    gone: list[str]


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
    if isinstance(value, int):
        return _number(f"{value:,}", value)
    if isinstance(value, float):
        return _number(f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:.3g}", value)
    return TableCell(headed(value))


def _number(shown: str, value: float) -> TableCell:
    """Return the cell of a number written in English; it has a value only if the text shortens it."""
    exact = _exact(value)
    return TableCell(written(shown), True, None if shown == exact else exact)


def _exact(value: float) -> str:
    """Return a number that reads back as the same one, without a point if it is whole."""
    return str(int(value)) if value == int(value) else repr(float(value))


def title_of(figure: "go.Figure") -> str:
    """Return the title of a figure as plain text, which the template escapes again."""
    import html

    return html.unescape(str(figure.layout.title.text or "").replace("<br>", ", "))

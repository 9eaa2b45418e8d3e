"""The page: one HTML file with everything in it, readable without a network; the same run gives the same bytes."""

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.report.answer import answer, short_answer
from sim.report.charts import chart, script_json
from sim.report.gallery import FIGURES, FILM, SECONDS, SECTIONS, Picture, combinations, drawn
from sim.report.looks import amount
from sim.report.pictures.film import reel
from sim.report.pictures.provenance import parameters
from sim.results.folder import sync

if TYPE_CHECKING:
    import pandas as pd

    from sim.results.run import Run

REPORT_HTML = "report.html"
FOLDER = Path(__file__).parent
ASSETS = ("page.css", "page.js")


@dataclass
class Cell:
    """A cell of a table: its text, and whether it is a number."""

    text: str
    number: bool = False


@dataclass
class Table:
    """A table of the page; the first cell of each row is its heading."""

    columns: list[str]
    rows: list[list[Cell]]


@dataclass
class Plot:
    """One chart of a picture: that of one run, or of all of them."""

    chart: str
    label: str
    table: Table
    words: str = ""
    run: str = ""


@dataclass
class Control:
    """A control of a picture: id of the element, argument, label and options."""

    id: str
    key: str
    label: str
    options: dict[str, str]
    selected: str


@dataclass
class Shown:
    """A picture on the page, with a plot a run."""

    id: str
    caption: str
    controls: list[Control]
    plots: list[Plot]


@dataclass
class Part:
    """A section of the page."""

    anchor: str
    heading: str
    lead: str
    pictures: list[Shown] = field(default_factory=list)


@dataclass
class About:
    """What the page says of one run in words and tables."""

    label: str
    title: str
    answer: str
    numbers: dict[str, str]
    period: str
    warnings: list[str]
    provenance: list[tuple[str, str]]
    phases: Shown
    parameters: Table
    command: str


def report(runs: "Run | Sequence[Run]", out: str | Path | None = None) -> Path:
    """Write the report of a run, or of several runs beside each other, the first of which is the base; give its path.

    ``out`` is the file, by default ``report.html`` in the run's folder, or for several runs in the current one. It
    appears, or takes the place of an older one, whole or not at all. Raises OSError where it cannot be written and
    PairingError for runs that do not meet the same attempts and people.
    """
    from sim.results.run import Run

    chosen = [runs] if isinstance(runs, Run) else list(runs)
    if not chosen:
        raise ValueError("a report has at least one run")
    path = Path(out) if out is not None else (chosen[0].path if len(chosen) == 1 else Path()) / REPORT_HTML
    text = page(chosen)
    unfinished = path.with_name(f".{path.name}.unfinished-{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        sync(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def page(runs: "Sequence[Run]") -> str:
    """Give the HTML of a report."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    labels = labels_of(runs)
    charts: dict[str, Any] = {}
    parts = [
        Part(
            section.anchor,
            section.heading,
            section.lead,
            [_shown(picture, runs, labels, charts) for picture in section.pictures],
        )
        for section in SECTIONS
        if section.pictures
    ]
    figures = _shown(FIGURES, runs, labels, charts)
    film = Part("film", "A timeline that plays", "Alerts by province and the work of the desks, day by day.")
    films = [
        Plot(f"film-{at}", f"Alerts by province, {label}", _table(FILM.table(run)), run=label)
        for at, (run, label) in enumerate(zip(runs, labels, strict=True))
    ]
    data = {
        "charts": charts,
        "films": {one.chart: reel(run) for one, run in zip(films, runs, strict=True)},
    }
    styles, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ASSETS)
    library = get_plotlyjs()
    # A script element ends at the first `</script`, also inside a string of JavaScript.
    library = library.replace("</script", "<\\/script")
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        title=runs[0].scenario.spec.title,
        runs=[_about(run, label, at, charts) for at, (run, label) in enumerate(zip(runs, labels, strict=True))],
        figures=figures,
        parts=parts,
        film=film,
        films=films,
        data=script_json(data),
        styles=styles,
        library=library,
        script=script,
        hashes=[_hash(library), _hash(script)],
    )


def labels_of(runs: "Sequence[Run]") -> list[str]:
    """Give each run a name of its own: the second ``tiny`` is ``tiny-2``."""
    found: list[str] = []
    for run in runs:
        name = str(run.manifest["name"])
        title, count = name, 1
        while title in found:
            count += 1
            title = f"{name}-{count}"
        found.append(title)
    return found


def _shown(picture: Picture, runs: "Sequence[Run]", labels: list[str], charts: dict[str, Any]) -> Shown:
    """Draw a picture for each run and put the charts into ``charts``."""
    keys = [choice.key for choice in picture.choices]
    plots = []
    for at, (run, label) in enumerate(zip(runs, labels, strict=True)):
        name = f"{picture.name}-{at}"
        views = drawn(picture, run)
        charts[name] = chart(views, keys)
        title = str(views[0][1].layout.title.text or picture.name)
        words = picture.say(run) if picture.say is not None else ""
        plots.append(Plot(name, _unescaped(title), _table(picture.table(run)), words, label if len(runs) > 1 else ""))
    first = combinations(picture, runs[0])[0]
    controls = [
        Control(f"{picture.name}-{choice.key}", choice.key, choice.label, choice.options(runs[0]), first[choice.key])
        for choice in picture.choices
    ]
    return Shown(picture.name, picture.caption, controls, plots)


def _about(run: "Run", label: str, at: int, charts: dict[str, Any]) -> About:
    spec, manifest = run.scenario.spec, run.manifest
    machine, speed = manifest["machine"], manifest["performance"]
    name = f"{SECONDS.name}-{at}"
    charts[name] = chart(drawn(SECONDS, run), [])
    phases = Shown(
        name, SECONDS.caption, [], [Plot(name, "Seconds of each phase of the run", _table(SECONDS.table(run)))]
    )
    facts = [
        ("scenario", manifest["name"]),
        ("SHA-256 of the scenario", manifest["scenario_sha256"]),
        ("seed", str(manifest["seed"])),
        ("scale", f"{manifest['scale']:g}"),
        ("engine", manifest["engine"]),
        ("period", f"{spec.period.start} to {spec.period.end}"),
        ("command", manifest["command"]),
        ("versions", ", ".join(f"{name} {number}" for name, number in manifest["versions"].items())),
        (
            "machine",
            f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, {machine['architecture']}",
        ),
        ("seconds", f"{speed['wall_s']:.1f}"),
        ("peak memory", f"{amount(speed['peak_rss_bytes'] / 1e6)} MB"),
        ("attempts a second", f"{speed['attempts_per_s']:,.0f}"),
    ]
    return About(
        label=label,
        title=spec.title,
        answer=answer(run),
        numbers=short_answer(run),
        period=f"{spec.period.start} to {spec.period.end}",
        warnings=list(manifest["warnings"]),
        provenance=facts,
        phases=phases,
        parameters=_table(parameters(run)),
        command=f"tocsin run scenario.yaml --engine {manifest['engine']}",
    )


def _table(frame: "pd.DataFrame") -> Table:
    """Give a table of the page from a DataFrame: numbers with sensible digits."""
    return Table(
        [str(name) for name in frame.columns], [[_cell(value) for value in row] for row in frame.to_numpy(object)]
    )


def _cell(value: Any) -> Cell:
    import pandas as pd

    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return Cell("")
    if isinstance(value, int):
        return Cell(f"{value:,}", True)
    if isinstance(value, float):
        return Cell(f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:.3g}", True)
    return Cell(str(value))


def _unescaped(text: str) -> str:
    """Give the plain text of a title of plotly, for a label that jinja escapes again."""
    import html

    return html.unescape(text.replace("<br>", ", "))


def _hash(script: str) -> str:
    """Give the hash by which the page's policy knows a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

"""The page: one HTML file with everything in it, readable without a network; the same run gives the same bytes."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.report.beside import Compared, compared_runs, comparison, difference, labels_of
from sim.report.charts import chart, packed, script_json, share_scales
from sim.report.gallery import FIGURES, FILM, SECONDS, SECTIONS, Picture, combinations, drawn
from sim.report.inside import evidence_summary, evidence_table, months_table
from sim.report.parts import About, Control, Part, Plot, Shown, table, title_of
from sim.report.pictures.film import reel
from sim.report.pictures.provenance import parameters
from sim.results.answer import answer, short_answer
from sim.results.findings import shortened
from sim.results.folder import demand_file, whole
from sim.rounding import amount

if TYPE_CHECKING:
    import pandas as pd

    from sim.results.run import Run

REPORT_HTML = "report.html"
FOLDER = Path(__file__).parent
ASSETS = ("page.css", "page.js")


def report(
    runs: "Run | Sequence[Run | Sequence[Run]]",
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the report of a run, or of several beside each other, the first of which is the base.

    The file appears, or takes the place of an older one, whole or not at all. FolderError is raised where no file can
    have that name, PairingError for runs that do not meet the same attempts and people.

    Args:
        runs: A run, or several. An entry that is itself a sequence holds replicates, which differ in their seed: the
            first is drawn, and the intervals of differences come from all.
        out: The file, by default ``report.html`` in the run's folder, or for several runs in the current folder.
        progress: Called with how many pictures of how many are drawn.

    Returns:
        The path of the file.

    Raises:
        ValueError: If there is no run.
    """
    from sim.results.run import Run

    groups = [[runs]] if isinstance(runs, Run) else [[one] if isinstance(one, Run) else list(one) for one in runs]
    if not groups or not all(groups):
        raise ValueError("a report has at least one run")
    path = Path(out) if out is not None else (groups[0][0].path if len(groups) == 1 else Path()) / REPORT_HTML
    demand_file(path)
    text = page(groups, progress)
    with whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return path


def page(groups: "Sequence[Sequence[Run]]", progress: Callable[[int, int], None] | None = None) -> str:
    """Return the HTML of a report of runs, each with its replicates; see ``report``."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    # Before anything is drawn: runs that cannot be paired are refused.
    compared = compared_runs(groups) if len(groups) > 1 else None
    runs = [group[0] for group in groups]
    labels = labels_of(runs)
    charts: dict[str, Any] = {}
    shown = []
    pictures = [picture for section in SECTIONS for picture in section.pictures]
    for done, picture in enumerate(pictures):
        if progress is not None:
            progress(done, len(pictures))
        shown.append(_shown(picture, runs, labels, charts))
    drawn_ones = iter(shown)
    parts = [
        Part(section.anchor, section.heading, section.lead, list(islice(drawn_ones, len(section.pictures))))
        for section in SECTIONS
    ]
    if compared is not None:
        parts.insert(0, comparison(compared, charts))
    film = Part("film", "A timeline that plays", "Alerts by province and the work of the desks, day by day.")
    films = [
        Plot(f"film-{at}", f"Alerts by province, {label}", table(FILM.table(run)), run=label)
        for at, (run, label) in enumerate(zip(runs, labels, strict=True))
    ]
    data = {
        "charts": charts,
        "films": dict(zip([one.chart for one in films], _on_one_scale([reel(run) for run in runs]), strict=True)),
    }
    styles, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ASSETS)
    library = get_plotlyjs()
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        title=runs[0].scenario.spec.title,
        runs=[
            _about(run, label, at, charts, compared) for at, (run, label) in enumerate(zip(runs, labels, strict=True))
        ],
        figures=[Plot("", "", table(FIGURES.table(run)), run=label) for run, label in zip(runs, labels, strict=True)],
        ratios=_shown(FIGURES, runs[:1], labels[:1], charts),
        parts=parts,
        film=film,
        films=films,
        data=packed(script_json(data)),
        styles=styles,
        library=packed(library),
        script=script,
        hashes=[_hash(library), _hash(script)],
    )


def _shown(picture: Picture, runs: "Sequence[Run]", labels: list[str], charts: dict[str, Any]) -> Shown:
    """Draw a picture for each run and put the charts into ``charts``."""
    keys = [choice.key for choice in picture.choices]
    plots = []
    every = [drawn(picture, run) for run in runs]
    share_scales([[figure for _, figure in views] for views in every])
    for at, (run, label, views) in enumerate(zip(runs, labels, every, strict=True)):
        name = f"{picture.name}-{at}"
        charts[name] = chart(views, keys)
        words = picture.say(run) if picture.say is not None else ""
        beside = label if len(runs) > 1 else ""
        plots.append(Plot(name, title_of(views[0][1]), table(picture.table(run)), words, beside))
    first = combinations(picture, runs[0])[0]
    controls = [
        Control(f"{picture.name}-{choice.key}", choice.key, choice.label, choice.options(runs[0]), first[choice.key])
        for choice in picture.choices
    ]
    return Shown(picture.name, picture.caption, controls, plots)


def _about(run: "Run", label: str, at: int, charts: dict[str, Any], compared: Compared | None) -> About:
    """Return what the page says of a run; beside a base, only those parameters that differ from the base's."""
    base = None if compared is None or at == 0 else parameters(compared.runs[0])
    spec, manifest, listed = run.scenario.spec, run.manifest, parameters(run)
    machine, speed = manifest["machine"], manifest["performance"]
    name = f"{SECONDS.name}-{at}"
    charts[name] = chart(drawn(SECONDS, run), [])
    phases = Shown(
        name, SECONDS.caption, [], [Plot(name, "Seconds of each phase of the run", table(SECONDS.table(run)))]
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
        ("attempts a second", amount(speed["attempts_per_s"])),
    ]
    return About(
        label=label,
        title=spec.title,
        beside="" if compared is None or at == 0 else difference(compared, label),
        answer=answer(run),
        numbers=short_answer(run),
        period=f"{spec.period.start} to {spec.period.end}",
        warnings=list(manifest["warnings"]),
        findings=shortened(run.found),
        inside=evidence_summary(run),
        evidence=table(evidence_table(run)),
        months=table(months_table(run)),
        provenance=facts,
        phases=phases,
        parameters=table(listed if base is None else listed[~listed["key"].isin(_same(listed, base))]),
        command=f"tocsin run scenario.yaml --engine {manifest['engine']}",
    )


def _on_one_scale(reels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Set the same highest values for timelines that stand beside each other."""
    most = max(one["most"] for one in reels)
    tops: dict[str, float] = {}
    for bar in (bar for one in reels for bar in one["bars"]):
        tops[bar["label"]] = max(bar["most"], tops.get(bar["label"], 0.0))
    return [
        {**one, "most": most, "bars": [{**bar, "most": tops[bar["label"]]} for bar in one["bars"]]} for one in reels
    ]


def _same(listed: "pd.DataFrame", base: "pd.DataFrame") -> list[str]:
    """Return the keys of parameters whose rows are the same in both lists, basis included."""
    rows = set(base.itertuples(index=False, name=None))
    return [row[0] for row in listed.itertuples(index=False, name=None) if row in rows]


def _hash(script: str) -> str:
    """Return the hash by which the page's content security policy allows a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

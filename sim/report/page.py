"""The page: one HTML file with everything in it, readable without a network; the same run gives the same bytes."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, fixed, written
from sim.language.spoken import counted, said, spoken, telling_in
from sim.reading.findings import ABOVE, foremost, shortened
from sim.reading.warnings import told
from sim.report.charts import chart, in_script, packed, script_json, share_scales
from sim.report.evidence import evidence_summary, evidence_table, months_table
from sim.report.gallery import FIGURES, FILM, SECONDS, SECTIONS, Picture, combinations, drawn
from sim.report.pictures.film import reel
from sim.report.pictures.provenance import OWN, changed_parameters, parameters
from sim.report.policy import policies, title_of_all, warned
from sim.report.scripted import axes_locale, file_name, script_words, source_of
from sim.report.sections import About, Control, Part, Plot, Policy, Shown, table, title_of
from sim.report.side_by_side import Compared, compared_runs, comparison, labels_of
from sim.report.spread import spread_table
from sim.store.folder import demand_file, whole
from sim.told.answer import answer, of_one_kind, short_answer

if TYPE_CHECKING:
    from sim.reading.run import Run

REPORT_HTML = "report.html"
FOLDER = Path(__file__).parent
STYLES = "page.css"
SCRIPTS = ("save.js", "page.js")


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
    from sim.reading.run import Run

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
    with telling_in(groups[0][0].scenario.spec.terms):
        return _page(groups, progress)


def _page(groups: "Sequence[Sequence[Run]]", progress: Callable[[int, int], None] | None) -> str:
    """Write the page in the language and currency that are spoken."""
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
        Part(section.anchor, said(section.heading), said(section.lead), list(islice(drawn_ones, len(section.pictures))))
        for section in SECTIONS
    ]
    shown_policies: list[Policy] = []
    title = runs[0].scenario.spec.title
    if compared is not None:
        shown_policies = policies(compared)
        title = title_of_all(shown_policies, labels[0])
        lead = said(
            "What became of the attempts in each run, and how near the numbers are to those that were reported."
        )
        parts = [comparison(compared, charts), Part("runs", said("Each run by itself"), lead), *parts]
    film = Part(
        "film", said("A timeline that plays"), said("Alerts by province and the work of the desks, day by day.")
    )
    films, reels = _films(runs, labels)
    data = {"charts": charts, "films": reels, "locale": axes_locale()}
    script = "".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    library = get_plotlyjs()
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    abouts = [
        _about(run, label, at, charts, compared) for at, (run, label) in enumerate(zip(runs, labels, strict=True))
    ]
    if compared is None and len(groups[0]) > 1:
        abouts[0].spread, abouts[0].replicates = table(spread_table(groups[0])), len(groups[0])
    environment.globals.update(said=said, counted=counted)
    return environment.get_template("page.html.jinja").render(
        title=title,
        policies=shown_policies,
        warnings=[] if compared is None else warned(compared),
        runs=abouts,
        figures=[Plot("", "", table(FIGURES.table(run)), run=label) for run, label in zip(runs, labels, strict=True)],
        ratios=_shown(FIGURES, runs[:1], labels[:1], charts),
        parts=parts,
        film=film,
        films=films,
        data=packed(script_json(data)),
        words=in_script(script_words()),
        language=spoken(),
        file=file_name(runs),
        sources=source_of(runs),
        styles=(FOLDER / STYLES).read_text(encoding="utf-8"),
        library=packed(library),
        script=script,
        hashes=[content_hash(library), content_hash(script)],
    )


def _shown(picture: Picture, runs: "Sequence[Run]", labels: list[str], charts: dict[str, Any]) -> Shown:
    """Draw a picture for each run and put the charts into ``charts``; what is the same for several runs, once."""
    keys = [choice.key for choice in picture.choices]
    chosen = combinations(picture, runs)
    every = [drawn(picture, run, chosen) for run in runs]
    share_scales([[figure for _, figure in views] for views in every])
    if picture.settle is not None:
        for views in every:
            for _, figure in views:
                picture.settle(figure)
    plots: list[Plot] = []
    alike: list[list[str]] = []
    for at, (run, label, views) in enumerate(zip(runs, labels, every, strict=True)):
        name = f"{picture.name}-{at}"
        found = chart(views, keys)
        numbers, words = table(picture.table(run)), picture.say(run) if picture.say is not None else ""
        before = next(
            (
                place
                for place, plot in enumerate(plots)
                if charts[plot.chart] == found and plot.table == numbers and plot.words == words
            ),
            None,
        )
        if before is not None:
            alike[before].append(label)
            continue
        charts[name] = found
        plots.append(Plot(name, title_of(views[0][1]), numbers, words, source=source_of([run])))
        alike.append([label])
    if len(runs) > 1:
        for plot, of in zip(plots, alike, strict=True):
            plot.run = _of_runs(of)
    controls = [
        Control(
            f"{picture.name}-{choice.key}",
            choice.key,
            said(choice.label),
            {value: said(text) for value, text in choice.options(runs[0]).items()},
            chosen[0][choice.key],
        )
        for choice in picture.choices
    ]
    return Shown(picture.name, said(picture.caption) if picture.caption else "", controls, plots)


def _about(run: "Run", label: str, at: int, charts: dict[str, Any], compared: Compared | None) -> About:
    """Return what the page says of a run; beside a base, only those parameters that differ from the base's."""
    spec, manifest = run.scenario.spec, run.manifest
    # One kind of interval for all that stand beside each other.
    known = compared is None or of_one_kind(compared.runs)
    listed = parameters(run) if compared is None or at == 0 else changed_parameters(run, compared.runs[0])
    machine, speed = manifest["machine"], manifest["performance"]
    name = f"{SECONDS.name}-{at}"
    charts[name] = chart(drawn(SECONDS, run, [{}]), [])
    phases = Shown(
        name,
        said(SECONDS.caption),
        [],
        [Plot(name, said("Seconds of each phase of the run"), table(SECONDS.table(run)), source=source_of([run]))],
    )
    period = said("{low} to {high}", low=spec.period.start, high=spec.period.end)
    facts = [
        (said("scenario"), manifest["name"], True),
        (said("SHA-256 of the scenario"), manifest["scenario_sha256"], True),
        (said("seed"), str(manifest["seed"]), False),
        (said("scale"), written(f"{manifest['scale']:g}"), False),
        (said("engine"), manifest["engine"], True),
        (said("period"), period, False),
        (said("command"), manifest["command"], True),
        (said("versions"), ", ".join(f"{name} {number}" for name, number in manifest["versions"].items()), True),
        (
            said("machine"),
            counted(
                "{processor}, {count} cores, {system}, {architecture}",
                "{processor}, {count} cores, {system}, {architecture}",
                count=machine["cores"],
                processor=machine["processor"],
                system=machine["system"],
                architecture=machine["architecture"],
            ),
            False,
        ),
        (said("seconds"), fixed(speed["wall_s"], 1), False),
        (said("peak memory"), said("{megabytes} MB", megabytes=amount(speed["peak_rss_bytes"] / 1e6)), False),
        (said("attempts a second"), amount(speed["attempts_per_s"]), False),
    ]
    first = foremost(run.found)[:ABOVE]
    return About(
        label=label,
        answer=answer(run, known=known),
        numbers=short_answer(run, known),
        period=period,
        known=[*told(run), *first],
        findings=shortened(run.found) if len(run.found) > len(first) else [],
        inside=evidence_summary(run),
        evidence=table(evidence_table(run), ("basis",)),
        months=table(months_table(run)),
        provenance=facts,
        phases=phases,
        parameters=table(listed, OWN),
        command=f"tocsin run scenario.yaml --engine {manifest['engine']}",
    )


def _films(runs: "Sequence[Run]", labels: list[str]) -> tuple[list[Plot], dict[str, dict[str, Any]]]:
    """Return the timelines of runs, those that are the same once, and what each shows."""
    plots: dict[str, Plot] = {}
    shown: dict[str, dict[str, Any]] = {}
    alike: dict[str, list[str]] = {}
    for at, (run, label, one) in enumerate(zip(runs, labels, _on_one_scale([reel(run) for run in runs]), strict=True)):
        same = next((name for name, other in shown.items() if other == one), None)
        if same is not None:
            alike[same].append(label)
            continue
        name = f"film-{at}"
        plots[name] = Plot(
            name, said("Alerts by province, {run}", run=label), table(FILM.table(run)), source=source_of([run])
        )
        shown[name], alike[name] = one, [label]
    for name, plot in plots.items():
        plot.run = _of_runs(alike[name])
    return list(plots.values()), shown


def _of_runs(labels: list[str]) -> str:
    """Return whose chart it is: a run's, or that of several for which it is the same."""
    one, *others = labels
    return said("{run}, and the same for {others}", run=one, others=", ".join(others)) if others else one


def _on_one_scale(reels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Set the same highest values for timelines that stand beside each other."""
    most = max(one["most"] for one in reels)
    tops: dict[str, float] = {}
    for bar in (bar for one in reels for bar in one["bars"]):
        tops[bar["label"]] = max(bar["most"], tops.get(bar["label"], 0.0))
    return [
        {**one, "most": most, "bars": [{**bar, "most": tops[bar["label"]]} for bar in one["bars"]]} for one in reels
    ]


def content_hash(script: str) -> str:
    """Return the hash by which the page's content security policy allows a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

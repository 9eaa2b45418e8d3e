"""The page: one HTML file with everything in it, readable without a network; the same run gives the same bytes.

Its tabs: which sections each holds, what is left out and why, and the limits that page one names.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, fixed, written
from sim.language.spoken import counted, marked, said, telling_in
from sim.reading.findings import ranked, shortened
from sim.report.charts import chart, in_script, packed, script_json, share_scales
from sim.report.compared import (
    Compared,
    compared_runs,
    comparison,
    effect,
    labels_of,
    people,
    people_words,
    policies,
    title_of_all,
)
from sim.report.gallery import FIGURES, SECTIONS, Picture, combinations, drawn
from sim.report.looks import LAYOUT, provinces
from sim.report.parts import About, Control, Group, Part, Plot, Policy, Shown, Tab, table, title_of
from sim.report.person import FOLDER, content_hash, filled
from sim.report.pictures.figures import OWN, changed_parameters, parameters, seconds_table
from sim.report.scripts import axes_locale, file_name, script_words, source_of
from sim.report.tables import evidence_summary, evidence_table, months_table, spread_table
from sim.store.folder import demand_file, whole
from sim.told.answers import of_runs
from sim.told.runs import answer, of_one_kind, short_answer

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.told.answers import Answer

TABS = {
    "outcomes": (marked("Outcomes"), marked("What happened to people and money, when and where.")),
    "mechanism": (marked("Mechanism"), marked("How the outcomes come about: filters, detectors, warnings and desks.")),
    "calibration": (marked("Calibration"), marked("How close the simulation comes to reported figures.")),
    "provenance": (marked("Provenance"), marked("How these numbers were made, and how to reproduce them.")),
}
"""Headings and introductions of the tabs after page one."""

FOREMOST = "cascade"
"""The picture of page one for a single run."""

MAPS = ("place",)
"""Pictures of provinces: of a country simulated as one they show a single tile."""

NO_MAP = marked(
    "No map: all provinces are simulated as one. To see provinces, use --pool none, or --pool country --apart PROVINCE."
)


def mapped(runs: "Sequence[Run]") -> bool:
    """Tell whether the runs have provinces to tell apart."""
    return len(provinces(runs[0])) > 1


def shows(picture: Picture, runs: "Sequence[Run]") -> bool:
    """Tell whether a picture has anything to show for these runs."""
    return picture.name not in MAPS or mapped(runs)


def tabs(
    shown: Mapping[str, Shown],
    runs: "Sequence[Run]",
    comparison: Part | None,
    abouts: Sequence[About],
    watched: bool,
) -> list[Tab]:
    """Return the tabs after page one.

    Args:
        shown: Pictures by name; a section without any is left out, unless it says why.
        runs: The runs of the page.
        comparison: The section of the differences, if there are several runs.
        abouts: Words and tables of the runs.
        watched: Whether the ways of single people are shown.
    """
    found = {anchor: Tab(anchor, said(heading), said(lead)) for anchor, (heading, lead) in TABS.items()}
    if comparison is not None:
        found["outcomes"].parts.append(comparison)
    for section in SECTIONS:
        pictures = [shown[picture.name] for picture in section.pictures if picture.name in shown]
        absent = not all(shows(picture, runs) for picture in section.pictures)
        if pictures or absent:
            lead = said(NO_MAP if absent else section.lead)
            found[section.tab].parts.append(Part(section.anchor, said(section.heading), lead, pictures))
    if comparison is not None:
        found["outcomes"].further.append(("runs", said("Each run")))
    if watched:
        found["mechanism"].further.append(("people", said("One person's way")))
    found["calibration"].further.append(("figures", said("Reported and simulated figures")))
    if any(about.inside for about in abouts):
        found["calibration"].further.append(("evidence", said("Evidence")))
    return list(found.values())


def findings_of_all(policies: Sequence[Policy], base: About) -> list[Group]:
    """Return the findings that come and go with each policy, in groups with headings; if none does, the baseline's."""
    found = []
    for policy in policies:
        for heading, lines in (
            (said("Findings new with this policy"), policy.fresh),
            (said("Baseline findings that this policy removes"), policy.gone),
        ):
            if lines:
                several = said("{heading}: {policy}", heading=heading, policy=policy.label)
                found.append(Group(several if len(policies) > 1 else heading, lines))
    single = len(policies) == 1
    shared = said("Findings of both the policy and its baseline:") if single else said("Findings of the baseline:")
    return found or [Group(shared if base.findings else "", base.findings)]


def limits_of(answers: "Sequence[Answer]") -> list[str]:
    """Return what readers must know before trusting answers: warnings, and what has no price."""
    found = dict.fromkeys(line for answer in answers for line in answer.warnings)
    for one in answers:
        if one.not_priced:
            line = one.not_priced
            found[said("{policy}: {limit}", policy=one.name, limit=line) if len(answers) > 1 else line] = None
    return list(found)


def assumed(run: "Run") -> str:
    """Say how many values of a scenario are assumptions."""
    origins = [source.origin for source in run.scenario.sources.values() if source.origin]
    return counted(
        "{assumed} of {count} value with a stated origin is assumed; the provenance lists it.",
        "{assumed} of {count} values with a stated origin are assumed; the provenance lists them.",
        count=len(origins),
        assumed=sum(origin == "assumed" for origin in origins),
    )


REPORT_HTML = "report.html"
STYLES = ("page.css", "person.css")
SCRIPTS = ("save.js", "page.js")


def report(
    runs: "Run | Sequence[Run | Sequence[Run]]",
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the report of a run, or of several side by side, the first of which is the baseline.

    The file appears, or replaces an older one, whole or not at all. FolderError is raised if no file can have that
    name, PairingError for runs that do not share attempts and people.

    Args:
        runs: A run, or several. An entry that is itself a sequence holds replicates, which differ in their seed: the
            pictures show the first, and the intervals of differences come from all.
        out: The file, by default ``report.html`` in the run's folder, or for several runs in the current folder.
        progress: Called with the number of finished pictures and the number of all.

    Returns:
        The path of the file.

    Raises:
        ValueError: If there is no run.
    """
    from sim.reading.run import Run

    groups = [[runs]] if isinstance(runs, Run) else [[one] if isinstance(one, Run) else list(one) for one in runs]
    if not groups or not all(groups) or not all(isinstance(one, Run) for group in groups for one in group):
        raise ValueError("a report needs runs: use sim.report(sim.load_run(FOLDER))")
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
    """Write the page in the language and currency in use."""
    from plotly.offline import get_plotlyjs

    # First, because it raises an error for runs that cannot be paired.
    compared = compared_runs(groups) if len(groups) > 1 else None
    runs = [group[0] for group in groups]
    labels = labels_of(runs)
    charts: dict[str, Any] = {}
    shown: dict[str, Shown] = {}
    pictures = [picture for section in SECTIONS for picture in section.pictures if shows(picture, runs)]
    for done, picture in enumerate(pictures):
        if progress is not None:
            progress(done, len(pictures))
        shown[picture.name] = _shown(picture, runs, labels, charts)
    abouts = [_about(run, label, at, compared) for at, (run, label) in enumerate(zip(runs, labels, strict=True))]
    shown_policies: list[Policy] = []
    if compared is None:
        answers = [of_runs(groups[0], "replicates" if len(groups[0]) > 1 else None)]
        title, foremost_one = answers[0].question, shown.pop(FOREMOST, None)
        found = [Group("", abouts[0].findings)]
        if len(groups[0]) > 1:
            abouts[0].spread, abouts[0].replicates = table(spread_table(groups[0])), len(groups[0])
    else:
        shown_policies = policies(compared)
        answers = [policy.answer for policy in shown_policies]
        title, foremost_one = title_of_all(shown_policies, labels[0]), effect(answers, charts)
        found = findings_of_all(shown_policies, abouts[0])
    shown_people = [] if compared is None else people(compared)
    data = {"charts": charts, "layout": LAYOUT, "locale": axes_locale()}
    script = "".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    library = get_plotlyjs()
    return filled(
        "page.html.jinja",
        title=title,
        tabs=tabs(shown, runs, None if compared is None else comparison(compared, charts), abouts, bool(shown_people)),
        answer=answers[0],
        policies=shown_policies,
        foremost=foremost_one,
        findings=found,
        limits=[
            *limits_of(answers),
            assumed(runs[0]),
            said("Pictures by day, month or group show one run, without its run-to-run noise."),
        ],
        runs=abouts,
        figures=[Plot("", "", table(FIGURES.table(run)), run=label) for run, label in zip(runs, labels, strict=True)],
        ratios=_shown(FIGURES, runs[:1], labels[:1], charts),
        people=shown_people,
        people_words=[] if compared is None else people_words(compared),
        data=packed(script_json(data)),
        words=in_script(script_words()),
        file=file_name(runs),
        sources=source_of(runs),
        styles="".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES),
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
        for _, figure in (view for views in every for view in views):
            picture.settle(figure)
    told = [
        (chart(views, keys), table(picture.table(run)), picture.say(run))
        for run, views in zip(runs, every, strict=True)
    ]
    plots = []
    for at, of in unlike(told):
        name = f"{picture.name}-{at}"
        charts[name], numbers, words = told[at]
        whose = _of_runs([labels[one] for one in of]) if len(runs) > 1 else ""
        title = title_of(every[at][0][1])
        plots.append(Plot(name, title, numbers, words, whose, source_of([runs[at]])))
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


def unlike(values: Iterable[Any]) -> list[tuple[int, list[int]]]:
    """Return the place of each value that no earlier one equals, with the places of all values equal to it."""
    found: list[tuple[Any, list[int]]] = []
    for at, value in enumerate(values):
        same = next((places for other, places in found if other == value), None)
        if same is None:
            found.append((value, [at]))
        else:
            same.append(at)
    return [(places[0], places) for _, places in found]


def _about(run: "Run", label: str, at: int, compared: Compared | None) -> About:
    """Return words and tables of a run; of a policy, only the parameters that differ from the baseline's."""
    spec, manifest = run.scenario.spec, run.manifest
    # One kind of interval for all runs of a page.
    known = compared is None or of_one_kind(compared.runs)
    listed = parameters(run) if compared is None or at == 0 else changed_parameters(run, compared.runs[0])
    machine, speed = manifest["machine"], manifest["performance"]
    period = said("{low} to {high}", low=spec.period.start, high=spec.period.end)
    cores = counted(
        "{processor}, {count} core, {system}, {architecture}",
        "{processor}, {count} cores, {system}, {architecture}",
        count=machine["cores"],
        **{name: machine[name] for name in ("processor", "system", "architecture")},
    )
    facts = [
        (said("scenario"), manifest["name"], True),
        (said("SHA-256 of the scenario"), manifest["scenario_sha256"], True),
        (said("seed"), str(manifest["seed"]), False),
        (said("scale"), written(f"{manifest['scale']:g}"), False),
        (said("engine"), manifest["engine"], True),
        (said("period"), period, False),
        (said("command"), manifest["command"], True),
        (said("versions"), ", ".join(f"{name} {number}" for name, number in manifest["versions"].items()), True),
        (said("machine"), cores, False),
        (said("wall-clock seconds"), fixed(speed["wall_s"], 1), False),
        (said("peak memory"), said("{megabytes} MB", megabytes=amount(speed["peak_rss_bytes"] / 1e6)), False),
        (said("attempts per second"), amount(speed["attempts_per_s"]), False),
    ]
    return About(
        label=label,
        answer=answer(run, known=known),
        numbers=short_answer(run, known),
        period=period,
        findings=shortened(ranked(run.found)),
        inside=evidence_summary(run),
        evidence=table(evidence_table(run), ("basis",)),
        months=table(months_table(run)),
        provenance=facts,
        phases=table(seconds_table(run)),
        parameters=table(listed, OWN),
        command=f"tocsin run scenario.yaml --engine {manifest['engine']}",
    )


def _of_runs(labels: list[str]) -> str:
    """Return the name of a chart's run, or of all runs for which it is the same."""
    one, *others = labels
    return said("{run}; the same for {others}", run=one, others=", ".join(others)) if others else one

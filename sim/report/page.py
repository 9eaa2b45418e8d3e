"""The page: one HTML file with everything in it, readable without a network; the same run gives the same bytes.

Its tabs: which sections each holds, what is left out and why, and the limits that page one names. Of compared runs:
differences with intervals, what each policy changed, and whom it saved and harmed.
"""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, fixed, written
from sim.experiments.compare import distinct
from sim.experiments.paired import compare_groups
from sim.language import counted, marked, named, said, telling_in
from sim.reading.findings import apart, ranked, shortened
from sim.report import experiments as pictures
from sim.report import figures
from sim.report import parts as report_parts
from sim.report.drawing import LAYOUT, capital, provinces
from sim.report.gallery import FIGURES, SECTIONS, Choice, Picture, combinations, only
from sim.report.person import person, picked
from sim.report.place import OF, contrast
from sim.scenario.levers import run_as
from sim.store.folder import demand_file, whole
from sim.told.answers import of_comparison, of_runs
from sim.told.runs import answer, of_one_kind, short_answer

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from sim.reading.run import Run
    from sim.told.answers import Answer

Plain = dict[str, Any]

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
    labels, sources = labels_of(runs), [report_parts.source_of([run]) for run in runs]
    charts: Plain = {}
    shown: dict[str, Plain] = {}
    drawn = [picture for section in SECTIONS for picture in section.pictures if _shows(picture, runs)]
    for done, picture in enumerate(drawn):
        if progress is not None:
            progress(done, len(drawn))
        shown[picture.name] = _shown(picture, runs, runs, charts, labels if len(runs) > 1 else [""], sources)
    abouts = [_about(run, label, at, compared) for at, (run, label) in enumerate(zip(runs, labels, strict=True))]
    told_of_policies: list[Policy] = []
    ways: list[str] = []
    if compared is None:
        answers = [of_runs(groups[0], "replicates" if len(groups[0]) > 1 else None)]
        title, foremost_one = answers[0].question, shown.pop(FOREMOST, None)
        found = [{"heading": "", "lines": abouts[0]["findings"]}]
        if len(groups[0]) > 1:
            abouts[0] |= {"spread": report_parts.table(figures.spread_table(groups[0])), "replicates": len(groups[0])}
    else:
        told_of_policies, ways = policies(compared), people(compared)
        answers = [policy.answer for policy in told_of_policies]
        title, foremost_one = title_of_all(told_of_policies, labels[0]), _effect(answers, runs, charts)
        found = _findings_of_all(told_of_policies, abouts[0]["findings"])
    data = {"charts": charts, "layout": LAYOUT, "locale": report_parts.axes_locale()}
    script = "".join((report_parts.FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)
    library = get_plotlyjs()
    return report_parts.filled(
        "page.html.jinja",
        title=title,
        tabs=_tabs(shown, runs, None if compared is None else _comparison(compared, charts), abouts, bool(ways)),
        answer=answers[0],
        policies=told_of_policies,
        foremost=foremost_one,
        findings=found,
        limits=[
            *limits_of(answers),
            assumed(runs[0]),
            said("Pictures by day, month or group show one run, without its run-to-run noise."),
        ],
        runs=abouts,
        figures=[
            {
                "run": label,
                "inside": one.with_number(figures.SIMULATED, True),
                "outside": one.with_number(figures.SIMULATED, False),
            }
            for label, one in (
                (label, report_parts.table(FIGURES.draw(run).table)) for run, label in zip(runs, labels, strict=True)
            )
        ],
        ratios=_shown(FIGURES, runs[:1], runs[:1], charts, [""], sources),
        people=ways,
        people_words=[]
        if compared is None
        else [pictures.whom((one, runs[0])).words for one in compared.changes.values()],
        data=report_parts.packed(report_parts.script_json(data)),
        words=report_parts.in_script(report_parts.script_words()),
        file=report_parts.file_name(runs),
        sources=report_parts.source_of(runs),
        styles="".join((report_parts.FOLDER / name).read_text(encoding="utf-8") for name in STYLES),
        library=report_parts.packed(library),
        script=script,
        hashes=[report_parts.content_hash(library), report_parts.content_hash(script)],
    )


def _shows(picture: Picture, runs: "Sequence[Run]") -> bool:
    """Tell whether a picture has anything to show for these runs."""
    return picture.name not in MAPS or len(provinces(runs[0])) > 1


def _tabs(
    shown: Mapping[str, Plain], runs: "Sequence[Run]", comparison: Plain | None, abouts: Sequence[Plain], watched: bool
) -> list[Plain]:
    """Return the tabs after page one.

    Args:
        shown: Pictures by name; a section without any is left out, unless it says why.
        runs: The runs of the page.
        comparison: The section of the differences, if there are several runs.
        abouts: Words and tables of the runs.
        watched: Whether the ways of single people are shown.
    """
    parts: dict[str, list[Plain]] = {anchor: [] for anchor in TABS}
    if comparison is not None:
        parts["outcomes"].append(comparison)
    for section in SECTIONS:
        own = [shown[picture.name] for picture in section.pictures if picture.name in shown]
        absent = not all(_shows(picture, runs) for picture in section.pictures)
        if own or absent:
            lead = said(NO_MAP if absent else section.lead)
            part = {"anchor": section.anchor, "heading": said(section.heading), "lead": lead, "pictures": own}
            parts[section.tab].append(part)
    # Sections that the templates of tabs have.
    further = {
        "outcomes": [("runs", said("Each run"))] if comparison is not None else [],
        "mechanism": [("people", said("One person's way"))] if watched else [],
        "calibration": [("figures", said("Reported and simulated figures"))],
        "provenance": [],
    }
    if any(about["inside"] for about in abouts):
        further["calibration"].append(("evidence", said("Evidence")))
    return [
        {
            "anchor": anchor,
            "heading": said(heading),
            "lead": said(lead),
            "parts": parts[anchor],
            "sections": [*((part["anchor"], part["heading"]) for part in parts[anchor]), *further[anchor]],
            "template": f"{anchor}.html.jinja",
        }
        for anchor, (heading, lead) in TABS.items()
    ]


def _shown(
    picture: Picture,
    runs: "Sequence[Run]",
    subjects: Sequence[Any],
    charts: Plain,
    labels: Sequence[str],
    sources: Sequence[str] = (),
) -> Plain:
    """Draw a picture of each subject and put the charts into ``charts``; what is the same for several, once.

    Subjects are the runs, or what else the picture is of; only pictures of runs, with ``sources``, share their scales.

    Returns:
        Its parts, for the template.
    """
    chosen = combinations(picture, runs)
    drawn = [picture.draw(subject) for subject in subjects]
    every = [{"|".join(one.values()): of.view(**one) for one in chosen} for of in drawn]
    if sources:
        report_parts.share_scales([list(views.values()) for views in every])
    for figure in (figure for views in every for figure in views.values() if picture.settle is not None):
        picture.settle(figure)  # type: ignore[misc]
    told = [
        (report_parts.chart(views), report_parts.table(of.table), of.words)
        for views, of in zip(every, drawn, strict=True)
    ]
    plots = []
    for at, places in unlike(told):
        charts[name := f"{picture.name}-{at}"], numbers, words = told[at]
        one, *others = (labels[place] for place in places)
        run = said("{run}; the same for {others}", run=one, others=", ".join(others)) if others and one else one
        title = title_of(next(iter(every[at].values())))
        plot = {
            "chart": name,
            "named": f"{title}, {run}" if run else title,
            "table": numbers,
            "words": words,
            "run": run,
        }
        plots.append({**plot, "source": sources[at] if sources else ""})
    controls = [
        {
            "id": f"{picture.name}-{choice.key}",
            "key": choice.key,
            "label": said(choice.label),
            "options": {value: said(text) for value, text in choice.options(runs[0]).items()},
            "selected": chosen[0][choice.key],
        }
        for choice in picture.choices
    ]
    caption = said(picture.caption) if picture.caption else ""
    return {"id": picture.name, "caption": caption, "controls": controls, "plots": plots}


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


def title_of(figure: "go.Figure") -> str:
    """Return the title of a figure as plain text, which the template escapes again."""
    return html.unescape(str(figure.layout.title.text or "").replace("<br>", ", "))


def _about(run: "Run", label: str, at: int, compared: "Compared | None") -> Plain:
    """Return words and tables of a run; of a policy, only the parameters that differ from the baseline's."""
    spec, manifest = run.scenario.spec, run.manifest
    # One kind of interval for all runs of a page.
    known = compared is None or of_one_kind(compared.runs)
    listed = (
        figures.parameters(run) if compared is None or at == 0 else figures.changed_parameters(run, compared.runs[0])
    )
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
    phases = report_parts.table_of(
        ((named(name), seconds) for name, seconds in speed["phases"].items()), ["phase", "seconds"]
    )
    return {
        "label": label,
        "answer": answer(run, known=known),
        "numbers": short_answer(run, known),
        "period": period,
        "findings": shortened(ranked(run.found)),
        "inside": figures.evidence_summary(run),
        "evidence": report_parts.table(figures.evidence_table(run), ("basis",)),
        "months": report_parts.table(figures.months_table(run)),
        "provenance": facts,
        "phases": report_parts.table(phases),
        "parameters": report_parts.table(listed, figures.OWN),
        "command": f"tocsin run scenario.yaml --engine {manifest['engine']}",
        "spread": None,
    }


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


LEAD = marked(
    "Every run met the same attempts and people, so differences come from the policy. Other sections show the runs "
    "side by side; a picture that is the same for several runs is drawn once."
)
DIFFERENCES = marked(
    "Differences in percent of the baseline. Whiskers are 95% intervals over replicates: run-to-run noise alone."
)
ONE_PAIR = marked(
    "Differences in percent of the baseline, from a single pair of runs: their run-to-run noise is unknown. For "
    "intervals, make a report of folders with replicates, such as those of tocsin compare."
)
APART = marked(
    "Each panel has its own axis. A value far beyond the others stands at the edge, with an arrow and its number. The "
    "table also lists what did not change."
)
COSTS = marked(
    "Additional costs over the baseline, in {currency}. Whiskers show the range as prices move within their ranges, "
    "equally for both. The table also has the cost of sparing one more."
)
GATES = marked("Each attempt ends at one gate, so what one gate stops more, others meet less often.")
WHOM = marked("People who became victims under one policy but not under the other: the same person, the same attempt.")
WHERE = marked(
    "Blue is fewer and brown is more per 100,000 people of the province. Zero is in the middle, and colours reach at "
    "least a tenth of the baseline's mean. A grey tile, with its number in brackets, lies within the run-to-run noise "
    "(95%); of thirty provinces, expect one or two to be coloured by noise. An arrow marks a difference far beyond all "
    "others."
)


@dataclass
class Compared:
    """Paired runs: the first of each group, their names, differences, people whose fate changed (by name), all runs.

    ``victims`` has a row for each of these people, by the origin of the attempt, where the runs have events.
    """

    runs: "list[Run]"
    labels: list[str]
    differences: "pd.DataFrame"
    changes: "dict[str, pd.DataFrame]"
    groups: "Sequence[Sequence[Run]]"
    victims: "dict[str, pd.DataFrame]" = field(default_factory=dict)


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


def compared_runs(groups: "Sequence[Sequence[Run]]") -> Compared:
    """Pair runs with the first; raises PairingError for runs that do not share attempts and people."""
    import pandas as pd

    from sim.experiments.compare import compare
    from sim.experiments.pairing import summed, victims

    runs = [group[0] for group in groups]
    labels = labels_of(runs)
    # One by one: a third run may lack a number that two others have.
    others = zip(labels[1:], groups[1:], strict=True)
    frames = [compare([groups[0], group]).assign(scenario=label) for label, group in others]
    found = pd.concat(frames, ignore_index=True)
    people = {}
    if all(run.has_events for run in runs):
        people = {label: victims(runs[0], run) for label, run in zip(labels[1:], runs[1:], strict=True)}
    return Compared(runs, labels, found, {label: summed(one) for label, one in people.items()}, groups, people)


def labels_of(runs: "Sequence[Run]") -> list[str]:
    """Return a name for each run, all different: the second ``tiny`` is ``tiny-2``."""
    return distinct([str(run.manifest["name"]) for run in runs])


def _comparison(compared: Compared, charts: Plain) -> Plain:
    """Return the section of the differences; its charts are put into ``charts``."""
    runs, frame, base = compared.runs, compared.differences, compared.runs[0]
    of_each = [
        said("{policy}, compared with {base}", policy=one, base=compared.labels[0]) for one in compared.labels[1:]
    ]
    pairs = [list(zip(compared.groups[0], group, strict=True)) for group in compared.groups[1:]]
    several = len(compared.groups[0]) > 1
    caption = f"{said(DIFFERENCES if several else ONE_PAIR)} {said(APART)}"
    shown = [_shown(Picture(pictures.differences, caption), runs, [frame], charts, [""])]
    if len(provinces(base)) > 1:
        where = Picture(contrast, WHERE, (Choice("outcome", marked("Differences in"), only(OF)),))
        shown.append(_shown(where, runs, pairs, charts, of_each))
    shown.append(_shown(Picture(pictures.cost_differences, COSTS), runs, [frame], charts, [""]))
    shown.append(_shown(Picture(pictures.fates, GATES), runs, [(frame, runs)], charts, [""]))
    if compared.changes:
        by = only({by: name for by, (name, _) in pictures.BY.items()})
        whom = Picture(pictures.whom, WHOM, (Choice("by", marked("Group by"), by),))
        shown.append(_shown(whom, runs, [(changes, base) for changes in compared.changes.values()], charts, of_each))
    return {"anchor": "comparison", "heading": said("Comparison"), "lead": said(LEAD), "pictures": shown}


def _effect(answers: "Sequence[Answer]", runs: "Sequence[Run]", charts: Plain) -> Plain:
    """Return the picture of page one, with the numbers and intervals of the answers; its chart goes to ``charts``."""
    rows = [
        {
            **{"scenario": answer.name, "quantity": one.quantity, "base": one.base, "other": one.other},
            **{"difference": one.value, "low": one.low, "high": one.high},
        }
        for answer in answers
        for one in answer.numbers
    ]
    caption = said("{kind}. A whisker that crosses zero leaves the direction uncertain.", kind=answers[0].intervals)
    return _shown(Picture(pictures.effect, capital(caption)), runs, [report_parts.table_of(rows)], charts, [""])


def people(compared: Compared) -> list[str]:
    """Return the ways of single people under the baseline and under each policy, as HTML; empty without events."""
    base, *others = compared.runs
    return [
        person(base, run, origin, (compared.labels[0], label), compared.victims[label])
        for label, run in zip(compared.labels[1:], others, strict=True)
        if label in compared.victims
        for origin in picked(compared.victims[label]).values()
    ]


def policies(compared: Compared) -> list[Policy]:
    """Return what the page says of each run except the first, compared with the first."""
    base, *others = compared.runs
    found = []
    answers = of_comparison(compare_groups(compared.groups))
    for label, run, effect in zip(compared.labels[1:], others, answers, strict=True):
        held = base.manifest.get("policy_of") is None and run.manifest.get("policy_of") is None
        changes = [lever.told for lever in run_as(base.scenario, run.scenario)]
        fresh, gone = shortened(apart(run.found, base.found, held)), shortened(apart(base.found, run.found, held))
        found.append(Policy(label, effect, changes, fresh, gone))
    return found


def _findings_of_all(policies: Sequence[Policy], of_base: list[str]) -> list[Plain]:
    """Return the findings that come and go with each policy, in groups with headings; if none does, the baseline's."""
    found = []
    for policy in policies:
        for heading, lines in (
            (said("Findings new with this policy"), policy.fresh),
            (said("Baseline findings that this policy removes"), policy.gone),
        ):
            if lines:
                several = said("{heading}: {policy}", heading=heading, policy=policy.label)
                found.append({"heading": several if len(policies) > 1 else heading, "lines": lines})
    single = len(policies) == 1
    shared = said("Findings of both the policy and its baseline:") if single else said("Findings of the baseline:")
    return found or [{"heading": shared if of_base else "", "lines": of_base}]


def title_of_all(shown: list[Policy], base: str) -> str:
    """Return the title of a report of policies: the question of a single one, else how many are compared."""
    if len(shown) == 1:
        return shown[0].answer.question
    return said("{count} policies, compared with {base}", count=str(len(shown)), base=base)

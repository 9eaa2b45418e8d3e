"""Tabs of the page: which sections each holds, what is left out and why, and the limits that page one names."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sim.language.spoken import counted, marked, said
from sim.report.gallery import SECTIONS, Picture
from sim.report.looks import provinces
from sim.report.parts import About, Group, Part, Policy, Shown, Tab

if TYPE_CHECKING:
    from sim.reading.run import Run
    from sim.told.one import Answer

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
    found["mechanism"].further.append(("film", film_part(runs).heading))
    found["calibration"].further.append(("figures", said("Reported and simulated figures")))
    if any(about.inside for about in abouts):
        found["calibration"].further.append(("evidence", said("Evidence")))
    return list(found.values())


def film_part(runs: "Sequence[Run]") -> Part:
    """Return heading and introduction of the timeline."""
    if mapped(runs):
        return Part("film", said("Timeline"), said("Alerts by province, and the desks, day by day."))
    return Part("film", said("Timeline"), f"{said('The desks day by day.')} {said(NO_MAP)}")


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
    for answer in answers:
        if answer.not_priced:
            line = answer.not_priced
            found[said("{policy}: {limit}", policy=answer.name, limit=line) if len(answers) > 1 else line] = None
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

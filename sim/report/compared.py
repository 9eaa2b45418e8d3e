"""Compared runs: differences with intervals, what each policy changed, and whom it saved and harmed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.experiments.compare import distinct
from sim.experiments.paired import document_of
from sim.language.spoken import marked, said
from sim.reading.findings import apart, shortened
from sim.report.charts import chart
from sim.report.looks import capital, provinces
from sim.report.parts import Control, Part, Plot, Policy, Shown, table, title_of
from sim.report.person import person, picked
from sim.report.pictures import comparison as pictures
from sim.report.pictures.money import cost_differences, cost_differences_table, cost_differences_words
from sim.report.pictures.place import OF, contrast, contrast_table, contrast_words
from sim.scenario.levers import run_as
from sim.told.answers import of_comparison

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run
    from sim.told.answers import Answer

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

    @property
    def replicates(self) -> int:
        """The number of pairs of each policy with the baseline."""
        return len(self.groups[0])


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


def comparison(compared: Compared, charts: dict[str, Any]) -> Part:
    """Return the section of the differences; its charts are put into ``charts``."""
    base, *others = compared.runs
    frame = compared.differences
    caption = f"{said(DIFFERENCES if compared.replicates > 1 else ONE_PAIR)} {said(APART)}"
    differences, differences_table = pictures.differences(frame), pictures.differences_table(frame)
    told = pictures.differences_words(frame)
    shown = [_single("differences", caption, told, differences, differences_table, charts)]
    if len(provinces(base)) > 1:
        shown.append(_where(compared, charts))
    dearer, at_gates = cost_differences_words(frame), pictures.fates_words(frame)
    shown += [
        _single(
            "cost_differences", said(COSTS), dearer, cost_differences(frame), cost_differences_table(frame), charts
        ),
        _single("fates", said(GATES), at_gates, pictures.fates(frame), pictures.fates_table(base, others), charts),
    ]
    if compared.changes:
        shown.append(_whom(compared, charts))
    return Part("comparison", said("Comparison"), said(LEAD), shown)


def effect(answers: "Sequence[Answer]", charts: dict[str, Any]) -> Shown:
    """Return the picture of page one, with the numbers and intervals of the answers; its chart goes to ``charts``."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            **{"scenario": answer.name, "quantity": one.quantity, "base": one.base, "other": one.other},
            **{"difference": one.value, "low": one.low, "high": one.high},
        }
        for answer in answers
        for one in answer.numbers
    ).astype(object)
    caption = said("{kind}. A whisker that crosses zero leaves the direction uncertain.", kind=answers[0].intervals)
    told = pictures.effect_words(frame)
    return _single("effect", capital(caption), told, pictures.effect(frame), pictures.effect_table(frame), charts)


def people(compared: Compared) -> list[str]:
    """Return the ways of single people under the baseline and under each policy, as HTML; empty without events."""
    base, *others = compared.runs
    return [
        person(base, run, origin, (compared.labels[0], label), compared.victims[label])
        for label, run in zip(compared.labels[1:], others, strict=True)
        if label in compared.victims
        for origin in picked(compared.victims[label]).values()
    ]


def people_words(compared: Compared) -> list[str]:
    """Return how many people each policy saved and harmed, as the picture of them says it."""
    base = compared.runs[0]
    return [pictures.whom_words(changes, base) for changes in compared.changes.values()]


def policies(compared: Compared) -> list[Policy]:
    """Return what the page says of each run except the first, compared with the first."""
    base, *others = compared.runs
    found = []
    answers = of_comparison(document_of(compared.groups))
    for label, run, answer in zip(compared.labels[1:], others, answers, strict=True):
        held = base.manifest.get("policy_of") is None and run.manifest.get("policy_of") is None
        found.append(
            Policy(
                label=label,
                answer=answer,
                run_as=[lever.told for lever in run_as(base.scenario, run.scenario)],
                fresh=shortened(apart(run.found, base.found, held)),
                gone=shortened(apart(base.found, run.found, held)),
            )
        )
    return found


def title_of_all(shown: list[Policy], base: str) -> str:
    """Return the title of a report of policies: the question of a single one, else how many are compared."""
    if len(shown) == 1:
        return shown[0].answer.question
    return said("{count} policies, compared with {base}", count=str(len(shown)), base=base)


def labels_of(runs: "Sequence[Run]") -> list[str]:
    """Return a name for each run, all different: the second ``tiny`` is ``tiny-2``."""
    return distinct([str(run.manifest["name"]) for run in runs])


def _single(name: str, caption: str, told: str, figure: Any, numbers: "pd.DataFrame", charts: dict[str, Any]) -> Shown:
    charts[name] = chart([({}, figure)], [])
    return Shown(name, caption, [], [Plot(name, title_of(figure), table(numbers), told)])


def _where(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Return the differences by province: a map for each policy, with a control for the outcome."""
    pairs = [list(zip(compared.groups[0], group, strict=True)) for group in compared.groups[1:]]
    views = [{outcome: contrast(one, outcome) for outcome in OF} for one in pairs]
    numbers = [contrast_table(one) for one in pairs]
    plots = _plots("contrast", "outcome", compared, views, numbers, charts, list(map(contrast_words, pairs)))
    return Shown("contrast", said(WHERE), [_control("contrast", "outcome", said("Differences in"), OF)], plots)


def _whom(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Return whom each policy saved and harmed: a chart for each policy, with a control for the grouping."""
    base, every = compared.runs[0], compared.changes.values()
    views = [{by: pictures.whom(changes, base, by) for by in pictures.BY} for changes in every]
    numbers = [pictures.whom_table(changes, base) for changes in every]
    told = [pictures.whom_words(changes, base) for changes in every]
    plots = _plots("whom", "by", compared, views, numbers, charts, told)
    return Shown("whom", said(WHOM), [_control("whom", "by", said("Group by"), pictures.BY)], plots)


def _plots(
    name: str,
    key: str,
    compared: Compared,
    views: "list[dict[str, Any]]",
    tables: "list[pd.DataFrame]",
    charts: dict[str, Any],
    told: list[str],
) -> list[Plot]:
    """Return a plot for each policy, of its views by the options of the control ``key``; ``told`` are their words."""
    plots = []
    rows = zip(compared.labels[1:], views, tables, told, strict=True)
    for at, (label, figures, numbers, words) in enumerate(rows):
        charts[f"{name}-{at}"] = chart([({key: option}, figure) for option, figure in figures.items()], [key])
        run = said("{policy}, compared with {base}", policy=label, base=compared.labels[0])
        plots.append(Plot(f"{name}-{at}", title_of(next(iter(figures.values()))), table(numbers), words, run))
    return plots


def _control(name: str, key: str, label: str, options: dict[str, str]) -> Control:
    told = {option: said(text) for option, text in options.items()}
    return Control(f"{name}-{key}", key, label, told, next(iter(options)))

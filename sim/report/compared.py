"""Compared runs: differences with intervals, what each policy changed, and whom it saved and harmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, significant
from sim.experiments.compare import at_rates, caveats
from sim.experiments.sparing import unpriced_said
from sim.language.spoken import marked, said
from sim.reading.costs import COST
from sim.reading.findings import apart, shortened
from sim.reading.priced import not_priced
from sim.report.charts import chart
from sim.report.looks import provinces
from sim.report.parts import Control, Part, Plot, Policy, Shown, table, title_of
from sim.report.pictures import comparison as pictures
from sim.report.pictures.contrast import OF, contrast, contrast_table
from sim.report.pictures.costs import cost_differences, cost_differences_table
from sim.scenario.levers import levers, run_as
from sim.store.withheld import change_withheld
from sim.told.effect import EFFECTS, PRICED_ALONE, TOLD, level_lines
from sim.told.experiments import records

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

LEAD = marked(
    "Every run met the same attempts and people, so differences come from the policy. The sections below show the runs "
    "side by side; a picture that is the same for several runs is drawn once."
)
DIFFERENCES = marked(
    "Differences in percent of the baseline. Whiskers are 95% intervals of the expected difference, over replicates."
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
WHOM = marked("People who became victims under one policy but not under the other: the same person, the same attempt.")
WHERE = marked(
    "Blue is fewer and brown is more per 100,000 people of the province. Zero is in the middle, and colours reach at "
    "least a tenth of the baseline's mean. A grey tile, with its number in brackets, lies within the run-to-run noise "
    "(95%); of thirty provinces, expect one or two to be coloured by noise. An arrow marks a difference far beyond all "
    "others."
)

DID: dict[str, tuple[str, str]] = {
    **{name: EFFECTS[name][:2] for name in TOLD},
    "alerts_by_end.expired": (
        marked("{number} more alerts expired before they reached anybody"),
        marked("{number} fewer alerts expired before they reached anybody"),
    ),
    "false_blocks": (marked("{number} more false blocks"), marked("{number} fewer false blocks")),
}
"""Quantities of the first screen, and the texts for more and for fewer."""


@dataclass
class Compared:
    """Paired runs: the first of each group, their names, differences, people whose fate changed (by name), all runs."""

    runs: "list[Run]"
    labels: list[str]
    differences: "pd.DataFrame"
    changes: "dict[str, pd.DataFrame]"
    groups: "Sequence[Sequence[Run]]"

    @property
    def replicates(self) -> int:
        """The number of pairs of each policy with the baseline."""
        return len(self.groups[0])


def compared_runs(groups: "Sequence[Sequence[Run]]") -> Compared:
    """Pair runs with the first; raises PairingError for runs that do not share attempts and people."""
    import pandas as pd

    from sim.experiments.compare import compare
    from sim.experiments.fates import changes

    runs = [group[0] for group in groups]
    labels = labels_of(runs)
    # One by one: a third run may lack a number that two others have.
    others = zip(labels[1:], groups[1:], strict=True)
    frames = [compare([groups[0], group]).assign(scenario=label) for label, group in others]
    found = pd.concat(frames, ignore_index=True)
    moved = {}
    if all(run.has_events for run in runs):
        moved = {label: changes(runs[0], run) for label, run in zip(labels[1:], runs[1:], strict=True)}
    return Compared(runs, labels, found, moved, groups)


def comparison(compared: Compared, charts: dict[str, Any]) -> Part:
    """Return the section of the differences; its charts are put into ``charts``."""
    base, *others = compared.runs
    frame = compared.differences
    caption = f"{said(DIFFERENCES if compared.replicates > 1 else ONE_PAIR)} {said(APART)}"
    differences, differences_table = pictures.differences(frame), pictures.differences_table(frame)
    shown = [_single("differences", caption, differences, differences_table, charts)]
    if len(provinces(base)) > 1:
        shown.append(_where(compared, charts))
    shown += [
        _single("cost_differences", said(COSTS), cost_differences(frame), cost_differences_table(frame), charts),
        _single("fates", "", pictures.fates(frame), pictures.fates_table(base, others), charts),
    ]
    if compared.changes:
        shown.append(_whom(compared, charts))
    return Part("comparison", said("Comparison"), said(LEAD), shown)


def policies(compared: Compared) -> list[Policy]:
    """Return what the page says of each run except the first, compared with the first."""
    base, *others = compared.runs
    found = []
    for label, run in zip(compared.labels[1:], others, strict=True):
        changed = levers(base.scenario, run.scenario)
        unpriced = not_priced(base.scenario, run.scenario, changed)
        without = (
            change_withheld(base.scenario.spec, run.scenario.spec),
            unpriced_said([lever.name for lever in unpriced]),
        )
        held = base.manifest.get("policy_of") is None and run.manifest.get("policy_of") is None
        found.append(
            Policy(
                label=label,
                question=run.scenario.spec.title,
                changed=[lever.told for lever in changed] or [said("Nothing: it is the baseline under another name.")],
                run_as=[lever.told for lever in run_as(base.scenario, run.scenario)],
                did=[*did(compared, label), *level_lines(_at_rates(compared, label, run)), *filter(None, without)],
                note=how_known(compared),
                fresh=shortened(apart(run.found, base.found, held)),
                gone=shortened(apart(base.found, run.found, held)),
            )
        )
    return found


def warned(compared: Compared) -> list[str]:
    """Return what runs of this size cannot show, and their other warnings."""
    return [str(line) for line in caveats(compared.labels, compared.runs, compared.replicates == 1)["warnings"]]


def title_of_all(shown: list[Policy], base: str) -> str:
    """Return the title of a report of policies: the question of a single one, else how many are compared."""
    if len(shown) == 1:
        return shown[0].question
    return said("{count} policies, compared with {base}", count=str(len(shown)), base=base)


def did(compared: Compared, label: str) -> list[str]:
    """Say what a policy changed for people and money, the difference first: plain text, not HTML."""
    frame = compared.differences
    rows = records(frame[frame["scenario"] == label])
    unpriced = any(row.get("withheld") for row in rows)
    found = {
        row["quantity"]: {**row, "unpriced": unpriced and row["quantity"].startswith(COST)}
        for row in rows
        if row["quantity"] in DID
    }
    told = [_sentence(found[quantity]) for quantity in DID if quantity in found and found[quantity]["difference"]]
    return told or [said("Nothing changed for people or money.")]


def _at_rates(compared: Compared, label: str, run: "Run") -> list[dict[str, Any]]:
    """Return the differences of a policy at reporting rates."""
    frame = compared.differences
    return at_rates(records(frame[frame["scenario"] == label]), compared.runs[0].scenario, run.scenario)


def how_known(compared: Compared) -> str:
    """Say how well the differences of the first screen are known."""
    if compared.replicates == 1:
        return said("From a single pair of runs: the run-to-run noise of these differences is unknown.")
    return said(
        "Differences are means over {count} pairs of runs, with 95% intervals of the expected difference.",
        count=str(compared.replicates),
    )


def _sentence(row: dict[str, Any]) -> str:
    """Return a difference in a sentence, with its share of the baseline and its interval as far as they are known."""
    more, less = PRICED_ALONE[:2] if row["unpriced"] else DID[row["quantity"]]
    change = said(more if row["difference"] > 0 else less, number=_rough(row["difference"]))
    share = pictures.signed(row["difference"] / row["base"]) if row["base"] else None
    ends = (row["low"], row["high"])
    if None in ends and share is None:
        return said("{change}.", change=change)
    if None in ends:
        return said("{change} ({share}).", change=change, share=share)
    if ends[0] <= 0 <= ends[1]:
        low, high = (said("-{amount}", amount=_rough(end)) if end < 0 else _rough(end) for end in ends)
        return said(
            "{change}, within run-to-run noise: 95% interval {low} to {high}.", change=change, low=low, high=high
        )
    near, far = map(_rough, sorted(ends, key=abs))
    if share is None:
        return said("{change} (95% interval {low} to {high}).", change=change, low=near, high=far)
    return said("{change} ({share}; 95% interval {low} to {high}).", change=change, share=share, low=near, high=far)


def _rough(value: float) -> str:
    """Return the size of a difference with three significant digits: more would overstate its precision."""
    return amount(abs(significant(value)))


def labels_of(runs: "Sequence[Run]") -> list[str]:
    """Return a name for each run, all different: the second ``tiny`` is ``tiny-2``."""
    from sim.experiments.compare import distinct

    return distinct([str(run.manifest["name"]) for run in runs])


def _single(name: str, caption: str, figure: Any, numbers: "pd.DataFrame", charts: dict[str, Any]) -> Shown:
    charts[name] = chart([({}, figure)], [])
    return Shown(name, caption, [], [Plot(name, title_of(figure), table(numbers))])


def _where(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Return the differences by province: a map for each policy, with a control for the outcome."""
    pairs = [list(zip(compared.groups[0], group, strict=True)) for group in compared.groups[1:]]
    views = [{outcome: contrast(one, outcome) for outcome in OF} for one in pairs]
    plots = _plots("contrast", "outcome", compared, views, [contrast_table(one) for one in pairs], charts)
    return Shown("contrast", said(WHERE), [_control("contrast", "outcome", said("Differences in"), OF)], plots)


def _whom(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Return whom each policy saved and harmed: a chart for each policy, with a control for the grouping."""
    base, every = compared.runs[0], compared.changes.values()
    views = [{by: pictures.whom(changes, base, by) for by in pictures.BY} for changes in every]
    plots = _plots("whom", "by", compared, views, [pictures.whom_table(changes, base) for changes in every], charts)
    return Shown("whom", said(WHOM), [_control("whom", "by", said("Group by"), pictures.BY)], plots)


def _plots(
    name: str,
    key: str,
    compared: Compared,
    views: "list[dict[str, Any]]",
    tables: "list[pd.DataFrame]",
    charts: dict[str, Any],
) -> list[Plot]:
    """Return a plot for each policy, of its views by the options of the control ``key``."""
    plots = []
    for at, (label, figures, numbers) in enumerate(zip(compared.labels[1:], views, tables, strict=True)):
        charts[f"{name}-{at}"] = chart([({key: option}, figure) for option, figure in figures.items()], [key])
        run = said("{policy}, compared with {base}", policy=label, base=compared.labels[0])
        plots.append(Plot(f"{name}-{at}", title_of(next(iter(figures.values()))), table(numbers), run=run))
    return plots


def _control(name: str, key: str, label: str, options: dict[str, str]) -> Control:
    told = {option: said(text) for option, text in options.items()}
    return Control(f"{name}-{key}", key, label, told, next(iter(options)))

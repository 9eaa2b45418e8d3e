"""Runs beside each other: differences with intervals, the gates, and whom a policy saved and harmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.experiments.table import records
from sim.report.charts import chart
from sim.report.parts import Control, Part, Plot, Shown, table, title_of
from sim.report.pictures import comparison as pictures
from sim.report.pictures.costs import cost_differences, cost_differences_table
from sim.rounding import amount

if TYPE_CHECKING:
    import pandas as pd

    from sim.results.run import Run

LEAD = (
    "Every run met the very same attempts and people: what differs is what the policy did. In every section below, "
    "the runs stand beside each other."
)
DIFFERENCES = (
    "Differences in percent of the base; whiskers hold the expected difference with a probability of 95%, over "
    "replicates."
)
ONE_PAIR = (
    "Differences in percent of the base. This is a single pair of runs: how far chance alone moves a difference is "
    "not known. A report of folders of replicates, such as tocsin compare makes, draws intervals."
)
COSTS = (
    "Yuan more than the base, and how far that reaches as prices move within their ranges, the same for both. The "
    "table has what it costs to spare one more."
)
WHOM = "People who became victims under one policy and not under the other: the same person, the same attempt."


SAID = {
    "victims": ("more victims", "fewer victims"),
    "loss_yuan": ("yuan more lost", "yuan less lost"),
    "saved": ("more people saved by a warning", "fewer people saved by a warning"),
    "false_blocks": ("more false blocks", "fewer false blocks"),
}
"""Quantities of the first screen, and what is said where there are more and where there are fewer."""


@dataclass
class Compared:
    """Paired runs: the first of each group, a name for each, differences, whose fate changed (by name), replicates."""

    runs: "list[Run]"
    labels: list[str]
    differences: "pd.DataFrame"
    changes: "dict[str, pd.DataFrame]"
    replicates: int


def compared_runs(groups: "Sequence[Sequence[Run]]") -> Compared:
    """Pair runs with the first; raises PairingError for those that do not meet the same attempts and people."""
    import pandas as pd

    from sim.experiments.compare import compare
    from sim.experiments.fates import changes

    runs = [group[0] for group in groups]
    labels = labels_of(runs)
    # One by one: what two of them have a number for, a third may not have.
    others = zip(labels[1:], groups[1:], strict=True)
    frames = [compare([groups[0], group]).assign(scenario=label) for label, group in others]
    found = pd.concat(frames, ignore_index=True)
    moved = {}
    if all(run.has_events for run in runs):
        moved = {label: changes(runs[0], run) for label, run in zip(labels[1:], runs[1:], strict=True)}
    return Compared(runs, labels, found, moved, len(groups[0]))


def comparison(compared: Compared, charts: dict[str, Any]) -> Part:
    """Return the section of the differences; its charts are put into ``charts``."""
    base, *others = compared.runs
    frame = compared.differences
    several = compared.replicates > 1
    shown = [
        _single(
            "differences",
            DIFFERENCES if several else ONE_PAIR,
            pictures.differences(compared.differences),
            pictures.differences_table(compared.differences),
            charts,
        ),
        _single("cost_differences", COSTS, cost_differences(frame), cost_differences_table(frame), charts),
        _single("fates", "", pictures.fates(compared.differences), pictures.fates_table(base, others), charts),
    ]
    if compared.changes:
        shown.append(_whom(compared, charts))
    return Part("comparison", "Comparison", LEAD, shown)


def difference(compared: Compared, label: str) -> str:
    """Say in a sentence what another policy changed for people and money: plain text, not HTML."""
    frame = compared.differences
    found = {row["quantity"]: row for row in records(frame[frame["scenario"] == label]) if row["quantity"] in SAID}
    said = []
    for quantity, (more, less) in SAID.items():
        row = found[quantity]
        if not row["difference"]:
            continue
        text = f"{_rough(row['difference'])} {more if row['difference'] > 0 else less}"
        ends = [row["low"], row["high"]]
        notes = [pictures.signed(row["difference"] / row["base"])] if row["base"] else []
        if None not in ends:
            near, far = sorted(ends, key=abs)
            chance = ends[0] <= 0 <= ends[1]
            notes.append("chance alone may do that" if chance else f"95%: {_rough(near)} to {_rough(far)}")
        said.append(f"{text} ({'; '.join(notes)})" if notes else text)
    base = compared.labels[0]
    return f"Beside {base}: {', '.join(said)}." if said else f"Beside {base} nobody lost or was saved anything else."


def _rough(value: float) -> str:
    """Return the size of a difference with three significant digits: more would pretend to precision."""
    return amount(abs(float(f"{value:.3g}")))


def labels_of(runs: "Sequence[Run]") -> list[str]:
    """Return a name for each run, all different: the second ``tiny`` is ``tiny-2``."""
    from sim.experiments.paired import distinct

    return distinct([str(run.manifest["name"]) for run in runs])


def _single(name: str, caption: str, figure: Any, numbers: "pd.DataFrame", charts: dict[str, Any]) -> Shown:
    charts[name] = chart([({}, figure)], [])
    return Shown(name, caption, [], [Plot(name, title_of(figure), table(numbers))])


def _whom(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Return whom each other policy saved and harmed: a chart a policy, with a control for how they are grouped."""
    plots = []
    base = compared.runs[0]
    for at, (label, changes) in enumerate(compared.changes.items()):
        name = f"whom-{at}"
        views = [({"by": by}, pictures.whom(changes, base, by)) for by in pictures.BY]
        charts[name] = chart(views, ["by"])
        numbers = pictures.whom_table(changes, base)
        plots.append(Plot(name, title_of(views[0][1]), table(numbers), run=f"{label} beside {compared.labels[0]}"))
    control = Control("whom-by", "by", "Tell apart by", dict(pictures.BY), next(iter(pictures.BY)))
    return Shown("whom", WHOM, [control], plots)

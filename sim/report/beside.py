"""Runs beside each other: differences with intervals, the gates, and whom a policy saved and harmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.report.charts import chart
from sim.report.parts import Control, Part, Plot, Shown, table, title_of
from sim.report.pictures import comparison as pictures

if TYPE_CHECKING:
    import pandas as pd

    from sim.results.run import Run

LEAD = (
    "Every run met the very same attempts and people: what differs is what the policy did. In every section above, "
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
WHOM = "People who became victims under one policy and not under the other: the same person, the same attempt."


@dataclass
class Compared:
    """Runs that were paired: the first of each group, names of their own, differences, and changes by label."""

    runs: "list[Run]"
    labels: list[str]
    differences: "pd.DataFrame"
    changes: "dict[str, pd.DataFrame]"
    replicates: int


def compared_runs(groups: "Sequence[Sequence[Run]]") -> Compared:
    """Pair runs with the first; raises PairingError for those that do not meet the same attempts and people."""
    from sim.experiments.compare import compare
    from sim.experiments.fates import changes
    from sim.results.schemas import TABLES

    runs = [group[0] for group in groups]
    labels = labels_of(runs)
    found = compare(groups)
    quantities = len(found) // (len(runs) - 1)
    found["scenario"] = [label for label in labels[1:] for _ in range(quantities)]
    moved = {}
    if all((run.path / TABLES["events"].file).exists() for run in runs):
        moved = {label: changes(runs[0], run) for label, run in zip(labels[1:], runs[1:], strict=True)}
    return Compared(runs, labels, found, moved, len(groups[0]))


def comparison(compared: Compared, charts: dict[str, Any]) -> Part:
    """Give the section of the differences and put its charts into ``charts``."""
    base, *others = compared.runs
    several = compared.replicates > 1
    shown = [
        _single(
            "differences",
            DIFFERENCES if several else ONE_PAIR,
            pictures.differences(compared.differences),
            pictures.differences_table(compared.differences),
            charts,
        ),
        _single("fates", "", pictures.fates(base, others), pictures.fates_table(base, others), charts),
    ]
    if compared.changes:
        shown.append(_whom(compared, charts))
    return Part("comparison", "Comparison", LEAD, shown)


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


def _single(name: str, caption: str, figure: Any, numbers: "pd.DataFrame", charts: dict[str, Any]) -> Shown:
    charts[name] = chart([({}, figure)], [])
    return Shown(name, caption, [], [Plot(name, title_of(figure), table(numbers))])


def _whom(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Give whom each other policy saved and harmed, a plot a policy, with a control for what they have in common."""
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

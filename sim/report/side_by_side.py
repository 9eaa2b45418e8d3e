"""Runs beside each other: differences with intervals, the gates, and whom a policy saved and harmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, significant
from sim.language.spoken import marked, said
from sim.reading.costs import COST, TOTAL
from sim.report.charts import chart
from sim.report.looks import provinces
from sim.report.pictures import comparison as pictures
from sim.report.pictures.contrast import OF, contrast, contrast_table
from sim.report.pictures.costs import cost_differences, cost_differences_table
from sim.report.sections import Control, Part, Plot, Shown, table, title_of
from sim.told.experiments import records

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

LEAD = marked(
    "Every run met the very same attempts and people: what differs is what the policy did. In the sections below, "
    "the runs stand beside each other; what is the same for several of them is drawn once."
)
DIFFERENCES = marked(
    "Differences in percent of the base; whiskers hold the expected difference with a probability of 95%, over "
    "replicates."
)
ONE_PAIR = marked(
    "Differences in percent of the base. This is a single pair of runs: how far chance alone moves a difference is "
    "not known. A report of folders of replicates, such as tocsin compare makes, draws intervals."
)
APART = marked(
    "Each panel has an axis of its own, and what is far beyond all others in it stands at the edge, with an arrow and "
    "its number. What did not change at all is in the table alone."
)
COSTS = marked(
    "How much more than the base it costs, in {currency}, and how far that reaches as prices move within their ranges, "
    "the same for both. The table has what it costs to spare one more."
)
WHOM = marked("People who became victims under one policy and not under the other: the same person, the same attempt.")
WHERE = marked(
    "Blue is fewer and brown more per 100,000 people of the province, from zero in the middle equally far to both "
    "sides; colours reach to a tenth of the base's mean, or further. Grey, with the number in brackets, is what "
    "chance alone may do in 95% of cases: of thirty provinces, one or two are coloured by chance. An arrow is a "
    "difference far beyond all others."
)

DID: dict[str, tuple[str, str]] = {
    "victims": (marked("{amount} more victims"), marked("{amount} fewer victims")),
    "loss_money": (marked("{amount} {currency} more lost"), marked("{amount} {currency} less lost")),
    "saved": (
        marked("{amount} more people stopped by a warning before any payment"),
        marked("{amount} fewer people stopped by a warning before any payment"),
    ),
    "averted": (
        marked("{amount} more victims averted by warnings"),
        marked("{amount} fewer victims averted by warnings"),
    ),
    "prevented_money": (
        marked("{amount} {currency} more of losses prevented"),
        marked("{amount} {currency} less of losses prevented"),
    ),
    "alerts_by_end.expired": (
        marked("{amount} more alerts that expired before they reached anybody"),
        marked("{amount} fewer alerts that expired before they reached anybody"),
    ),
    "false_blocks": (marked("{amount} more false blocks"), marked("{amount} fewer false blocks")),
    f"{COST}.{TOTAL}": (marked("{amount} {currency} more spent"), marked("{amount} {currency} less spent")),
}
"""Quantities of the first screen, and what is said where there are more and where there are fewer."""

DID_PRICED = (
    marked("{amount} {currency} more spent on what has a price"),
    marked("{amount} {currency} less spent on what has a price"),
)
"""What is said of costs where a lever has no price."""


@dataclass
class Compared:
    """Paired runs: the first of each group, a name for each, differences, whose fate changed (by name), all runs."""

    runs: "list[Run]"
    labels: list[str]
    differences: "pd.DataFrame"
    changes: "dict[str, pd.DataFrame]"
    groups: "Sequence[Sequence[Run]]"

    @property
    def replicates(self) -> int:
        """How many pairs there are of each policy with the base."""
        return len(self.groups[0])


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
    return Compared(runs, labels, found, moved, groups)


def comparison(compared: Compared, charts: dict[str, Any]) -> Part:
    """Return the section of the differences; its charts are put into ``charts``."""
    base, *others = compared.runs
    frame = compared.differences
    shown = [
        _single(
            "differences",
            f"{said(DIFFERENCES if compared.replicates > 1 else ONE_PAIR)} {said(APART)}",
            pictures.differences(compared.differences),
            pictures.differences_table(compared.differences),
            charts,
        )
    ]
    if len(provinces(base)) > 1:
        shown.append(_where(compared, charts))
    shown += [
        _single("cost_differences", said(COSTS), cost_differences(frame), cost_differences_table(frame), charts),
        _single("fates", "", pictures.fates(compared.differences), pictures.fates_table(base, others), charts),
    ]
    if compared.changes:
        shown.append(_whom(compared, charts))
    return Part("comparison", said("Comparison"), said(LEAD), shown)


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
    return told or [said("Nobody lost or was saved anything else.")]


def how_known(compared: Compared) -> str:
    """Say what the differences of the first screen rest on."""
    if compared.replicates == 1:
        return said("This is a single pair of runs: how far chance alone moves these differences is not known.")
    return said(
        "Differences are means over {count} pairs of runs; the 95% intervals are of the expected difference.",
        count=str(compared.replicates),
    )


def _sentence(row: dict[str, Any]) -> str:
    """Return a difference in a sentence, with its share of the base and its interval as far as they are known."""
    more, less = DID_PRICED if row["unpriced"] else DID[row["quantity"]]
    change = said(more if row["difference"] > 0 else less, amount=_rough(row["difference"]))
    share = pictures.signed(row["difference"] / row["base"]) if row["base"] else None
    ends = (row["low"], row["high"])
    if None in ends:
        return (
            said("{change}.", change=change)
            if share is None
            else said("{change} ({share}).", change=change, share=share)
        )
    if ends[0] <= 0 <= ends[1]:
        low, high = (said("-{amount}", amount=_rough(end)) if end < 0 else _rough(end) for end in ends)
        return said(
            "{change}, but chance alone may do that: the 95% interval is {low} to {high}.",
            change=change, low=low, high=high,
        )  # fmt: skip
    near, far = map(_rough, sorted(ends, key=abs))
    if share is None:
        return said("{change} (95% interval {low} to {high}).", change=change, low=near, high=far)
    return said("{change} ({share}; 95% interval {low} to {high}).", change=change, share=share, low=near, high=far)


def _rough(value: float) -> str:
    """Return the size of a difference with three significant digits: more would pretend to precision."""
    return amount(abs(significant(value)))


def labels_of(runs: "Sequence[Run]") -> list[str]:
    """Return a name for each run, all different: the second ``tiny`` is ``tiny-2``."""
    from sim.experiments.paired import distinct

    return distinct([str(run.manifest["name"]) for run in runs])


def _single(name: str, caption: str, figure: Any, numbers: "pd.DataFrame", charts: dict[str, Any]) -> Shown:
    charts[name] = chart([({}, figure)], [])
    return Shown(name, caption, [], [Plot(name, title_of(figure), table(numbers))])


def _where(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Return in which provinces each other policy makes a difference: a map a policy, with a control for of what."""
    plots = []
    for at, (label, group) in enumerate(zip(compared.labels[1:], compared.groups[1:], strict=True)):
        name = f"contrast-{at}"
        pairs = list(zip(compared.groups[0], group, strict=True))
        views = [({"outcome": outcome}, contrast(pairs, outcome)) for outcome in OF]
        charts[name] = chart(views, ["outcome"])
        beside = said("{policy} beside {base}", policy=label, base=compared.labels[0])
        plots.append(Plot(name, title_of(views[0][1]), table(contrast_table(pairs)), run=beside))
    options = {outcome: said(text) for outcome, text in OF.items()}
    control = Control("contrast-outcome", "outcome", said("Differences of"), options, next(iter(OF)))
    return Shown("contrast", said(WHERE), [control], plots)


def _whom(compared: Compared, charts: dict[str, Any]) -> Shown:
    """Return whom each other policy saved and harmed: a chart a policy, with a control for how they are grouped."""
    plots = []
    base = compared.runs[0]
    for at, (label, changes) in enumerate(compared.changes.items()):
        name = f"whom-{at}"
        views = [({"by": by}, pictures.whom(changes, base, by)) for by in pictures.BY]
        charts[name] = chart(views, ["by"])
        numbers = pictures.whom_table(changes, base)
        beside = said("{policy} beside {base}", policy=label, base=compared.labels[0])
        plots.append(Plot(name, title_of(views[0][1]), table(numbers), run=beside))
    control = Control(
        "whom-by",
        "by",
        said("Tell apart by"),
        {key: said(text) for key, text in pictures.BY.items()},
        next(iter(pictures.BY)),
    )
    return Shown("whom", said(WHOM), [control], plots)

"""Tables of the page that belong to no picture: evidence, and numbers over the replicates of a policy."""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from sim.base.rounding import Written, amount, between
from sim.experiments.intervals import half_width
from sim.language.labels import evidence_named, spelled
from sim.language.spoken import counted, marked, said
from sim.report.looks import Judged
from sim.report.tally import table_of
from sim.told.answer import counted_numbers
from sim.told.vocabulary import yes_said

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run


def evidence_table(run: "Run") -> "pd.DataFrame":
    """Return each quantity of the evidence that has a value, those outside their range first."""
    rows = []
    for row in sorted(run.manifest["evidence"], key=lambda row: bool(row["within"])):
        if row["simulated"] is not None:
            value, month = amount(row["simulated"]), row.get("month")
            # Of a quantity by month, the value is that of its worst month.
            shown = Written(said("{value} ({month})", value=value, month=month), row["simulated"]) if month else value
            window = said("{low} to {high}", low=row["window"][0], high=row["window"][1])
            known = between(row["low"], row["high"])
            if row.get("claimed"):
                known = Written(said("{range}, claimed", range=known), known.value, known.others)
            rows.append((evidence_named(row["name"]), window, known, shown, _judged(row["within"]), row["basis"]))
    columns = ["quantity", "window", marked("evidence"), "simulated", "within", "basis"]
    return table_of(rows, columns)


def months_table(run: "Run") -> "pd.DataFrame":
    """Return the evidence by month, a row for each month and a column for each quantity; outliers are marked."""
    import pandas as pd

    columns: dict[str, dict[str, str]] = {}
    for row in run.evidence_by_month.dropna(subset=["simulated"]).to_dict("records"):
        value = row["simulated"]
        out = not pd.isna(row["within"]) and not row["within"]  # a policy is not compared with evidence
        text = said("{value} (out)", value=amount(value)) if out else amount(value)
        columns.setdefault(spelled(row["name"]), {})[row["month"]] = Written(text, value)
    months = sorted({month for column in columns.values() for month in column})
    cells = {name: [column.get(month, "") for month in months] for name, column in columns.items()}
    return pd.DataFrame({"month": months, **cells}, dtype=object)


def _judged(within: bool | None) -> Judged:
    """Return whether a quantity agrees with its evidence, in a word."""
    return Judged(yes_said(within), within)


def evidence_summary(run: "Run") -> str:
    """Say how many quantities agree with evidence; empty if none is compared."""
    told = [row["within"] for row in run.manifest["evidence"] if row["within"] is not None]
    if not told:
        return ""
    return counted(
        "Evidence: {within} of {count} internal quantities within its range",
        "Evidence: {within} of {count} internal quantities within their ranges",
        count=len(told), within=sum(told),
    )  # fmt: skip


def spread_table(runs: "Sequence[Run]") -> "pd.DataFrame":
    """Return mean, 95% interval (of replicates), lowest and highest of each number of the first screen over runs."""
    every = [counted_numbers(run) for run in runs]
    replicates = len({run.manifest["seed"] for run in runs}) == len(runs)
    rows = []
    for name in every[0]:
        values = [float(numbers[name]) for numbers in every]
        mean = fmean(values)
        half = half_width(stdev(values), len(values)) if replicates else None
        interval = between(None, None) if half is None else between(mean - half, mean + half)
        rows.append((name, amount(mean), interval, amount(min(values)), amount(max(values))))
    columns = [said("number"), said("mean"), said("95% interval of the mean"), said("lowest"), said("highest")]
    return table_of(rows, columns)

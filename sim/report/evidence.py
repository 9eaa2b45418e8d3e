"""Evidence on the page: what is known of the model's inside beside what a run gave, by window and month by month."""

from typing import TYPE_CHECKING

from sim.base.rounding import Written, amount, between
from sim.language.labels import named, spelled
from sim.language.spoken import counted, marked, said

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

WITHIN = {None: "", True: marked("yes"), False: marked("no")}


def evidence_table(run: "Run") -> "pd.DataFrame":
    """Return each quantity of the evidence that has a value, those outside of their range first."""
    import pandas as pd

    rows = [
        {
            "quantity": named(row["name"]),
            "window": said("{low} to {high}", low=row["window"][0], high=row["window"][1]),
            "known to be": between(row["low"], row["high"]),
            "simulated": _worst(row["simulated"], row.get("month")),
            "within": said(WITHIN[row["within"]]),
            "basis": row["basis"],
        }
        for row in sorted(run.manifest["evidence"], key=lambda row: bool(row["within"]))
        if row["simulated"] is not None
    ]
    columns = ["quantity", "window", "known to be", "simulated", "within", "basis"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def months_table(run: "Run") -> "pd.DataFrame":
    """Return what is known by month, a row a month and a column a quantity; what is out of its range says so."""
    import pandas as pd

    columns: dict[str, dict[str, Written]] = {}
    for row in run.evidence_by_month.dropna(subset=["simulated"]).to_dict("records"):
        value = row["simulated"]
        out = not pd.isna(row["within"]) and not row["within"]  # a policy is held to nothing
        text = said("{value} (out)", value=amount(value)) if out else amount(value)
        columns.setdefault(spelled(row["name"]), {})[row["month"]] = Written(text, value)
    months = sorted({month for column in columns.values() for month in column})
    cells = {name: [column.get(month, "") for month in months] for name, column in columns.items()}
    return pd.DataFrame({"month": months, **cells}, dtype=object)


def _worst(value: float, month: str | None) -> Written:
    """Return a simulated value and, where it is known by month, the month of which it is."""
    return Written(said("{value} ({month})", value=amount(value), month=month) if month else amount(value), value)


def evidence_summary(run: "Run") -> str:
    """Say how much of the evidence holds; nothing where none has a value."""
    told = [row["within"] for row in run.manifest["evidence"] if row["within"] is not None]
    if not told:
        return ""
    return counted(
        "{within} of {count} quantities of the model's inside are in the range in which they are known to be",
        "{within} of {count} quantities of the model's inside are in the range in which they are known to be",
        count=len(told), within=sum(told),
    )  # fmt: skip

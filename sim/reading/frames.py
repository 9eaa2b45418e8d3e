"""Quantities of a run as a tidy table: by day, month, province, or the groups that its tables count."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.reading.figures import unit
from sim.reading.quantities import BY_DAY, FIGURES, LATE, PROVINCE, SETTLED
from sim.reading.questions import AskedError, demand_name
from sim.scenario.errors import choices, found
from sim.store.query import sums
from sim.store.scope import Scope
from sim.store.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

    Daily = Callable[[str, int | None], "pd.Series[Any]"]

DAY, MONTH, FLOW = "day", "month", "quantity"
ANYWHERE = (DAY, MONTH, PROVINCE)
"""Columns by which every quantity can be split that is counted in provinces."""


def frame(folder: Path, scope: Scope, daily: "Daily", quantities: Sequence[str], by: Sequence[str]) -> "pd.DataFrame":
    """Return quantities of a run summed over its period, or split by columns; see ``Run.to_frame``.

    ``daily`` returns a quantity by day, of a province by its code, or of the country.
    """
    import pandas as pd

    parts = []
    for name in dict.fromkeys(quantities):
        demand_name(name, scope)
        others = [column for column in by if column not in ANYWHERE]
        _demand_columns(name, others, scope)
        columns = list(dict.fromkeys(by))
        parts.append(_of_groups(folder, name, columns, scope) if others else _of_days(daily, name, columns, scope))
    if not by:
        return pd.concat([part.to_frame(part.name).reset_index(drop=True) for part in parts], axis=1)
    return pd.concat(parts, axis=1).sort_index().reset_index()


def _demand_columns(name: str, others: list[str], scope: Scope) -> None:
    """Raise AskedError unless the table behind a quantity has these columns."""
    allowed = [*ANYWHERE, *_groups(name, scope)]
    for column in others:
        if column not in allowed:
            raise AskedError(f"{name}: cannot be split by {found(column)}; {choices(column, allowed)}")


def _groups(name: str, scope: Scope) -> list[str]:
    """Return the columns of labels by which the table behind a quantity counts it, besides ``ANYWHERE``."""
    if name not in FIGURES or (scope.settlement is not None and name in {**LATE, **SETTLED}):
        return []  # what is settled late is known by day and province only
    return [column.name for column in TABLES[FIGURES[name][0]].keys if column.kind == "label" and column.name != FLOW]


def _of_days(daily: "Daily", name: str, by: list[str], scope: Scope) -> "pd.Series[Any]":
    """Return a quantity by day, month and province from its daily series."""
    import pandas as pd

    names = scope.province_names
    places = list(zip(scope.provinces, names, strict=True)) if PROVINCE in by else [(None, "")]
    parts = []
    for code, place in places:
        series = daily(name, code)
        days = pd.DatetimeIndex(series.index)
        keys = {DAY: days, MONTH: days.to_period("M").to_timestamp(), PROVINCE: [place] * len(days)}
        parts.append(pd.DataFrame({**{column: keys[column] for column in by}, name: series.to_numpy()}))
    whole = pd.concat(parts, ignore_index=True)
    if not by:
        return whole[[name]].sum().rename(name)
    if PROVINCE in by:
        whole[PROVINCE] = pd.Categorical(whole[PROVINCE], categories=list(dict.fromkeys(names)))
    return whole.groupby(by, observed=True)[name].sum()


def _of_groups(folder: Path, name: str, by: list[str], scope: Scope) -> "pd.Series[Any]":
    """Return a quantity by columns of its table."""
    import pandas as pd

    table, wanted, measure = FIGURES[name]
    where = {column: [label] for column, label in zip(BY_DAY[table], wanted, strict=True) if label is not None}
    counted = sums(folder, table, by, [measure], where).to_pandas()
    one = unit(name, scope.scale)
    values = counted[measure].astype("float64") * float(one.numerator) / float(one.denominator)
    for column in by:
        if column == PROVINCE:
            names = dict(zip(scope.provinces, scope.province_names, strict=True))
            counted[column] = pd.Categorical(counted[column].map(names), categories=list(names.values()))
        elif column in (DAY, MONTH):
            counted[column] = pd.to_datetime(counted[column])
        else:
            labels = TABLES[table].column(column).names(scope)
            counted[column] = pd.Categorical(counted[column], categories=list(labels))
    found: pd.Series[Any] = values.groupby([counted[column] for column in by], observed=True).sum().rename(name)
    return found

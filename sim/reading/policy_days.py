"""The policy of a scenario day by day, as ``tocsin show --timetable`` writes it: what the scenario alone decides."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.base.words import DESK_LABELS, SHIELD, Channel, Detector, Fate
from sim.country.calendar import Calendar, Measures, acts_in
from sim.country.provinces import Provinces, Schedule
from sim.draws.distributions import CERTAIN
from sim.midnight.component import BLOCKED
from sim.midnight.timetable import Timetable
from sim.midnight.today import LOST, NO_OUTAGE
from sim.scenario.bounds import in_window
from sim.scenario.schema import ScenarioModel
from sim.shield.interception import FILTERED, thresholds_of
from sim.store.folder import demand_file, whole

ALL: Final = "all"
"""The provinces of a row if no measure tells provinces apart."""


def write_policy_days(spec: ScenarioModel, path: Path) -> None:
    """Write the policy of a scenario day by day as a CSV file; FolderError if there can be none."""
    demand_file(path)
    with whole(path, durable=False) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        rows = policy_days(spec)
        first = next(rows)
        table = csv.DictWriter(file, list(first), lineterminator="\n")
        table.writeheader()
        table.writerow(first)
        table.writerows(rows)


def policy_days(spec: ScenarioModel) -> Iterator[dict[str, Any]]:
    """Yield a row for each day, warm-up included, and group of provinces that no measure tells apart.

    Counts (attempts, officers) are those of the group, in the whole country at any scale; shares are means over its
    attempts; what is the same everywhere is repeated.

    Args:
        spec: The scenario.

    Yields:
        Values by column, which ``docs/how-to-policy.md`` explains.
    """
    provinces, calendar, schedule = Provinces.of(spec), Calendar.of(spec.period), Schedule(spec, Provinces.of(spec))
    timetable = Timetable.of(spec, provinces, calendar, Measures(dict(spec.measures)), schedule)
    names = np.array(provinces.names)
    members = [np.flatnonzero(timetable.alike == group) for group in range(timetable.alike.max() + 1)]
    labels = [ALL] if len(members) == 1 else ["; ".join(names[own]) for own in members]
    columns = [_columns(spec, timetable, schedule, calendar, group, own) for group, own in enumerate(members)]
    own_measures = [
        {name: one for name, one in sorted(spec.measures.items()) if acts_in(one, provinces.codes[own[0]])}
        for own in members
    ]
    for row, day in enumerate(timetable.days):
        date = calendar_date(day)
        for label, measures, of_group in zip(labels, own_measures, columns, strict=True):
            in_force = "; ".join(name for name, one in measures.items() if in_window(one.window, date))
            values = {name: _text(by_day[row]) for name, by_day in of_group.items()}
            yield {"date": date.isoformat(), "provinces": label, "measures": in_force, **values}


def _columns(
    spec: ScenarioModel,
    timetable: Timetable,
    schedule: Schedule,
    calendar: Calendar,
    group: int,
    own: NDArray[np.int64],
) -> dict[str, Any]:
    """Return the columns of a group of provinces, each with one value a day; ``own`` are their positions."""
    attempts = timetable.rates[:, own].sum(axis=1)
    officers = np.array([schedule.officers(factors)[own].sum(axis=0) for factors in timetable.staff])
    columns: dict[str, Any] = {}

    def each(prefix: str, names: tuple[str, ...], values: Callable[[int], Any]) -> None:
        columns.update({f"{prefix}_{name}": values(at) for at, name in enumerate(names)})

    each("attempts", Channel.labels(), lambda channel: attempts[:, channel].sum(axis=1) / spec.scale)
    columns["loss_factor"] = timetable.loss_factor
    columns["app_adoption"] = timetable.app / CERTAIN
    # How much d' filters lose as gangs adapt depends on the run.
    gates = {**timetable.gates, Fate.INTERCEPTED: thresholds_of(spec, timetable.d_prime)}
    for gate in SHIELD:
        if gate.fate in gates:
            stops = gates[gate.fate][:, group]
            for at, channel in enumerate(gate.channels):
                of_channel = stops if stops.ndim == 1 else stops[:, at]
                columns[f"{gate.fate.label}_{channel.label}"] = _mean(of_channel / CERTAIN, attempts[:, channel])
    each("d_prime", FILTERED, lambda at: timetable.d_prime[:, group, at])
    each("blocked", BLOCKED, lambda at: 1.0 - timetable.up[:, group, at])
    each("coverage", Detector.labels(), lambda at: timetable.coverage[:, at, group] / CERTAIN)
    columns["data_sharing"] = timetable.data_sharing[:, group]
    each("outage", Detector.labels(), lambda at: _outages(timetable.outage[:, at, group], calendar))
    each("officers", DESK_LABELS, lambda at: officers[:, at])
    columns["payments_held"] = timetable.held[:, group] / CERTAIN
    columns["money_reach"] = timetable.reach[:, group]
    columns["money_cashed"] = timetable.cashed
    columns["investigation_capacity"] = timetable.capacity
    columns["suspects_per_case"] = timetable.suspects
    each("raids", tuple(spec.dens.regions), lambda at: timetable.raids[:, at])
    if spec.gangs is not None and spec.gangs.pools is not None:
        columns["gangs_returning"] = timetable.returning[:, 0]
    columns["cards_purged"] = timetable.purged[:, group]
    columns["cards_replaced"] = timetable.replaced[:, group]
    if (accounts := timetable.accounts) is not None:
        each("accounts", ("found", "closed", "replaced"), lambda at: accounts[at][:, group])
    return columns


def _mean(shares: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of shares, (D,) or (D, T), over types by their attempts, (D, T); NaN without attempts."""
    by_type = shares if shares.ndim == 2 else shares[:, None]
    whole = weights.sum(axis=1)
    mean: NDArray[np.float64] = np.divide(
        (by_type * weights).sum(axis=1), whole, out=np.full(len(whole), np.nan), where=whole > 0.0
    )
    return mean


def _outages(moments: NDArray[np.int64], calendar: Calendar) -> list[str]:
    """Return for each day the first day on which instructions leave again, ``lost``, or nothing without an outage."""
    special = {NO_OUTAGE: "", LOST: "lost"}
    return [special[at] if at in special else calendar_date(calendar.day_of(at)).isoformat() for at in moments.tolist()]


def _text(value: Any) -> str:
    """Return a value as a cell: six significant figures, nothing for NaN."""
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else format(float(value), ".6g")

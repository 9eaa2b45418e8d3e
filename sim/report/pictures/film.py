"""A timeline to play: alerts by province, and the desks, day by day."""

from typing import TYPE_CHECKING, Any

from sim.base.rounding import amount, significant
from sim.base.words import DESKS, ContactChannel, End
from sim.language.dates import day_named
from sim.language.spoken import marked, said
from sim.report.looks import PEOPLE, country, provinces
from sim.report.pictures.place import lines_of, tiles
from sim.report.tally import by_day, days, months_of, sums, wide

if TYPE_CHECKING:
    import pandas as pd

    from sim.reading.run import Run

DESK_NAMES = tuple(desk.label for desk in DESKS)
WAITING = {
    ContactChannel.CALL.label: marked("people waiting for a call"),
    ContactChannel.VISIT.label: marked("people waiting for a visit"),
}
WORK = {
    ContactChannel.CALL.label: marked("call desks at work"),
    ContactChannel.VISIT.label: marked("visit desks at work"),
}
LINES = {f"line_{desk}": text for desk, text in WAITING.items()}
"""Quantities of the state that are drawn, and their names."""
LONGEST = 7
"""Letters of a line of a name on a tile of the page."""
SHARE, COUNT = "share", "count"


def reel(run: "Run") -> dict[str, Any]:
    """Return what the timeline shows, in plain values: alerts per 100,000 people by day and province, and bars by day.

    Returns:
        The first day (``start``), the ``tiles`` with their ``rates`` by day, their ``unit`` and the highest rate
        (``most``), and ``bars``: each a label, a kind (``share`` of 1 or ``count`` of the country), its highest value
        and one value a day. A country simulated as one has no tiles: a single tile tells no province from another.
    """
    names = provinces(run)
    placed = tiles(run) if len(names) > 1 else {}
    rates = _rates(run)
    return {
        "start": str(run.scenario.spec.period.start),
        "tiles": [
            {"name": names[code], "lines": lines_of(names[code], LONGEST), "column": column, "row": row}
            for code, (column, row) in placed.items()
        ],
        "unit": said("alerts per 100,000 people"),
        "most": significant(float(rates.to_numpy().max(initial=0.0))),
        "rates": [[significant(value) for value in row] for row in rates[list(placed)].to_numpy()],
        "bars": [
            {
                "label": said(label),
                "kind": kind,
                "most": 1 if kind == SHARE else significant(float(values.max())) or 1,
                "values": [significant(value) for value in values],
            }
            for label, (kind, values) in _bars(run).items()
        ],
    }


def film_table(run: "Run") -> "pd.DataFrame":
    """Return the bars of the timeline as means of a month: shares of 1, and counts a day."""
    import pandas as pd

    bars = {label + (" (share)" if kind == SHARE else ""): values for label, (kind, values) in _bars(run).items()}
    frame = pd.DataFrame(bars)
    return frame.groupby(months_of(frame)).mean().rename_axis("month").reset_index()


def film_words(run: "Run") -> str:
    """Say on which day most alerts were issued."""
    issued = by_day(run, "alerts", "end", End.labels()).sum(axis=1)
    if not issued.any():
        return ""
    return said(
        "Most alerts were issued on {day}: {count}, {factor} times the mean day.",
        day=day_named(issued.index[int(issued.argmax())].date()), count=amount(issued.max()),
        factor=amount(issued.max() / issued.mean(), 2),
    )  # fmt: skip


def _bars(run: "Run") -> "dict[str, tuple[str, pd.Series[Any]]]":
    ends = by_day(run, "alerts", "end", End.labels())
    found: dict[str, tuple[str, pd.Series[Any]]] = {marked("alerts issued"): (COUNT, ends.sum(axis=1))}
    busy = _busy(run)
    found.update({WORK[channel]: (SHARE, busy[channel]) for channel in DESK_NAMES})
    state = run.state
    for quantity, label in LINES.items():
        line = state[state["quantity"] == quantity]
        if len(line):
            waiting = line.groupby("day")["value"].sum() * country(run)
            found[label] = (COUNT, waiting.reindex(days(run), fill_value=0.0))
    found[marked("alerts that expire later")] = (COUNT, ends[End.EXPIRED.label])
    return found


def _busy(run: "Run") -> "pd.DataFrame":
    """Return the share of staffed time at work by day and desk; the staffed time of a day is its weekday's mean."""
    import pandas as pd

    worked = wide(sums(run, "contacts", ["day", "channel"], ["staff_ms"]), "day", "channel", "staff_ms")
    index = days(run)
    at_work = worked.reindex(index=index, columns=list(DESK_NAMES), fill_value=0.0)
    hours = sums(run, "hours", ["month", "channel", "weekday"], ["staffed_ms"])
    keys = pd.MultiIndex.from_arrays([index.to_period("M").to_timestamp(), index.day_of_week + 1])
    number = keys.value_counts()
    found = {}
    for channel in DESK_NAMES:
        own = hours[hours["channel"] == channel].set_index(["month", "weekday"])["staffed_ms"]
        staffed = pd.Series((own.reindex(number.index).fillna(0.0) / number).reindex(keys).to_numpy(), index=index)
        found[channel] = (at_work[channel] / staffed.where(staffed > 0)).fillna(0.0).clip(upper=1.0)
    return pd.DataFrame(found)


def _rates(run: "Run") -> "pd.DataFrame":
    """Return alerts per 100,000 people by day of issue and province code."""
    import pandas as pd

    found = wide(sums(run, "alerts", ["day", "province"]), "day", "province")
    found = found.reindex(index=days(run), columns=list(provinces(run)), fill_value=0.0)
    people = pd.Series({row.code: row.population for row in run.scenario.spec.population.provinces}, dtype="float64")
    return (found / people.where(people > 0) * PEOPLE).fillna(0.0)

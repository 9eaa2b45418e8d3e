"""The recorder: an engine adds what happened, tables leave for their files when their days are final.

What an engine adds to, each keyed by a tuple that starts with a day number (provinces are positions, national
ones -1; the other codes are positions in ``sim.labels`` or in the scenario's lists):

====================  ======================================================  ===========================
``attempts``          day, province, channel, fraud type, fate                count
``alerts``            day of issue, province, source, tier, truth, end        count
``contacts``          day, province, tier, contact channel, result            [count, staff ms]
``waits``             day, province, tier, contact channel, bin code          count
``hours``             day, province, contact channel, half hour               [busy ms, staffed ms]
``outcomes``          day, province, fraud type, age band, sex                as ``labels.OUTCOMES``
``cases``             day, province, fraud type, delay code, loss code        count
``flows``             day, province, quantity (a string)                      count
``state``             day, province, quantity (a string)                      value
====================  ======================================================  ===========================

Days of the warm-up and days after the period are dropped here, so an engine need not ask.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from sim import labels
from sim.days import DAY_MS, SATURDAY, month_start, next_month
from sim.draws.distributions import threshold
from sim.draws.record import is_kept
from sim.results.background import BackgroundWriter
from sim.results.encoding import NULL
from sim.results.schemas import TABLES
from sim.results.scope import Scope
from sim.results.tally import Tally, aggregate
from sim.results.writer import Columns, TableWriter

EVENT_COLUMNS = (
    "moment",
    "phase",
    "event",
    "province",
    "origin",
    "detector",
    "stage",
    "number",
    "channel",
    "tier",
    "result",
    "person",
    "value",
)
"""Columns of the rows of events, all integers: codes of ``EVENT_LABELS`` where it lists the column; -1 is null."""

EVENT_LABELS = {
    "event": labels.EVENTS,
    "channel": labels.EVENT_CHANNELS,
    "tier": labels.TIERS,
    "result": labels.EVENT_RESULTS,
}
CODES = {column: {name: code for code, name in enumerate(names)} for column, names in EVENT_LABELS.items()}

EVENT_ROWS = 200_000
"""Events wait in memory until at least so many have gathered at the end of a day, or the month ends."""

LATENESS = {"attempts": 0, "flows": 1, "state": 1, "outcomes": 1, "cases": 1, "waits": 1, "hours": 1}
"""Months that a table's days stay open after their month has ended.

Alerts and contacts are missing: an alert counts on its day of issue, and a message left behind by its alert on its
day of delivery, but only once the alert has ended. Their days stay open as long as the engine says.
"""


class Recorder:
    """Takes what one run counts and hands it to its writer month by month.

    ``events`` is the share of origins whose events are kept: 0 none, 1 all; ``kept`` is its threshold.
    ``progress``, if given, is called after each day with its day number and the attempts so far, warm-up included.
    ``warnings`` are lines for the user that an engine may add to; they stand in ``run.json``.
    """

    def __init__(
        self,
        scope: Scope,
        writer: TableWriter | BackgroundWriter,
        events: float = 0.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.scope = scope
        self.attempts_seen = 0
        self.warnings: list[str] = []
        self._writer = writer
        self._progress = progress
        self._tallies = {
            "attempts": Tally(5, 1),
            "alerts": Tally(6, 1),
            "contacts": Tally(5, 2),
            "waits": Tally(5, 1),
            "hours": Tally(4, 2),
            "outcomes": Tally(5, len(labels.OUTCOMES)),
            "cases": Tally(5, 1),
            "flows": Tally(3, 1, text_key=True),
            "state": Tally(3, 1, text_key=True, real=True),
        }
        self.attempts = self._tallies["attempts"].counts
        self.alerts = self._tallies["alerts"].counts
        self.contacts = self._tallies["contacts"].counts
        self.waits = self._tallies["waits"].counts
        self.hours = self._tallies["hours"].counts
        self.outcomes = self._tallies["outcomes"].counts
        self.cases = self._tallies["cases"].counts
        self.flows = self._tallies["flows"].counts
        self.state = self._tallies["state"].counts
        self.records_events = events > 0.0
        self.kept = threshold(events)
        self._events: list[tuple[int, ...]] = []
        self._event_rows: list[npt.NDArray[np.int64]] = []

    def event(
        self,
        moment: int,
        phase: int,
        event: str,
        province: int,
        origin: int,
        detector: int = -1,
        stage: int = -1,
        number: int = -1,
        channel: str | None = None,
        tier: str | None = None,
        result: str | None = None,
        person: int = -1,
        value: int = -1,
    ) -> None:
        """Log one event: ``moment`` in ms from the start of the period, ``event`` one of ``labels.EVENTS``.

        Those before the period, and of origins outside the kept share, are forgotten at once. Raises KeyError for
        a name that ``EVENT_LABELS`` does not list.
        """
        if self.records_events and moment >= 0 and is_kept(self.scope.seed, origin, self.kept):
            codes = [
                -1 if name is None else CODES[column][name]
                for column, name in (("channel", channel), ("tier", tier), ("result", result))
            ]
            alert = (detector, stage, number)
            kind = CODES["event"][event]
            self._events.append((moment, phase, kind, province, origin, *alert, *codes, person, value))

    def log(self, rows: npt.NDArray[np.int64]) -> None:
        """Log whole rows of ``EVENT_COLUMNS``, of origins that are kept; those before the period are forgotten."""
        rows = rows[rows[:, 0] >= 0]
        if len(rows):
            self._event_rows.append(rows)

    def add(self, table: str, keys: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> None:
        """Add whole arrays, (rows, keys) and (rows, measures), to a table without a string key.

        They are kept until their days are final: whoever adds them changes them no more. Rows in the order of their
        keys, each day once, cost the least.
        """
        if table == "attempts":
            self.attempts_seen += int(values.sum())
        self._tallies[table].add(keys, values)

    def day_done(self, day: int, open_since: int | None = None) -> None:
        """Close a day: nothing is added to its attempts, state and events any more.

        ``open_since`` is a day before which no alert is alive; without it alerts and contacts stay open until the
        run ends. Writes what has become final when the day is the last of its month.
        """
        self.attempts_seen += sum(self.attempts.values())
        for tally in self._tallies.values():
            tally.collect()
        month_ends = next_month(day) == day + 1
        if month_ends:
            self.flush(day, open_since)
        if self.records_events:
            self._write_events(day, at_least=1 if month_ends else EVENT_ROWS)
        if self._progress is not None:
            self._progress(day, self.attempts_seen)

    def flush(self, day: int, open_since: int | None = None) -> None:
        """Write every row that is final once ``day``, the last of a month, is closed; whole months only.

        Raises ValueError, from the writer, if a row arrives for days that are already written.
        """
        for table, months in LATENESS.items():
            before = day + 1
            for _ in range(months):
                before = month_start(before - 1)
            self._write(table, before)
        if open_since is not None:
            for table in ("alerts", "contacts"):
                self._write(table, month_start(min(open_since, day + 1)))

    def close(self) -> None:
        """Write all that is left."""
        self.attempts_seen += sum(self.attempts.values())
        for table in self._tallies:
            self._write(table, self.scope.last_day + 1)
        self._write_events(self.scope.last_day, at_least=1)

    def _write(self, table: str, before: int) -> None:
        tally = self._tallies[table]
        keys, values = tally.take(before, self.scope.first_day, self.scope.last_day)
        if len(keys) == 0:
            return
        if table in ("waits", "hours", "cases"):
            keys, values = _by_month(table, keys, values)
        columns = _columns(table, keys, values, list(tally.texts))
        # Rows come in the order of their days, so each month is a slice of them.
        for rows in _slices_of_months(keys[:, 0]):
            self._writer.write(table, {name: column[rows] for name, column in columns.items()})

    def _write_events(self, day: int, at_least: int) -> None:
        """Write the events up to the end of a day if they are ``at_least`` so many; later ones stay."""
        if self._events:
            self._event_rows.append(np.array(self._events, dtype=np.int64))
            self._events.clear()
        end = (day + 1 - self.scope.first_day) * DAY_MS
        if sum(int((rows[:, 0] < end).sum()) for rows in self._event_rows) < at_least:
            return
        rows = np.concatenate(self._event_rows)
        final = rows[:, 0] < end
        self._event_rows = [] if final.all() else [rows[~final]]
        self._writer.write("events", event_columns(rows[final]))


def event_columns(rows: npt.NDArray[np.int64]) -> Columns:
    """Turn event rows into the columns of the events table: channels, tiers and results as texts, None for -1."""
    columns: dict[str, npt.NDArray[Any]] = dict(zip(EVENT_COLUMNS, rows.T, strict=True))
    for name in ("channel", "tier", "result"):
        texts = np.array([*EVENT_LABELS[name], None], dtype=object)
        columns[name] = texts[columns[name]]
    return columns


def _slices_of_months(days: npt.NDArray[np.int64]) -> Iterator[slice]:
    """Give the rows of each month, of rows in the order of their days."""
    start = 0
    while start < len(days):
        end = int(np.searchsorted(days, next_month(int(days[start]))))
        yield slice(start, end)
        start = end


def _by_month(
    table: str, keys: npt.NDArray[np.int64], values: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Fold days, in their order, into months; hours get the weekday before the half hour, others keep their keys."""
    months = np.empty(len(keys), dtype=np.int64)
    for rows in _slices_of_months(keys[:, 0]):
        months[rows] = month_start(int(keys[rows.start, 0]))
    if table == "hours":
        weekdays = (keys[:, 0] + SATURDAY) % 7 + 1
        folded = np.column_stack((months, keys[:, 1:3], weekdays, keys[:, 3]))
    else:
        folded = np.column_stack((months, keys[:, 1:]))
    return aggregate(folded, values)


def _columns(
    table: str, keys: npt.NDArray[np.int64], values: npt.NDArray[Any], texts: list[str]
) -> dict[str, npt.NDArray[Any]]:
    """Name the columns of summed rows, and turn codes of bins and texts into what is stored."""
    schema = TABLES[table]
    columns: dict[str, npt.NDArray[Any]] = {}
    for position, column in enumerate(schema.keys):
        columns[column.name] = keys[:, position]
    for position, column in enumerate(schema.measures):
        columns[column.name] = values[:, position]
    if table == "waits":
        columns["bin"] = np.int64(labels.MINUTE_MS) << columns["bin"]
    if table == "cases":
        columns["delay_bin"] = np.array([*labels.REPORT_DELAYS_MS, NULL])[columns["delay_bin"]]
        columns["loss_bin"] = np.int64(labels.YUAN_FEN) << columns["loss_bin"]
    if "quantity" in columns:
        columns["quantity"] = np.array(texts, dtype=object)[columns["quantity"]]
    return columns

"""The ledger of a run: sends midnight counts to the recorder, and finished cases to the log."""

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.cases import Finished
from sim.base.days import DAY_MS
from sim.base.words import DESK_LABELS, Event, Stage
from sim.engines.phases import Phase
from sim.engines.tables import Tables
from sim.store.recorder import LogEntry, Recorder


class RunLedger:
    """The ledger of a run (see ``sim.midnight.ledger``), kept in the recorder's tables of flows and state."""

    def __init__(self, recorder: Recorder, tables: Tables) -> None:
        self._recorder = recorder
        self._calendar = tables.calendar

    def flow(self, day: int, province: int, quantity: str, count: int) -> None:
        """Add to a count of a day."""
        if count:
            self._recorder.flows[(day, province, quantity)] += count

    def level(self, day: int, province: int, quantity: str, value: float) -> None:
        """Note a level of the macro state on a day."""
        self._recorder.state[(day, province, quantity)] = value

    def flow_by_province(self, day: int, quantity: str, counts: NDArray[np.int64]) -> None:
        """Add to a count of a day in every province, (P,)."""
        self._recorder.add_provinces("flows", day, quantity, counts)

    def level_by_province(self, day: int, quantity: str, values: NDArray[np.float64]) -> None:
        """Note a level of the macro state on a day in every province, (P,)."""
        self._recorder.add_provinces("state", day, quantity, values)

    def filings(self, day: int, counts: NDArray[np.int64]) -> None:
        """Add the cases filed on a day, (P, R, T), by province, way of first contact and fraud type."""
        cells = np.flatnonzero(counts)
        self._recorder.add_cells("filings", day, cells, counts.reshape(-1)[cells, None])

    def lines(self, day: int, areas: NDArray[np.int64]) -> None:
        """Note the mean number of alerts that waited at each desk on a day, from the areas (P, desks) under its queues.

        Areas are below 2**53, so that the quotient is rounded once.
        """
        for desk, of_desk in zip(DESK_LABELS, areas.T, strict=True):
            self.level_by_province(day, f"line_{desk}", of_desk / DAY_MS)

    def cases(self, day: int, finished: Finished) -> None:
        """Log the cases finished at the midnight of a day."""
        if not self._recorder.records_events:
            return
        at = self._calendar.midnight(day)
        for p, (solved, closed) in enumerate(finished.by_province()):
            for event, cases in ((Event.SOLVED, solved), (Event.CLOSED, closed)):
                for case in cases.tolist():
                    entry = LogEntry(at, Phase.MIDNIGHT, event.label, p, case, stage=Stage.CONTACT)
                    self._recorder.event(entry)

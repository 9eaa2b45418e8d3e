"""What both engines do around a run: count into the recorder, check conservation, keep memory.

Switch off Python's garbage collection of reference cycles, which slows engines.

Conservation laws, checked at the end of every run: a violation is an error, never a warning.

The ledger of a run: sends midnight counts to the recorder, and finished cases to the log.
"""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.aftermath import CaseBook, Finished
from sim.base.days import DAY_MS
from sim.base.failures import FailedError
from sim.base.words import DESK_LABELS, Event, Fate, Stage
from sim.engines.tables import Phase, Tables
from sim.store.recorder import LogEntry, Recorder


@contextmanager
def not_collecting(frozen: bool = False) -> Iterator[None]:
    """Switch off the collection of reference cycles within the context.

    Args:
        frozen: Whether manual collections also skip objects that exist already.
    """
    was_enabled = gc.isenabled()
    frozen = frozen and gc.get_freeze_count() == 0
    gc.disable()
    if frozen:
        gc.freeze()
    try:
        yield
    finally:
        if frozen:
            gc.unfreeze()
        if was_enabled:
            gc.enable()


class ConservationError(FailedError):
    """Counts of a run that do not add up: the engine, and so its results, are wrong."""


class LineTotals(NamedTuple):
    """The queue of a desk over a run, as Little's law needs it.

    Args:
        desk: Label of the desk.
        province: Position of the province.
        area: Area under the queue, alerts x ms.
        waits: Sum of the waits of all who left the queue or wait when the run ends, ms.
    """

    desk: str
    province: int
    area: int
    waits: int


@dataclass
class Books:
    """What an engine counts twice over a whole run, coming in and going out, and compares at its end.

    The recorder's tables cover the period alone; books cover all days, warm-up included, and are never written.

    ``potential`` attempts opened at midnights against ``fates``; ``episodes`` begun against ``episode_ends`` (saved,
    dropped_out, victims, held, running: without a payment yet); ``issued`` alerts against ``alert_ends``; messages
    ``delivered`` against those read, unread or left behind by their alert (``messages``); services started against
    those ended and those under way; ``filed`` cases against the case book.
    """

    potential: int = 0
    fates: Counter[int] = field(default_factory=Counter)
    episodes: int = 0
    episode_ends: Counter[str] = field(default_factory=Counter)
    issued: int = 0
    alert_ends: Counter[int] = field(default_factory=Counter)
    filed: int = 0
    delivered: int = 0
    messages: int = 0
    services_started: int = 0
    services_ended: int = 0
    services_under_way: int = 0

    def check(self, cases: CaseBook, filed_last: int, lines: Iterable[LineTotals]) -> None:
        """Check every law against the books.

        Args:
            cases: The case book after the last midnight.
            filed_last: Cases filed on the last day, which no midnight has put into the case book.
            lines: The queues of all desks.

        Raises:
            ConservationError: If laws are broken; it names each of them.
        """
        laws = [
            ("potential attempts = sum of fates", self.potential, sum(self.fates.values())),
            ("episodes = engaged attempts", self.episodes, self.fates[Fate.ENGAGED]),
            ("episodes = sum of their ends", self.episodes, sum(self.episode_ends.values())),
            ("alerts issued = sum of ends", self.issued, sum(self.alert_ends.values())),
            ("messages delivered = read + unread + left behind", self.delivered, self.messages),
            (
                "services started = ended + under way",
                self.services_started,
                self.services_ended + self.services_under_way,
            ),
            (
                "filed + backlog at start = solved + open + closed",
                self.filed + cases.at_start,
                cases.solved + cases.closed + cases.waiting + filed_last,
            ),
            *(
                (f"Little's law at the {line.desk} desk of province {line.province}", line.area, line.waits)
                for line in lines
            ),
        ]
        broken = [f"{law}: {left} against {right}" for law, left, right in laws if left != right]
        if broken:
            raise ConservationError("; ".join(broken))


class RunLedger:
    """The ledger of a run (see ``sim.midnight.today``), kept in the recorder's tables of flows and state."""

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

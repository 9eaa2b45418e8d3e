"""The notebook in which midnights write down what they count: the recorder of the run."""

from sim.engines.phases import MIDNIGHT
from sim.engines.tables import Tables
from sim.results.recorder import Recorder


class Ledger:
    """Writes what midnights count into the recorder and the log."""

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

    def case(self, day: int, province: int, case: int, solved: bool) -> None:
        """Log a case that was finished at the midnight of a day."""
        if self._recorder.records_events:
            event = "solved" if solved else "closed"
            self._recorder.event(self._calendar.midnight(day), MIDNIGHT, event, province, case, stage=0)

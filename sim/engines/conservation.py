"""Conservation laws, checked at the end of every run: a violation is an error, never a warning."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sim.aftermath.cases import CaseBook
from sim.base.failures import FailedError
from sim.base.words import Fate


class ConservationError(FailedError):
    """A count of a run does not add up: the engine, and so its results, are wrong."""


class LineTotals(NamedTuple):
    """The queue of a desk over a run, as Little's law needs it.

    Args:
        desk: Label of the desk.
        province: Position of the province.
        area: Area under the line, alerts x ms.
        waits: Sum of the waits of all who left the line or wait when the run ends, ms.
    """

    desk: str
    province: int
    area: int
    waits: int


@dataclass
class Books:
    """What an engine counts twice over a whole run, on the way in and on the way out, and compares at its end.

    The recorder keeps what the tables say, of the period alone; books are of all days, warm-up included, and are
    never written.

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

    def snapshot(self) -> dict[str, Any]:
        """Return what is counted day by day, which ``resume`` takes over; the rest is counted when a run ends."""
        return {
            "potential": self.potential,
            "messages": self.messages,
            "fates": list(self.fates.items()),
            "alert_ends": list(self.alert_ends.items()),
        }

    def resume(self, snapshot: dict[str, Any]) -> None:
        """Take over what was counted, as ``snapshot`` returns it, before anything is counted."""
        self.potential = snapshot["potential"]
        self.messages = snapshot["messages"]
        self.fates.update(dict(snapshot["fates"]))
        self.alert_ends.update(dict(snapshot["alert_ends"]))

    def check(self, cases: CaseBook, filed_last: int, lines: Iterable[LineTotals]) -> None:
        """Check every law against the books.

        Args:
            cases: The case book as it stands after the last midnight.
            filed_last: Cases that were filed on the last day, which no midnight has put into the case book.
            lines: The queues of all desks.

        Raises:
            ConservationError: If a law is broken; it names every one that is.
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

"""Conservation laws, checked at the end of every run: a violation is an error, never a warning."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.aftermath.cases import CaseBook
from sim.base.failures import FailedError
from sim.base.words import Fate


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
